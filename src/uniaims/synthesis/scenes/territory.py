"""Territories: bodies that grow from seeds in a plane until they meet; for precipitates, pores, cells and grains."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from uniaims.synthesis.bodies import Array, Generator
from uniaims.synthesis.relief import Float32
from uniaims.synthesis.textures import fractal_texture

_BLOCK_PX = 4
_MOST_CANDIDATES = 10


@dataclass(frozen=True, eq=False)
class Seeds:
    """N bodies in a plane.

    `centres` (N, 2) y, x and `radii` (N,) in pixels; `angles` (N,) radians; `aspects` (N,) length over width; `power`
    of the norm that makes their outlines: 2 ellipses, 4 and more cushions and blocks.
    """

    centres: Array
    radii: Array
    angles: Array
    aspects: Array
    power: float = 2.0


@dataclass(frozen=True, eq=False)
class Territories:
    """Who owns each pixel: `owner` (H, W) int32, seed number + 1, 0: nobody.

    `edge` (H, W) float32: how deep inside the owner's own outline a pixel lies, in pixels (outside of all: negative).
    """

    owner: NDArray[np.int32]
    edge: Float32


def bend_field(
    shape: tuple[int, int], coarsest_px: float, strength_px: float, rng: Generator, steepness: float = 5.0
) -> Float32:
    """Draw a displacement (2, H, W) of about `strength_px` with waves no longer than `coarsest_px`.

    The steeper its spectrum falls, the smoother it is.
    """
    waves = [fractal_texture(shape, coarsest_px, steepness, rng) for _ in range(2)]
    return np.asarray(np.stack(waves) * np.float32(strength_px), dtype=np.float32)


def grown(seeds: Seeds, bend: Float32, gap_px: float = 0.0) -> Territories:
    """Let all bodies grow to their radius; where two meet, the border is where both are equally deep.

    `bend` (2, H, W) displaces the pixels, which makes outlines irregular; `gap_px` is left free between two.
    """
    shape = bend.shape[1:]
    owner = np.zeros(shape, np.int32)
    best, second = np.full(shape, -1e30, np.float32), np.full(shape, -1e30, np.float32)
    most = float(np.abs(bend).max(initial=0)) + gap_px + 1
    shapes = (seeds.radii, np.cos(seeds.angles), np.sin(seeds.angles), np.sqrt(seeds.aspects))
    _grow(seeds.centres, shapes, (seeds.power, most), bend, (owner, best, second))
    free = (best <= 0) | (best - np.maximum(second, -gap_px) < gap_px)
    owner[free] = 0
    return Territories(owner, np.where(free, np.minimum(best, 0), best))


def power_diagram(centres: Array, radii: Array, bend: Float32) -> NDArray[np.int32]:
    """Number (H, W) of the seed (from 1) with the least squared distance minus squared radius (Laguerre cells).

    A power diagram is the cut through a Voronoi diagram one dimension up (Aurenhammer 1987): a plain nearest-neighbour
    search finds it. Blocks whose corners agree are filled.
    """
    lift = np.sqrt(np.maximum(float((radii**2).max()) - radii**2, 0))
    points = np.column_stack([centres, lift])
    tree = cKDTree(points)
    rows, columns = bend.shape[1:]
    coarse_rows = np.unique(np.append(np.arange(0, rows, _BLOCK_PX), rows - 1))
    coarse_columns = np.unique(np.append(np.arange(0, columns, _BLOCK_PX), columns - 1))
    grid = np.meshgrid(coarse_rows, coarse_columns, indexing="ij")
    corners = tree.query(_places(bend, grid[0], grid[1]))[1]
    alike = (corners[:-1, :-1] == corners[1:, :-1]) & (corners[:-1, :-1] == corners[:-1, 1:])
    alike &= corners[:-1, :-1] == corners[1:, 1:]
    block_rows, block_columns = np.arange(rows) // _BLOCK_PX, np.arange(columns) // _BLOCK_PX
    block_rows, block_columns = np.minimum(block_rows, len(alike) - 1), np.minimum(block_columns, alike.shape[1] - 1)
    # Where corners differ, a pixel's owner is among the nearest few of its block's middle.
    split = np.nonzero(~alike)
    middle_rows = np.minimum(coarse_rows[split[0]] + _BLOCK_PX // 2, rows - 1)
    middle_columns = np.minimum(coarse_columns[split[1]] + _BLOCK_PX // 2, columns - 1)
    count = min(_MOST_CANDIDATES, len(radii))
    near = tree.query(_places(bend, middle_rows, middle_columns), k=count)[1]
    choice = np.full(alike.shape, -1, np.int64)
    choice[split] = np.arange(len(split[0]))
    owner = np.where(alike, corners[:-1, :-1], -1)[block_rows[:, None], block_columns[None]] + 1
    _settle(owner, choice, near.reshape(-1, count), (block_rows, block_columns), (points, bend))
    return np.asarray(owner, dtype=np.int32)


def _places(bend: Float32, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Array:
    """Bent places (..., 3) of pixels in the space of the lifted seeds."""
    bent = [rows + bend[0, rows, columns], columns + bend[1, rows, columns], np.zeros(rows.shape)]
    return np.stack(bent, axis=-1).astype(np.float64)


@numba.njit(cache=True, nogil=True)
def _settle(owner, choice, near, blocks, space):  # type: ignore[no-untyped-def]
    """Give every open pixel to the nearest of its block's candidates."""
    points, bend = space
    for y in range(owner.shape[0]):
        for x in range(owner.shape[1]):
            block = choice[blocks[0][y], blocks[1][x]]
            if block < 0:
                continue
            least = 1e30
            for k in near[block]:
                dy, dx = y + bend[0, y, x] - points[k, 0], x + bend[1, y, x] - points[k, 1]
                square = dy * dy + dx * dx + points[k, 2] * points[k, 2]
                if square < least:
                    least = square
                    owner[y, x] = k + 1


@numba.njit(cache=True, nogil=True)
def _grow(centres, shapes, settings, bend, maps):  # type: ignore[no-untyped-def]
    """Depth below each body's outline: radius minus norm; keep the two deepest."""
    radii, cosines, sines, stretches = shapes
    power, margin = settings
    owner, best, second = maps
    rows, columns = owner.shape
    for k in range(radii.size):
        reach = radii[k] * max(stretches[k], 1 / stretches[k]) * 1.42 + margin
        for y in range(max(0, int(centres[k, 0] - reach)), min(rows, int(centres[k, 0] + reach) + 2)):
            for x in range(max(0, int(centres[k, 1] - reach)), min(columns, int(centres[k, 1] + reach) + 2)):
                dy, dx = y + bend[0, y, x] - centres[k, 0], x + bend[1, y, x] - centres[k, 1]
                along = abs(dx * cosines[k] + dy * sines[k]) / stretches[k]
                across = abs(dy * cosines[k] - dx * sines[k]) * stretches[k]
                if power == 2.0:
                    norm = np.sqrt(along * along + across * across)
                else:
                    most = max(along, across, 1e-9)
                    norm = most * ((along / most) ** power + (across / most) ** power) ** (1 / power)
                depth = radii[k] - norm
                if depth > best[y, x]:
                    second[y, x] = best[y, x]
                    best[y, x], owner[y, x] = depth, k + 1
                elif depth > second[y, x]:
                    second[y, x] = depth
