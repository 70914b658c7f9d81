"""Heaps: bodies that fall onto a substrate and onto each other, in one layer or in piles."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.ranges import (
    Range,
    check_choices,
    check_ranges,
    drawn,
    drawn_integer,
    drawn_size,
)
from uniaims.synthesis.relief import Patch, Relief, deposit, lowest_place, rasterise
from uniaims.synthesis.scenes.composition import Placed, composed, half_width
from uniaims.synthesis.scenes.packing import Packing, lattice_sites
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.shapes import Generator, Shape, shape_named
from uniaims.synthesis.sizes import LAWS, SizeLaw

_MOST_FAILURES = 40
_MOST_PATCHES = 400
_POOL_PX = 3_000_000
_POOL_PARTS = 4000
"""Bodies, pixels of their patches and parts they are joined from, drawn for one scene before bodies repeat."""
_SMALLEST_DIAMETER_PX = 5.0


@dataclass(frozen=True)
class Heap:
    """Bodies of one or more shapes on a substrate, as ranges from which each image draws.

    `shapes` are names in `shapes.SHAPES`: each image takes one of them, or with the chance `mixed` two; `diameter_px`
    is drawn evenly on a log scale; `spread` and `laws` see `sizes.SizeLaw`; `cover`, `pile`, `tries`, `sink`,
    `clustering` see `Packing`; `lattice` is the chance of an ordered layer.
    """

    shapes: tuple[str, ...] = ("sphere",)
    diameter_px: Range = (8.0, 150.0)
    spread: Range = (0.03, 0.35)
    laws: tuple[str, ...] = ("log-normal",)
    cover: Range = (0.3, 0.95)
    pile: Range = (0.0, 2.0)
    tries: Range = (2, 10)
    sink: Range = (0.0, 0.2)
    clustering: Range = (0.0, 0.6)
    lattice: float = 0.0
    mixed: float = 0.0

    def __post_init__(self) -> None:
        for name in self.shapes or ("",):
            shape_named(name)
        check_choices("laws", self.laws, tuple(LAWS))
        check_ranges(self, ("spread", "cover", "pile", "sink", "clustering"))
        check_ranges(self, ("tries",), 1)
        check_ranges(self, ("diameter_px",), _SMALLEST_DIAMETER_PX)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one heap of `shape` (H, W)."""
        median_px = drawn_size(self.diameter_px, shape, rng)
        sizes = SizeLaw(median_px, drawn(self.spread, rng), law=str(rng.choice(self.laws)))
        packing = Packing(
            cover=drawn(self.cover, rng),
            tries=drawn_integer(self.tries, rng),
            pile=drawn(self.pile, rng) * float(self.pile[0] > 0 or rng.random() < 0.7),
            sink=drawn(self.sink, rng),
            clustering=drawn(self.clustering, rng),
            lattice=bool(rng.random() < self.lattice),
        )
        if packing.lattice:
            sizes = replace(sizes, spread=min(sizes.spread, 0.05), law="log-normal")
        count = 2 if len(self.shapes) > 1 and rng.random() < self.mixed else 1
        chosen = rng.permutation(len(self.shapes))[:count]
        return heap(shape, tuple(shape_named(self.shapes[index]) for index in chosen), sizes, packing, rng)


@dataclass(eq=False)
class _Pile:
    """The bodies so far, and the relief they make."""

    relief: Relief
    placed: list[Placed] = field(default_factory=list)
    covered_px: int = 0

    def add(self, patch: Patch, place: tuple[int, int], level: float) -> None:
        """Let one more body lie at `place`."""
        owner = len(self.placed) + 1
        self.placed.append(Placed(patch, place, level, owner))
        rows, columns = (slice(max(0, at - patch.middle), max(0, at + patch.middle + 1)) for at in place)
        around = self.relief.labels[rows, columns]
        before = np.count_nonzero(around)
        deposit(self.relief, patch, place, level, owner)
        self.covered_px += int(np.count_nonzero(around) - before)

    def cover(self) -> float:
        """Covered part of the image."""
        return self.covered_px / self.relief.labels.size


@dataclass(eq=False)
class _Pool:
    """Bodies drawn so far; once there are many they are taken again: among so many nobody sees one twice."""

    shapes: tuple[Shape, ...]
    sizes: SizeLaw
    patches: list[Patch] = field(default_factory=list)
    pixels: int = 0
    parts: int = 0

    def next_patch(self, rng: Generator) -> Patch:
        """Give a new body or a known one."""
        if len(self.patches) >= _MOST_PATCHES or self.pixels >= _POOL_PX or self.parts >= _POOL_PARTS:
            return self.patches[int(rng.integers(len(self.patches)))]
        shape = self.shapes[int(rng.integers(len(self.shapes)))]
        body = shape(float(self.sizes.draw(rng, 1)[0]), rng)
        self.patches.append(rasterise(body, *rng.uniform(-0.5, 0.5, 2)))
        self.pixels += self.patches[-1].upper.size
        self.parts += body.parts
        return self.patches[-1]


def heap(
    image_shape: tuple[int, int], shapes: tuple[Shape, ...], sizes: SizeLaw, packing: Packing, rng: Generator
) -> Scene:
    """Drop bodies of the given shapes until `packing.cover` is reached or no more find a place.

    The ground is a little larger than the image, so that the image's border cuts bodies as it does in reality.
    """
    margin = round(sizes.median_px)
    ground = (image_shape[0] + 2 * margin, image_shape[1] + 2 * margin)
    pile = _Pile(Relief.flat(ground))
    sites = lattice_sites(ground, sizes, rng) if packing.lattice else None
    pool = _Pool(shapes, sizes)
    failures = 0
    while failures < _MOST_FAILURES and sites != []:
        patch = pool.next_patch(rng)
        places = np.array([sites.pop()]) if sites else _places(pile, patch, packing, rng)
        failures = 0 if _drop(pile, patch, sizes, packing, places) else failures + 1
        if len(pile.placed) % 8 == 0 and pile.cover() >= packing.cover:
            break
    seen = [replace(body, place=(body.place[0] - margin, body.place[1] - margin)) for body in pile.placed]
    return composed(image_shape, seen, sizes.median_px)


def _drop(pile: _Pile, patch: Patch, sizes: SizeLaw, packing: Packing, places: NDArray[np.int64]) -> bool:
    """Let one body fall at the lowest of `places`; tell whether it found one that is low enough."""
    bottom = _bottom(patch)
    highest = (packing.pile + 0.02) * sizes.median_px + 0.5 - bottom
    resting = lowest_place(pile.relief.height, patch, places, highest)
    if resting is None:
        return False
    level = -bottom + (resting.level + bottom) * (1 - packing.sink)
    pile.add(patch, (resting.row, resting.column), level)
    return True


def _bottom(patch: Patch) -> float:
    """Height of the lowest point above the body's origin; it is negative."""
    return float(patch.lower[patch.upper > patch.lower].min(initial=0.0))


def _places(pile: _Pile, patch: Patch, packing: Packing, rng: Generator) -> NDArray[np.int64]:
    """Random places for one body, some of them beside bodies that lie already."""
    shape = pile.relief.labels.shape
    beyond = 0.7 * patch.middle
    places = rng.uniform(-beyond, np.array(shape) + beyond, (packing.tries, 2))
    if pile.placed and rng.random() < packing.clustering:
        chosen = [pile.placed[int(index)] for index in rng.integers(0, len(pile.placed), packing.tries)]
        angles = rng.uniform(0, 2 * np.pi, packing.tries)
        reaches = np.array([half_width(neighbour) + patch.middle for neighbour in chosen]) - 2
        beside = reaches[:, None] * np.column_stack([np.sin(angles), np.cos(angles)])
        places = np.array([neighbour.place for neighbour in chosen]) + beside
    return np.rint(places).astype(np.int64)
