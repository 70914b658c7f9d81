from pathlib import Path
from typing import Any

import numpy as np
import pytest

from uniaims.errors import ImageError
from uniaims.formats import read


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("code", "dtype"), [(1, "i2"), (2, "f4"), (6, "u1"), (7, "i4"), (10, "u2")])
def test_pixels_and_scale(write_dm: Any, dm_image: Any, version: int, order: str, code: int, dtype: str) -> None:
    pixels = np.arange(6 * 9).reshape(6, 9).astype(dtype)
    path = write_dm([dm_image(pixels, code, 0.25)], version, f"a.dm{version}", order)
    image = read(path)
    assert np.array_equal(image.pixels, pixels)
    assert image.pixels.dtype == np.dtype(dtype)
    assert image.pixel_size_nm == pytest.approx(0.25)
    assert image.warnings == ()


@pytest.mark.parametrize("listed", [True, False])
def test_thumbnail_is_skipped(write_dm: Any, dm_image: Any, listed: bool) -> None:
    thumbnail = dm_image(np.full((4, 5, 4), 7, "u1")[..., 0], 6)
    main = dm_image(np.arange(48, dtype="i2").reshape(6, 8), 1, 3.0)
    tags = {"Thumbnails": {0: {"ImageIndex": 0}}} if listed else {}
    image = read(write_dm([thumbnail, main], **tags))
    assert image.pixels.shape == (6, 8)
    assert image.pixel_size_nm == pytest.approx(3)
    assert image.page_count == 1


def test_lone_image_is_read_even_if_it_is_called_a_thumbnail(write_dm: Any, dm_image: Any) -> None:
    path = write_dm([dm_image(np.arange(12, dtype="u1").reshape(3, 4), 6)], Thumbnails={0: {"ImageIndex": 0}})
    assert read(path).pixels.shape == (3, 4)


def test_stack(write_dm: Any, dm_image: Any) -> None:
    stack = np.arange(3 * 4 * 5, dtype="u2").reshape(3, 4, 5)
    path = write_dm([dm_image(stack, 10)])
    image = read(path, page=2)
    assert np.array_equal(image.pixels, stack[2])
    assert image.page_count == 3
    assert any("3 images" in text for text in read(path).warnings)
    with pytest.raises(ImageError, match="pages 0 to 2"):
        read(path, page=3)


def test_acquisition(write_dm: Any, dm_image: Any) -> None:
    tags = {
        "Microscope Info": {
            "Voltage": 200000.0,
            "Indicated Magnification": 50000.0,
            "Microscope": "Tecnai F20",
            "Stage Position": (1.0, 2.0),
        },
        "DataBar": {"Acquisition Date": "2024-05-01", "Acquisition Time": "10:11:12", "Device Name": "Orius"},
    }
    image = read(write_dm([dm_image(np.arange(12, dtype="u1").reshape(3, 4), 6, **tags)]))
    facts = image.acquisition
    assert (facts.instrument, facts.detector) == ("Tecnai F20", "Orius")
    assert (facts.voltage_kv, facts.magnification) == (200.0, 50000.0)
    assert facts.date == "2024-05-01 10:11:12"
    assert facts.source == "DigitalMicrograph tags"


def test_diffraction_pattern_has_no_pixel_size(write_dm: Any, dm_image: Any) -> None:
    image = read(write_dm([dm_image(np.arange(12, dtype="u1").reshape(3, 4), 6, 0.02, "1/nm")]))
    assert image.pixel_size_nm is None
    assert any("1/nm" in text for text in image.warnings)


def test_colours(write_dm: Any, dm_image: Any) -> None:
    blue_green_red = np.zeros((3, 4, 4), "u1")
    blue_green_red[..., 0], blue_green_red[..., 1], blue_green_red[..., 2] = 10, 20, 30
    entry = dm_image(np.arange(12, dtype="u4").reshape(3, 4), 23)
    entry["ImageData"]["Data"] = blue_green_red.reshape(-1).view("<u4")
    assert (read(write_dm([entry])).pixels == (30, 20, 10)).all()


def test_complex_becomes_magnitude(write_dm: Any, dm_image: Any) -> None:
    pixels = np.full((3, 4), 3 + 4j, "c8")
    pixels[0, 0] = 0
    image = read(write_dm([dm_image(pixels, 3)]))
    assert image.pixels[1, 1] == 5
    assert any("magnitude" in text for text in image.warnings)


def test_fourier_transform_is_refused(write_dm: Any, dm_image: Any) -> None:
    with pytest.raises(ImageError, match="type 5"):
        read(write_dm([dm_image(np.zeros((4, 4), "f4"), 5)]))


def test_spectrum_alone_is_refused(write_dm: Any, dm_image: Any) -> None:
    entry = dm_image(np.zeros((1, 64), "f4"), 2)
    entry["ImageData"]["Dimensions"] = {0: 64}
    with pytest.raises(ImageError, match="no image"):
        read(write_dm([entry]))


def test_cut_short(write_dm: Any, dm_image: Any) -> None:
    path: Path = write_dm([dm_image(np.zeros((64, 64), "f4"), 2)])
    for length in (10, 200, 3000, 12000):
        (path.parent / "cut.dm3").write_bytes(path.read_bytes()[:length])
        with pytest.raises(ImageError):
            read(path.parent / "cut.dm3")


def test_header_bomb(write_dm: Any, dm_image: Any) -> None:
    entry = dm_image(np.arange(12, dtype="u1").reshape(3, 4), 6)
    entry["ImageData"]["Dimensions"] = {0: 100_000, 1: 100_000}
    with pytest.raises(ImageError, match="100000 x 100000"):
        read(write_dm([entry]))
