"""Archives, folders and label images become images with labels; what is there already gets new labels."""

import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import uniaims
from tests.server.conftest import written_picture
from uniaims.client import Client, Image
from uniaims.engine.layers.collection import Layers
from uniaims.errors import ConflictError, InputError
from uniaims.server.desk import Desk


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A folder of two pictures with label images."""
    labels = np.zeros((48, 64), np.uint16)
    labels[4:12, 4:12], labels[20:40, 30:50] = 1, 7
    for number, name in enumerate(("a", "b")):
        for kind in ("images", "masks"):
            (tmp_path / "drawn" / kind).mkdir(parents=True, exist_ok=True)
        written_picture(tmp_path / "drawn" / "images" / f"{name}.png", number)
        cv2.imwrite(str(tmp_path / "drawn" / "masks" / f"{name}.png"), labels)
    return tmp_path / "drawn"


def test_a_folder_and_then_its_zip(script: Client, drawn: Path, tmp_path: Path) -> None:
    project = script.project("imports")
    told = project.import_files(drawn)
    assert (told["added"], told["replaced"], told["format"], told["faults"]) == (2, 0, "folder", [])
    image = Image(script, project, told["images"][0])
    assert (image.facts()["name"], image.facts()["state"]) == ("a.png", "ready")
    assert np.unique(image.labels()).tolist() == [0, 1, 2]
    assert set(image.instances()["state"]) == {1}

    fewer = np.zeros((48, 64), np.uint16)
    fewer[4:12, 4:12] = 1
    cv2.imwrite(str(drawn / "masks" / "a.png"), fewer)
    with zipfile.ZipFile(tmp_path / "drawn.zip", "w") as archive:
        for path in sorted(drawn.rglob("*.png")):
            archive.write(path, path.relative_to(drawn))
    again = project.import_files(tmp_path / "drawn.zip")
    assert (again["added"], again["replaced"], again["images"]) == (0, 2, told["images"])
    assert np.unique(image.labels()).tolist() == [0, 1]
    layer = image.facts()["layer_id"]
    script.request("POST", f"layers/{layer}/undo", json={"client": "c"})
    assert np.unique(image.labels()).tolist() == [0, 1, 2]


def test_kinds_come_with_them_and_go_out_again(script: Client, drawn: Path, tmp_path: Path) -> None:
    (drawn / "kinds.csv").write_text("image_id,number,kind\na,1,pore\na,7,grain\n")
    project = script.project("kinds")
    project.import_files(drawn, format="folder")
    kinds = {kind["name"]: kind["number"] for kind in script.request("GET", f"projects/{project.id}").json()["kinds"]}
    assert kinds == {"pore": 1, "grain": 2}
    image = project.images()[0]
    assert image.instances()["kind"].to_list() == [1, 2]
    out = project.export("coco", tmp_path)
    copy = script.project("kinds again")
    assert copy.import_files(out)["added"] == 2
    assert copy.images()[0].instances()["kind"].to_list() == [1, 2]


def test_labels_alone_go_onto_the_image_of_their_name(script: Client, tmp_path: Path) -> None:
    project = script.project("labels alone")
    image = project.upload(written_picture(tmp_path / "powder.png", 5))
    labels = np.zeros((48, 64), np.uint32)
    labels[3:9, 3:9] = 3
    uniaims.write_labels(tmp_path / "powder_labels.tif", labels)
    told = project.import_files(tmp_path / "powder_labels.tif")
    assert (told["added"], told["replaced"], told["images"]) == (0, 1, [image.id])
    assert int((image.labels() > 0).sum()) == 36
    uniaims.write_labels(tmp_path / "powder_labels.tif", labels[:20])
    with pytest.raises(InputError, match="no image of this name and size"):
        project.import_files(tmp_path / "powder_labels.tif")


def test_what_is_none_is_refused(script: Client, tmp_path: Path) -> None:
    project = script.project("refused imports")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(12):
            archive.writestr(f"images/{number}.png", bytes(8 * 2**20))
    with pytest.raises(InputError, match=r"bomb.zip: it says to hold 12 files"):
        project.import_files(bomb)
    slip = tmp_path / "slip.zip"
    with zipfile.ZipFile(slip, "w") as archive:
        archive.writestr("../../../slipped.png", b"x")
    with pytest.raises(InputError, match="leads out of the archive"):
        project.import_files(slip)
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match="nothing could be taken in"):
        project.import_files(tmp_path / "notes.txt")
    with pytest.raises(InputError, match="format"):
        project.import_files(tmp_path / "notes.txt", format="no")
    with pytest.raises(ConflictError, match="Not all files are here"):
        project._run("import", {"uploads": ["0" * 32]})
    assert project.images() == []


def test_an_image_is_ready_when_all_of_it_is_there(
    script: Client, desk: Desk, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states, add = list[str](), Layers.add

    def noted(self: Layers, image_id: int, *more: Any) -> int:
        """What the image is when it gets its layer."""
        states.append(desk.engine.images.image(image_id).state)
        return add(self, image_id, *more)

    monkeypatch.setattr(Layers, "add", noted)
    project = script.project("ready at last")
    project.upload(written_picture(tmp_path / "c.png", 7))
    project.import_files(drawn)
    assert states == ["ingesting"] * 3
    assert [image.facts()["state"] for image in project.images()] == ["ready"] * 3
