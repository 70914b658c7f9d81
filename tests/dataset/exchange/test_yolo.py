"""YOLO's texts and descriptions."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.yolo import description_of
from uniaims.errors import InputError

YOLO = FORMATS["yolo-seg"]


def read(folder: Path, text: str, part: str = "train") -> list[AnnotatedImage]:
    for name in ("images", "labels"):
        (folder / name / part).mkdir(parents=True)
    for stem in ("a", "b"):
        cv2.imwrite(str(folder / "images" / part / f"{stem}.jpg"), np.zeros((20, 40), np.uint8))
    (folder / "labels" / part / "a.txt").write_text(text)
    return list(YOLO.read(folder))


def test_polygons_are_fractions(tmp_path: Path) -> None:
    first, second = read(tmp_path, "0 0.1 0.1 0.5 0.1 0.5 0.9 0.1 0.9\n\n7 0 0 0.5 0 0 1\n", "val")
    assert first.instances.boxes.tolist()[0] == [2, 4, 18, 20]
    assert first.instances.kinds == ("0", "7")
    assert first.record.split == "validation"
    assert len(second.instances) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 0.5 0.5 0.1 0.1", r"line 1 is a box\..* let `uniaims analyse` find"),
        ("0 10 10 50 10 50 90", "fractions of width and height"),
        ("pore 0.1 0.1 0.5 0.1 0.5 0.9", "wanted a class number"),
        ("0 0.1 0.1 0.5 0.1 0.5", r"line 1 is a box\..* let `uniaims analyse` find"),
        ("0 0.1 0.1", "wanted three or more"),
        ("0.5 0.1 0.1 0.5 0.1 0.5 0.9", "wanted a class number"),
        ("-1 0.1 0.1 0.5 0.1 0.5 0.9", "wanted a class number"),
        ("inf 0.1 0.1 0.5 0.1 0.5 0.9", "wanted a class number"),
        ("0 0.1 0.1 0.5 0.1 0.5 0.9 0.2 0.2 1.3", "ends with 1.3"),
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
        "\ufeffnames: [pore, 'grain: a', c]  # three\n",
        "# classes\n'names' : # here\n  '0': pore # small\n  \"1\": 'grain: a'\n  2: c\n",
        "path: x\r\nnames:\r\n  - pore\r\n  - 'grain: a'\r\n  - c\r\n",
    ],
)
def test_names_in_all_manners(text: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(text)
    assert description_of(tmp_path).names == {0: "pore", 1: "grain: a", 2: "c"}


def test_names_in_a_list_of_lines(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("pore\ngrain\n")
    assert description_of(tmp_path).names == {0: "pore", 1: "grain"}


def test_description_is_yaml(make_entry: object, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    YOLO.write([make_entry()], tmp_path / "out")  # type: ignore[operator]
    content = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())
    assert content == {"path": ".", "val": "images/val", "names": {0: "pore & crack", 1: "instance", 2: "grain"}}


def test_words_of_yaml_stay_names(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("names: [no, 'pore, open', 1.0, null, \"caf\\u00e9 # 2\", ~]\n")
    assert list(description_of(tmp_path).names.values()) == ["no", "pore, open", "1.0", "null", "café # 2", "~"]


@pytest.mark.parametrize(
    "text", ["names: [a, b", "names: {x: pore}", "names: [[a], b]", "names: &a [*a]", "names: " + "[" * 5000]
)
def test_bad_yaml_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(InputError, match=r"data\.yaml"):
        description_of(tmp_path)


@pytest.mark.parametrize(
    ("names", "encoding"), [("颗粒\n孔洞\n", "gb18030"), ("grain\nGefüge\n", "cp1252"), ("a\nb\n", "utf-16")]
)
def test_names_in_other_encodings(names: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_bytes(names.encode(encoding))
    found = description_of(tmp_path)
    assert list(found.names.values()) == names.split()
    assert bool(found.warnings) == (encoding != "utf-16")


SQUARE = "0.1 0.1 0.5 0.1 0.5 0.9 0.1 0.9"


@pytest.mark.parametrize(
    "text",
    [
        f"1 {SQUARE}",
        f"\ufeff1 {SQUARE}",
        f"1.0 {SQUARE}",
        f"1e0 {SQUARE}",
        f"+1 {SQUARE} 0.87",
        f"1 {SQUARE} 1",
        f"1 {SQUARE} 7",
        f"1 {SQUARE} 0.87 7",
        f"1 {SQUARE} 0.87 1\n1 {SQUARE} 0.5 2",
        f"1\t{SQUARE}\r\n",
        "1," + SQUARE.replace(" ", ","),
        "1 " + SQUARE.replace(".", ","),
    ],
)
def test_rows_as_other_tools_write_them(text: str, tmp_path: Path) -> None:
    first, _ = read(tmp_path, text)
    assert first.instances.boxes.tolist()[0] == [2, 4, 18, 20]
    assert set(first.instances.areas_px.tolist()) == {256}
    assert set(first.instances.kinds) == {"1"}


def test_texts_and_folders_in_any_case(tmp_path: Path) -> None:
    for name in ("Images", "LABELS"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "Images" / "a.PNG"), np.zeros((20, 40), np.uint8))
    (tmp_path / "LABELS" / "a.TXT").write_text(f"0 {SQUARE}")
    (entry,) = YOLO.read(tmp_path)
    assert entry.instances.areas_px.tolist() == [256]


@pytest.mark.parametrize(
    "text", ["train: ../sets/one\nval: D:\\x\\sets\\two\n", "path: sets\ntrain: [one]\nval: two\n"]
)
def test_folders_are_those_of_the_description(text: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "sets" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "sets" / name / f"{name}.png"), np.zeros((20, 40), np.uint8))
        (tmp_path / "sets" / name / f"{name}.txt").write_text(f"0 {SQUARE}")
    (tmp_path / "data.yaml").write_text(text + "names: [grain]\n")
    found = {entry.record.image_id: entry for entry in YOLO.read(tmp_path)}
    assert {name: entry.record.split for name, entry in found.items()} == {"one": "train", "two": "validation"}
    assert all(entry.instances.kinds == ("grain",) for entry in found.values())


def test_no_description_leads_out(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    cv2.imwrite(str(tmp_path / "secret" / "a.png"), np.zeros((20, 40), np.uint8))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "data.yaml").write_text(
        f"path: {tmp_path}\ntrain: ../secret\nval: {tmp_path}/secret\nnames: [a]\n"
    )
    with pytest.raises(InputError, match="no image"):
        list(YOLO.read(tmp_path / "set"))
