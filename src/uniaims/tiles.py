"""Cut an image into overlapping tiles, map a function over them and blend the maps back; knows no model.

A tile is read, given to the function, and its maps are added to a strip with a weight that falls off smoothly
towards the neighbouring tiles. As soon as no further tile reaches a row, that row is encoded into small integers
and written out. Memory: one strip of float32 maps + the encoded maps.

Neighbouring tiles overlap pairwise and their weights (squared sine and cosine) add up to one, so nothing has to be
counted or divided, and the result does not depend on how many tiles are computed at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError
from uniaims.progress import Progress
from uniaims.tiling import Tiling

TileFunction = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(N, 1, h, w) float32 -> (N, C, h, w) float32, the same h and w."""


class Pixels(Protocol):
    """What can be tiled: (H, W) with a shape and windows cut by two slices; a NumPy or Zarr array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W)."""
        ...

    def __getitem__(self, window: tuple[slice, slice], /) -> Any:
        """Pixels of the window, rows then columns."""
        ...


@dataclass(frozen=True)
class Encoding:
    """How channels of the result are stored: ``round(value * scale)``, clipped to the range of the type.

    Attributes:
        dtype: integer type to store.
        scale: stored number that stands for 1.0; int8 is clipped symmetrically to -127..127.
        channels: number of consecutive channels of the function's result; 1 gives (H, W), more give (channels, H, W).
    """

    dtype: Literal["uint8", "int8"]
    scale: float
    channels: int = 1

    def store(self, values: NDArray[np.float32]) -> NDArray[np.integer[Any]]:
        """Encode float32 ``values`` of any shape."""
        low, high = (0, 255) if self.dtype == "uint8" else (-127, 127)
        scaled = np.rint(values * np.float32(self.scale))
        stored: NDArray[np.integer[Any]] = np.clip(scaled, low, high, out=scaled).astype(self.dtype)
        return stored


@dataclass(frozen=True)
class TilePlan:
    """Where the tiles lie: all have the same ``size``; those at the bottom and right may reach beyond the image.

    Attributes:
        shape: (H, W) of the image.
        size: (h, w) of every tile.
        tops: first row of each row of tiles.
        lefts: first column of each column of tiles.
        overlap: pixels shared with the next tile.
    """

    shape: tuple[int, int]
    size: tuple[int, int]
    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    overlap: int

    def __len__(self) -> int:
        return len(self.tops) * len(self.lefts)

    def windows(self) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of every tile, clipped to the image, row by row."""
        (height, width), (rows, columns) = self.size, self.shape
        for top, left in product(self.tops, self.lefts):
            yield slice(top, min(top + height, rows)), slice(left, min(left + width, columns))


def plan_tiles(shape: tuple[int, int], tiling: Tiling = Tiling()) -> TilePlan:
    """Cover an image of ``shape`` (H, W) with as few tiles as possible, all of the same size.

    The size is balanced over the image instead of leaving a narrow last tile, because narrow tiles spend most of
    their cost on the overlap.
    """
    if min(shape) < 1:
        raise SettingsError(f"an image of shape {shape} has no pixels to tile: wanted at least 1x1.")
    overlap = _round_up(tiling.overlap_px, tiling.multiple_of)
    height, tops = _cover(shape[0], tiling, overlap)
    width, lefts = _cover(shape[1], tiling, overlap)
    return TilePlan(shape, (height, width), tops, lefts, overlap)


def map_tiles(
    function: TileFunction,
    image: Pixels,
    encodings: Sequence[Encoding],
    tiling: Tiling = Tiling(),
    progress: Progress | None = None,
) -> tuple[NDArray[Any], ...]:
    """Map ``function`` over overlapping tiles of ``image`` and blend the results.

    Args:
        function: (N, 1, h, w) float32 -> (N, C, h, w) float32; h and w are multiples of ``tiling.multiple_of``.
            Beyond the bottom and right edge of the image it sees the image reflected.
        image: (H, W) array, or anything that gives windows of pixels; each window is read once per tile.
        encodings: how the C channels are stored, in order.
        tiling: size of the tiles.
        progress: told ``("network", tiles done, tiles in all)``.

    Returns:
        One array per encoding: (H, W), or (channels, H, W) where it has more than one channel.
    """
    plan = plan_tiles((int(image.shape[0]), int(image.shape[1])), tiling)
    maps = tuple(_empty_map(encoding, plan.shape) for encoding in encodings)
    strip = np.zeros((sum(e.channels for e in encodings), plan.size[0], plan.shape[1]), np.float32)
    for row, top in enumerate(plan.tops):
        for columns in _groups(range(len(plan.lefts)), tiling.batch):
            results = function(np.stack([_read(image, plan, row, column) for column in columns]))
            for column, result in zip(columns, results, strict=True):
                _add(strip, result, plan, row, column)
            if progress:
                progress("network", row * len(plan.lefts) + columns[-1] + 1, len(plan))
        _flush(strip, maps, encodings, slice(top, _finished_below(plan, row)))
    return maps


def _cover(length: int, tiling: Tiling, overlap: int) -> tuple[int, tuple[int, ...]]:
    """Side of the tiles and their first pixels, for one axis of ``length`` pixels."""
    multiple = tiling.multiple_of
    largest = max(tiling.tile_px // multiple * multiple, 2 * overlap, multiple)
    if length <= largest:
        return _round_up(length, multiple), (0,)
    count = -(-(length - overlap) // (largest - overlap))
    step = _round_up(-(-(length - overlap) // count), multiple)
    return step + overlap, tuple(range(0, length - overlap, step))


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _groups(items: range, size: int) -> Iterator[range]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _empty_map(encoding: Encoding, shape: tuple[int, int]) -> NDArray[Any]:
    leading = () if encoding.channels == 1 else (encoding.channels,)
    return np.empty((*leading, *shape), encoding.dtype)


def _read(image: Pixels, plan: TilePlan, row: int, column: int) -> NDArray[np.float32]:
    """(1, h, w) float32 pixels of one tile, reflected beyond the bottom and right edge of the image."""
    (top, left), (height, width) = (plan.tops[row], plan.lefts[column]), plan.size
    tile = np.asarray(image[top : top + height, left : left + width], dtype=np.float32)
    missing = (height - tile.shape[0], width - tile.shape[1])
    if any(missing):
        tile = np.pad(tile, ((0, missing[0]), (0, missing[1])), mode="reflect")
    return tile[np.newaxis]


def _taper(length: int, overlap: int, before: bool, after: bool) -> NDArray[np.float32]:
    """(length,) weights: 1 in the middle, squared sine towards a neighbour before or after; pairs add up to 1."""
    weights = np.ones(length, np.float32)
    rise = np.sin((np.arange(overlap) + 0.5) * (np.pi / 2 / max(overlap, 1))) ** 2
    if before:
        weights[:overlap] = rise
    if after:
        weights[length - overlap :] = 1 - rise
    return weights


def _add(strip: NDArray[np.float32], result: NDArray[np.float32], plan: TilePlan, row: int, column: int) -> None:
    """Add the maps (C, h, w) of one tile to the strip (C, h, W), weighted."""
    height, width = plan.size
    vertical = _taper(height, plan.overlap, row > 0, row < len(plan.tops) - 1)
    horizontal = _taper(width, plan.overlap, column > 0, column < len(plan.lefts) - 1)
    target = strip[:, :, plan.lefts[column] : plan.lefts[column] + width]
    inside = slice(0, target.shape[2])
    target += result[:, :, inside] * (vertical[:, np.newaxis] * horizontal[inside])


def _finished_below(plan: TilePlan, row: int) -> int:
    """First image row that a later row of tiles still adds to."""
    return plan.tops[row + 1] if row + 1 < len(plan.tops) else plan.shape[0]


def _flush(
    strip: NDArray[np.float32], maps: Sequence[NDArray[Any]], encodings: Sequence[Encoding], rows: slice
) -> None:
    """Encode the finished first rows of the strip into ``maps`` and move the rest of the strip up."""
    finished, channel = rows.stop - rows.start, 0
    for stored, encoding in zip(maps, encodings, strict=True):
        values = strip[channel : channel + encoding.channels, :finished]
        stored[..., rows, :] = encoding.store(values if encoding.channels > 1 else values[0])
        channel += encoding.channels
    rest = strip.shape[1] - finished
    strip[:, :rest] = strip[:, finished:].copy()
    strip[:, rest:] = 0
