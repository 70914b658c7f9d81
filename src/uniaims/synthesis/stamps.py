"""Stamps: bodies that are long and thin, as lists of pixels; wires drawn along a path, peaks of atom columns.

All kernels release the GIL, so several threads may render at once.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.bodies import Array
from uniaims.synthesis.relief import Float32, Relief


@dataclass(frozen=True, eq=False)
class Stamp:
    """Surface of one body as a list of its n pixels: for what is long and thin, whose patch would be mostly empty.

    `rows`, `columns` (n,) int32, each pixel once, all inside the image; the others (n,) float32 as in `Patch`, but
    `upper` is the height above the substrate.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    upper: Float32
    slope_y: Float32
    slope_x: Float32
    v: Float32
    u: Float32
    mass: Float32


def imprint(relief: Relief, stamp: Stamp, label: int) -> int:
    """Put a stamp into `relief`; give its pixels."""
    target = (relief.height, relief.slope_y, relief.slope_x, relief.v, relief.u, relief.thickness, relief.labels)
    surfaces = (stamp.upper, stamp.mass, stamp.slope_y, stamp.slope_x, stamp.v, stamp.u)
    _imprint(target, (stamp.rows, stamp.columns), surfaces, label)
    return len(stamp.rows)


@dataclass(frozen=True, eq=False)
class Wire:
    """A round wire along a path of N points: `path` (N, 3) y, x and height of its axis in pixels, `radii` (N,).

    `bore` is the radius of its hollow core relative to its own, 0 for a solid one.
    """

    path: Array
    radii: Array
    bore: float = 0.0


class Pen:
    """Draws wires as stamps for images of one shape; it holds what all of them need."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._sheets = np.zeros((6, *shape), np.float32)
        self._sheets[0] = -1e30
        self._touched = np.zeros((shape[0] * shape[1], 2), np.int32)

    def draw(self, wire: Wire) -> Stamp:
        """Draw one wire; what lies outside of the image is left out."""
        path, radii = np.asarray(wire.path, np.float64), np.asarray(wire.radii, np.float64)
        count = _draw_wire(path, radii, wire.bore, self._sheets, self._touched)
        rows, columns = self._touched[:count, 0].copy(), self._touched[:count, 1].copy()
        surfaces = self._sheets[:, rows, columns]
        self._sheets[0, rows, columns] = -1e30
        return Stamp(rows, columns, *(np.ascontiguousarray(sheet) for sheet in surfaces))


def draw_peaks(
    centres: Array, heights: Array, widths_px: tuple[float, float], thickness: Float32, labels: NDArray[np.int32]
) -> None:
    """Add Gaussian peaks at `centres` (N, 2) to `thickness` (H, W), and their number from 1 on to `labels` (H, W).

    `widths_px` are the standard deviation of all peaks and the radius of their labels.
    """
    _draw_peaks(np.asarray(centres, np.float64), np.asarray(heights, np.float64), widths_px, thickness, labels)


@numba.njit(cache=True, nogil=True)
def _draw_peaks(centres, heights, widths_px, thickness, labels):  # type: ignore[no-untyped-def]
    deviation, radius = widths_px
    rows, columns = labels.shape
    reach = 4 * deviation
    for k in range(heights.size):
        for y in range(max(0, int(centres[k, 0] - reach)), min(rows, int(centres[k, 0] + reach) + 2)):
            for x in range(max(0, int(centres[k, 1] - reach)), min(columns, int(centres[k, 1] + reach) + 2)):
                square = (y - centres[k, 0]) ** 2 + (x - centres[k, 1]) ** 2
                thickness[y, x] += heights[k] * np.exp(-0.5 * square / (deviation * deviation))
                if square <= radius * radius:
                    labels[y, x] = k + 1


@numba.njit(cache=True, nogil=True)
def _imprint(target, places, surfaces, label):  # type: ignore[no-untyped-def]
    height, slope_y, slope_x, v, u, thickness, labels = target
    upper, mass, own_y, own_x, own_v, own_u = surfaces
    for k in range(upper.size):
        y, x = places[0][k], places[1][k]
        thickness[y, x] += mass[k]
        if upper[k] > height[y, x]:
            height[y, x] = upper[k]
            slope_y[y, x], slope_x[y, x] = own_y[k], own_x[k]
            v[y, x], u[y, x] = own_v[k], own_u[k]
            labels[y, x] = label


@numba.njit(cache=True, nogil=True)
def _draw_wire(path, radii, bore, sheets, touched):  # type: ignore[no-untyped-def]
    """Fill the sheets (upper, two slopes, two skin places, mass) segment by segment; count the touched pixels."""
    rows, columns = sheets.shape[1], sheets.shape[2]
    count, along = 0, 0.0
    for k in range(path.shape[0] - 1):
        widest = max(radii[k], radii[k + 1])
        step_y, step_x = path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1]
        square = step_y * step_y + step_x * step_x
        first, last = min(path[k, 0], path[k + 1, 0]) - widest, max(path[k, 0], path[k + 1, 0]) + widest
        left, right = min(path[k, 1], path[k + 1, 1]) - widest, max(path[k, 1], path[k + 1, 1]) + widest
        for y in range(max(0, int(np.ceil(first))), min(rows, int(np.floor(last)) + 1)):
            for x in range(max(0, int(np.ceil(left))), min(columns, int(np.floor(right)) + 1)):
                share = ((y - path[k, 0]) * step_y + (x - path[k, 1]) * step_x) / max(square, 1e-12)
                share = min(max(share, 0.0), 1.0)
                away_y, away_x = y - path[k, 0] - share * step_y, x - path[k, 1] - share * step_x
                radius = radii[k] + share * (radii[k + 1] - radii[k])
                rest = radius * radius - away_y * away_y - away_x * away_x
                if rest <= 0:
                    continue
                rise = np.sqrt(rest)
                upper = path[k, 2] + share * (path[k + 1, 2] - path[k, 2]) + rise
                if sheets[0, y, x] <= -1e29:
                    touched[count, 0], touched[count, 1] = y, x
                    count += 1
                if upper > sheets[0, y, x]:
                    sheets[0, y, x] = upper
                    hollow = max(rest - (1 - bore * bore) * radius * radius, 0.0)
                    sheets[5, y, x] = 2 * (rise - np.sqrt(hollow))
                    sheets[1, y, x], sheets[2, y, x] = -away_y / max(rise, 0.1), -away_x / max(rise, 0.1)
                    sheets[3, y, x] = along + share * np.sqrt(square)
                    side = (away_x * step_y - away_y * step_x) / max(np.sqrt(square), 1e-6) / radius
                    sheets[4, y, x] = radius * np.arcsin(min(max(side, -1.0), 1.0))
        along += np.sqrt(square)
    return count
