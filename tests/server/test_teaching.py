"""Teach: what people looked at becomes a version, a model learns from it, is compared, promoted, and suggests again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

torch = pytest.importorskip("torch")

from tests.server.conftest import API, Work  # noqa: E402
from uniaims.engine.images import NewImage, Reading  # noqa: E402
from uniaims.engine.layers.ingest import suggested, write_labels  # noqa: E402
from uniaims.engine.models import Models, NewModel  # noqa: E402
from uniaims.networks.card import ModelCard, NetworkSettings  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402
from uniaims.networks.weights import save_weights  # noqa: E402
from uniaims.server.desk import Desk  # noqa: E402

SIDE = 96


def discs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture of bright discs, and their labels."""
    rng, labels = np.random.default_rng(seed), np.zeros((SIDE, SIDE), np.uint32)
    for number, (y, x) in enumerate([(24, 24), (24, 70), (70, 24), (70, 70)], 1):
        labels[cv2.circle(np.zeros((SIDE, SIDE), np.uint8), (x, y), 12, 1, -1) > 0] = number
    pixels = np.where(labels > 0, 190, 60) + rng.integers(-20, 20, labels.shape)
    return pixels.astype(np.uint8), labels


def add_image(desk: Desk, project: int, seed: int, labels: np.ndarray | None, human: bool = True) -> int:
    """An image that has been read, drawn by hand or suggested."""
    pixels, truth = discs(seed)
    data = cv2.imencode(".png", pixels)[1].tobytes()
    account, blobs = desk.engine.accounts.local(), desk.engine.blobs
    image = desk.engine.images.add(project, NewImage(f"{seed}.png", blobs.put(data), len(data), ".png"), account)
    desk.engine.images.finish(image.id, Reading(SIDE, SIDE))
    said = None if human else suggested(np.full(4, 0.9, np.float32))
    desk.engine.layers.add(image.id, write_labels(truth if labels is None else labels, blobs, said), "main", account.id)
    return image.id


@pytest.fixture(scope="module")
def parent(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], int]:
    """Gives a project the smallest model, as its own."""

    def given(project: int) -> int:
        torch.manual_seed(0)
        network, path = NetworkSettings(widths=(8, 16), depths=(1, 1)), tmp_path_factory.mktemp("m") / "m.safetensors"
        save_weights(path, FlowNet(network).eval(), ModelCard("small", network, nominal_diameter_px=24.0))
        weights = desk.engine.blobs.put_file(path)
        models = Models(desk.engine)
        new = NewModel("small", None, None, None, weights, weights, {}, {"parent": "general"})
        return models.promote(models.add(project, new).id, 1, "to begin with").id

    return given


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """ONNX takes seconds to write: the network itself is run instead."""
    monkeypatch.setattr("uniaims.training.trainer.export_onnx", lambda path, *_: path.write_bytes(b"onnx"))
    monkeypatch.setattr("uniaims.runtime._load_onnx", lambda path: _torch_model(path))
    yield


def _torch_model(path: Path) -> Any:
    from uniaims.runtime import _load_torch

    return _load_torch(path.with_suffix(".safetensors"), "cpu")


def test_ten_images_teach_a_model_that_suggests_again(
    client: TestClient, desk: Desk, work: Work, parent: Callable[[int], int]
) -> None:
    project = client.post(f"{API}/projects", json={"name": "taught"}).json()["id"]
    first = parent(project)
    images = [add_image(desk, project, seed, None) for seed in range(10)]
    told = client.get(f"{API}/projects/{project}/teachable").json()["items"]
    assert [each["edited_count"] for each in told] == [4] * 10
    made = client.post(f"{API}/projects/{project}/datasets", json={"parts": [{"image": each} for each in images]})
    assert made.status_code == 201, made.text
    version = made.json()
    assert {split: each["parts"] for split, each in version["counts"].items()} == {
        "train": 6, "validation": 2, "test": 2,
    }  # fmt: skip
    params = {"dataset": version["id"], "settings": {"steps": 2, "batch": 2, "minutes": 5}}
    job = client.post(f"{API}/projects/{project}/jobs", json={"kind": "finetune", "params": params}).json()
    work()
    job = client.get(f"{API}/jobs/{job['id']}").json()
    assert job["state"] == "done", job["error"]
    comparison = job["result"]["comparison"]
    assert (comparison["parts"], comparison["instances"], comparison["verdict"]) == (2, 8, "too few")
    assert comparison["parent"]["name"] == "small"
    log = client.get(f"{API}/jobs/{job['id']}/log").json()
    assert [line["step"] for line in log["items"] if line["ap50"] is not None] == [1, 2]
    shown = client.get(f"{API}/jobs/{job['id']}/samples").json()["items"]
    assert [(each["step"], each["index"]) for each in shown] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert client.get(f"{API}/jobs/{job['id']}/samples/1/0").content[8:12] == b"WEBP"
    model = client.get(f"{API}/projects/{project}/models").json()["items"][0]
    assert (model["name"], model["parent"]["id"], model["dataset"]["number"]) == ("taught 2", first, 1)
    refused = client.post(f"{API}/models/{model['id']}/promote", json={})
    assert (refused.status_code, refused.json()["type"]) == (409, "reason_wanted")
    assert client.post(f"{API}/models/{model['id']}/promote", json={"reason": "it looks better"}).status_code == 200
    assert client.get(f"{API}/projects/{project}").json()["model"] == {"id": model["id"], "name": "taught 2"}
