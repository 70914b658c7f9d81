"""What a TIFF claims, held against its bytes before any decoder believes it.

Directories that go in a circle, plane counts in descriptions, and pictures inside strips that are larger than these.
"""

import re
import struct
from collections import deque
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.instrument_text import has_document_type, local_name, parsed_xml

_SUB_DIRECTORIES = 330
_OFFSET_TYPES = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_DIRECTORIES = 2**20
_MOST_PLANES = 2**22
_LARGEST_DESCRIPTION = 2**26
_COUNTED_WORDS = re.compile(r"^(?:images|channels|slices|frames)=\s*([+-]?\d+)\s*$", re.MULTILINE)
_OME_COUNTS = frozenset({"SizeC", "SizeT", "SizeZ", "NumPlanes", "PlaneCount", "IFD", "SamplesPerPixel"})

_BOUNDED = frozenset({1, 2, 3, 4, 5, 8, 32773, 32809, 32946, 34925, 50000, 65000, 65001, 65002})
"""Compressions whose decoders are told how much to write: TIFF's own, LZMA, Zstandard and those of EER."""
_JPEG = frozenset({6, 7, 33007})
_JPEG_2000 = frozenset({33003, 33004, 33005, 34712})
_HEAD_BYTES = 2**16
_SMALL_TILE_PX = 2**22
"""Tiles of so many pixels are taken for any picture."""
_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class _Form:
    """Letters of :mod:`struct` for the parts of a directory, classic or BigTIFF."""

    order: str
    offset: str
    count: str
    header_bytes: int

    @property
    def entry(self) -> np.dtype[Any]:
        """One tag of a directory."""
        word, wide = ("u8", "u8") if self.offset == "Q" else ("u4", "u4")
        return np.dtype([("code", "u2"), ("kind", "u2"), ("count", word), ("value", wide)]).newbyteorder(
            ">" if self.order == ">" else "<"
        )


@dataclass(frozen=True)
class _Link:
    """Where a directory is said to be; those of tag 330 are followed by no other, whatever they say."""

    offset: int
    is_sub: bool = False


_FORMS = {
    b"II*\0": _Form("<", "I", "H", 4),
    b"MM\0*": _Form(">", "I", "H", 4),
    b"II+\0": _Form("<", "Q", "Q", 8),
    b"MM\0+": _Form(">", "Q", "Q", 8),
}


def check_directories(stream: BinaryIO, file_bytes: int) -> None:
    """Refuse a TIFF whose directories go in a circle, lie over each other, or are too many.

    Every directory may be met once in the chain and once in a tag 330, and all together take no more bytes than the
    file has: so the work of reading them is bounded by its size. The stream is left where it was.

    Raises:
        ImageError: if they do not keep to this.
    """
    place = stream.tell()
    try:
        _walk(stream, file_bytes)
    finally:
        stream.seek(place)


def _walk(stream: BinaryIO, file_bytes: int) -> None:
    stream.seek(0)
    form = _FORMS.get(stream.read(4))
    if form is None:
        return
    stream.seek(form.header_bytes)
    waiting = deque([_Link(_unpacked(stream, form.order + form.offset))])
    seen: set[_Link] = set()
    taken = 0
    while waiting:
        link = waiting.popleft()
        if not link.offset or link.offset >= file_bytes:
            continue
        if link in seen:
            raise ImageError("the directories of the TIFF go in a circle: the file is damaged; export it again")
        seen.add(link)
        stream.seek(link.offset)
        entries = _entries(stream, form, file_bytes)
        taken += 2 + entries.nbytes + struct.calcsize(form.offset)
        if taken > 2 * file_bytes or len(seen) > _MOST_DIRECTORIES:
            raise ImageError(
                f"the TIFF has more than {len(seen) - 1:,} directories, which lie over each other or are too many: "
                "the file is damaged; export it again"
            )
        if not link.is_sub:
            waiting.append(_Link(_unpacked(stream, form.order + form.offset)))
        waiting.extend(_Link(offset, True) for offset in _sub_directories(stream, form, entries, file_bytes))


def _unpacked(stream: BinaryIO, letters: str) -> int:
    """One number; 0 where the file ends before."""
    data = stream.read(struct.calcsize(letters))
    return int(struct.unpack(letters, data)[0]) if len(data) == struct.calcsize(letters) else 0


def _entries(stream: BinaryIO, form: _Form, file_bytes: int) -> NDArray[Any]:
    count = min(_unpacked(stream, form.order + form.count), file_bytes // form.entry.itemsize + 1)
    data = stream.read(count * form.entry.itemsize)
    return np.frombuffer(data, form.entry, len(data) // form.entry.itemsize)


def _sub_directories(stream: BinaryIO, form: _Form, entries: NDArray[Any], file_bytes: int) -> list[int]:
    """Offsets in tag 330, as many as the file can hold."""
    offsets: list[int] = []
    for entry in entries[entries["code"] == _SUB_DIRECTORIES]:
        letter = _OFFSET_TYPES.get(int(entry["kind"]))
        if letter is None:
            continue
        count = min(int(entry["count"]), file_bytes // struct.calcsize(letter))
        numbers = np.dtype(letter).newbyteorder("<" if form.order == "<" else ">")
        if count * numbers.itemsize <= struct.calcsize(form.offset):
            data = entry["value"].tobytes()
        else:
            stream.seek(int(entry["value"]))
            data = stream.read(count * numbers.itemsize)
        offsets += np.frombuffer(data, numbers, min(count, len(data) // numbers.itemsize)).tolist()
    return offsets


def check_description(description: str) -> None:
    """Refuse descriptions that would make tifffile fill the memory: it believes them as soon as series are asked for.

    Raises:
        ImageError: on XML with document types or entities, and on counts of planes that no file has.
    """
    if len(description) > _LARGEST_DESCRIPTION:
        raise ImageError(f"the description has {len(description):,} letters: the file is damaged; export it again")
    if "<" in description and has_document_type(description):
        raise ImageError(
            "the description holds XML with a document type or entities, which can be made to fill the memory: "
            "save the image without it"
        )
    counts = [int(text) for text in _COUNTED_WORDS.findall(description)] if description.startswith("ImageJ=") else []
    if description.lstrip().startswith("<") and "OME" in description:
        counts = _ome_counts(description)
    if max(counts, default=0) > _MOST_PLANES:
        raise ImageError(
            f"the description speaks of {max(counts):,} planes, which no file has: it is damaged; export it again"
        )


def _ome_counts(description: str) -> list[int]:
    """Counts of planes and lengths of axes in OME-XML; none where it is no XML, which tifffile passes over."""
    try:
        root = parsed_xml(description)
    except ValueError:
        return []
    counts = []
    for element in root.iter():
        numbers = {key: _whole(value) for key, value in element.attrib.items()}
        counts += [number for key, number in numbers.items() if key in _OME_COUNTS]
        if local_name(element) == "Pixels":
            counts.append(max(1, numbers.get("SizeC", 1)) * max(1, numbers.get("SizeT", 1)) * numbers.get("SizeZ", 1))
        if local_name(element).startswith("ModuloAlong"):
            counts.append(_steps(element.attrib))
    return counts


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"\s*[+-]?\d{1,18}\s*", text) else 0


def _steps(attributes: Any) -> int:
    try:
        start, end, step = (float(attributes.get(key, 1)) for key in ("Start", "End", "Step"))
        return int(abs(end - start) / (abs(step) or 1e-300))
    except (ValueError, OverflowError):
        return _MOST_PLANES + 1


def check_tile(directory: Any) -> None:
    """Refuse tiles much larger than their picture: the memory for a whole one is asked for before it is decoded.

    Raises:
        ImageError: on such a tile.
    """
    height, width = _segment_shape(directory)
    pixels = int(directory.imagelength) * int(directory.imagewidth)
    if directory.is_tiled and height * width > 4 * pixels + _SMALL_TILE_PX:
        raise ImageError(
            f"the picture of {directory.imagewidth} x {directory.imagelength} pixels is said to lie in tiles of "
            f"{width} x {height}: the file is damaged; export it again"
        )


def check_segments(directory: Any, stream: Any) -> None:
    """Refuse strips and tiles that hold a picture larger than themselves, and codecs that can't be bounded.

    A JPEG of a hundred bytes may say that it is 65,500 x 65,500 pixels, and its decoder makes them.

    Raises:
        ImageError: on such a strip or tile.
    """
    check_tile(directory)
    compression = int(directory.compression)
    if compression in _BOUNDED:
        return
    if compression not in _JPEG | _JPEG_2000:
        raise ImageError(
            f"the compression {directory.compression!s} is not read: save the image with LZW or without compression"
        )
    size_of = _jpeg_size if compression in _JPEG else _jpeg_2000_size
    height, width = _segment_shape(directory)
    for offset, length in zip(directory.dataoffsets, directory.databytecounts, strict=False):
        stream.seek(offset)
        found = size_of(stream.read(min(int(length), _HEAD_BYTES)))
        if found is not None and found[0] * found[1] > 4 * height * width + 2**16:
            raise ImageError(
                f"a strip or tile of {width} x {height} pixels holds a picture of {found[0]} x {found[1]}: "
                "the file is damaged; export it again"
            )


def _segment_shape(directory: Any) -> tuple[int, int]:
    """(H, W) of a strip or tile."""
    if directory.is_tiled:
        return int(directory.tilelength), int(directory.tilewidth)
    return min(int(directory.rowsperstrip), int(directory.imagelength)), int(directory.imagewidth)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(W, H) in the frame header of a JPEG; None where there is none."""
    place = 2 if data[:2] == b"\xff\xd8" else 0
    while place + 9 <= len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker in _SIZE_MARKERS:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        if marker in {0xD8, 0xFF} or 0xD0 <= marker <= 0xD7:
            place += 1 if marker == 0xFF else 2
            continue
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def _jpeg_2000_size(data: bytes) -> tuple[int, int] | None:
    """(W, H) in the marker SIZ of a JPEG 2000 code stream; None where there is none."""
    place = data.find(b"\xff\x4f\xff\x51")
    if place < 0 or place + 24 > len(data):
        return None
    right, bottom, left, top = struct.unpack_from(">4I", data, place + 8)
    return max(0, right - left), max(0, bottom - top)
