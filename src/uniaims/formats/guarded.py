"""Images read in a guarded child process (see `uniaims.guard`), with the same result as without."""

from dataclasses import dataclass, replace
from functools import partial
from mmap import ALLOCATIONGRANULARITY, mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims import formats
from uniaims.formats.lazy import LazyPixels
from uniaims.formats.raw_image import RawImage
from uniaims.guard import guarded, warm


def read(path: Path, page: int | None = None) -> RawImage:
    """`uniaims.formats.read` in a child with limits; windows of large planes are read there too.

    Raises:
        ImageError: as without, and where the file takes more time or memory than it may, or crashes its reader.
    """
    raw = guarded(_sendable, path, page, about=path)
    pixels: Any = raw.pixels
    if isinstance(pixels, _MappedPlane):
        return replace(raw, pixels=pixels.mapped())
    if isinstance(pixels, LazyPixels):
        return replace(raw, pixels=replace(pixels, window=partial(_window, path, pixels.window)))
    return raw


def start() -> None:
    """Start the child that reads the first file, and don't wait for it."""
    warm("uniaims.formats.raster", "uniaims.formats.tiff")


def _window(path: Path, window: Any, rows: slice, columns: slice) -> NDArray[Any]:
    return guarded(_read_window, path, window, rows, columns, about=path)


def _read_window(_path: Path, window: Any, rows: slice, columns: slice) -> NDArray[Any]:
    """In the child; the path is there for its size, by which time is measured out."""
    values: NDArray[Any] = window(rows, columns)
    return values


@dataclass(frozen=True)
class _MappedPlane:
    """A plane that is mapped from its file, to be mapped anew; `first` is the file's byte at its pixel (0, 0)."""

    file: Path
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, pixels: "np.memmap[Any, Any]") -> "_MappedPlane":
        """That of any view of a mapping."""
        buffer: Any = pixels
        while not isinstance(buffer, mmap):  # views keep the offset of the whole: only addresses tell theirs
            buffer = buffer.base
        start = np.frombuffer(buffer, np.uint8).ctypes.data
        first = pixels.offset - pixels.offset % ALLOCATIONGRANULARITY + pixels.ctypes.data - start
        return cls(Path(str(pixels.filename)), first, pixels.shape, pixels.strides, pixels.dtype)

    def mapped(self) -> NDArray[Any]:
        """The plane, read-only, in this process."""
        reaches = [(side - 1) * stride for side, stride in zip(self.shape, self.strides, strict=True)]
        low = self.first + sum(min(0, reach) for reach in reaches)
        high = self.first + sum(max(0, reach) for reach in reaches) + self.dtype.itemsize
        content: Any = np.memmap(self.file, np.uint8, "r", low, (high - low,))
        return np.ndarray(self.shape, self.dtype, content, self.first - low, self.strides)


def _sendable(path: Path, page: int | None) -> RawImage:
    """In the child: the image; of mapped planes only where they are, others in one piece, which is sent as it is."""
    raw = formats.read(path, page)
    pixels: Any = raw.pixels
    if isinstance(pixels, np.memmap):
        pixels = _MappedPlane.of(pixels)
    elif isinstance(pixels, np.ndarray):
        pixels = np.ascontiguousarray(pixels)
    return replace(raw, pixels=pixels)
