"""Small files that claim much: refused, or read within bounds of time and memory."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from uniaims.errors import ImageError
from uniaims.formats import read
from uniaims.formats.raw_image import check_promise

MOST_MEGABYTES = 768

READ_ALL = """
import sys
from pathlib import Path
import numpy as np
from uniaims.errors import ImageError
from uniaims.formats import read
for name in sys.argv[1:]:
    np.asarray(read(Path(name)).pixels)
kilobytes = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stdout.write(str(int(kilobytes) // 1024))
"""
"""Writes the peak of this process alone; `getrusage` tells that of the tests too, from which it was started."""


def png(width: int, height: int, bits: int, kind: int, channels: int, *chunks: bytes) -> bytes:
    def chunk(content: bytes) -> bytes:
        return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))

    row = 1 + -(-width * bits * channels // 8)
    compressor = zlib.compressobj(1)
    packed = b"".join(compressor.compress(bytes(row)) for _ in range(height)) + compressor.flush()
    header = chunk(b"IHDR" + struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(map(chunk, chunks)) + chunk(b"IDAT" + packed) + chunk(b"IEND")


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is asked of /proc")
def test_the_largest_that_pass_take_little_memory(tmp_path: Path) -> None:
    """Less than 1 MB each: planes of one colour just under the bound."""
    (tmp_path / "gray.png").write_bytes(png(11_500, 11_500, 8, 0, 1))
    (tmp_path / "bits.png").write_bytes(png(11_500, 11_500, 1, 0, 1))
    (tmp_path / "wide.png").write_bytes(png(3_900, 3_900, 16, 6, 4))
    Image.new("RGB", (3_600, 3_600)).save(tmp_path / "colour.jpg", progressive=True)
    bits = np.zeros((11_500, 11_500), bool)
    tifffile.imwrite(tmp_path / "bits.tif", bits, compression="zlib", photometric="miniswhite", rowsperstrip=11_500)
    names = sorted(map(str, tmp_path.iterdir()))
    assert all(Path(name).stat().st_size < 1_000_000 for name in names)
    done = subprocess.run([sys.executable, "-c", READ_ALL, *names], capture_output=True, text=True, check=True)
    assert int(done.stdout) < MOST_MEGABYTES
    assert done.stderr == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("bits", "kind", "channels", "side"), [(1, 0, 1, 32_000), (8, 2, 3, 9_000), (16, 6, 4, 9_000)])
def test_png_bombs(tmp_path: Path, bits: int, kind: int, channels: int, side: int) -> None:
    content = png(8, 8, bits, kind, channels)
    place = content.index(b"IHDR")
    header = struct.pack(">4sIIBBBBB", b"IHDR", side, side, bits, kind, 0, 0, 0)
    changed = content[:place] + header + struct.pack(">I", zlib.crc32(header)) + content[place + 21 :]
    (tmp_path / "a.png").write_bytes(changed)
    with pytest.raises(ImageError, match="can't hold"):
        read(tmp_path / "a.png")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("chunk", [b"zTXta\0\0", b"iCCPa\0\0", b"iTXta\0\1\0\0\0"])
def test_texts_of_a_png_that_unpack_to_too_much(tmp_path: Path, chunk: bytes) -> None:
    bomb = chunk + zlib.compress(bytes(50_000_000), 9)
    (tmp_path / "a.png").write_bytes(png(8, 8, 8, 0, 1, bomb))
    with pytest.raises(ImageError, match="too large"):
        read(tmp_path / "a.png")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_bomb(tmp_path: Path, mode: str) -> None:
    stream = io.BytesIO()
    Image.new(mode, (64, 64)).save(stream, "jpeg")
    data = stream.getvalue()
    place = data.index(b"\xff\xc0") + 5
    (tmp_path / "a.jpg").write_bytes(data[:place] + struct.pack(">HH", 32_000, 32_000) + data[place + 4 :])
    with pytest.raises(ImageError, match="can't hold"):
        read(tmp_path / "a.jpg")


@pytest.mark.timeout(20)
def test_jpeg_of_a_thousand_layers(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("L", (64, 64), 77).save(stream, "jpeg", progressive=True)
    data = stream.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    (tmp_path / "a.jpg").write_bytes(data)
    assert read(tmp_path / "a.jpg").pixels.shape == (64, 64)
    (tmp_path / "a.jpg").write_bytes(data[:-2] + 1000 * scan + data[-2:])
    with pytest.raises(ImageError, match="layers"):
        read(tmp_path / "a.jpg")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("options", [{"compression": "gzip", "chunks": (8_000, 8_000, 1)}, {"chunks": (100, 100, 1)}])
def test_emd_bombs(tmp_path: Path, options: dict[str, Any]) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        dataset = file.create_dataset("Data/Image/a/Data", shape=(30_000, 30_000, 1), dtype="u2", **options)
        dataset[:10, :10] = 1
    with pytest.raises(ImageError, match="can't hold"):
        read(tmp_path / "a.emd")


@pytest.mark.timeout(20)
def test_metadata_of_an_emd_that_unpack_to_too_much(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file["Data/Image/a/Data"] = np.ones((8, 8, 1), "u1")
        file.create_dataset(
            "Data/Image/a/Metadata", shape=(40_000, 3_400), dtype="u1", chunks=(40_000, 3_400), compression="gzip"
        )[0, 0] = 1
    assert any("Velox metadata can't be understood" in text for text in read(tmp_path / "a.emd").warnings)


@pytest.mark.timeout(20)
def test_texts_made_to_be_searched_for_long(write_tiff: Any, write_ser: Any, ramp: NDArray[Any]) -> None:
    nested = "<a>" + "<PixelSize>" * 9000 + "</PixelSize>" * 9000 + "</a>"
    tags = {34683: nested, 34118: "AP_IMAGE_PIXEL_SIZE\nx = " + "1," * 50_000, 34680: "A" * 100_000}
    assert read(write_tiff(ramp, tags)).pixel_size_nm is None
    path: Path = write_ser(ramp[None].astype("u2"), 2)
    path.with_name("a.emi").write_bytes(b"<ObjectInfo>" * 300_000)
    assert any("a.emi can't be understood" in text for text in read(path).warnings)


def test_what_micrographs_pack_to_is_believed() -> None:
    check_promise(32_768, 32_768, 2**30 // 100)
    check_promise(11_000, 11_000, 1)
    with pytest.raises(ImageError, match="can't hold"):
        check_promise(32_768, 32_768, 2**30 // 400)
