"""Pixels that stay in the file until a window of them is asked for."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from uniaims.errors import ImageError

EAGER_BYTES = 64 * 2**20
"""Planes up to this size are read at once; larger ones stay in the file and are read window by window."""


@dataclass(frozen=True)
class LazyPixels:
    """An image plane in a file, with the parts of NumPy's interface that reading needs.

    `shape` is (H, W) or (H, W, 3), `dtype` the type of what `window` returns. ``window(rows, columns)`` reads the
    box of two slices with start and stop inside the image and step 1; its shape is (rows, columns) or
    (rows, columns, 3). It opens the file anew, so that the object can be pickled and holds no file open.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    window: Callable[[slice, slice], NDArray[Any]]

    @property
    def ndim(self) -> int:
        """2 or 3."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Bytes that the whole plane takes in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read rows and columns given as integers or slices; index arrays read the whole plane first."""
        keys = _without_ellipsis(key if isinstance(key, tuple) else (key,), self.ndim)
        if not all(isinstance(part, slice | int | np.integer) for part in keys):
            return np.asarray(np.asarray(self)[key])
        rows = _span(keys[0], self.shape[0])
        columns = _span(keys[1], self.shape[1])
        box = self._read(rows.read, columns.read)
        return np.asarray(box[(rows.inside, columns.inside, *keys[2:])])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("pixels in a file can't become an array without a copy; leave copy out")
        whole = self._read(slice(0, self.shape[0]), slice(0, self.shape[1]))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def _read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """The window; what decoders raise on damaged pixels becomes an ImageError."""
        try:
            return self.window(rows, columns)
        except ImageError:
            raise
        except Exception as error:
            box = f"rows {rows.start} to {rows.stop}, columns {columns.start} to {columns.stop}"
            raise ImageError(f"the pixels of {box} can't be read, the file is damaged ({error})") from error


Pixels = NDArray[Any] | LazyPixels


@dataclass(frozen=True)
class _Span:
    """The range to read along one axis, and what to take from it."""

    read: slice
    inside: int | slice


def _span(key: Any, length: int) -> _Span:
    if not isinstance(key, slice):
        index = operator.index(key)
        if not -length <= index < length:
            raise IndexError(f"index {index} is outside an axis of {length}")
        index %= length
        return _Span(slice(index, index + 1), 0)
    wanted = range(*key.indices(length))
    if len(wanted) == 0:
        return _Span(slice(0, 0), slice(None))
    low, high = min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1])
    return _Span(slice(low, high + 1), slice(None, None, wanted.step))


def _without_ellipsis(keys: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """`keys` with one entry per axis, ``...`` and missing ones made full slices."""
    places = [place for place, key in enumerate(keys) if key is Ellipsis]
    given = len(keys) - len(places)
    if given > ndim or len(places) > 1:
        raise IndexError(f"{len(keys)} indices for an image of {ndim} axes; give at most {ndim} and one ...")
    fill = (slice(None),) * (ndim - given)
    if not places:
        return keys + fill
    return keys[: places[0]] + fill + keys[places[0] + 1 :]
