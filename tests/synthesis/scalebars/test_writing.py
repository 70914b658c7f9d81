"""A folder of images and their truth."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.errors import InputError, SettingsError
from uniaims.synthesis.scalebars import read_truths, training_styles, write_scalebars

IMAGES = [np.full((160, 240), level, np.uint8) for level in (40, 200)] + [np.full((160, 200, 3), 90, np.uint8)]


def test_images_and_truth_belong_together(tmp_path: Path) -> None:
    folder = write_scalebars(IMAGES, 12, tmp_path / "bars", seed=5, styles=training_styles())
    truths = read_truths(folder)
    assert len(truths) == 12 == len(list((folder / "images").iterdir()))
    for path, truth in truths.items():
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert image.shape[1::-1] == truth.size
        assert truth.style == "none" or truth.style in training_styles()


def test_the_same_seed_gives_the_same_bytes_and_more_images_change_none(tmp_path: Path) -> None:
    one = write_scalebars(IMAGES, 3, tmp_path / "one", seed=1)
    more = write_scalebars(IMAGES, 5, tmp_path / "more", seed=1)
    other = write_scalebars(IMAGES, 3, tmp_path / "other", seed=2)
    names = [path.name for path in sorted((one / "images").iterdir())]
    assert all((one / "images" / name).read_bytes() == (more / "images" / name).read_bytes() for name in names)
    assert (more / "truth.jsonl").read_text().startswith((one / "truth.jsonl").read_text())
    assert any((one / "images" / name).read_bytes() != (other / "images" / name).read_bytes() for name in names)


def test_colours_are_written_as_they_are(tmp_path: Path) -> None:
    folder = write_scalebars(IMAGES[:1], 6, tmp_path / "red", seed=0, styles=("zen red",))
    coloured = [cv2.imread(str(path)) for path in read_truths(folder)]
    red = [image for image in coloured if (image[..., 2].astype(int) - image[..., 0] > 100).any()]
    assert len(red) >= 3


def test_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least one"):
        write_scalebars([], 3, tmp_path / "none", seed=0)
    with pytest.raises(SettingsError, match="at least one"):
        write_scalebars(IMAGES, 0, tmp_path / "none", seed=0)
    assert not (tmp_path / "none").exists()
    with pytest.raises(InputError, match=r"truth\.jsonl"):
        read_truths(tmp_path)
