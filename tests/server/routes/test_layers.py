"""Layers over HTTP: what is fetched again only if it has changed, and figures of what is drawn."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels
from uniaims.frames import read_columns, read_frames
from uniaims.server.desk import Desk


def _layer(desk: Desk, name: str, labels: np.ndarray, pixel_size_nm: float | None = None) -> int:
    account = desk.engine.accounts.local()
    project = desk.engine.projects.named("layers") or desk.engine.projects.add("layers", account)
    image = desk.engine.images.add(project.id, NewImage(name, f"{len(name):064x}", 1), account)
    desk.engine.images.finish(image.id, Reading(labels.shape[1], labels.shape[0], pixel_size_nm))
    return desk.engine.layers.add(image.id, write_labels(labels, desk.engine.blobs), "main", account.id)


@pytest.fixture(scope="module")
def layer(desk: Desk) -> int:
    """Instance 1 at the border, 2 of 10 x 10 px, on two tiles at 2 nm a pixel."""
    labels = np.zeros((40, 600), np.uint32)
    labels[0:4, 0:4], labels[10:20, 30:40] = 1, 2
    return _layer(desk, "two", labels, 2.0)


def test_what_has_not_changed_is_not_sent_again(client: TestClient, layer: int) -> None:
    place = f"{API}/layers/{layer}"
    for path in ("instances", "tiles/0/0/0", "tiles/1/0/0"):
        first = client.get(f"{place}/{path}")
        again = client.get(f"{place}/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    edit = {"edit_id": "k", "kind": "set", "numbers": [2], "field": "kind", "value": 3}
    client.post(f"{place}/edits", json={"client": "me", "edits": [edit]})
    answer = client.get(f"{place}/instances", headers={"If-None-Match": '"0"'})
    assert (answer.status_code, answer.headers["x-seq"]) == (200, "1")
    _, changed = read_columns(client.get(f"{place}/instances", params={"since": 0}).content)
    assert (changed["number"].tolist(), changed["kind"].tolist()) == ([2], [3])


def test_a_tile_alone_is_that_of_many(client: TestClient, layer: int) -> None:
    (alone,) = read_frames(client.get(f"{API}/layers/{layer}/tiles/0/0/0").content)
    asked = {"tiles": [[0, 0, 0, -1], [0, 0, 1, 0]]}
    (one,) = read_frames(client.post(f"{API}/layers/{layer}/tiles", json=asked).content)
    np.testing.assert_array_equal(alone.numbers, one.numbers)
    assert (alone.level, alone.y, alone.x, alone.head) == (one.level, one.y, one.x, one.head) == (0, 0, 0, 0)
    for path in ("tiles/0/1/0", "tiles/2/0/0", "measurements"):
        assert client.get(f"{API}/layers/{layer}/{path}").status_code == 404


def test_figures_are_of_instances_that_the_border_does_not_cut(client: TestClient, layer: int) -> None:
    figures = client.get(f"{API}/layers/{layer}/figures").json()
    assert (figures["count"], figures["whole_count"], figures["unit"]) == (2, 1, "nm")
    assert figures["mean_area"] == pytest.approx(10 * 10 * 2.0**2)
    assert figures["d50"] == pytest.approx(np.sqrt(4 / np.pi * 100) * 2)
    assert figures["area_fraction"] == pytest.approx(116 / (40 * 600))


def test_an_empty_layer_has_no_sizes(client: TestClient, desk: Desk) -> None:
    layer = _layer(desk, "empty", np.zeros((9, 7), np.uint32))
    figures = client.get(f"{API}/layers/{layer}/figures").json()
    assert (figures["count"], figures["unit"], figures["area_fraction"]) == (0, "px", 0.0)
    assert [figures[name] for name in ("d10", "d50", "d90", "mean", "mean_area")] == [None] * 5
    told = client.get(f"{API}/layers/{layer}").json()
    assert (told["width_px"], told["height_px"], told["levels"], told["instance_count"]) == (7, 9, 1, 0)
    (listed,) = client.get(f"{API}/images/{told['image_id']}/layers").json()["items"]
    assert listed == told
