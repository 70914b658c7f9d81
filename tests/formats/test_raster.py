import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from uniaims.errors import ImageError
from uniaims.formats import read


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_gray_and_rgb(tmp_path: Path, ramp: NDArray[Any], suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    colours = np.stack([ramp, ramp + 1, ramp + 2], axis=-1)
    for pixels in (ramp, colours):
        Image.fromarray(pixels).save(path)
        image = read(path)
        assert np.array_equal(image.pixels, pixels)
        assert (image.warnings, image.page_count, image.pixel_size_nm) == ((), 1, None)


def test_16_bit_png(tmp_path: Path, ramp: NDArray[Any]) -> None:
    pixels = ramp.astype(np.uint16) * 257
    Image.fromarray(pixels).save(tmp_path / "a.png")
    image = read(tmp_path / "a.png")
    assert np.array_equal(image.pixels, pixels)
    assert image.pixels.dtype == np.uint16


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_16_bit_colours_keep_their_bits(tmp_path: Path, ramp: NDArray[Any], channels: int) -> None:
    pixels = np.stack([ramp.astype(np.uint16) * 256 + place for place in range(channels)], axis=-1)
    if channels != 3:
        pixels[..., -1] = 65535
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(pixels))
    image = read(tmp_path / "a.png")
    expected = pixels[..., 0] if channels == 2 else pixels[..., :3]
    assert np.array_equal(image.pixels, expected)
    assert image.pixels.dtype == np.uint16


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (32, 24), 100 if mode == "L" else (100, 100, 100)).save(tmp_path / "a.jpg", quality=95)
    pixels = np.asarray(read(tmp_path / "a.jpg").pixels)
    assert pixels.shape == ((24, 32) if mode == "L" else (24, 32, 3))
    assert abs(pixels.astype(int) - 100).max() <= 2


def test_bits_and_palettes(tmp_path: Path, ramp: NDArray[Any]) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(ramp > 90).save(path)
    assert np.array_equal(read(path).pixels, np.where(ramp > 90, 255, 0))
    indexed = Image.fromarray(ramp)
    indexed.putpalette([value for gray in range(256) for value in (255 - gray,) * 3])
    indexed.save(path)
    assert np.array_equal(read(path).pixels, 255 - ramp)
    indexed.putpalette([value for gray in range(256) for value in (gray, 0, 255 - gray)])
    indexed.save(path)
    assert np.array_equal(read(path).pixels, np.stack([ramp, ramp * 0, 255 - ramp], axis=-1))


def test_alpha(tmp_path: Path, ramp: NDArray[Any]) -> None:
    path = tmp_path / "a.png"
    opaque = np.stack([ramp, ramp, ramp, np.full_like(ramp, 255)], axis=-1)
    Image.fromarray(opaque).save(path)
    assert np.array_equal(read(path).pixels, opaque[..., :3])
    assert read(path).warnings == ()
    half = np.stack([ramp, np.where(ramp > 90, 255, 0).astype("u1")], axis=-1)
    Image.fromarray(half, "LA").save(path)
    image = read(path)
    assert np.array_equal(image.pixels, np.where(ramp > 90, ramp, 255))
    assert any("transparent" in text for text in image.warnings)
    hidden = opaque.copy()
    hidden[..., 3] = 0
    Image.fromarray(hidden).save(path)
    assert np.array_equal(read(path).pixels, opaque[..., :3])
    assert any("invisible" in text for text in read(path).warnings)


def png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_header_bomb(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(100_000, 100_000))
    with pytest.raises(ImageError, match="100000 x 100000"):
        read(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(png(30_000, 30_000))
    with pytest.raises(ImageError, match="can't hold"):
        read(tmp_path / "a.png")


def test_large_images_are_no_bombs(tmp_path: Path) -> None:
    """Pillow alone refuses images of 179 megapixels."""
    compressor = zlib.compressobj(1)
    rows, columns = 12_000, 15_000
    line = b"\0" + bytes(range(250)) * (columns // 250)
    data = b"".join(compressor.compress(line) for _ in range(rows)) + compressor.flush()
    content = png(columns, rows)
    start = content.index(b"IDAT") - 4
    chunk = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    (tmp_path / "a.png").write_bytes(content[:start] + chunk + png(1, 1)[-12:])
    image = read(tmp_path / "a.png")
    assert image.pixels.shape == (rows, columns)
    assert image.pixels[rows - 1, 260] == 10


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_cut_short(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 40), np.uint8)).save(path)
    data = path.read_bytes()
    for share in (0.1, 0.4, 0.8):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(ImageError):
            read(path)


def test_pages(tmp_path: Path, ramp: NDArray[Any]) -> None:
    Image.fromarray(ramp).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="pages 0 to 0"):
        read(tmp_path / "a.png", page=1)
