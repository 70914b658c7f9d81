"""Cracks: branching thin paths of varying width through a solid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.bodies import Array, Generator
from uniaims.synthesis.ranges import Range, check_ranges, drawn, drawn_integer, drawn_log
from uniaims.synthesis.scenes.plane import distance_within, section, without_slivers
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.stamps import Pen, Wire
from uniaims.synthesis.textures import fractal_texture, smooth_line

_STEP_PX = 2.0
_THINNEST_PX = 1.6
_DEEPEST_BRANCH = 3
_WALL_SLOPE = 6.0
"""How far the walls fall within one pixel."""


@dataclass(frozen=True)
class Cracks:
    """Cracks in a solid: one label per crack with all its branches; cracks that meet are one.

    `count` of cracks; `width_px` at the widest, on a log scale; `length` of the main path relative to the image's
    shorter side; `jaggedness` how often and how far the path turns; `branches` per main path; `order` 1: all run the
    same way (thermal cracks in coatings); `depth` relative to the width; `matrix_number` mean atomic number of the
    solid.
    """

    count: Range = (1, 8)
    width_px: Range = (2.5, 12.0)
    length: Range = (0.2, 1.4)
    jaggedness: Range = (0.1, 0.7)
    branches: Range = (0, 6)
    order: Range = (0.0, 1.0)
    depth: Range = (2.0, 6.0)
    matrix_number: Range = (8.0, 30.0)

    def __post_init__(self) -> None:
        check_ranges(self, ("branches", "jaggedness", "order", "depth"))
        check_ranges(self, ("count", "matrix_number"), 1)
        check_ranges(self, ("width_px",), 2)
        check_ranges(self, ("length",), 0.05)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one section of `shape` (H, W)."""
        width_px, jaggedness = drawn_log(self.width_px, rng), drawn(self.jaggedness, rng)
        order, main = drawn(self.order, rng), rng.uniform(0, np.pi)
        pen, open_px = Pen(shape), np.zeros(shape, np.int32)
        for _ in range(drawn_integer(self.count, rng)):
            heading = main + rng.uniform(-np.pi / 2, np.pi / 2) * (1 - order) + np.pi * float(rng.random() < 0.5)
            length = drawn(self.length, rng) * min(shape)
            middle = rng.uniform(-0.1, 1.1, 2) * shape
            start = middle - 0.5 * length * np.array([np.sin(heading), np.cos(heading)])
            crack = _Crack(start, heading, length, width_px * float(np.exp(rng.normal(-0.2, 0.3))))
            _open(open_px, pen, crack, (jaggedness, drawn(self.branches, rng)), rng)
        labels = without_slivers(_frayed(open_px, width_px, rng))
        depth = distance_within(labels) * (labels > 0)
        height = -np.minimum(_WALL_SLOPE * depth, drawn(self.depth, rng) * width_px)
        numbers = np.array([drawn(self.matrix_number, rng), 0.0])
        return section(labels, height.astype(np.float32), 3 * width_px, numbers)


@dataclass(frozen=True, eq=False)
class _Crack:
    """One path: its `start` (2,), direction in radians, length and width in pixels, and the forks before it."""

    start: Array
    heading: float
    length: float
    width: float
    generation: int = 0


def _open(open_px: NDArray[np.int32], pen: Pen, crack: _Crack, manner: tuple[float, float], rng: Generator) -> None:
    """Mark a path and, from points along it, its branches."""
    jaggedness, branches = manner
    count = max(int(crack.length / _STEP_PX), 4)
    heading = crack.heading + _turns(count, jaggedness, rng)
    path = crack.start + _STEP_PX * np.cumsum(np.column_stack([np.sin(heading), np.cos(heading)]), axis=0)
    taper = np.minimum(1, 2.5 * np.sqrt(1 - np.arange(count) / count))
    widths = crack.width * taper * np.exp(0.35 * smooth_line(count, 6.0, rng))
    stamp = pen.draw(Wire(np.column_stack([path, np.zeros(count)]), np.maximum(widths, _THINNEST_PX) / 2))
    open_px[stamp.rows, stamp.columns] = 1
    if crack.generation >= _DEEPEST_BRANCH:
        return
    for _ in range(rng.poisson(branches * 0.5**crack.generation)):
        at = int(rng.integers(count // 8, count - 1))
        turned = float(heading[at]) + rng.uniform(0.35, 1.2) * (1 if rng.random() < 0.5 else -1)
        length, width = crack.length * rng.uniform(0.1, 0.5), float(widths[at]) * rng.uniform(0.35, 0.7)
        _open(open_px, pen, _Crack(path[at], turned, length, width, crack.generation + 1), manner, rng)


def _turns(count: int, jaggedness: float, rng: Generator) -> Array:
    """Deviation (count,) from the first direction: kinks of all lengths that don't let the path curl up."""
    total = np.zeros(count)
    for smooth, share in ((1.5, 0.5), (6.0, 0.7), (25.0, 0.8)):
        total += share * smooth_line(count, smooth, rng)
    return jaggedness * total


def _frayed(open_px: NDArray[np.int32], width_px: float, rng: Generator) -> NDArray[np.int32]:
    """Walls that are rough on the scale of a crack's width."""
    shape = (open_px.shape[0], open_px.shape[1])
    inside, outside = distance_within(open_px) * (open_px > 0), distance_within(open_px) * (open_px == 0)
    rough = 0.12 * width_px * fractal_texture(shape, max(width_px, 3.0), 2.5, rng)
    kept = (inside > 0) & ((inside < 1.2) | (inside > rough))
    return np.asarray(kept | ((outside > 0) & (outside < rough)), dtype=np.int32)
