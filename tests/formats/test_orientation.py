"""Images that keep in a tag how they are shown, against Pillow's own turning."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from uniaims.formats import read
from uniaims.formats.lazy import LazyPixels
from uniaims.formats.orientation import orientation_of_picture, orientation_of_value

VALUES = range(1, 9)


def exif(value: int) -> Image.Exif:
    block = Image.Exif()
    block[274] = value
    return block


def shown(stored: NDArray[Any], value: int) -> NDArray[Any]:
    image = Image.fromarray(stored)
    image.getexif()[274] = value
    return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_pictures_are_read_as_viewers_show_them(tmp_path: Path, ramp: NDArray[Any], suffix: str, value: int) -> None:
    path = tmp_path / f"a.{suffix}"
    for pixels in (ramp, np.stack([ramp, ramp + 1, ramp + 2], axis=-1)):
        Image.fromarray(pixels).save(path, exif=exif(value), quality=95)
        with Image.open(path) as picture:
            assert orientation_of_picture(picture) == orientation_of_value(value)
            wanted = np.asarray(ImageOps.exif_transpose(picture))
        image = read(path)
        assert np.array_equal(image.pixels, wanted)
        assert bool(image.warnings) == (value != 1)
        assert np.asarray(image.pixels).flags.c_contiguous


@pytest.mark.parametrize("value", VALUES)
def test_exif_behind_the_pixels_of_a_png(tmp_path: Path, ramp: NDArray[Any], value: int) -> None:
    stream = io.BytesIO()
    Image.fromarray(ramp).save(stream, "png")
    content = b"eXIf" + exif(value).tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    (tmp_path / "a.png").write_bytes(stream.getvalue()[:-12] + chunk + stream.getvalue()[-12:])
    assert np.array_equal(read(tmp_path / "a.png").pixels, shown(ramp, value))


@pytest.mark.parametrize("value", VALUES)
def test_16_bit_colours(tmp_path: Path, ramp: NDArray[Any], value: int) -> None:
    import imagecodecs

    colours = np.stack([ramp.astype("u2") * 256 + place for place in range(3)], axis=-1)
    data = imagecodecs.png_encode(colours)
    content = b"eXIf" + exif(value).tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    wanted = np.stack([shown(ramp, value).astype("u2") * 256 + place for place in range(3)], axis=-1)
    assert np.array_equal(read(tmp_path / "a.png").pixels, wanted)


@pytest.mark.parametrize("value", VALUES)
def test_tiff_with_its_two_pixel_sizes(write_tiff: Any, ramp: NDArray[Any], value: int) -> None:
    """The sides of a pixel are exchanged with the axes."""
    text = "[Scan]\nPixelWidth=2e-9\nPixelHeight=2e-9\n[Image]\nResolutionX=80\nResolutionY=48\n"
    path: Path = write_tiff(ramp, {34682: text}, name="a.tif")
    tifffile.imwrite(path, ramp, extratags=[(274, "H", 1, value, True), (34682, "s", 0, text, True)], metadata=None)
    image = read(path)
    assert np.array_equal(image.pixels, shown(ramp, value))
    assert image.pixel_size_nm == pytest.approx(4), "resized by two, seen in the axis that was the width"


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_values_that_mean_nothing(write_tiff: Any, tmp_path: Path, ramp: NDArray[Any], value: int) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp, extratags=[(274, "H", 1, value, True)], metadata=None)
    assert np.array_equal(read(tmp_path / "a.tif").pixels, ramp)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 9,
        b"x" * 40,
    ],
)
def test_damaged_exif_is_as_stored(tmp_path: Path, ramp: NDArray[Any], block: bytes) -> None:
    Image.fromarray(ramp).save(tmp_path / "a.png", exif=block or None)
    assert np.array_equal(read(tmp_path / "a.png").pixels, ramp)


@pytest.mark.parametrize("value", VALUES)
def test_windows_of_pixels_that_stay_in_the_file(ramp: NDArray[Any], value: int) -> None:
    lazy = LazyPixels(ramp.shape, ramp.dtype, lambda rows, columns: ramp[rows, columns])
    turned = orientation_of_value(value).pixels(lazy)
    wanted = shown(ramp, value)
    assert turned.shape == wanted.shape == orientation_of_value(value).shape(*ramp.shape)
    assert np.array_equal(turned[3:9, 5:20], wanted[3:9, 5:20])
    assert np.array_equal(turned[-1, ::-2], wanted[-1, ::-2])


@pytest.mark.parametrize(
    "block", [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0", b"Exif\0\0MM", b"Exif\0\0II*\0\xff\xff\xff\x7f"]
)
def test_damaged_exif_of_a_jpeg_is_silent(tmp_path: Path, ramp: NDArray[Any], block: bytes) -> None:
    """Pillow warns of it on standard error; warnings are errors here."""
    stream = io.BytesIO()
    Image.fromarray(ramp).save(stream, "jpeg")
    data = stream.getvalue()
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    (tmp_path / "a.jpg").write_bytes(data[:2] + segment + data[20:])
    assert read(tmp_path / "a.jpg").pixels.shape == ramp.shape
