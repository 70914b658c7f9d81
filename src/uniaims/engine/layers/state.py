"""What a layer is at one moment: tiles, heads and instances. A draft lies over it while edits are tried."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from uniaims._kernels import patches
from uniaims.boxes import Box
from uniaims.engine.blobs import Blobs
from uniaims.engine.layers.instances import InstanceTable, Rows, measure_row
from uniaims.engine.layers.levels import Levels, Shapes, coarser, shapes_of
from uniaims.engine.layers.manifest import read_manifest, write_manifest
from uniaims.engine.layers.tile import TILE_PX, DecodedTiles, Place, Runs, Tile, background, tile_of
from uniaims.labels import Labels

_BLANK = Tile()


class Pixels(Protocol):
    """Tiles of level 0 by place."""

    levels: Levels

    def pixels(self, place: Place) -> Labels:
        """The numbers (512, 512) of a tile, read only."""


def window_of(source: Pixels, box: Box) -> Labels:
    """The numbers (h, w) in a box that lies in the layer."""
    found = np.empty(box.shape, np.uint32)
    for place, part in tiles_in(box):
        inner = part.moved(-place[0] * TILE_PX, -place[1] * TILE_PX)
        found[part.moved(-box.top, -box.left).window] = source.pixels(place)[inner.window]
    return found


def tiles_in(box: Box) -> Iterable[tuple[Place, Box]]:
    """The tiles of level 0 that a box reaches into, and the part of it in each."""
    for row in range(box.top // TILE_PX, -(-box.bottom // TILE_PX)):
        for column in range(box.left // TILE_PX, -(-box.right // TILE_PX)):
            top, left = max(box.top, row * TILE_PX), max(box.left, column * TILE_PX)
            bottom, right = min(box.bottom, (row + 1) * TILE_PX), min(box.right, (column + 1) * TILE_PX)
            yield (row, column), Box(top, left, bottom, right)


@dataclass
class State:
    """A layer at the edit ``seq``.

    Attributes:
        tiles: of level 0; those that are not there are all background.
        heads: the last edit that touched each of them, 0 where none did.
        coarse: of the levels from 1 on, with the head that they were made at.
    """

    levels: Levels
    seq: int
    table: InstanceTable
    tiles: dict[Place, Tile]
    heads: dict[Place, int]
    coarse: dict[tuple[int, Place], tuple[int, Tile | None]]
    blobs: Blobs
    decoded: DecodedTiles
    _shapes: tuple[int, Shapes] | None = field(default=None, repr=False)

    def pixels(self, place: Place) -> Labels:
        """See `Pixels`."""
        tile = self.tiles.get(place)
        return self.decoded.pixels(tile, self.blobs) if tile else background()

    def head(self, level: int, place: Place) -> int:
        """The last edit in what a tile covers."""
        rows, columns = self.levels.grid(0)
        span = 1 << level
        return max(
            (
                self.heads.get((row, column), 0)
                for row in range(place[0] * span, min((place[0] + 1) * span, rows))
                for column in range(place[1] * span, min((place[1] + 1) * span, columns))
            ),
            default=0,
        )

    def tile(self, level: int, place: Place) -> Tile | None:
        """A tile of any level, made anew if what it covers has changed; ``None`` if it is all background."""
        if level == 0:
            return self.tiles.get(place)
        head = self.head(level, place)
        made_at, tile = self.coarse.get((level, place), (-1, None))
        if made_at != head:
            pixels = coarser(self._below(level, place), level, place, self.shapes())
            tile = tile_of(pixels)
            if tile is not None:
                self.decoded.keep(tile, pixels)
            self.coarse[level, place] = (head, tile)
        return tile

    def shapes(self) -> Shapes:
        """Where the instances lie."""
        seq = self.seq
        if self._shapes is None or self._shapes[0] != seq:
            self._shapes = (seq, shapes_of(self.table.rows.copy()))
        return self._shapes[1]

    def copy(self) -> "State":
        """The state as it is now, apart from what comes later."""
        return State(
            self.levels, self.seq, self.table.copy(), dict(self.tiles), dict(self.heads),
            dict(self.coarse), self.blobs, self.decoded, self._shapes,
        )  # fmt: skip

    def adopt(self, draft: "Draft") -> None:
        """Take over what a draft has changed, once it is on the disk."""
        for place, pixels in draft.changed.items():
            tile = self.tiles.get(place, _BLANK).under(draft.painted[place], pixels)
            self.decoded.keep(tile, pixels)
            self.tiles[place] = tile
        self.heads.update(draft.heads)
        self.table.put(draft.rows_changed())
        self.seq = draft.seq

    def repeat(self, painted: Mapping[Place, Runs], heads: Mapping[Place, int], rows: Sequence[Rows]) -> None:
        """Do edits of the log again, which were right when they were done; no tile is looked at for it.

        Args:
            painted: all their runs by tile, those of the first edit first.
            heads: the last edit that touched each tile.
            rows: as they were after each of them, in order.
        """
        for place, runs in painted.items():
            self.tiles[place] = self.tiles.get(place, _BLANK).under([runs])
        self.heads.update(heads)
        newest_first = np.concatenate(rows)[::-1]
        _, first = np.unique(newest_first["number"], return_index=True)
        self.table.put(newest_first[first])

    def take_over(self, kept: "State", before: Mapping[Place, Tile]) -> None:
        """Take what was made of a copy meanwhile: coarse tiles, and names of those ``before`` that did not change."""
        for key, made in kept.coarse.items():
            if made[0] > self.coarse.get(key, (-1, None))[0]:
                self.coarse[key] = made
        for place, tile in before.items():
            if self.tiles.get(place) is tile:
                self.tiles.pop(place)
                self.tiles.update({place: kept.tiles[place]} if place in kept.tiles else {})

    def _below(self, level: int, place: Place) -> Labels:
        fine = np.zeros((2 * TILE_PX, 2 * TILE_PX), np.uint32)
        for down, across, child in self.levels.below(level, place):
            tile = self.tile(level - 1, child)
            if tile is not None:
                part = fine[down * TILE_PX : (down + 1) * TILE_PX, across * TILE_PX : (across + 1) * TILE_PX]
                part[...] = self.decoded.pixels(tile, self.blobs)
        return fine


class Draft:
    """Edits over a state that are tried, one after the other; the state stays as it is until it adopts them.

    Attributes:
        seq: of the last edit in it.
        changed: pixels of tiles that differ, by place.
        painted: the runs that made them so.
        heads: the last edit that touched each of these.
        count: instances that are there.
    """

    def __init__(self, state: State) -> None:
        self.levels = state.levels
        self.seq = state.seq
        self.changed: dict[Place, Labels] = {}
        self.painted: dict[Place, list[Runs]] = {}
        self.heads: dict[Place, int] = {}
        self.count = state.table.count
        self._state = state
        self._rows: dict[int, np.void] = {}

    def pixels(self, place: Place) -> Labels:
        """See `Pixels`."""
        found = self.changed.get(place)
        return self._state.pixels(place) if found is None else found

    def paint(self, place: Place, runs: Runs) -> None:
        """Write the runs (R, 5) of the edit that comes next into a tile."""
        if place not in self.changed:
            self.changed[place] = self._state.pixels(place).copy()
        patches.apply(self.changed[place], runs)
        self.painted.setdefault(place, []).append(runs)
        self.heads[place] = self.seq + 1

    def rows(self, numbers: Iterable[int] | Labels) -> Rows:
        """Copies of the rows of some numbers, rows of nothing for those that never were."""
        rows = self._state.table.get(numbers)
        for i, number in enumerate(rows["number"].tolist()):
            if number in self._rows:
                rows[i] = self._rows[number]
        return rows

    def knows(self, number: int) -> bool:
        """Whether there ever was an instance of this number."""
        return number in self._rows or number in self._state.table

    def put(self, rows: Rows) -> None:
        """Take rows in place of those of the same numbers."""
        known = self.rows(rows["number"])
        self.count += int(np.count_nonzero(rows["area"])) - int(np.count_nonzero(known["area"]))
        for row in rows:
            self._rows[int(row["number"])] = row.copy()

    def rows_changed(self) -> Rows:
        """All rows that differ."""
        return np.array(list(self._rows.values()), self._state.table.rows.dtype)

    def measure(self, row: np.void, box: Box) -> None:
        """Set what follows from the pixels in a row whose instance lies wholly in a box."""
        box = box.clipped((self.levels.height, self.levels.width))
        measure_row(row, window_of(self, box), box.top, box.left, (self.levels.height, self.levels.width))


def read_state(manifest: str, heads: Mapping[Place, int], blobs: Blobs, decoded: DecodedTiles) -> State:
    """The state of a snapshot."""
    known = read_manifest(manifest, blobs)
    state = State(
        known.levels, known.seq, InstanceTable(known.rows(blobs)),
        {place: Tile(name) for place, name in known.tiles[0].items()}, {}, {}, blobs, decoded,
    )  # fmt: skip
    state.heads = {place: seq for place, seq in heads.items() if seq <= known.seq}
    for level in range(1, known.levels.count):
        rows, columns = known.levels.grid(level)
        for place in ((row, column) for row in range(rows) for column in range(columns)):
            name = known.tiles[level].get(place)
            state.coarse[level, place] = (state.head(level, place), Tile(name) if name else None)
    return state


def write_state(state: State) -> str:
    """Keep a state that nobody changes meanwhile, all levels of it; its tiles have names then. Gives the manifest."""
    coarse: list[dict[Place, Tile]] = []
    for level in range(1, state.levels.count):
        rows, columns = state.levels.grid(level)
        places = [(row, column) for row in range(rows) for column in range(columns)]
        coarse.append({place: tile for place in places if (tile := state.tile(level, place)) is not None})
    shape = (state.levels.height, state.levels.width)
    table = state.table.rows[np.argsort(state.table.rows["number"])]
    name, kept = write_manifest(shape, state.seq, table, (state.tiles, *coarse), state.blobs)
    state.tiles = dict(kept[0])
    return name
