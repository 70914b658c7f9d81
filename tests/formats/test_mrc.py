import struct
from typing import Any

import numpy as np
import pytest

from uniaims.errors import ImageError
from uniaims.formats import read


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("mode", "dtype"), [(0, "i1"), (1, "i2"), (2, "f4"), (6, "u2"), (12, "f2")])
def test_pixels_and_scale(write_mrc: Any, order: str, mode: int, dtype: str) -> None:
    stack = np.arange(2 * 5 * 7).reshape(2, 5, 7).astype(dtype)
    image = read(write_mrc(stack, mode, 2.5, order), page=1)
    assert np.array_equal(image.pixels, stack[1])
    assert image.pixel_size_nm == pytest.approx(0.25)
    assert image.page_count == 2


def test_one_angstrom_is_doubted(write_mrc: Any) -> None:
    image = read(write_mrc(np.arange(24, dtype="i2").reshape(1, 4, 6), 1, 1.0))
    assert image.pixel_size_nm == pytest.approx(0.1)
    assert any("exactly 1 Å" in text for text in image.warnings)


def test_no_cell(write_mrc: Any) -> None:
    image = read(write_mrc(np.arange(24, dtype="i2").reshape(1, 4, 6), 1, 0.0))
    assert image.pixel_size_nm is None


def test_fei_header(write_mrc: Any) -> None:
    extended = bytearray(768)
    extended[20:36] = b"Krios".ljust(16, b"\0")
    struct.pack_into("<d", extended, 84, 300000.0)
    struct.pack_into("<2d", extended, 156, 8e-11, 8e-11)
    path = write_mrc(np.arange(24, dtype="i2").reshape(1, 4, 6), 1, 1.0, extended=bytes(extended), kind=b"FEI1")
    image = read(path)
    assert np.array_equal(image.pixels, np.arange(24).reshape(4, 6))
    assert image.pixel_size_nm == pytest.approx(0.08)
    assert (image.acquisition.instrument, image.acquisition.voltage_kv) == ("Krios", 300.0)


def test_old_file_without_map_stamp(write_mrc: Any) -> None:
    pixels = np.arange(24, dtype="i2").reshape(1, 4, 6)
    assert np.array_equal(read(write_mrc(pixels, 1, magic=b"\0\0\0\0")).pixels, pixels[0])
    with pytest.raises(ImageError, match="no image that can be read"):
        read(write_mrc(pixels, 1, magic=b"\0\0\0\0", name="a.dat"))


def test_unsigned_bytes_of_imod(write_mrc: Any) -> None:
    path = write_mrc(np.full((1, 4, 6), 200, "u1") + np.arange(6, dtype="u1"), 0)
    data = bytearray(path.read_bytes())
    assert read(path).pixels.min() < 0
    struct.pack_into("<2i", data, 152, 1146047817, 0)
    path.write_bytes(data)
    assert read(path).pixels.min() == 200


def test_colours(write_mrc: Any) -> None:
    pixels = np.arange(4 * 6 * 3, dtype="u1").reshape(1, 4, 6, 3)
    assert np.array_equal(read(write_mrc(pixels, 16)).pixels, pixels[0])


def test_cut_short_and_nonsense(write_mrc: Any) -> None:
    path = write_mrc(np.arange(24, dtype="i2").reshape(1, 4, 6), 1)
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(ImageError, match="cut short"):
        read(path)
    path.write_bytes(data[:600])
    with pytest.raises(ImageError, match="header"):
        read(path)
    path.write_bytes(b"\xff" * 1024 + data[1024:])
    with pytest.raises(ImageError, match="no valid MRC header"):
        read(path)


def test_header_bomb(write_mrc: Any) -> None:
    path = write_mrc(np.arange(24, dtype="i2").reshape(1, 4, 6), 1)
    data = bytearray(path.read_bytes())
    struct.pack_into("<2i", data, 0, 100_000, 100_000)
    path.write_bytes(data)
    with pytest.raises(ImageError, match="100000 x 100000"):
        read(path)
