"""Gatan DigitalMicrograph, DM3 and DM4.

The file is a tree of tags. Numbers of the tree are big-endian; values are in the byte order that the header
names, nearly always little-endian. DM4 differs from DM3 in using 64-bit sizes. Written from the description of
the formats by C. Boothroyd (https://personal.ntu.edu.sg/cbb/info/dmformat/).
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.calibration import understood
from uniaims.formats.instrument_text import date_and_time, scaled
from uniaims.formats.lengths import nanometres_per
from uniaims.formats.raw_image import Acquisition, Calibration, Reading, check_size, page_place
from uniaims.formats.stored_plane import stored_plane

_GROUP, _DATA = 20, 21
_STRUCT, _STRING, _ARRAY = 15, 18, 20
_SIMPLE = {2: "h", 3: "i", 4: "H", 5: "I", 6: "f", 7: "d", 8: "B", 9: "b", 10: "B", 11: "q", 12: "Q"}
_MOST_NESTED_GROUPS = 64
_LONGEST_TEXT = 4096

_PIXEL_TYPES = {
    1: "i2",
    2: "f4",
    3: "c8",
    6: "u1",
    7: "i4",
    9: "i1",
    10: "u2",
    11: "u4",
    12: "f8",
    13: "c16",
    14: "u1",
    39: "i8",
    40: "u8",
}
_COLOUR_TYPES = frozenset({8, 23})
"""Four bytes for each pixel: blue, green, red, unused."""


@dataclass(frozen=True)
class StoredArray:
    """An array that stays in the file: where it begins, the letters of :mod:`struct` for one value, how many."""

    offset: int
    letters: str
    count: int


class TagReader:
    """Reads the tree of tags; arrays are only located."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the header and the whole tree of `stream`."""
        self._stream = stream
        version = self._unpack(">i")
        self._size = ">q" if version == 4 else ">i"
        self._is_dm4 = version == 4
        self._unpack(self._size)
        self.byte_order = "<" if self._unpack(">i") == 1 else ">"
        self.tags = self._group(0)

    def text(self, value: Any) -> str:
        """The text of a tag: arrays of 16-bit letters; ``""`` for anything else."""
        if not isinstance(value, StoredArray) or value.letters != "H" or value.count > _LONGEST_TEXT:
            return ""
        self._stream.seek(value.offset)
        encoding = "utf-16-le" if self.byte_order == "<" else "utf-16-be"
        return self._stream.read(2 * value.count).decode(encoding, errors="replace").strip("\0 ")

    def _unpack(self, form: str) -> Any:
        size = struct.calcsize(form)
        data = self._stream.read(size)
        if len(data) < size:
            raise ImageError("the file ends in the middle of its tags: it is cut short; copy it again")
        return struct.unpack(form, data)[0]

    def _group(self, depth: int) -> dict[str, Any]:
        """Tags by name; those without a name by their number."""
        if depth > _MOST_NESTED_GROUPS:
            raise ImageError("the tags are nested too deep: the file is damaged")
        self._stream.read(2)
        tags: dict[str, Any] = {}
        for number in range(self._unpack(self._size)):
            kind = self._unpack("B")
            if kind not in {_GROUP, _DATA}:
                break
            name = self._stream.read(self._unpack(">H")).decode("latin-1") or str(number)
            if self._is_dm4:
                self._unpack(self._size)
            tags[name] = self._group(depth + 1) if kind == _GROUP else self._value()
        return tags

    def _value(self) -> Any:
        if self._stream.read(4) != b"%%%%":
            raise ImageError("a tag doesn't begin where it should: the file is damaged")
        self._unpack(self._size)
        code = self._unpack(self._size)
        if code in _SIMPLE:
            return self._unpack(self.byte_order + _SIMPLE[code])
        if code == _STRUCT:
            return tuple(self._unpack(self.byte_order + letter) for letter in self._struct_letters())
        if code == _STRING:
            return self._array("H", self._unpack(self._size))
        if code == _ARRAY:
            element = self._unpack(self._size)
            letters = "".join(self._struct_letters()) if element == _STRUCT else _SIMPLE[element]
            return self._array(letters, self._unpack(self._size))
        raise ImageError(f"a tag has the unknown type {code}: the file is damaged")

    def _struct_letters(self) -> list[str]:
        self._unpack(self._size)
        count = self._unpack(self._size)
        letters = []
        for _ in range(count):
            self._unpack(self._size)
            letters.append(_SIMPLE[self._unpack(self._size)])
        return letters

    def _array(self, letters: str, count: int) -> StoredArray:
        offset = self._stream.tell()
        if count < 0:
            raise ImageError(f"an array of {count} values is announced: the file is damaged")
        self._stream.seek(offset + struct.calcsize(f"={letters}") * count)
        return StoredArray(offset, letters, count)


def read(path: Path, page: int = 0) -> Reading:
    """Read plane `page`: the planes of all images of the file except its thumbnails."""
    with path.open("rb") as stream:
        reader = TagReader(stream)
        images = _images(reader.tags)
        counts = [_plane_count(_dimensions(image)) for image in images]
        place = page_place(page, counts)
        image = images[place.stack]
        calibration = understood("DigitalMicrograph tags", partial(_calibration, reader, image))
        pixels = _pixels(path, image["ImageData"], reader.byte_order, place.plane)
    return Reading(pixels, (calibration,), (), sum(counts))


def _images(tags: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Images with pixels. DigitalMicrograph puts a thumbnail first and lists it under "Thumbnails"."""
    entries = tags.get("ImageList", {})
    thumbnails = {str(entry.get("ImageIndex")) for entry in _groups(tags.get("Thumbnails"))}
    if not thumbnails and len(entries) > 1:
        thumbnails = {next(iter(entries))}
    images = {key: entry for key, entry in entries.items() if _is_image(entry)}
    wanted = [entry for key, entry in images.items() if key not in thumbnails]
    if not images:
        raise ImageError("there is no image in this file, only spectra or tags: give a file with an image")
    return wanted or list(images.values())


def _groups(tags: Any) -> list[dict[str, Any]]:
    return [entry for entry in tags.values() if isinstance(entry, dict)] if isinstance(tags, dict) else []


def _is_image(entry: Any) -> bool:
    data = entry.get("ImageData") if isinstance(entry, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("Data"), StoredArray):
        return False
    return isinstance(data.get("Dimensions"), dict) and len(data["Dimensions"]) >= 2


def _dimensions(image: Mapping[str, Any]) -> list[int]:
    """Sizes, the fastest first: width, height, and so on."""
    return [int(size) for size in image["ImageData"]["Dimensions"].values()]


def _plane_count(dimensions: list[int]) -> int:
    return max(0, math.prod(dimensions[2:]))


def _pixels(path: Path, data: Mapping[str, Any], byte_order: str, plane: int) -> NDArray[Any]:
    """Plane number `plane` of an image, (H, W) or (H, W, 3)."""
    width, height = [int(size) for size in data["Dimensions"].values()][:2]
    check_size(width, height)
    code = data.get("DataType")
    if code in _COLOUR_TYPES:
        start = _start(data["Data"], plane, width * height * 4)
        bytes_of_pixel = stored_plane(path, np.dtype("u1"), start, (height, width, 4))
        return np.ascontiguousarray(bytes_of_pixel[..., 2::-1])
    if code not in _PIXEL_TYPES:
        raise ImageError(
            f"pixels of DigitalMicrograph's type {code} (a Fourier transform?) are not read: export as TIFF"
        )
    dtype = np.dtype(f"{byte_order}{_PIXEL_TYPES[code]}")
    start = _start(data["Data"], plane, width * height * dtype.itemsize)
    return stored_plane(path, dtype, start, (height, width))


def _start(data: StoredArray, plane: int, plane_bytes: int) -> int:
    """Place in the file where a plane begins."""
    stored = struct.calcsize(f"={data.letters}") * data.count
    if stored < (plane + 1) * plane_bytes:
        raise ImageError(f"{stored:,} bytes of pixels are fewer than the dimensions need: the file is damaged")
    return data.offset + plane * plane_bytes


def _calibration(reader: TagReader, image: Mapping[str, Any], source: str) -> Calibration:
    axes = _groups(_at(image, "ImageData", "Calibrations", "Dimension"))[:2]
    sides: list[float | None] = []
    warnings: tuple[str, ...] = ()
    for axis in axes:
        unit, scale = reader.text(axis.get("Units")), axis.get("Scale")
        factor = nanometres_per(unit)
        sides.append(abs(float(scale)) * factor if factor and isinstance(scale, int | float) else None)
        if unit and factor is None:
            warnings = (f"the image is calibrated in {unit!r}, which is no length: it has no pixel size",)
    width, height = (*sides, None, None)[:2]
    return Calibration(source, width, height, _acquisition(reader, image), None, warnings)


def _acquisition(reader: TagReader, image: Mapping[str, Any]) -> Acquisition:
    microscope = _at(image, "ImageTags", "Microscope Info") or {}
    bar = _at(image, "ImageTags", "DataBar") or {}
    device = reader.text(_at(image, "ImageTags", "Acquisition", "Device", "Name"))
    voltage, factor = microscope.get("Voltage"), microscope.get("Indicated Magnification")
    return Acquisition(
        instrument=reader.text(microscope.get("Microscope")) or reader.text(microscope.get("Name")) or None,
        detector=device or reader.text(bar.get("Device Name")) or None,
        voltage_kv=scaled(float(voltage), 1e-3) if isinstance(voltage, int | float) else None,
        magnification=(float(factor) or None) if isinstance(factor, int | float) else None,
        date=date_and_time(reader.text(bar.get("Acquisition Date")), reader.text(bar.get("Acquisition Time"))),
    )


def _at(tags: Any, *names: str) -> Any:
    """The tag at a path of names; None where it doesn't exist."""
    for name in names:
        tags = tags.get(name) if isinstance(tags, dict) else None
    return tags
