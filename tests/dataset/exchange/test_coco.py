"""COCO's dialects."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, detect
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord
from uniaims.errors import InputError

COCO = FORMATS["coco"]
SQUARE = [2, 2, 8, 2, 8, 8, 2, 8]


def coco(annotations: list[dict[str, Any]], **image: Any) -> dict[str, Any]:
    """A COCO file of one image of 20 x 16 px (width x height) and categories with a gap."""
    shown = {"id": 7, "file_name": "a.png", "width": 20, "height": 16} | image
    return {
        "images": [shown],
        "annotations": [{"id": i, "image_id": shown.get("id"), **item} for i, item in enumerate(annotations)],
        "categories": [{"id": 3, "name": "pore"}, {"id": 90, "name": "grain"}],
    }


def read(folder: Path, content: Any, name: str = "x.json") -> AnnotatedImage:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    (entry,) = COCO.read(path)
    return entry


@pytest.mark.parametrize(
    "segmentation",
    [
        [SQUARE],
        SQUARE,
        [[2, 2], [8, 2], [8, 8], [2, 8]],
        [SQUARE, [3, 3, 4, 4]],
        [[2, 2, 6, 2, 6, 8, 2, 8], [4, 2, 8, 2, 8, 8, 4, 8]],
        {"size": [16, 20], "counts": [34, *[6, 10] * 5, 6, 200]},
        {"counts": [34, *[6, 10] * 5, 6]},
    ],
    ids=["polygon", "flat", "pairs", "with a line", "overlapping parts", "run lengths", "run lengths without size"],
)
def test_segmentations(segmentation: Any, tmp_path: Path) -> None:
    entry = read(tmp_path, coco([{"category_id": 90, "segmentation": segmentation}]))
    assert entry.instances.boxes.tolist() == [[2, 2, 8, 8]]
    assert entry.instances.areas_px.tolist() == [36]
    assert entry.instances.kinds == ("grain",)


def test_polygons_and_run_lengths_may_mix(tmp_path: Path) -> None:
    runs = {"size": [16, 20], "counts": [34, 6, 100, 6]}
    items = [{"category_id": 3, "segmentation": [SQUARE]}, {"category_id": 5, "segmentation": runs, "iscrowd": 1}]
    entry = read(tmp_path, coco(items))
    assert entry.instances.kinds == ("pore", "5 (crowd)")
    COCO.write([entry], tmp_path / "out")
    content = json.loads((tmp_path / "out" / "annotations" / "instances_default.json").read_text())
    assert [item["iscrowd"] for item in content["annotations"]] == [0, 1]
    assert [item["name"] for item in content["categories"]] == ["pore", "5"]


def test_images_without_number_or_size(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((16, 20), np.uint8)).save(tmp_path / "a.png")
    content = coco([{"image_id": "a.png", "category_id": 3, "segmentation": [SQUARE]}])
    content["images"] = [{"file_name": "a.png"}]
    entry = read(tmp_path, content)
    assert (entry.record.shape, entry.image) == ((16, 20), tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("annotations/instances_val2017.json", "validation"),
        ("train/_annotations.coco.json", "train"),
        ("x.json", ""),
        ("train.json", "train"),
        ("test.json", "test"),
        ("instances_Test.json", "test"),
        ("image_info_test-dev2017.json", "test"),
        ("val_coco.json", "validation"),
        ("valid/x.json", "validation"),
        ("tensile_test_Al7075.json", ""),
        ("tensile-test.json", ""),
        ("hardness test 3.json", ""),
        ("test_1.json", ""),
        ("train_wheel.json", ""),
        ("valley2017.json", ""),
        ("tests/x.json", ""),
    ],
)
def test_split_is_that_of_the_file(name: str, split: str, tmp_path: Path) -> None:
    assert read(tmp_path, coco([]), name).record.split == split
    assert detect(tmp_path).name == "coco"


def test_images_are_found_beside_the_folder_of_annotations(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.fromarray(np.zeros((16, 20), np.uint8)).save(tmp_path / "images" / "a.png")
    entry = read(tmp_path, coco([], file_name="C:\\data\\a.png"), "annotations/x.json")
    assert entry.image == tmp_path / "images" / "a.png"


def test_no_path_leads_out(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((16, 20), np.uint8)).save(tmp_path / "secret.png")
    entry = read(tmp_path, coco([], file_name="../../secret.png"), "a/b/c/x.json")
    assert entry.image is None
    assert entry.record.image_id == "secret"


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        ({"segmentation": []}, r"has no outline, only a box\..* let `uniaims analyse` find"),
        ({"segmentation": {"size": [20, 16], "counts": [1, 2]}}, r"run lengths are for \(20, 16\)"),
        ({"segmentation": {"counts": [0, 10**30]}}, "longer than an image"),
        ({"segmentation": {"counts": [-5, 10]}}, "negative"),
        ({"segmentation": {"counts": "not a code ~~~"}}, "no text of COCO's"),
        ({"segmentation": [["a"] * 6]}, "no pairs of numbers"),
        ({"segmentation": [SQUARE], "image_id": 99}, "which is not among the images"),
        ({"segmentation": [[float("inf")] * 6]}, "wanted three or more pairs"),
        ({"segmentation": "x"}, "has no outline"),
    ],
)
def test_faults_are_named(annotation: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, coco([{"category_id": 3, **annotation}]))
    assert "x.json" in str(caught.value)


@pytest.mark.parametrize("size", [{"width": 10**9, "height": 10**9}, {"width": -1}, {"width": "wide"}, {"height": 2.5}])
def test_absurd_sizes_are_refused(size: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="px"):
        read(tmp_path, coco([{"category_id": 3, "segmentation": [[0, 0, 1e9, 0, 1e9, 1e9]]}], **size))


def test_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 16), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="its labels are for 20 x 16 px, it has 16 x 20"):
        read(tmp_path, coco([]))


def test_polygons_may_reach_far_out(tmp_path: Path) -> None:
    ring = [-1e12, -1e12, 1e12, -1e12, 1e12, 1e12, -1e12, 1e12]
    entry = read(tmp_path, coco([{"category_id": 3, "segmentation": [ring]}]))
    assert entry.instances.areas_px.tolist() == [320]


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"images": ' + "[" * 100_000)
    with pytest.raises(InputError, match=r"x\.json"):
        list(COCO.read(tmp_path / "x.json"))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_reads_what_is_written(make_entry: Any, full_masks: Any, tmp_path: Path) -> None:
    coco_module = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    entry = make_entry()
    for name in ("coco", "coco-polygons"):
        FORMATS[name].write([entry], tmp_path / name)
        theirs = coco_module.COCO(str(tmp_path / name / "annotations" / "instances_default.json"))
        found = [theirs.annToMask(item) for item in theirs.loadAnns(theirs.getAnnIds())]
        assert all(np.array_equal(a, b) for a, b in zip(found, full_masks(entry.instances), strict=True))


@pytest.mark.parametrize("place", ["val2017", "images/val2017", "images", ""])
def test_images_lie_in_a_folder_called_as_the_annotations(tmp_path, place):
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((16, 20), np.uint8)).save(tmp_path / place / "a.png")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_val2017.json").write_text(json.dumps(coco([{"segmentation": [SQUARE]}])))
    (entry,) = COCO.read(tmp_path)
    assert (entry.image, entry.record.split) == (tmp_path / place / "a.png", "validation")


def test_two_images_of_one_id_are_refused(tmp_path):
    content = coco([{"segmentation": [SQUARE]}])
    content["images"].append(content["images"][0] | {"file_name": "b.png"})
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="id 7"):
        list(COCO.read(tmp_path))


def test_parts_beside_each_other_are_splits(tmp_path):
    for name in ("livecell_coco_train", "livecell_coco_val", "creep_test"):
        (tmp_path / f"{name}.json").write_text(json.dumps(coco([], id=name, file_name=f"{name}.png")))
    found = {entry.record.image_id: entry.record.split for entry in COCO.read(tmp_path)}
    assert found == {"livecell_coco_train": "train", "livecell_coco_val": "validation", "creep_test": ""}


ONE, TWO = [34, 6, 10, 6], [34, 6, 100, 6]
BY_CVAT = {"attributes": {"occluded": False}}


@pytest.mark.parametrize(
    ("counts", "more", "kind"),
    [
        (ONE, {}, "pore (crowd)"),
        (ONE, {"attributes": {}}, "pore (crowd)"),
        (ONE, {"attributes": ["occluded"]}, "pore (crowd)"),
        (ONE, {"segmentation": [SQUARE], **BY_CVAT}, "pore (crowd)"),
        (ONE, BY_CVAT, "pore"),
        (TWO, BY_CVAT, "pore"),
        (TWO, {}, "pore (crowd)"),
        (TWO, {"attributes": {}}, "pore (crowd)"),
        (TWO, {"iscrowd": 0}, "pore"),
    ],
)
def test_crowds_keep_their_mark_but_for_what_cvats_brush_drew(counts, more, kind, tmp_path):
    item = {"category_id": 3, "iscrowd": 1, "segmentation": {"size": [16, 20], "counts": counts}}
    entry = read(tmp_path, coco([item | more]))
    assert entry.instances.kinds == (kind,)
    assert any("set iscrowd to 0" in text for text in entry.warnings) == kind.endswith("(crowd)")


def test_own_crowds_of_one_piece_come_back(tmp_path):
    mask = np.zeros((16, 20), np.uint32)
    mask[2:8, 2:8] = 1
    instances = InstanceMasks.from_labels(mask, {1: "pore (crowd)"})
    COCO.write([AnnotatedImage(ImageRecord("a", "a.png", 20, 16), instances)], tmp_path / "out")
    (entry,) = COCO.read(tmp_path / "out")
    assert entry.instances.kinds == ("pore (crowd)",)
    assert entry.warnings == ()


FAR = [1e10, 2.0**63, 1e19, 1e300, 1.7e308]


@pytest.mark.parametrize("far", FAR)
def test_polygons_of_any_size_are_cut_to_the_image(far, tmp_path):
    square = [-far, -far, far, -far, far, far, -far, far]
    corner = [0, 0, far, 0, 0, far]
    half = [-far, 8, far, 8, far, far, -far, far]
    strip = [5, -far, 9, -far, 9, far, 5, far]
    diagonal = [0, 0, far, far, 0, far]
    rings = [square, corner, half, strip, diagonal]
    entry = read(tmp_path, coco([{"category_id": 3, "segmentation": [ring]} for ring in rings]))
    assert entry.instances.areas_px[:4].tolist() == [320, 320, 160, 64]
    assert entry.instances.areas_px[4] == pytest.approx(16 * 17 / 2, abs=16)
    beside = [far, far, far * 1.01, far, far, far * 1.01]
    assert "1 instances have no pixel" in read(tmp_path, coco([{"segmentation": [beside]}])).warnings[0]


@pytest.mark.parametrize("value", [10**400, float("nan"), float("inf"), None, "x", [1]])
def test_what_is_no_finite_number_is_refused(value, tmp_path):
    with pytest.raises(InputError, match=r"x\.json"):
        read(tmp_path, coco([{"category_id": 3, "segmentation": [[0, 0, value, 0, 9, 9]]}]))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_encodings_of_the_file(encoding, tmp_path):
    content = coco([{"category_id": 3, "segmentation": [SQUARE]}])
    content["categories"][0]["name"] = "颗粒"
    (tmp_path / "x.JSON").write_bytes(json.dumps(content, ensure_ascii=False).encode(encoding))
    assert detect(tmp_path).name == "coco"
    (entry,) = COCO.read(tmp_path)
    assert entry.instances.kinds == ("颗粒",)
    assert bool(entry.warnings) == (encoding == "gb18030")
