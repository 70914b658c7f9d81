"""The instances of a layer as rows: what they are, how sure, who changed them when, and where they lie.

Where they lie (area, sums, box, representative pixel, the derived flags) follows from the pixels alone. A row whose
area is 0 is of an instance that is gone: its number is never given to another, and pages are told that it went.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from uniaims._kernels import label_tiles
from uniaims.errors import DataFolderError, LabelsError
from uniaims.labels import Labels, pieces_of

SUGGESTED, EDITED, ACCEPTED = range(3)
"""States: by a model alone; drawn or changed by hand; looked at and found right."""
LOCKED, FLAGGED, AT_BORDER, IN_PIECES = 1, 2, 4, 8
"""Bits of the flags; the last two follow from the pixels."""
DERIVED_FLAGS = AT_BORDER | IN_PIECES

ROW = np.dtype(
    [
        ("number", "<u4"), ("kind", "u1"), ("state", "u1"), ("flags", "u1"), ("confidence", "<f4"), ("author", "<u4"),
        ("changed_seq", "<u8"), ("area", "<u4"), ("sum_y", "<i8"), ("sum_x", "<i8"), ("top", "<i4"), ("left", "<i4"),
        ("bottom", "<i4"), ("right", "<i4"), ("rep_y", "<i4"), ("rep_x", "<i4"), ("model", "<u4"),
    ]
)  # fmt: skip
"""One instance. Kind 0: nobody has said; confidence NaN: drawn by hand; author and model: ids, 0 for none."""
SHAPE = ("area", "sum_y", "sum_x", "top", "left", "bottom", "right", "rep_y", "rep_x")
"""The columns that follow from the pixels, as `_kernels.label_tiles.measure_one` counts them."""
SAID = ("kind", "state", "confidence", "author", "model")
"""The columns that somebody said, beside the two flags that are."""

_COLUMNS = [[name, ROW[name].str] for name in ROW.names or ()]
_NAMES = frozenset(ROW.names or ())

Rows = NDArray[np.void]
"""(N,) of `ROW`."""
LARGEST_NUMBER = 1 << 24
"""Pages look instances up in a table of so many."""


def empty_rows(numbers: Iterable[int] | NDArray[Any] = ()) -> Rows:
    """Rows of instances that are nowhere, drawn by hand by nobody."""
    numbers = np.asarray(list(numbers) if not isinstance(numbers, np.ndarray) else numbers, np.uint32)
    rows = np.zeros(len(numbers), ROW)
    rows["number"] = numbers
    rows["confidence"] = np.nan
    return rows


def measured_rows(labels: Labels) -> Rows:
    """The rows of all numbers of a label image (H, W), with their shapes; what is said of them is not.

    Raises:
        LabelsError: if numbers are too large for the tables of pages.
    """
    highest = int(labels.max(initial=0))
    if highest >= LARGEST_NUMBER:
        raise LabelsError(f"labels hold the number {highest}: below {LARGEST_NUMBER} is wanted. Renumber them first.")
    areas, sums = np.zeros(highest + 1, np.int64), np.zeros((highest + 1, 2), np.int64)
    boxes, places = np.zeros((highest + 1, 4), np.int32), np.zeros((highest + 1, 2), np.int32)
    label_tiles.measure_all(labels, areas, sums, boxes, places)
    numbers = np.flatnonzero(areas)
    rows = empty_rows(numbers)
    columns = (areas, *sums.T, *boxes.T, *places.T)
    for name, values in zip(SHAPE, columns, strict=True):
        rows[name] = values[numbers]
    pieces = np.bincount(pieces_of(labels).values, minlength=highest + 1)[numbers]
    rows["flags"] = np.where(pieces > 1, IN_PIECES, 0) | np.where(_touches(rows, labels.shape), AT_BORDER, 0)
    return rows


def measure_row(row: np.void, window: Labels, top: int, left: int, shape: tuple[int, ...]) -> None:
    """Set what follows from the pixels in a row, whose instance lies wholly in a window of the labels.

    Args:
        row: changed in place.
        window: (h, w).
        top: row of the layer in which the window begins.
        left: the column.
        shape: of the layer.
    """
    area, sum_y, sum_x, *edges = (int(value) for value in label_tiles.measure_one(window, row["number"]))
    moved = [edge + (top, left)[i % 2] for i, edge in enumerate(edges)] if area else [0] * len(edges)
    for name, value in zip(SHAPE, (area, sum_y + top * area, sum_x + left * area, *moved), strict=True):
        row[name] = value
    flags = int(row["flags"]) & ~DERIVED_FLAGS
    if area:
        own = window[row["top"] - top : row["bottom"] - top, row["left"] - left : row["right"] - left] == row["number"]
        flags |= IN_PIECES if pieces_of(own.astype(np.uint32)).count > 1 else 0
        flags |= AT_BORDER if _touches(row, shape) else 0
    row["flags"] = flags


def _touches(rows: Any, shape: tuple[int, ...]) -> Any:
    """Whether boxes touch the border of an image of ``shape``."""
    return (
        (rows["top"] == 0) | (rows["left"] == 0) | (rows["bottom"] == shape[0]) | (rows["right"] == shape[1])
    )  # fmt: skip


def encode_rows(rows: Rows) -> bytes:
    """Rows as bytes, column by column, compressed; a later version may have other columns."""
    header = json.dumps({"count": len(rows), "columns": _COLUMNS}).encode()
    columns = b"".join(rows[name].tobytes() for name, _ in _COLUMNS)
    return bytes(imagecodecs.zstd_encode(len(header).to_bytes(4, "little") + header + columns, 3))


def decode_rows(data: bytes) -> Rows:
    """The rows of `encode_rows`; columns that it did not know stay 0.

    Raises:
        DataFolderError: if the bytes are damaged.
    """
    try:
        raw = bytes(imagecodecs.zstd_decode(data))
        size = int.from_bytes(raw[:4], "little")
        (count, columns), place = _header(raw[4 : 4 + size]), 4 + size
        rows = np.zeros(count, ROW)
        for name, kind in columns:
            values = np.frombuffer(raw, kind, count, place)
            place += values.nbytes
            if name in _NAMES:
                rows[name] = values
    except (imagecodecs.ZstdError, ValueError, KeyError, TypeError) as error:
        raise DataFolderError(f"a table of instances is damaged ({error}): bring it back from a backup.") from error
    return rows


@lru_cache
def _header(text: bytes) -> tuple[int, list[tuple[str, np.dtype[Any]]]]:
    """How many rows there are, and the columns in their order: what most edits have is the same."""
    header = json.loads(text)
    return header["count"], [(name, np.dtype(kind)) for name, kind in header["columns"]]


class InstanceTable:
    """The rows of a layer, by number."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows.copy()
        self._used = len(rows)
        self.count = int(np.count_nonzero(rows["area"]))
        """How many are there."""
        self._places = np.full(int(rows["number"].max(initial=0)) + 1, -1, np.int32)  # by number
        self._places[rows["number"]] = np.arange(len(rows))

    def __contains__(self, number: int) -> bool:
        """Whether there was ever an instance of this number."""
        return number < len(self._places) and bool(self._places[number] >= 0)

    def copy(self) -> "InstanceTable":
        """The table as it is now, apart from what comes later."""
        return InstanceTable(self.rows)

    @property
    def rows(self) -> Rows:
        """All of them, gone ones too, in the order in which they came."""
        return self._rows[: self._used]

    def get(self, numbers: Iterable[int]) -> Rows:
        """Copies of the rows of some numbers; of those that never were rows of nothing."""
        wanted = empty_rows(numbers)
        places = self._places_of(wanted["number"])
        wanted[places >= 0] = self._rows[places[places >= 0]]
        return wanted

    def put(self, rows: Rows) -> None:
        """Take rows, each of another number, in place of those of the same numbers."""
        self._make_room(int(rows["number"].max(initial=0)) + 1, self._used + len(rows))
        places = self._places_of(rows["number"])
        fresh = np.flatnonzero(places < 0)
        places[fresh] = self._used + np.arange(len(fresh))
        self._places[rows["number"][fresh]] = places[fresh]
        self._used += len(fresh)
        self.count += int(np.count_nonzero(rows["area"])) - int(np.count_nonzero(self._rows["area"][places]))
        self._rows[places] = rows

    def _places_of(self, numbers: Labels) -> NDArray[np.int32]:
        """Where the rows of some numbers (N,) stand, -1 for those that never were."""
        places = np.full(len(numbers), -1, np.int32)
        known = numbers < len(self._places)
        places[known] = self._places[numbers[known]]
        return places

    def _make_room(self, numbers: int, rows: int) -> None:
        if numbers > len(self._places):
            more = np.full(max(numbers - len(self._places), len(self._places) // 4), -1, np.int32)
            self._places = np.concatenate([self._places, more])
        if rows > len(self._rows):
            more_rows = np.zeros(max(64, rows - len(self._rows), len(self._rows) // 4), ROW)
            self._rows = np.concatenate([self._rows, more_rows])
