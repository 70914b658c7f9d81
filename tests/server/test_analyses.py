"""From a picture to a report and back: jobs with a stand-in for the network, and the tools that ask what it said."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API, Work, working
from uniaims.engine.images import Image, NewImage
from uniaims.frames import read_columns
from uniaims.jobs.kinds import analyse
from uniaims.server.desk import Desk


@pytest.fixture(scope="module", autouse=True)
def stand_in(slope_model: object) -> Iterator[None]:
    """No weights are loaded here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uniaims.segmenter.segmentation.load_model", lambda *_: slope_model)
        analyse._segmenters.clear()
        yield
    analyse._segmenters.clear()


@pytest.fixture(scope="module")
def image(desk: Desk, tmp_path_factory: pytest.TempPathFactory, cones: Callable[..., Any]) -> Image:
    """A picture of cones that was read and analysed; tests go on from where the one before left it."""
    path, account = tmp_path_factory.mktemp("jobs") / "cones.png", desk.engine.accounts.local()
    assert cv2.imwrite(str(path), cones(150, 180).image)
    project = desk.engine.projects.add("analyses", account)
    image = desk.engine.images.add(
        project.id, NewImage("cones.png", desk.engine.blobs.put_file(path), 1, ".png"), account
    )
    desk.queue.add("ingest", {}, account.id, project.id, image.id)
    started(desk, image)
    working(desk, path.parent)()
    return desk.engine.images.image(image.id)


def started(desk: Desk, image: Image) -> int:
    settings = {"segmenter": {"diameter_px": 24.0, "minimum_confidence": 0.0}, "scale_bar": False}
    params = {"image": image.id, "settings": settings}
    return desk.queue.add("analyse", params, desk.engine.accounts.local().id, image.project_id, image.id).id


def rows_of(client: TestClient, image: Image) -> dict[str, np.ndarray]:
    return read_columns(client.get(f"{API}/layers/{image.layer_id}/instances").content)[1]


def seen(rows: dict[str, np.ndarray], number: int) -> list[dict[str, int]]:
    """What an edit says of an instance that its author has seen as it is."""
    return [{"number": number, "seen": int(rows["changed_seq"][rows["number"] == number][0])}]


def test_objects_are_found_measured_and_told(client: TestClient, image: Image) -> None:
    rows = rows_of(client, image)
    assert len(rows["number"]) > 10
    assert (rows["state"] == 0).all()
    assert np.isfinite(rows["confidence"]).all()
    header, table = read_columns(client.get(f"{API}/layers/{image.layer_id}/measurements").content)
    np.testing.assert_array_equal(table["label"], rows["number"])
    np.testing.assert_allclose(table["area_px2"], rows["area"])
    assert header["seq"] == client.get(f"{API}/layers/{image.layer_id}").json()["seq"] == 1
    assert "<html" in client.get(f"{API}/images/{image.id}/report").text
    told = client.get(f"{API}/images/{image.id}").json()
    assert told["has_report"]
    assert any("pixel size is unknown" in text for text in told["warnings"])
    assert client.post(f"{API}/layers/{image.layer_id}/undo", json={"client": "me"}).json()["status"] == "accepted"
    assert not len(rows_of(client, image)["number"])
    assert client.post(f"{API}/layers/{image.layer_id}/redo", json={"client": "me"}).json()["status"] == "accepted"


def test_people_s_work_stays_when_a_model_looks_again(client: TestClient, desk: Desk, image: Image, work: Work) -> None:
    rows = rows_of(client, image)
    kept = int(rows["number"][3])
    gone = int(rows["number"][5])
    edits = [
        {"edit_id": "s", "kind": "set", "numbers": [kept], "field": "state", "value": 2, "touched": seen(rows, kept)},
        {"edit_id": "d", "kind": "delete", "numbers": [gone], "touched": seen(rows, gone)},
    ]
    results = client.post(f"{API}/layers/{image.layer_id}/edits", json={"client": "me", "edits": edits}).json()
    assert [each["status"] for each in results["results"]] == ["accepted", "accepted"]
    number = started(desk, image)
    work()
    assert desk.queue.get(number).state == "done"
    again = rows_of(client, image)
    place = int(np.flatnonzero(again["number"] == kept)[0])
    assert (again["state"][place], again["area"][place]) == (2, rows["area"][3])
    _, table = read_columns(client.get(f"{API}/layers/{image.layer_id}/measurements").content)
    np.testing.assert_array_equal(np.sort(table["label"]), np.sort(again["number"]))


def test_a_click_gives_what_the_whole_gave(client: TestClient, image: Image) -> None:
    rows, place = rows_of(client, image), f"{API}/layers/{image.layer_id}"
    first = client.post(f"{place}/numbers", json={"count": 50, "client": "me"}).json()["first"]
    gone = int(rows["number"][4])
    edits = [{"edit_id": "c", "kind": "delete", "numbers": [gone], "touched": seen(rows, gone)}]
    client.post(f"{place}/edits", json={"client": "me", "edits": edits})
    point = {"y": int(rows["rep_y"][4]), "x": int(rows["rep_x"][4]), "number": first}
    proposal = client.post(f"{place}/assist/click", json=point).json()
    assert (proposal["numbers"], proposal["touched"]) == ([first], [first])
    edit = {"edit_id": "p", "kind": "paint", "patch": proposal["patch"], "new": [{"number": first}]}
    (result,) = client.post(f"{place}/edits", json={"client": "me", "edits": [edit]}).json()["results"]
    assert result["rows"][0]["area"] == rows["area"][4]
    everything = {"top": 0, "left": 0, "bottom": 150, "right": 180, "number": first + 1}
    assert client.post(f"{place}/assist/box", json=everything).json()["pixels"] == 0  # all is drawn already
    over = client.post(f"{place}/assist/box", json=everything | {"mode": "over"}).json()
    assert len(over["numbers"]) == len(rows["number"])
    region = client.post(f"{place}/assist/region", json=everything | {"probability": 0.9}).json()
    assert base64.b64decode(region["patch"])
    similar = client.post(f"{place}/assist/similar", json={"numbers": [first], "limit": 3}).json()
    assert len(similar["numbers"]) == 3
    assert first not in similar["numbers"]
    parts = client.post(f"{place}/assist/split", json={"number": first, "first": first + 1})
    assert parts.status_code == 200
    for wrong in ({"y": 150, "x": 0}, {"y": 0, "x": 180}, {"y": -1, "x": 0}):
        assert client.post(f"{place}/assist/click", json=point | wrong).status_code == 422


def test_an_image_that_no_model_has_seen_says_so(client: TestClient, desk: Desk, image: Image) -> None:
    desk.fields.path(image.sha256, image.page).unlink()
    answer = client.post(f"{API}/layers/{image.layer_id}/assist/click", json={"y": 1, "x": 1, "number": 9})
    assert (answer.status_code, answer.json()["type"]) == (409, "not_looked_at")
