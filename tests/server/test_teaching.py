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
from uniaims.client import Client, Image  # noqa: E402
from uniaims.engine.images import NewImage, Reading  # noqa: E402
from uniaims.engine.layers.ingest import suggested, write_labels  # noqa: E402
from uniaims.engine.models import Models, NewModel  # noqa: E402
from uniaims.errors import ConflictError, InputError, NotFoundError  # noqa: E402
from uniaims.jobs.kinds import analyse  # noqa: E402
from uniaims.networks.card import ModelCard, NetworkSettings  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402
from uniaims.networks.weights import save_weights  # noqa: E402
from uniaims.server.desk import Desk  # noqa: E402

SIDE = 96
FEW = {"steps": 2, "batch": 2}


@pytest.fixture(scope="module", autouse=True)
def light(slope_model: object) -> Iterator[list[str]]:
    """Without ONNX, which takes seconds to write; what looks again is a stand-in. Gives the models that were asked."""
    asked: list[str] = []

    def loaded(name: str, *_: object) -> object:
        asked.append(Path(name).name)
        return slope_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uniaims.training.trainer.export_onnx", lambda path, *_: path.write_bytes(b"onnx"))
        patch.setattr("uniaims.segmenter.segmentation.load_model", loaded)
        analyse._segmenters.clear()
        yield asked
    analyse._segmenters.clear()


@pytest.fixture(scope="module")
def small(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], int]:
    """Gives a project the smallest model, as its own."""
    torch.manual_seed(0)
    network, path = NetworkSettings(widths=(8, 16), depths=(1, 1)), tmp_path_factory.mktemp("model") / "m.safetensors"
    save_weights(path, FlowNet(network).eval(), ModelCard("small", network, nominal_diameter_px=24.0))

    def given(project: int) -> int:
        weights, models = desk.engine.blobs.put_file(path), Models(desk.engine)
        new = NewModel("small", None, None, None, weights, weights, {}, {"parent": "general"})
        return models.promote(models.add(project, new).id, desk.engine.accounts.local().id, "to begin with").id

    return given


@pytest.fixture
def add(desk: Desk, cones: Callable[..., Any]) -> Callable[..., int]:
    """Adds an image that has been read to a project: drawn by hand, or suggested."""

    def added(project: int, seed: int, human: bool = True) -> int:
        drawn, account, blobs = cones(SIDE, SIDE, seed), desk.engine.accounts.local(), desk.engine.blobs
        data = cv2.imencode(".png", drawn.image)[1].tobytes()
        image = desk.engine.images.add(project, NewImage(f"{seed}.png", blobs.put(data), len(data), ".png"), account)
        desk.engine.images.finish(image.id, Reading(SIDE, SIDE))
        said = None if human else suggested(np.full(9, 0.9, np.float32))
        desk.engine.layers.add(image.id, write_labels(drawn.labels, blobs, said), "main", account.id)
        return image.id

    return added


def test_ten_corrected_images_teach_a_model_that_suggests_again(
    script: Client, small: Callable[[int], int], add: Callable[..., int], light: list[str], tmp_path: Path
) -> None:
    project = script.project("taught")
    first = small(project.id)
    images = [Image(script, project, add(project.id, seed)) for seed in range(10)]
    told = script.request("GET", f"projects/{project.id}/teachable").json()["items"]
    assert [(each["edited_count"], each["suggested_count"]) for each in told] == [(9, 0)] * 10

    version = project.make_dataset(images, "the first ten")
    parts = {split: each["parts"] for split, each in version["counts"].items()}
    assert parts == {"train": 6, "validation": 2, "test": 2}

    stages: list[str] = []
    model = project.finetune(version["id"], progress=lambda stage, *_: stages.append(stage), **FEW)
    facts = model.facts()
    assert (facts["name"], facts["parent"]["id"], facts["dataset"]["number"]) == ("taught 2", first, 1)
    comparison = facts["comparison"]
    assert (comparison["parts"], comparison["instances"], comparison["verdict"]) == (2, 18, "too few")
    assert comparison["parent"]["name"] == "small"
    assert {each["image_id"] for each in comparison["each"]} == {
        part["image_id"] for part in version["parts"] if part["split"] == "test"
    }
    assert "too few to say" in comparison["sentence"]

    with pytest.raises(ConflictError, match="was not shown to be better"):
        model.promote()
    model.promote("it is wanted for this test")
    assert script.request("GET", f"projects/{project.id}").json()["model"] == {"id": model.id, "name": "taught 2"}
    assert model.download(tmp_path / "taught.onnx").read_bytes() == b"onnx"

    before = images[0].labels()
    found = Image(script, project, add(project.id, 10, human=False))
    project.suggest([images[0], found])
    assert light == ["taught 2.onnx"]
    np.testing.assert_array_equal(images[0].labels(), before)
    assert set(images[0].instances()["state"]) == {1}
    assert set(found.instances()["model"]) == {model.id}

    assert project.roll_back()["model"]["id"] == first
    assert project.roll_back()["model"] == {"id": None, "name": "general"}
    with pytest.raises(ConflictError, match="none before"):
        project.roll_back()
    with pytest.raises(ConflictError, match="dataset version"):
        script.request("DELETE", f"images/{images[0].id}")
    script.request("DELETE", f"projects/{project.id}")
    with pytest.raises(NotFoundError):
        model.facts()


def test_a_training_that_is_killed_goes_on_from_its_checkpoint(
    client: TestClient, desk: Desk, small: Callable[[int], int], add: Callable[..., int], work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("uniaims.training.finetuning.CHECKPOINT_EVERY", 1)
    project = client.post(f"{API}/projects", json={"name": "killed"}).json()["id"]
    small(project)
    parts = [{"image": add(project, seed), "split": split} for seed, split in enumerate(["train", "validation"])]
    version = client.post(f"{API}/projects/{project}/datasets", json={"parts": parts}).json()
    params = {"dataset": version["id"], "settings": FEW | {"steps": 4}, "name": "killed and gone on"}
    job = client.post(f"{API}/projects/{project}/jobs", json={"kind": "finetune", "params": params}).json()["id"]

    from uniaims.training.trainer import SegmenterTraining

    steps: list[int] = []
    noted = SegmenterTraining.write_last

    def dying(self: SegmenterTraining) -> None:
        """Dies at the checkpoint of the third step, once."""
        steps.append(self.state.step)
        if steps == [1, 2, 3]:
            raise InputError("killed")
        noted(self)

    monkeypatch.setattr(SegmenterTraining, "write_last", dying)
    work()
    assert client.get(f"{API}/jobs/{job}").json()["state"] == "failed"
    assert client.post(f"{API}/jobs/{job}/retry").status_code == 200
    work()
    told = client.get(f"{API}/jobs/{job}").json()
    assert told["state"] == "done", told["error"]
    assert steps == [1, 2, 3, 3, 4, 4]
    comparison = told["result"]["comparison"]
    assert (comparison["parts"], comparison["parent"]["ap50"], comparison["verdict"]) == (0, None, "too few")

    log = client.get(f"{API}/jobs/{job}/log").json()
    assert [line["step"] for line in log["items"] if line["ap50"] is not None] == [1, 2, 3, 4]
    assert client.get(f"{API}/jobs/{job}/log", params={"after": log["next"]}).json()["items"] == []
    shown = client.get(f"{API}/jobs/{job}/samples").json()["items"]
    assert [(each["step"], each["index"]) for each in shown] == [(1, 0), (2, 0), (3, 0), (4, 0)]
    assert client.get(f"{API}/jobs/{job}/samples/1/0").content[8:12] == b"WEBP"
    assert client.get(f"{API}/jobs/{job}/samples/7/0").status_code == 404
    teaching = client.get(f"{API}/projects/{project}/teaching").json()
    assert (teaching["measured"], teaching["parent"]["name"]) == (True, "small")


def test_a_version_is_frozen_and_shares_out_boxes(client: TestClient, desk: Desk, add: Callable[..., int]) -> None:
    project = client.post(f"{API}/projects", json={"name": "frozen"}).json()["id"]
    image = add(project, 0, human=False)
    boxes = [{"top": top, "left": 0, "bottom": top + 32, "right": SIDE} for top in (0, 32, 64)]
    body = {"parts": [{"image": image, "box": box} for box in boxes]}
    made = client.post(f"{API}/projects/{project}/datasets", json=body)
    assert made.status_code == 201, made.text
    version = made.json()
    assert {split: each["parts"] for split, each in version["counts"].items()} == {
        "train": 2, "validation": 0, "test": 1,
    }  # fmt: skip
    assert version["instance_count"] == sum(part["untouched_count"] for part in version["parts"]) == 9
    layer = desk.engine.images.image(image).layer_id
    edit = {"edit_id": "e", "kind": "delete", "numbers": [1, 2], "touched": []}
    sent = client.post(f"{API}/layers/{layer}/edits", json={"client": "c", "edits": [edit]}).json()
    assert sent["results"][0]["status"] == "accepted"
    assert client.get(f"{API}/datasets/{version['id']}").json() == version
    assert client.get(f"{API}/projects/{project}/datasets").json()["items"] == [version]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([{}], "nobody has drawn or accepted"),
        ([{"box": [0, 0, 200, 10]}], "reaches out"),
        ([{"box": [0, 0, 0, 10]}], "holds no pixel"),
        ([{"box": [0, 0, 20, 20]}, {"box": [10, 10, 30, 30]}], "share pixels"),
        ([{"box": [0, 0, 20, 20]}, {}], "share pixels"),
        ([{"box": [0, 0, 96, 96], "split": "test"}], "nothing is left to learn from"),
    ],
)
def test_what_can_not_be_learned_from_is_refused(
    client: TestClient, desk: Desk, add: Callable[..., int], parts: list[dict[str, Any]], said: str
) -> None:
    known = desk.engine.projects.named("refused")
    project = known.id if known else client.post(f"{API}/projects", json={"name": "refused"}).json()["id"]
    found = desk.engine.images.page(project)
    image = found[0].id if found else add(project, 0, human=False)
    names = ("top", "left", "bottom", "right")
    told = [
        {"image": image, **part} | ({"box": dict(zip(names, part["box"], strict=True))} if "box" in part else {})
        for part in parts
    ]
    answer = client.post(f"{API}/projects/{project}/datasets", json={"parts": told})
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("parent", ["../../etc/passwd", "/tmp/a.onnx", "a.pt", 987654])
def test_no_file_of_a_stranger_is_a_parent(client: TestClient, desk: Desk, parent: object) -> None:
    project = desk.engine.projects.named("refused")
    assert project is not None
    body = {"kind": "finetune", "params": {"dataset": 1, "parent": parent}}
    assert client.post(f"{API}/projects/{project.id}/jobs", json=body).status_code in {404, 422}
