"""YOLO's texts and descriptions."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.dataset.entry import Entry
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.yolo import class_names
from uniaims.errors import InputError

YOLO = FORMATS["yolo-seg"]


def read(folder: Path, text: str, part: str = "train") -> list[Entry]:
    for name in ("images", "labels"):
        (folder / name / part).mkdir(parents=True)
    for stem in ("a", "b"):
        cv2.imwrite(str(folder / "images" / part / f"{stem}.jpg"), np.zeros((20, 40), np.uint8))
    (folder / "labels" / part / "a.txt").write_text(text)
    return list(YOLO.read(folder))


def test_polygons_are_fractions(tmp_path: Path) -> None:
    first, second = read(tmp_path, "0 0.1 0.1 0.5 0.1 0.5 0.9 0.1 0.9\n\n7 0 0 0.5 0 0 1\n", "val")
    assert first.instances.boxes.tolist()[0] == [4, 2, 20, 18]
    assert first.instances.kinds == ("0", "7")
    assert first.record.split == "validation"
    assert len(second.instances) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 0.5 0.5 0.1 0.1", "line 1 is a box, no outline"),
        ("0 10 10 50 10 50 90", "fractions of width and height"),
        ("pore 0.1 0.1 0.5 0.1 0.5 0.9", "wanted a class number"),
        ("0 0.1 0.1 0.5 0.1 0.5", "wanted three or more"),
        ("0 nan 0.1 0.5 0.1 0.5 0.2", "fractions"),
    ],
)
def test_faults_are_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "names: [pore, 'grain: a', \"c\"]\nnc: 3\n",
        "nc: 3\nnames:\n- pore\n- 'grain: a'\n- c\n",
        "names:\n  0: pore\n  1: 'grain: a'\n  2: c\ntrain: images\n",
        "names: {0: pore, 1: 'grain: a', 2: c}\n",
        "names: [\n  pore,\n  'grain: a',\n  c,\n]\n",
    ],
)
def test_names_in_all_manners(text: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(text)
    assert class_names(tmp_path) == {0: "pore", 1: "grain: a", 2: "c"}


def test_names_in_a_list_of_lines(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("pore\ngrain\n")
    assert class_names(tmp_path) == {0: "pore", 1: "grain"}


def test_description_is_yaml(make_entry: object, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    YOLO.write([make_entry()], tmp_path / "out")  # type: ignore[operator]
    content = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())
    assert content == {"path": ".", "val": "images/val", "names": {0: "pore & crack", 1: "instance", 2: "grain"}}
