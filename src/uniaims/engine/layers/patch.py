"""A patch: runs of pixels with their old and new numbers, so that it can be checked, merged and taken back."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from uniaims._kernels import patches
from uniaims._kernels.patches import COLUMN, LENGTH, NEW, OLD, ROW
from uniaims.boxes import Box
from uniaims.engine.layers.state import Draft, Pixels, tiles_in, window_of
from uniaims.engine.layers.tile import MOST_TILES, TILE_PX, Place, Runs
from uniaims.engine.settings import Limits
from uniaims.errors import DataFolderError, InputError
from uniaims.labels import Labels

_FAULTS = {
    patches.CUT_OFF: "it ends in the middle of a run",
    patches.TOO_LARGE: "it holds a number above 4294967295",
    patches.OUTSIDE: "a run reaches out of the image",
    patches.EMPTY: "a run has no pixels",
    patches.SAME: "a run has the same old and new number",
    patches.TOO_MANY: "it changes too many pixels",
}

_NO_RUNS: Runs = np.empty((0, patches.RUN_COLUMNS), np.int64)
_ANY = (1 << 40, 1 << 40)
"""A shape that holds any other."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Runs in raster order, none of which crosses a tile's border.

    Its bytes are five LEB128 numbers for each: rows down, columns from the end of the run before (from 0 in another
    row), length, old number, new number; all of it compressed by zlib.
    """

    runs: Runs

    @classmethod
    def of(cls, runs: Runs) -> "Patch":
        """A patch of runs in any order that may cross tiles."""
        parts = patches.split(np.ascontiguousarray(runs, np.int64), TILE_PX)
        return cls(parts[np.lexsort((parts[:, COLUMN], parts[:, ROW]))])

    @classmethod
    def decode(cls, data: bytes, shape: tuple[int, int], most_px: int = Limits.edit_px) -> "Patch":
        """A patch for an image of ``shape`` from bytes that anybody may have made.

        Raises:
            InputError: if they are none, reach out of the image, or change more than ``most_px`` pixels.
        """
        code = np.frombuffer(_inflated(data), np.uint8)
        runs, fault = patches.decode(code, *shape, most_px)
        if fault:
            raise InputError(f"the patch can't be used: {_FAULTS[fault]}.")
        return cls.of(runs)

    @classmethod
    def trusted(cls, data: bytes) -> "Patch":
        """A patch from bytes of our own log.

        Raises:
            DataFolderError: if they are damaged.
        """
        try:
            runs, fault = patches.decode(np.frombuffer(zlib.decompress(data), np.uint8), *_ANY, _ANY[0])
        except zlib.error as error:
            raise DataFolderError(f"an edit in the log is damaged ({error}). Bring it back from a backup.") from error
        if fault:
            raise DataFolderError(f"an edit in the log is damaged: {_FAULTS[fault]}. Bring it back from a backup.")
        return cls(runs)

    def encode(self) -> bytes:
        """Its bytes."""
        return zlib.compress(patches.encode(self.runs).tobytes())

    @property
    def inverse(self) -> "Patch":
        """What takes it back."""
        return Patch(np.ascontiguousarray(self.runs[:, [ROW, COLUMN, LENGTH, NEW, OLD]]))

    @cached_property
    def numbers(self) -> list[int]:
        """The instances that lose or get pixels."""
        return [int(number) for number in np.unique(self.runs[:, [OLD, NEW]]) if number]

    @property
    def new_numbers(self) -> list[int]:
        """The instances that get pixels."""
        return [int(number) for number in np.unique(self.runs[:, NEW]) if number]

    @property
    def pixel_count(self) -> int:
        """How many pixels it changes."""
        return int(self.runs[:, LENGTH].sum())

    @property
    def box(self) -> Box | None:
        """Around all of it; ``None`` if it changes nothing."""
        return _box_of(self.runs)

    @cached_property
    def boxes(self) -> dict[int, Box]:
        """Around the pixels that each instance gets."""
        runs = self.runs[np.argsort(self.runs[:, NEW], kind="stable")]
        starts = np.flatnonzero(np.diff(runs[:, NEW], prepend=-1))
        parts = np.split(runs, starts[1:]) if len(runs) else []
        return {int(part[0, NEW]): box for part in parts if part[0, NEW] and (box := _box_of(part))}

    def balance(self) -> dict[int, tuple[int, int]]:
        """How many pixels each instance loses and gets."""
        numbers = np.array(self.numbers, np.int64)
        sums = []
        for side in (OLD, NEW):
            own = self.runs[self.runs[:, side] > 0]
            places = np.searchsorted(numbers, own[:, side])
            sums.append(np.bincount(places, own[:, LENGTH], len(numbers)).astype(np.int64).tolist())
        return dict(zip(self.numbers, zip(*sums, strict=True), strict=True))

    @cached_property
    def tiles(self) -> Mapping[Place, Runs]:
        """Its runs by tile."""
        keys = self.runs[:, ROW] // TILE_PX * MOST_TILES + self.runs[:, COLUMN] // TILE_PX
        if not len(keys) or (keys == keys[0]).all():
            return {divmod(key, MOST_TILES): self.runs for key in keys[:1].tolist()}
        order = np.argsort(keys, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
        return {divmod(int(keys[own[0]]), MOST_TILES): self.runs[own] for own in parts}

    def against(self, source: Pixels) -> "tuple[Patch, int]":
        """What is left of it to do, and how many pixels have neither its old nor its new number."""
        left, strange = [_NO_RUNS], 0
        for place, runs in self.tiles.items():
            rest, count = patches.compare(source.pixels(place), runs, place[0] * TILE_PX, place[1] * TILE_PX)
            left.append(rest)
            strange += count
        rest = np.concatenate(left)
        return self if int(rest[:, LENGTH].sum()) == self.pixel_count else Patch.of(rest), strange

    def apply(self, draft: Draft) -> None:
        """Change the pixels of a draft."""
        for place, runs in self.tiles.items():
            draft.paint(place, runs)


def one_after_another(patches: Iterable[Patch]) -> Patch:
    """All runs of some patches, in their order; what one paints over another is right in each tile."""
    return Patch(np.concatenate([_NO_RUNS, *(each.runs for each in patches)]))


NOTHING = Patch(_NO_RUNS)
"""The patch that changes nothing."""


def renumbering(source: Pixels, numbers: list[int], new: int, box: Box) -> Patch:
    """The patch that gives all pixels of some instances, which lie in a box, another number (0: none)."""
    chosen = np.zeros(max(numbers, default=0) + 1, np.bool_)
    chosen[numbers] = True
    parts = [_NO_RUNS]
    for _, part in tiles_in(box):
        parts.append(patches.renumber(window_of(source, part), chosen, new, part.top, part.left))
    return Patch.of(np.concatenate(parts))


def difference(before: Labels, after: Labels, corner: tuple[int, int] = (0, 0)) -> Patch:
    """The patch that makes labels (h, w) into others of the same shape; their first pixel is at ``corner``."""
    return Patch.of(patches.differences(before, after, *corner))


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        code = inflater.decompress(data, Limits.patch_bytes)
    except zlib.error as error:
        raise InputError(f"the patch can't be used: it is not compressed by zlib ({error}).") from error
    if not inflater.eof:
        what = f"is larger than {Limits.patch_bytes >> 20} MB" if inflater.unconsumed_tail else "is cut off"
        raise InputError(f"the patch can't be used: it {what}.")
    return code


def _box_of(runs: Runs) -> Box | None:
    if not len(runs):
        return None
    ends = runs[:, COLUMN] + runs[:, LENGTH]
    return Box.of_row((runs[:, ROW].min(), runs[:, COLUMN].min(), runs[:, ROW].max() + 1, ends.max()))
