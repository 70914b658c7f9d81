"""Numbers of label images in TIFF come as they are stored."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tifffile

from uniaims.errors import ImageError
from uniaims.formats.tiff_numbers import tiff_numbers

NUMBERS = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_palette_numbers_stay_and_nothing_is_turned(tmp_path: Path) -> None:
    path = tmp_path / "labels.tif"
    colours = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)
    tifffile.imwrite(path, NUMBERS, photometric="palette", colormap=colours, extratags=[(274, "H", 1, 6, True)])
    assert np.array_equal(tiff_numbers(path), NUMBERS)
    assert np.array_equal(tiff_numbers(BytesIO(path.read_bytes())), NUMBERS)


def test_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, NUMBERS)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ImageError):
        tiff_numbers(path)


def test_a_header_that_claims_more_than_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, NUMBERS, compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as file:
        for name in ("ImageWidth", "ImageLength"):
            file.pages[0].tags[name].overwrite(20_000)
    with pytest.raises(ImageError, match=r"can't hold|damaged"):
        tiff_numbers(path)
