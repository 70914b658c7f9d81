"""Which way up an image is: cameras keep the turn in a tag (EXIF, TIFF 274) and leave the pixels as they are.

The eight values are those of TIFF 6.0, tag 274: 1 as stored, 3 upside down, 6 to be turned clockwise, 8 to be turned
counter-clockwise; 2, 4, 5 and 7 are mirrored too.
"""

import struct
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

from uniaims.formats.lazy import LazyPixels, Pixels

ORIENTATION_TAG = 274
_EXIF_MARK = b"Exif\0\0"
_PNG_SIGNATURE_BYTES = 8
_LARGEST_EXIF_BYTES = 2**20
_MOST_PNG_CHUNKS = 100_000


@dataclass(frozen=True)
class Orientation:
    """How stored rows and columns become those that are shown: rows and columns exchanged first, then mirrored."""

    is_transposed: bool = False
    flips_rows: bool = False
    flips_columns: bool = False

    @property
    def is_upright(self) -> bool:
        """Whether the image is shown as it is stored."""
        return self == UPRIGHT

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """(H, W) as shown, of an image stored with `height` rows and `width` columns."""
        return (width, height) if self.is_transposed else (height, width)

    def array(self, stored: NDArray[Any]) -> NDArray[Any]:
        """The pixels as shown, (H, W) or (H, W, C): a view of `stored`."""
        turned = np.swapaxes(stored, 0, 1) if self.is_transposed else stored
        return turned[:: -1 if self.flips_rows else 1, :: -1 if self.flips_columns else 1]

    def pixels(self, stored: Pixels) -> Pixels:
        """The pixels as shown; those that stay in a file stay there."""
        if self.is_upright:
            return stored
        if isinstance(stored, np.memmap):
            return self.array(stored)
        if not isinstance(stored, LazyPixels):
            return np.ascontiguousarray(self.array(stored))
        shape = (*self.shape(*stored.shape[:2]), *stored.shape[2:])
        return LazyPixels(shape, stored.dtype, partial(_window, self, stored))


UPRIGHT = Orientation()
_BY_VALUE: dict[Any, Orientation] = {
    2: Orientation(flips_columns=True),
    3: Orientation(flips_rows=True, flips_columns=True),
    4: Orientation(flips_rows=True),
    5: Orientation(is_transposed=True),
    6: Orientation(is_transposed=True, flips_columns=True),
    7: Orientation(is_transposed=True, flips_rows=True, flips_columns=True),
    8: Orientation(is_transposed=True, flips_rows=True),
}


def orientation_of_value(value: Any) -> Orientation:
    """The orientation that tag 274 names; as stored for 1 and for values that mean nothing."""
    return _BY_VALUE.get(value, UPRIGHT)


def orientation_of_picture(picture: ImageFile) -> Orientation:
    """The orientation in the EXIF data of an open PNG or JPEG; no pixel is decoded and the stream stays where it is."""
    block = picture.info.get("exif")
    if block is None and picture.format == "PNG" and picture.fp is not None:
        block = _png_exif(picture.fp)
    return orientation_of_value(_exif_value(bytes(block))) if block else UPRIGHT


def _png_exif(stream: Any) -> bytes | None:
    """Content of the chunk eXIf, which may stand behind the pixels, where Pillow finds it only by decoding them."""
    place = stream.tell()
    try:
        stream.seek(_PNG_SIGNATURE_BYTES)
        return _png_chunk(stream, b"eXIf")
    finally:
        stream.seek(place)


def _png_chunk(stream: BinaryIO, wanted: bytes) -> bytes | None:
    for _ in range(_MOST_PNG_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            return None
        length, name = struct.unpack(">I4s", head)
        if name == wanted:
            return stream.read(min(length, _LARGEST_EXIF_BYTES))
        stream.seek(length + 4, 1)
    return None


def _exif_value(block: bytes) -> int | None:
    """Tag 274 of the first directory of EXIF data, which are a TIFF without pixels; None where it isn't there."""
    tiff = block.removeprefix(_EXIF_MARK)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    if start + 2 > len(tiff):
        return None
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for place in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        code, kind, number = struct.unpack_from(f"{order}HHI", tiff, place)
        if code == ORIENTATION_TAG and number == 1 and kind in {3, 4}:
            (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), tiff, place + 8)
            return int(value)
    return None


def _window(orientation: Orientation, stored: LazyPixels, rows: slice, columns: slice) -> NDArray[Any]:
    """The window that is shown at `rows` and `columns`, from where it is stored."""
    height, width = orientation.shape(*stored.shape[:2])
    along_rows = _mirrored(rows, height) if orientation.flips_rows else rows
    along_columns = _mirrored(columns, width) if orientation.flips_columns else columns
    if orientation.is_transposed:
        along_rows, along_columns = along_columns, along_rows
    return orientation.array(stored.window(along_rows, along_columns))


def _mirrored(part: slice, length: int) -> slice:
    return slice(length - part.stop, length - part.start)
