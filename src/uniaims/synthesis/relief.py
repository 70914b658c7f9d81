"""Compiled loops: bodies to patches of surface, patches dropped onto a growing relief, pieces of a label image.

All kernels release the GIL, so several threads may render at once.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.shapes import Body

Float32 = NDArray[np.float32]
_OUTSIDE = np.float32(-1e30)
_PARALLEL = 1e-9
"""A surface whose normal has a smaller z than this stands upright: it bounds the outline, not the height."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Surface of one body on the pixel grid: all arrays (h, w) float32, in pixels.

    `upper` and `lower` are heights (upper is -1e30 outside of the body), `slope_y` and `slope_x` the upper
    surface's derivatives, `v` and `u` the place on the skin, measured along the surface, for its texture.
    The pixel (middle, middle) is nearest to the body's origin.
    """

    upper: Float32
    lower: Float32
    slope_y: Float32
    slope_x: Float32
    v: Float32
    u: Float32

    @property
    def middle(self) -> int:
        """Row and column of the origin."""
        return int(self.upper.shape[0] // 2)


@dataclass(frozen=True, eq=False)
class Relief:
    """What stands on the substrate, seen from above: all arrays (H, W).

    `height` of the topmost surface, `slope_y`, `slope_x` its derivatives, `v`, `u` the skin coordinates,
    `thickness` of all material along the beam; float32, in pixels. `labels` int32: 0 is the substrate.
    """

    height: Float32
    slope_y: Float32
    slope_x: Float32
    v: Float32
    u: Float32
    thickness: Float32
    labels: NDArray[np.int32]

    @classmethod
    def flat(cls, shape: tuple[int, int]) -> "Relief":
        """An empty substrate."""
        rows, columns = np.indices(shape, dtype=np.float32)
        zeros = [np.zeros(shape, np.float32) for _ in range(4)]
        return cls(zeros[0], zeros[1], zeros[2], rows, columns, zeros[3], np.zeros(shape, np.int32))


def rasterise(body: Body, shift_y: float, shift_x: float) -> Patch:
    """Draw `body`, its origin moved by a fraction of a pixel, into a patch that holds it whole."""
    half = int(np.ceil(body.reach + 1))
    size = 2 * half + 1
    arrays = [np.zeros((size, size), np.float32) for _ in range(6)]
    parts = (body.centres, body.quadrics, body.planes)
    _rasterise(parts, body.waviness, body.reach, (shift_y, shift_x), tuple(arrays))
    return Patch(*arrays)


@dataclass(frozen=True)
class Resting:
    """Where a body comes to lie: `row`, `column` and height of its origin."""

    row: int
    column: int
    level: float


def lowest_place(height: Float32, patch: Patch, places: NDArray[np.int64], highest: float) -> Resting | None:
    """Let the body fall at each of `places` (K, 2; row, column of the origin): the one where it lies lowest.

    None where its origin would lie above `highest` at all of them, or it would fall outside of the image.
    """
    index, level = _lowest_place(height, patch.upper, patch.lower, places, highest)
    return None if index < 0 else Resting(int(places[index, 0]), int(places[index, 1]), float(level))


def deposit(relief: Relief, patch: Patch, place: tuple[int, int], level: float, label: int) -> int:
    """Put the body with its origin at `place` and height `level` into `relief`; give its pixels inside the image."""
    top, left = place[0] - patch.middle, place[1] - patch.middle
    surfaces = (patch.upper, patch.lower, patch.slope_y, patch.slope_x, patch.v, patch.u)
    target = (relief.height, relief.slope_y, relief.slope_x, relief.v, relief.u, relief.thickness, relief.labels)
    return int(_deposit(target, surfaces, top, left, level, label))


def pieces(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number the 4-connected pieces of equal non-zero label, (H, W) from 1 on; 0 stays 0."""
    return np.asarray(_pieces(labels))


@numba.njit(cache=True, nogil=True)
def _interval(q, planes, y, x):  # type: ignore[no-untyped-def]
    """Lower and upper z of one part over (y, x) and which surface is the upper one: -1 the quadric, else a plane."""
    lower, upper, surface = -1e30, 1e30, -1
    a, b = q[2, 2], q[0, 2] * y + q[1, 2] * x
    c = q[0, 0] * y * y + 2 * q[0, 1] * y * x + q[1, 1] * x * x - 1
    if a > _PARALLEL * (q[0, 0] + q[1, 1] + a):
        square = b * b - a * c
        if square <= 0:
            return 0.0, -1.0, -1
        root = np.sqrt(square)
        lower, upper = (-b - root) / a, (-b + root) / a
    elif c > 0:
        return 0.0, -1.0, -1
    for k in range(planes.shape[0]):
        rest = planes[k, 3] - planes[k, 0] * y - planes[k, 1] * x
        normal = planes[k, 2]
        if normal > _PARALLEL:
            if rest / normal < upper:
                upper, surface = rest / normal, k
        elif normal < -_PARALLEL:
            lower = max(lower, rest / normal)
        elif rest < 0:
            return 0.0, -1.0, -1
    return lower, upper, surface


@numba.njit(cache=True, nogil=True)
def _slope(q, planes, surface, y, x, z):  # type: ignore[no-untyped-def]
    """Derivatives of the upper surface by y and x."""
    if surface >= 0:
        return -planes[surface, 0] / planes[surface, 2], -planes[surface, 1] / planes[surface, 2]
    steep = max(q[0, 2] * y + q[1, 2] * x + q[2, 2] * z, 1e-12)
    along_y = q[0, 0] * y + q[0, 1] * x + q[0, 2] * z
    along_x = q[0, 1] * y + q[1, 1] * x + q[1, 2] * z
    return -along_y / steep, -along_x / steep


@numba.njit(cache=True, nogil=True)
def _swell(waviness, y, x):  # type: ignore[no-untyped-def]
    """How far the outline is swollen towards (y, x): 1 + harmonics, by the powers of a unit complex number."""
    radius = np.sqrt(y * y + x * x)
    if radius < 1e-9 or waviness.shape[0] == 0:
        return 1.0
    turn = complex(x / radius, y / radius)
    power = turn
    swell = 1.0
    for k in range(waviness.shape[0]):
        power = power * turn
        swell += waviness[k, 0] * power.real + waviness[k, 1] * power.imag
    return max(swell, 0.3)


@numba.njit(cache=True, nogil=True)
def _surfaces(parts, y, x):  # type: ignore[no-untyped-def]
    """Top of the union over (y, x) with its two slopes, and the bottom; top -1e30 outside."""
    centres, quadrics, planes = parts
    top, bottom, slope_y, slope_x = -1e30, 1e30, 0.0, 0.0
    for part in range(centres.shape[0]):
        py, px, pz = y - centres[part, 0], x - centres[part, 1], centres[part, 2]
        low, high, surface = _interval(quadrics[part], planes[part], py, px)
        if high <= low:
            continue
        bottom = min(bottom, low + pz)
        if high + pz > top:
            top = high + pz
            slope_y, slope_x = _slope(quadrics[part], planes[part], surface, py, px, high)
    return top, slope_y, slope_x, bottom


@numba.njit(cache=True, nogil=True)
def _rasterise(parts, waviness, reach, shift, surfaces):  # type: ignore[no-untyped-def]
    upper, lower, slope_y, slope_x, v, u = surfaces
    middle = upper.shape[0] // 2
    for i in range(upper.shape[0]):
        for j in range(upper.shape[1]):
            y, x = i - middle - shift[0], j - middle - shift[1]
            swell = _swell(waviness, y, x)
            y, x = y / swell, x / swell
            upper[i, j], slope_y[i, j], slope_x[i, j], lower[i, j] = _surfaces(parts, y, x)
            ratio = min(np.sqrt(y * y + x * x) / reach, 0.98)
            stretch = np.arcsin(ratio) / ratio if ratio > 1e-6 else 1.0
            v[i, j], u[i, j] = y * stretch, x * stretch


@numba.njit(cache=True, nogil=True)
def _rest_height(height, upper, lower, top, left, step, limit):  # type: ignore[no-untyped-def]
    """Height of the origin over every `step`-th row and column; -1e30 where nothing is hit; stops above `limit`."""
    level = -1e30
    for i in range(max(0, -top), min(upper.shape[0], height.shape[0] - top), step):
        for j in range(max(0, -left), min(upper.shape[1], height.shape[1] - left), step):
            if upper[i, j] > _OUTSIDE:
                level = max(level, height[top + i, left + j] - lower[i, j])
        if level > limit:
            break
    return level


@numba.njit(cache=True, nogil=True)
def _lowest_place(height, upper, lower, places, highest):  # type: ignore[no-untyped-def]
    """Most places are refused by a coarse look at one pixel in sixteen."""
    best, lowest = -1, highest
    middle = upper.shape[0] // 2
    for k in range(places.shape[0]):
        top, left = places[k, 0] - middle, places[k, 1] - middle
        if _rest_height(height, upper, lower, top, left, 4, lowest) > lowest:
            continue
        level = _rest_height(height, upper, lower, top, left, 1, lowest)
        if -1e30 < level <= lowest:
            best, lowest = k, level
    return best, lowest


@numba.njit(cache=True, nogil=True)
def _deposit(target, surfaces, top, left, level, label):  # type: ignore[no-untyped-def]
    height, slope_y, slope_x, v, u, thickness, labels = target
    upper, lower, patch_y, patch_x, patch_v, patch_u = surfaces
    area = 0
    for i in range(max(0, -top), min(upper.shape[0], height.shape[0] - top)):
        for j in range(max(0, -left), min(upper.shape[1], height.shape[1] - left)):
            if upper[i, j] <= _OUTSIDE:
                continue
            y, x = top + i, left + j
            area += 1
            thickness[y, x] += upper[i, j] - lower[i, j]
            if upper[i, j] + level > height[y, x]:
                height[y, x] = upper[i, j] + level
                slope_y[y, x], slope_x[y, x] = patch_y[i, j], patch_x[i, j]
                v[y, x], u[y, x] = patch_v[i, j], patch_u[i, j]
                labels[y, x] = label
    return area


@numba.njit(cache=True, nogil=True)
def _root(parents, index):  # type: ignore[no-untyped-def]
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


@numba.njit(cache=True, nogil=True)
def _pieces(labels):  # type: ignore[no-untyped-def]
    """Union-find over rows; a piece is numbered where its first pixel stands."""
    rows, columns = labels.shape
    parents = np.arange(rows * columns)
    for y in range(rows):
        for x in range(columns):
            here = y * columns + x
            if x > 0 and labels[y, x - 1] == labels[y, x]:
                parents[_root(parents, here)] = _root(parents, here - 1)
            if y > 0 and labels[y - 1, x] == labels[y, x]:
                upper_root, own_root = _root(parents, here - columns), _root(parents, here)
                parents[max(upper_root, own_root)] = min(upper_root, own_root)
    result = np.zeros((rows, columns), np.int32)
    numbers = np.zeros(rows * columns, np.int32)
    count = 0
    for here in range(rows * columns):
        if labels.flat[here] == 0:
            continue
        root = _root(parents, here)
        if numbers[root] == 0:
            count += 1
            numbers[root] = count
        result.flat[here] = numbers[root]
    return result
