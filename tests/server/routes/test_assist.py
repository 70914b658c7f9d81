"""Proposals over HTTP: what can't be proposed is told, and what is proposed changes nothing."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.server.conftest import API
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.server.desk import Desk
from uniaims.server.routes import assist


@pytest.fixture(scope="module")
def layer(desk: Desk, slope_model: Any, cones: Callable[..., Any]) -> int:
    """Six cones as people have drawn them, at which a model has looked."""
    made, account = cones(60, 90), desk.engine.accounts.local()
    project = desk.engine.projects.add("assist", account).id
    image = desk.engine.images.add(project, NewImage("cones", "c" * 64, 1), account)
    desk.engine.images.finish(image.id, Reading(90, 60))
    prediction = Segmenter(slope_model, SegmenterSettings(diameter_px=24.0)).predict(made.image)
    desk.fields.folder.mkdir(exist_ok=True)
    prediction.save(desk.fields.path(image.sha256, image.page))
    return desk.engine.layers.add(image.id, write_labels(made.labels, desk.engine.blobs), "main", account.id)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As many as may be are at work."""
    monkeypatch.setattr(assist, "_WAIT_SECONDS", 0.01)
    for _ in range(assist.AT_A_TIME):
        assist._turns.acquire()
    yield
    for _ in range(assist.AT_A_TIME):
        assist._turns.release()


def test_a_proposal_changes_nothing(client: TestClient, desk: Desk, layer: int) -> None:
    before = desk.engine.layers.open(layer).labels()
    body = {"y": 15, "x": 15, "number": 50, "mode": "over"}
    proposal = client.post(f"{API}/layers/{layer}/assist/click", json=body).json()
    assert proposal["numbers"] == [50]
    assert proposal["pixels"] > 100
    assert 1 in proposal["touched"]
    assert base64.b64decode(proposal["patch"])
    below = client.post(f"{API}/layers/{layer}/assist/click", json=body | {"mode": "below"}).json()
    assert below["pixels"] < proposal["pixels"]
    assert desk.engine.layers.open(layer).seq == 0
    np.testing.assert_array_equal(desk.engine.layers.open(layer).labels(), before)


def test_an_instance_that_is_one_is_not_parted(client: TestClient, layer: int) -> None:
    proposal = client.post(f"{API}/layers/{layer}/assist/split", json={"number": 2, "first": 60}).json()
    assert (proposal["numbers"], proposal["pixels"]) == ([], 0)
    assert client.post(f"{API}/layers/{layer}/assist/split", json={"number": 99, "first": 60}).status_code == 404


@pytest.mark.parametrize(
    ("tool", "body"),
    [
        ("click", {"y": 60, "x": 0, "number": 9}),
        ("click", {"y": 0, "x": 90, "number": 9}),
        ("box", {"top": 60, "left": 0, "bottom": 70, "right": 10, "number": 9}),
        ("box", {"top": 5, "left": 5, "bottom": 5, "right": 10, "number": 9}),
        ("region", {"top": 0, "left": 0, "bottom": 9, "right": 9, "number": 9, "probability": 2.0}),
    ],
)
def test_what_lies_outside_is_refused(client: TestClient, layer: int, tool: str, body: dict[str, Any]) -> None:
    assert client.post(f"{API}/layers/{layer}/assist/{tool}", json=body).status_code == 422


@pytest.mark.usefixtures("busy")
def test_more_than_can_work_at_a_time_are_told_to_come_again(client: TestClient, layer: int) -> None:
    answer = client.post(f"{API}/layers/{layer}/assist/click", json={"y": 15, "x": 15, "number": 50})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.usefixtures("layer")
def test_a_prediction_of_another_size_is_as_none(client: TestClient, desk: Desk) -> None:
    account = desk.engine.accounts.local()
    project = desk.engine.projects.add("assist otherwise", account).id
    image = desk.engine.images.add(project, NewImage("other", "c" * 64, 1), account)
    desk.engine.images.finish(image.id, Reading(8, 8))
    layer = desk.engine.layers.add(image.id, write_labels(np.zeros((8, 8), np.uint32), desk.engine.blobs))
    answer = client.post(f"{API}/layers/{layer}/assist/click", json={"y": 1, "x": 1, "number": 9})
    assert (answer.status_code, answer.json()["type"]) == (409, "not_looked_at")
