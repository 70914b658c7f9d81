"""A tile: 512 x 512 pixels of a label image, as runs of equal numbers in raster order.

Tiles at the right and lower border are filled up with background. Runs are pairs of length and number, uint32,
little-endian; on the disk they are compressed, and called by the SHA-256 of what they were before, so that another
compressor gives the same name. A tile that is all background is not stored.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from uniaims._kernels import label_tiles, patches
from uniaims.engine.blobs import Blobs, hash_of
from uniaims.errors import DataFolderError
from uniaims.labels import Labels

TILE_PX = 512
EMPTY = np.array([[TILE_PX * TILE_PX, 0]], "<u4").tobytes()
"""The runs of a tile that is all background."""
MOST_TILES = 65536
"""Of a row; the number of a tile is its row times this + its column."""
_ZSTD_LEVEL = 3
_MOST_BYTES = 8 * TILE_PX * TILE_PX
_MOST_PAINTED = 2048
"""Above so many runs a tile is compressed anew."""

Place = tuple[int, int]
"""Row and column of a tile in its level."""
Runs = NDArray[np.int64]
"""(R, 5) of a patch: row, column, length, old number, new number."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A tile: its name once it is a blob, its compressed runs until then, and what was painted over it since.

    Attributes:
        name: of the blob.
        data: compressed runs, where there is no blob.
        painted: runs of patches, (R, 5) each, in their order; most tiles are never asked for before the next edit.
    """

    name: str = ""
    data: bytes = b""
    painted: "tuple[Runs, ...]" = ()

    def runs(self, blobs: Blobs) -> bytes:
        """The runs as bytes.

        Raises:
            DataFolderError: if the blob is damaged.
        """
        if self.painted:
            return bytes(label_tiles.find_runs(self.pixels(blobs)).astype("<u4").tobytes())
        if not self.name and not self.data:
            return EMPTY
        try:
            return bytes(imagecodecs.zstd_decode(self.data or blobs.get(self.name), out=_MOST_BYTES))
        except imagecodecs.ZstdError as error:
            raise DataFolderError(f"the blob {self.name} is damaged: bring it back from a backup.") from error

    def under(self, runs: Iterable[Runs], pixels: Labels | None = None) -> "Tile":
        """The tile with more painted over it; its numbers (512, 512), if known, are taken instead of too many runs."""
        painted = (*self.painted, *runs)
        if pixels is not None and sum(len(each) for each in painted) > _MOST_PAINTED:
            return tile_of(pixels) or Tile()
        return Tile(self.name, self.data, painted)

    def pixels(self, blobs: Blobs) -> Labels:
        """The numbers (512, 512).

        Raises:
            DataFolderError: if the blob is damaged.
        """
        runs = Tile(self.name, self.data).runs(blobs)
        pixels = np.empty((TILE_PX, TILE_PX), np.uint32)
        if len(runs) % 8 or not label_tiles.paint_runs(np.frombuffer(runs, "<u4").reshape(-1, 2), pixels):
            raise DataFolderError(f"the blob {self.name} is damaged: its runs do not fill a tile.")
        for each in self.painted:
            patches.apply(pixels, each)
        return pixels


def tile_of(pixels: Labels) -> Tile | None:
    """The tile of numbers (512, 512); ``None`` if all are background."""
    runs = label_tiles.find_runs(pixels)
    if len(runs) == 1 and runs[0, 1] == 0:
        return None
    return Tile(data=_compressed(runs.astype("<u4").tobytes()))


def named(tile: Tile, blobs: Blobs) -> tuple[Tile, bytes] | None:
    """A tile that has its name, and its compressed runs, to be kept under it; ``None`` if it is all background."""
    runs = tile.runs(blobs)
    if runs == EMPTY:
        return None
    return Tile(hash_of(runs)), _compressed(runs) if tile.painted else tile.data


def _compressed(runs: bytes) -> bytes:
    return bytes(imagecodecs.zstd_encode(runs, _ZSTD_LEVEL))


def padded(pixels: NDArray[np.uint32], side: int = TILE_PX) -> Labels:
    """Numbers (h, w), at most ``side`` x ``side``, filled up with background."""
    if pixels.shape == (side, side):
        return np.ascontiguousarray(pixels)
    whole = np.zeros((side, side), np.uint32)
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    return whole


class DecodedTiles:
    """The pixels of the tiles used last, of all layers, read only."""

    def __init__(self, most: int = 128) -> None:
        self._most = most
        self._pixels: OrderedDict[Tile, Labels] = OrderedDict()
        self._lock = Lock()

    def pixels(self, tile: Tile, blobs: Blobs) -> Labels:
        """See `Tile.pixels`."""
        with self._lock:
            found = self._pixels.get(tile)
            if found is not None:
                self._pixels.move_to_end(tile)
                return found
        return self.keep(tile, tile.pixels(blobs))

    def keep(self, tile: Tile, pixels: Labels) -> Labels:
        """Remember the pixels of a tile."""
        pixels.setflags(write=False)
        with self._lock:
            self._pixels[tile] = pixels
            while len(self._pixels) > self._most:
                self._pixels.popitem(last=False)
        return pixels


_BACKGROUND = np.zeros((TILE_PX, TILE_PX), np.uint32)
_BACKGROUND.setflags(write=False)


def background() -> Labels:
    """The pixels of a tile that is not stored, read only."""
    return _BACKGROUND
