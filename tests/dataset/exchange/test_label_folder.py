"""Folders of label images, and StarDist's."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.dataset import open_samples
from uniaims.dataset.exchange import FORMATS, detect
from uniaims.errors import InputError

FOLDER = FORMATS["folder"]


def labels() -> NDArray[np.uint16]:
    drawn = np.zeros((12, 10), np.uint16)
    drawn[1:4, 2:6] = 9
    return drawn


def put(path: Path, pixels: NDArray[np.generic]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/a.png", "masks/a.tif"),
        ("images/a.png", "labels/a_mask.png"),
        ("images/a.tif", "masks/a_labels.tif"),
        ("a.jpg", "a_masks.png"),
        ("a.png", "a_label.tif"),
        ("a.png", "masks/a.png"),
    ],
)
def test_masks_are_found_by_their_names(image: str, mask: str, tmp_path: Path) -> None:
    put(tmp_path / image, np.zeros((12, 10), np.uint8))
    put(tmp_path / mask, labels())
    (entry,) = FOLDER.read(tmp_path)
    assert (entry.record.image_id, entry.instances.numbers.tolist()) == ("a", [9])


def test_training_can_use_the_folder(make_entry: object, tmp_path: Path) -> None:
    FOLDER.write([make_entry("a"), make_entry("b", seed=1)], tmp_path / "out")  # type: ignore[operator]
    assert [sample.stem for sample in open_samples(tmp_path / "out")] == ["a", "b"]


def test_other_sizes_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "images" / "a.png", np.zeros((12, 11), np.uint8))
    put(tmp_path / "masks" / "a.png", labels())
    with pytest.raises(InputError, match="its labels are for 10 x 12 px, it has 11 x 12"):
        list(FOLDER.read(tmp_path))


def test_a_table_with_a_bad_number_is_named(make_entry: object, tmp_path: Path) -> None:
    FOLDER.write([make_entry("a")], tmp_path / "out")  # type: ignore[operator]
    table = tmp_path / "out" / "samples.csv"
    table.write_text(table.read_text().replace(",2.5,", ",wide,"))
    with pytest.raises(InputError, match=r"samples\.csv: pixel_size_nm is 'wide'"):
        list(FOLDER.read(tmp_path / "out"))


def test_stardist_parts_are_splits(tmp_path: Path) -> None:
    for part in ("train", "test"):
        put(tmp_path / part / "images" / "a.tif", np.zeros((12, 10), np.uint8))
        put(tmp_path / part / "masks" / "a.tif", labels())
    assert detect(tmp_path).name == "stardist"
    found = [(entry.record.image_id, entry.record.split) for entry in FORMATS["stardist"].read(tmp_path)]
    assert found == [("train__a", "train"), ("test__a", "test")]


def test_stardist_masks_need_images(tmp_path: Path) -> None:
    put(tmp_path / "masks" / "a.tif", labels())
    with pytest.raises(InputError, match="no image of the same name"):
        list(FORMATS["stardist"].read(tmp_path))


def test_each_piece_of_a_mask_is_an_object_of_its_kind(tmp_path: Path) -> None:
    mask = np.zeros((12, 10), np.uint8)
    mask[1:3, 1:3] = mask[5:9, 5:9] = 255
    put(tmp_path / "images" / "a.png", np.zeros((12, 10), np.uint8))
    put(tmp_path / "masks" / "a.png", mask)
    (tmp_path / "kinds.csv").write_bytes("image_id,number,kind\na,255,颗粒\n".encode("utf-16"))
    (entry,) = FOLDER.read(tmp_path)
    assert (entry.instances.areas_px.tolist(), entry.instances.kinds) == ([4, 16], ("颗粒", "颗粒"))
    assert "2 separate pieces" in entry.warnings[0]
    (sample,) = open_samples(tmp_path)
    assert sample.read().labels.max() == 2
    assert "2 separate pieces" in sample.read().micrograph.warnings[-1]
