"""TIFFs made to cost time or memory: refused by what they claim, before anything is decoded."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from uniaims.errors import ImageError
from uniaims.formats import read
from uniaims.formats.tiff_bounds import check_directories
from uniaims.formats.tiff_numbers import tiff_numbers

PAGE = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 4, 279: 16}
START = 24


def directory(tags: dict[int, int], following: int = 0, order: str = "<") -> bytes:
    entries = b"".join(struct.pack(f"{order}HHII", code, 4, 1, value) for code, value in sorted(tags.items()))
    return struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", following)


def tiff(*directories: bytes, order: str = "<") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(f"{order}I", START) + bytes(16) + b"".join(directories)


SIZE = len(directory(PAGE))
CIRCLES = {
    "one directory that follows itself": tiff(directory(PAGE, START)),
    "an empty directory that follows itself": tiff(directory(PAGE, START + SIZE), directory({}, START + SIZE)),
    "two directories": tiff(directory(PAGE, START + SIZE), directory(PAGE, START)),
    "big-endian": tiff(directory(PAGE, START, ">"), order=">"),
    "a sub-directory that is its own parent": tiff(directory({**PAGE, 330: START})),
    "a sub-directory of a sub-directory": tiff(
        directory({**PAGE, 330: START + SIZE + 12}), directory({**PAGE, 330: START + SIZE + 12})
    ),
    "the same sub-directory twice": tiff(
        directory({**PAGE, 330: START + 2 * (SIZE + 12)}, START + SIZE + 12),
        directory({**PAGE, 330: START + 2 * (SIZE + 12)}),
        directory(PAGE),
    ),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", CIRCLES)
def test_directories_in_a_circle(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.tif").write_bytes(CIRCLES[name])
    with pytest.raises(ImageError, match="circle"):
        read(tmp_path / "a.tif")


@pytest.mark.timeout(20)
def test_circle_of_a_bigtiff(tmp_path: Path, ramp: NDArray[Any]) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp, bigtiff=True, metadata=None)
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<Q", data, 8)
    (count,) = struct.unpack_from("<Q", data, start)
    struct.pack_into("<Q", data, start + 8 + 20 * count, start)
    path.write_bytes(data)
    with pytest.raises(ImageError, match="circle"):
        read(path)


@pytest.mark.timeout(20)
def test_directories_that_lie_over_each_other() -> None:
    """Each of 30,000 offsets is new, each directory takes up to the end of the file."""
    links = b"".join(struct.pack("<HI", 0x0FFF, 0) for _ in range(20_000))
    sub = struct.pack("<30000I", *range(100, 30_100))
    start = 8 + len(sub)
    tags = struct.pack("<HHHII", 1, 330, 4, 30_000, 8) + bytes(4)
    data = b"II*\0" + struct.pack("<I", start) + sub + tags + links
    with pytest.raises(ImageError, match="lie over each other"):
        check_directories(io.BytesIO(data), len(data))


@pytest.mark.timeout(60)
def test_honest_stacks_and_pyramids_pass(tmp_path: Path, ramp: NDArray[Any]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.stack([ramp] * 300), photometric="minisblack", metadata=None)
    assert read(tmp_path / "a.tif", 299).page_count == 300
    with tifffile.TiffWriter(tmp_path / "b.tif") as writer:
        writer.write(ramp, subifds=2, metadata=None)
        writer.write(ramp[::2, ::2], subfiletype=1, metadata=None)
        writer.write(ramp[::4, ::4], subfiletype=1, metadata=None)
    assert np.array_equal(read(tmp_path / "b.tif").pixels, ramp)


OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels '
    'DimensionOrder="XYZCT" ID="Pixels:0" SizeX="40" SizeY="24" SizeZ="{}" SizeC="{}" SizeT="1" Type="uint8">'
    '<TiffData IFD="0" PlaneCount="{}"/></Pixels></Image></OME>'
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "ImageJ=1.53\nimages=2000000000\nslices=2000000000\n",
        OME.format(2_000_000_000, 1, 1),
        OME.format(100_000, 100_000, 1),
        OME.format(1, 1, 2_000_000_000),
        OME.format(1, 1, 1).replace(
            "</OME>",
            '<StructuredAnnotations><A ID="A" Namespace="modulo"><B><M><ModuloAlongZ Start="0" End="1e300"/></M></B>'
            "</A></StructuredAnnotations></OME>",
        ),
    ],
)
def test_planes_that_no_file_has(write_tiff: Any, ramp: NDArray[Any], text: str) -> None:
    with pytest.raises(ImageError, match="planes, which no file has"):
        read(write_tiff(ramp, description=text))


@pytest.mark.timeout(20)
def test_planes_that_this_file_has_not(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(ramp, description='{"shape": [4000000000, 24, 40]}'))
    assert image.page_count == 1


def strip(compression: int, data: bytes, width: int = 64, height: int = 64) -> bytes:
    tags = {**PAGE, 256: width, 257: height, 258: 8, 259: compression, 278: height, 279: len(data)}
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory(tags)


def jpeg(side: int, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (side, side), 9).save(stream, "jpeg", **options)
    return stream.getvalue()


@pytest.mark.parametrize("compression", [6, 7])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_jpeg_larger_than_its_strip(tmp_path: Path, compression: int, options: dict[str, bool]) -> None:
    data = jpeg(64, **options)
    (tmp_path / "a.tif").write_bytes(strip(7, data))
    assert read(tmp_path / "a.tif").pixels.shape == (64, 64)
    place = data.index(b"\xff\xc2" if options else b"\xff\xc0") + 5
    large = data[:place] + struct.pack(">HH", 65_500, 65_500) + data[place + 4 :]
    (tmp_path / "a.tif").write_bytes(strip(compression, large))
    with pytest.raises(ImageError, match="65500 x 65500"):
        read(tmp_path / "a.tif")


def test_jpeg_2000_larger_than_its_strip(tmp_path: Path) -> None:
    import imagecodecs

    for side in (64, 1000):
        data = imagecodecs.jpeg2k_encode(np.full((side, side), 7, "u1"), level=0)
        (tmp_path / f"{side}.tif").write_bytes(strip(34712, data))
    assert read(tmp_path / "64.tif").pixels.shape == (64, 64)
    with pytest.raises(ImageError, match="1000 x 1000"):
        read(tmp_path / "1000.tif")


def test_codecs_without_a_bound_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(strip(50002, b"\xff\x0a" + bytes(50)))
    with pytest.raises(ImageError, match="compression"):
        read(tmp_path / "a.tif")


def test_one_bit_bomb(tmp_path: Path) -> None:
    side = 32_000
    data = zlib.compress(bytes(side * side // 8), 9)
    tags = {**PAGE, 256: side, 257: side, 258: 1, 259: 8, 278: side, 279: len(data)}
    (tmp_path / "a.tif").write_bytes(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory(tags))
    with pytest.raises(ImageError, match="can't hold"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("tag", [322, 323])
def test_tiles_that_are_far_larger_than_their_picture(tmp_path: Path, ramp: NDArray[Any], tag: int) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp, tile=(64, 64), compression="deflate", metadata=None)
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages.first.tags[tag].overwrite(2**32 - 16, dtype="I")
    with pytest.raises(ImageError, match="said to lie in tiles"):
        read(path)
    with pytest.raises(ImageError, match="said to lie in tiles"):
        tiff_numbers(path)
