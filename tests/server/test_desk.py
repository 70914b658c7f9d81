"""The desk: links that work once, and what pages are told of jobs, images and edits."""

import threading
from pathlib import Path

import numpy as np
import pytest

from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.editing import Author, EditResult
from uniaims.engine.layers.ingest import write_labels
from uniaims.server.desk import Desk, Links


def test_of_many_who_use_a_link_at_once_one_gets_in() -> None:
    numbers, told = iter(range(100)), list[str]()
    links = Links(lambda: f"secret-{next(numbers)}", told.append)
    first, let_in = links.current, list[bool]()
    threads = [threading.Thread(target=lambda: let_in.append(links.use(first))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False] * 7 + [True]
    assert told == [links.current]
    assert links.current != first
    assert not links.use("")


@pytest.fixture
def image(desk: Desk, tmp_path: Path) -> int:
    """An image of two instances."""
    labels = np.zeros((20, 30), np.uint32)
    labels[2:8, 2:8], labels[10:18, 10:18] = 1, 2
    account = desk.engine.accounts.local()
    project = desk.engine.projects.named("desk") or desk.engine.projects.add("desk", account)
    image = desk.engine.images.add(project.id, NewImage("a.png", f"{hash(tmp_path) % 2**64:064x}", 1), account)
    desk.engine.images.finish(image.id, Reading(30, 20))
    desk.engine.layers.add(image.id, write_labels(labels, desk.engine.blobs), "main", account.id)
    return image.id


def _told(desk: Desk, since: int) -> list[str]:
    return [event.kind for event in desk.stream.since(since) or ()]


@pytest.mark.parametrize(("kind", "told"), [("analyse", ["job", "image", "replace"]), ("measure", ["job", "image"])])
def test_a_job_that_has_ended_tells_of_its_image(desk: Desk, image: int, kind: str, told: list[str]) -> None:
    account, project = desk.engine.accounts.local().id, desk.engine.images.image(image).project_id
    waiting = desk.queue.add(kind, {}, account, project, image)
    seen = desk.stream.last
    desk.tell_job(waiting)
    claim = desk.queue.claim((kind,))
    assert claim is not None
    assert _told(desk, seen) == ["job"]
    seen = desk.stream.last
    desk.tell_job(desk.queue.finish(claim, {}))
    assert _told(desk, seen) == told


def test_a_job_whose_image_is_gone_is_told_all_the_same(desk: Desk, image: int) -> None:
    account, project = desk.engine.accounts.local().id, desk.engine.images.image(image).project_id
    desk.queue.add("measure", {}, account, project, image)
    claim = desk.queue.claim(("measure",))
    assert claim is not None
    done = desk.queue.finish(claim, {})
    desk.engine.images.remove(image)
    seen = desk.stream.last
    desk.tell_job(done)
    assert _told(desk, seen) == ["job"]


def test_only_edits_that_were_accepted_are_told(desk: Desk, image: int) -> None:
    from uniaims.engine.layers.edits import Edit

    layer = desk.engine.layers.open(desk.engine.images.image(image).layer_id or 0)
    author, seen = Author(desk.engine.accounts.local().id, "page"), desk.stream.last
    desk.tell_edit(layer.id, "page", EditResult("x", "refused", reason="no"))
    (done,) = layer.apply(author, [Edit("d", "delete", numbers=(1,))])
    desk.tell_edit(layer.id, "page", done)
    (event,) = desk.stream.since(seen) or ()
    assert (event.layer, event.payload["seq"], event.payload["tiles"]) == (layer.id, 1, [[0, 0, 0]])
    assert [(row["number"], row["area"]) for row in event.payload["rows"]] == [(1, 0)]


def test_a_file_that_was_there_is_taken_in_as_the_same_image(desk: Desk) -> None:
    account = desk.engine.accounts.local()
    project = desk.engine.projects.add("taken in", account).id
    jobs = []
    for name in ("a.PNG", "b.png"):
        upload = desk.uploads.create(project, account.id, name, 14)
        desk.uploads.path(upload.id).write_bytes(b"the same bytes")
        jobs.append(desk.take_in(upload))
    assert jobs[0] == jobs[1]
    (image,) = desk.engine.images.page(project)
    assert (image.name, image.suffix) == ("a.PNG", ".png")
