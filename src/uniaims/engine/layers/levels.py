"""The levels of a layer: each has half the sides of the one before, until one tile holds all.

A pixel of a coarser level is the mode of four finer ones. Small instances would go under so; each that has no pixel
left gets the one over its representative pixel, if nobody loses his last one for it. A coarse tile follows from the
four below it and the instances that lie in it, so that tiles are made anew one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from uniaims._kernels import label_tiles
from uniaims.engine.layers.instances import Rows
from uniaims.engine.layers.tile import TILE_PX, Place
from uniaims.labels import Labels

_SMALL_PX = 4
"""Above so many pixels of its own level an instance needs no help to be seen."""


@dataclass(frozen=True)
class Levels:
    """The grid of the tiles of an image of so many rows and columns."""

    height: int
    width: int

    @property
    def count(self) -> int:
        """How many levels there are."""
        return max(0, (max(self.height, self.width, 1) - 1) // TILE_PX).bit_length() + 1

    def shape(self, level: int) -> tuple[int, int]:
        """Rows and columns of pixels."""
        return -(-self.height >> level), -(-self.width >> level)

    def grid(self, level: int) -> tuple[int, int]:
        """Rows and columns of tiles."""
        height, width = self.shape(level)
        return max(1, -(-height // TILE_PX)), max(1, -(-width // TILE_PX))

    def holds(self, level: int, place: Place) -> bool:
        """Whether there is such a tile."""
        if not 0 <= level < self.count:
            return False
        rows, columns = self.grid(level)
        return 0 <= place[0] < rows and 0 <= place[1] < columns

    def below(self, level: int, place: Place) -> Iterator[tuple[int, int, Place]]:
        """The tiles of the level before that a tile is made of: where in it they lie (0 or 1), and their places."""
        for down in (0, 1):
            for across in (0, 1):
                child = (2 * place[0] + down, 2 * place[1] + across)
                if self.holds(level - 1, child):
                    yield down, across, child


@dataclass(frozen=True)
class Shapes:
    """Where the instances of a layer lie, in rising order of their numbers."""

    rows: Rows

    @cached_property
    def numbers(self) -> Labels:
        """(N,) uint32."""
        return np.ascontiguousarray(self.rows["number"])

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """(N,) px."""
        return self.rows["area"].astype(np.int64)

    @cached_property
    def areas_by_number(self) -> NDArray[np.int64]:
        """(largest number + 1,) px."""
        areas = np.zeros(int(self.numbers.max(initial=0)) + 1, np.int64)
        areas[self.numbers] = self.areas
        return areas

    @cached_property
    def boxes(self) -> NDArray[np.int64]:
        """(N, 4): top, left, bottom, right."""
        return np.stack([self.rows[edge] for edge in ("top", "left", "bottom", "right")], 1).astype(np.int64)

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """(2, N): rows and columns of the representative pixels."""
        return np.stack([self.rows["rep_y"], self.rows["rep_x"]])


def shapes_of(rows: Rows) -> Shapes:
    """The shapes of the instances that are there."""
    there = rows[rows["area"] > 0]
    return Shapes(there[np.argsort(there["number"], kind="stable")])


def coarser(fine: Labels, level: int, place: Place, shapes: Shapes) -> Labels:
    """The tile of a level from 1 on, (512, 512), of the pixels (1024, 1024) of the level before that it covers."""
    tile: Labels = label_tiles.halve(fine, shapes.areas_by_number)
    side, (down, across) = TILE_PX << level, shapes.places
    is_inside = (down // side == place[0]) & (across // side == place[1])
    wanted = np.flatnonzero(is_inside & (shapes.areas < _SMALL_PX << (2 * level)))
    if len(wanted):
        corner = np.array(place, np.int64) * side
        places = (shapes.places[:, wanted].T - corner) >> level
        label_tiles.rescue(tile, wanted, places, shapes.numbers, shapes.boxes, corner, level)
    return tile
