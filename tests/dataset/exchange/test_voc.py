"""Pascal VOC's folders."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.voc import _index_of, _palette
from uniaims.errors import InputError

VOC = FORMATS["voc"]


def read(
    folder: Path, labels: Image.Image | NDArray[np.uint8], classes: NDArray[np.uint8] | None = None
) -> AnnotatedImage:
    for name in ("Annotations", "SegmentationObject", "SegmentationClass", "JPEGImages"):
        (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / "JPEGImages" / "a.jpg"), np.zeros((12, 10), np.uint8))
    shown = labels if isinstance(labels, Image.Image) else Image.fromarray(labels)
    shown.save(folder / "SegmentationObject" / "a.png")
    if classes is not None:
        Image.fromarray(classes).save(folder / "SegmentationClass" / "a.png")
    (entry,) = VOC.read(folder)
    return entry


def square() -> NDArray[np.uint8]:
    labels = np.zeros((12, 10), np.uint8)
    labels[1:5, 1:5], labels[6:9, 2:9] = 1, 3
    return labels


def test_colours_are_those_of_voc() -> None:
    assert _palette()[[1, 2, 15, 255]].tolist() == [[128, 0, 0], [0, 128, 0], [192, 128, 128], [224, 224, 192]]
    assert np.array_equal(_index_of(_palette().astype(np.uint32)), np.arange(256))


def test_colour_pictures_and_rims(tmp_path: Path) -> None:
    labels = square()
    labels[5, :] = 255
    entry = read(tmp_path / "rgb", _palette()[labels])
    assert entry.instances.numbers.tolist() == [1, 3]
    assert entry.image == tmp_path / "rgb" / "JPEGImages" / "a.jpg"
    palette = Image.fromarray(labels)
    palette.putpalette(_palette().ravel().tolist())
    assert read(tmp_path / "p", palette).instances.areas_px.tolist() == [16, 21]


def test_kinds_by_classes_drawn(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "labelmap.txt").write_text("# label:color\nbackground:0,0,0::\npore:128,0,0::\ngrain:0,128,0::\n")
    classes = np.where(square() == 3, 1, (square() > 0) * 2).astype(np.uint8)
    assert read(tmp_path / "x", square(), _palette()[classes]).instances.kinds == ("grain", "pore")


def test_many_instances_are_kept_in_16_bits(tmp_path: Path, make_entry: object) -> None:
    from uniaims.dataset.instances import InstanceMasks
    from uniaims.dataset.schema import ImageRecord

    labels = np.arange(1, 1201, dtype=np.uint32).reshape(30, 40)
    entry = AnnotatedImage(
        ImageRecord("a", "a.png", 40, 30), InstanceMasks.from_labels(labels), np.zeros((30, 40), np.uint8)
    )
    VOC.write([entry], tmp_path / "out")
    (back,) = VOC.read(tmp_path / "out")
    assert np.array_equal(back.instances.labels(), labels)


def test_boxes_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Annotations").mkdir()
    with pytest.raises(InputError, match=r"only boxes\..* let `uniaims analyse` find"):
        list(VOC.read(tmp_path))


def test_other_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"labels are for 9 x 12 px, it has 10 x 12"):
        read(tmp_path, square()[:, 1:])


def test_a_mask_of_0_and_255_is_no_rim(tmp_path: Path) -> None:
    entry = read(tmp_path, np.where(square() > 0, 255, 0).astype(np.uint8))
    assert sorted(entry.instances.areas_px.tolist()) == [16, 21]
    assert "2 separate pieces" in entry.warnings[0]


def test_one_object_of_two_pieces_that_is_named_stays_one(tmp_path: Path) -> None:
    text = "<?xml version='1.0' encoding='gb2312'?><annotation><object><name>颗粒</name></object></annotation>"
    (tmp_path / "Annotations").mkdir()
    read_labels = np.minimum(square(), 1)
    for name in ("SegmentationObject", "JPEGImages"):
        (tmp_path / name).mkdir()
    Image.fromarray(read_labels).save(tmp_path / "SegmentationObject" / "a.PNG", format="PNG")
    cv2.imwrite(str(tmp_path / "JPEGImages" / "a.JPG"), np.zeros((12, 10), np.uint8))
    (tmp_path / "Annotations" / "a.XML").write_bytes(text.encode("gb2312"))
    (entry,) = VOC.read(tmp_path)
    assert (entry.instances.areas_px.tolist(), entry.instances.kinds) == ([37], ("颗粒",))
    assert entry.image == tmp_path / "JPEGImages" / "a.JPG"
