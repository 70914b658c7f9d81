import cv2
import numpy as np
import pytest

from uniaims.dataset import open_samples
from uniaims.errors import InputError


@pytest.fixture
def folder(tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for stem in "ba":
            cv2.imwrite(str(tmp_path / kind / f"{stem}.png"), np.ones((6, 8), np.uint8))
    return tmp_path


def test_samples_are_sorted_and_read(folder):
    files = open_samples(folder)
    assert [file.stem for file in files] == ["a", "b"]
    sample = files[0].read()
    assert sample.labels.dtype == np.uint32
    assert sample.known.all()


def test_ignored_pixels_are_unknown(folder):
    (folder / "ignore").mkdir()
    ignore = np.zeros((6, 8), np.uint8)
    ignore[2, 3] = 255
    cv2.imwrite(str(folder / "ignore" / "a.png"), ignore)
    known = open_samples(folder)[0].read().known
    assert np.argwhere(~known).tolist() == [[2, 3]]


def test_image_without_mask_is_named(folder):
    (folder / "masks" / "b.png").unlink()
    with pytest.raises(InputError, match=r"only one of images/ and masks/ \(b"):
        open_samples(folder)


def test_sizes_must_agree(folder):
    cv2.imwrite(str(folder / "masks" / "a.png"), np.ones((5, 5), np.uint8))
    with pytest.raises(InputError, match="same size"):
        open_samples(folder)[0].read()


def test_same_stem_twice(folder):
    cv2.imwrite(str(folder / "images" / "a.bmp"), np.ones((6, 8), np.uint8))
    with pytest.raises(InputError, match="same stem"):
        open_samples(folder)


@pytest.mark.parametrize("missing", ["images", "masks"])
def test_missing_subfolder(tmp_path, missing):
    (tmp_path / ({"images", "masks"} - {missing}).pop()).mkdir()
    with pytest.raises(InputError, match="no such folder"):
        open_samples(tmp_path)


def test_empty_dataset(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(InputError, match="empty"):
        open_samples(tmp_path)


def test_side_cars_and_stray_files_are_passed_over(folder):
    (folder / "images" / "a.txt").write_text("PixelSize=2.5")
    (folder / "images" / "Thumbs.db").write_bytes(b"x")
    (folder / "masks" / "notes.md").write_text("x")
    assert [file.stem for file in open_samples(folder)] == ["a", "b"]


def test_label_numbers_are_closed_up(folder):
    mask = np.zeros((6, 8), np.uint16)
    mask[1, 1], mask[4, 4] = 900, 60_000
    cv2.imwrite(str(folder / "masks" / "a.png"), mask)
    assert np.unique(open_samples(folder)[0].read().labels).tolist() == [0, 1, 2]
