"""Territories: bodies that grow from seeds in a plane until they meet; for precipitates, pores, cells and grains."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from uniaims.synthesis.bodies import Array, Generator
from uniaims.synthesis.relief import Float32
from uniaims.synthesis.textures import fractal_texture

_BLOCK = 4


@dataclass(frozen=True, eq=False)
class Seeds:
    """N bodies in a plane: `centres` (N, 2) y, x; `radii` (N,) in pixels; `angles` (N,) radians; `aspects` (N,) length over width.

    `power` of the norm that makes their outlines: 2 ellipses, 4 and more cushions and blocks.
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


def bend_field(shape: tuple[int, int], coarsest_px: float, strength_px: float, rng: Generator) -> Float32:
    """Draw a smooth displacement (2, H, W) of about `strength_px` with waves no longer than `coarsest_px`."""
    waves = [fractal_texture(shape, coarsest_px, 5.0, rng) for _ in range(2)]
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
    tree = cKDTree(np.column_stack([centres, lift]))
    rows, columns = bend.shape[1:]
    coarse_rows = np.unique(np.append(np.arange(0, rows, _BLOCK), rows - 1))
    coarse_columns = np.unique(np.append(np.arange(0, columns, _BLOCK), columns - 1))
    corners = _nearest(tree, bend, *np.meshgrid(coarse_rows, coarse_columns, indexing="ij"))
    alike = (corners[:-1, :-1] == corners[1:, :-1]) & (corners[:-1, :-1] == corners[:-1, 1:])
    alike &= corners[:-1, :-1] == corners[1:, 1:]
    heights, widths = np.diff(coarse_rows), np.diff(coarse_columns)
    heights[-1] += 1
    widths[-1] += 1
    owner = np.where(alike, corners[:-1, :-1], 0).repeat(heights, axis=0).repeat(widths, axis=1)
    open_rows, open_columns = np.nonzero(owner == 0)
    owner[open_rows, open_columns] = _nearest(tree, bend, open_rows, open_columns)
    return np.asarray(owner, dtype=np.int32)


def _nearest(tree: cKDTree, bend: Float32, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    places = np.stack([rows + bend[0, rows, columns], columns + bend[1, rows, columns], np.zeros(rows.shape)], axis=-1)
    return np.asarray(tree.query(places)[1] + 1)


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
