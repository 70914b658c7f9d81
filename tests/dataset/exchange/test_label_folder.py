"""Folders of label images, and StarDist's."""

from pathlib import Path

import numpy as np
import pytest

from uniaims.dataset import open_samples
from uniaims.dataset.exchange import FORMATS
from uniaims.errors import InputError

from .label_images import labels, put

FOLDER = FORMATS["folder"]


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
