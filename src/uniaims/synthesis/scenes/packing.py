"""Where bodies go: packing settings, lattices, clusters, and dense packings by force-biased growth."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.sizes import SizeLaw

Array = NDArray[np.float64]
_OVERLAP_TOLERANCE = 0.02
"""Overlap relative to the smaller disc at which a packing is done."""


@dataclass(frozen=True)
class Packing:
    """How bodies come to lie.

    Each body falls at the lowest of `tries` random places, so more tries pack more densely. `cover` is the
    covered part of the image to reach; `pile` how high a body may rest above the substrate, in median
    diameters (0: one layer, nothing overlaps); `sink` how far it sinks into what it rests on, 0 to 1;
    `clustering` the chance that it falls beside one that lies already.
    """

    cover: float
    tries: int = 6
    pile: float = 0.0
    sink: float = 0.0
    clustering: float = 0.0
    lattice: bool = False


def lattice_sites(image_shape: tuple[int, int], sizes: SizeLaw, rng: Generator) -> list[tuple[int, int]]:
    """Give a turned, slightly jittered hexagonal lattice over the image, in random order, some sites empty."""
    pitch = sizes.median_px * np.exp(2 * sizes.spread) * rng.uniform(1.0, 1.12)
    count = int(np.hypot(*image_shape) / pitch) + 3
    rows, columns = np.mgrid[-count : count + 1, -count : count + 1]
    grid = np.column_stack([rows.ravel() * np.sqrt(0.75), columns.ravel() + 0.5 * (rows.ravel() % 2)]) * pitch
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    sites = grid @ turn.T + np.array(image_shape) / 2 + rng.normal(0, 0.015 * pitch, grid.shape)
    inside = ((sites > -pitch) & (sites < np.array(image_shape) + pitch)).all(axis=1)
    kept = sites[inside & (rng.random(len(sites)) > rng.uniform(0, 0.12))]
    order = rng.permutation(len(kept))
    return [(int(row), int(column)) for row, column in np.rint(kept[order])]


def packed(diameters: Array, area_shape: tuple[float, float], rng: Generator, rounds: int = 200) -> tuple[Array, Array]:
    """Pack discs densely into a rectangle of (height, width) pixels whose opposite sides meet.

    Discs start anywhere, overlapping ones push each other apart (force-biased packing, Moscinski & Bargiel 1989), and
    what still overlaps in the end is shrunk. Works up to about 84 % cover.

    Returns:
        centres (N, 2) y, x, and diameters (N,), in pixels.
    """
    radii = np.asarray(diameters, np.float64) / 2
    order = np.argsort(-radii, kind="stable")
    centres = rng.uniform(0, 1, (len(radii), 2)) * np.array(area_shape)
    shrunk = radii[order]
    _push_apart(centres, shrunk, np.array(area_shape, np.float64), rounds)
    back = np.argsort(order, kind="stable")
    return centres[back], 2 * shrunk[back]


def diameters_for(sizes: SizeLaw, cover: float, area_px: float, rng: Generator) -> Array:
    """Draw diameters until discs of that size cover the part `cover` of an area."""
    typical = float((sizes.draw(rng, 256) ** 2).mean()) * np.pi / 4
    drawn = sizes.draw(rng, max(round(1.3 * cover * area_px / typical) + 16, 4))
    filled = np.cumsum(drawn**2) * np.pi / 4
    return np.asarray(drawn[: max(int(np.searchsorted(filled, cover * area_px)), 1)])


@numba.njit(cache=True, nogil=True)
def _sorted_into_cells(centres, cells, cell):  # type: ignore[no-untyped-def]
    """First disc of each cell (C + 1,) and the discs (N,) cell by cell."""
    first = np.zeros(cells[0] * cells[1] + 1, np.int64)
    own = np.empty(centres.shape[0], np.int64)
    for i in range(centres.shape[0]):
        row = min(int(centres[i, 0] / cell[0]), cells[0] - 1)
        own[i] = row * cells[1] + min(int(centres[i, 1] / cell[1]), cells[1] - 1)
        first[own[i] + 1] += 1
    for k in range(first.size - 1):
        first[k + 1] += first[k]
    place = first[:-1].copy()
    discs = np.empty(centres.shape[0], np.int64)
    for i in range(centres.shape[0]):
        discs[place[own[i]]] = i
        place[own[i]] += 1
    return first, discs


@numba.njit(cache=True, nogil=True)
def _push_apart(centres, radii, sides, rounds):  # type: ignore[no-untyped-def]
    pitch = max(2 * np.median(radii), 1.0)
    cells = np.array([max(int(sides[0] / pitch), 1), max(int(sides[1] / pitch), 1)])
    for _ in range(rounds):
        if _round(centres, radii, sides, cells, False) < _OVERLAP_TOLERANCE:
            break
    _round(centres, radii, sides, cells, True)


@numba.njit(cache=True, nogil=True)
def _round(centres, radii, sides, cells, shrink):  # type: ignore[no-untyped-def]
    """Radii fall from disc to disc, so each pair is found from its larger disc, within twice that one's radius."""
    cell = sides / cells
    first, discs = _sorted_into_cells(centres, cells, cell)
    worst = 0.0
    for i in range(radii.size):
        low = np.floor((centres[i] - 2 * radii[i]) / cell).astype(np.int64)
        high = np.floor((centres[i] + 2 * radii[i]) / cell).astype(np.int64)
        high = np.minimum(high, low + cells - 1)
        for row in range(low[0], high[0] + 1):
            for column in range(low[1], high[1] + 1):
                at = (row % cells[0]) * cells[1] + column % cells[1]
                for j in discs[first[at] : first[at + 1]]:
                    if j > i:
                        worst = max(worst, _part(centres, radii, sides, (i, j), shrink))
    return worst


@numba.njit(cache=True, nogil=True)
def _part(centres, radii, sides, pair, shrink):  # type: ignore[no-untyped-def]
    """Push one pair apart, or shrink both so that they just touch; give the overlap relative to the smaller."""
    i, j = pair
    dy, dx = centres[j, 0] - centres[i, 0], centres[j, 1] - centres[i, 1]
    dy -= sides[0] * np.rint(dy / sides[0])
    dx -= sides[1] * np.rint(dx / sides[1])
    distance = max(np.sqrt(dy * dy + dx * dx), 1e-6)
    overlap = radii[i] + radii[j] - distance
    if overlap <= 0:
        return 0.0
    if shrink:
        scale = distance / (radii[i] + radii[j])
        radii[i] *= scale
        radii[j] *= scale
        return 0.0
    weight = radii[j] * radii[j] / (radii[i] * radii[i] + radii[j] * radii[j])
    push_y, push_x = 1.02 * overlap * dy / distance, 1.02 * overlap * dx / distance
    centres[i, 0] = (centres[i, 0] - weight * push_y) % sides[0]
    centres[i, 1] = (centres[i, 1] - weight * push_x) % sides[1]
    centres[j, 0] = (centres[j, 0] + (1 - weight) * push_y) % sides[0]
    centres[j, 1] = (centres[j, 1] + (1 - weight) * push_x) % sides[1]
    return overlap / radii[j]
