"""Compiled loops: bodies to patches of surface, patches and stamps dropped onto a growing relief, pieces of labels.

All kernels release the GIL, so several threads may render at once.
"""

from dataclasses import dataclass

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.bodies import AnyBody, Array, Body, Outline

Float32 = NDArray[np.float32]
_OUTSIDE = np.float32(-1e30)
_STEP_PX = 0.05
"""Pixels between two looks at a void's wall, for its slope."""
_STEEPEST_SLOPE = 12.0
_UPRIGHT_NORMAL_Z = 1e-9
"""A surface whose normal has a smaller z than this stands upright: it bounds the outline, not the height."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Surface of one body on the pixel grid: all arrays (h, w) float32, in pixels.

    `upper` and `lower` are heights (upper is -1e30 outside of the body), `slope_y` and `slope_x` the upper
    surface's derivatives, `v` and `u` the place on the skin, measured along the surface, for its texture, `mass` the
    mass thickness: pixels of ordinary material along the beam.
    The pixel (middle, middle) is nearest to the body's origin.
    """

    upper: Float32
    lower: Float32
    slope_y: Float32
    slope_x: Float32
    v: Float32
    u: Float32
    mass: Float32

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


def rasterise(body: AnyBody, shift_y: float, shift_x: float) -> Patch:
    """Draw `body`, its origin moved by a fraction of a pixel, into a patch that holds it whole."""
    half = int(np.ceil(body.reach + 1))
    size = 2 * half + 1
    if isinstance(body, Outline):
        return _cushion(body, size, (shift_y, shift_x))
    tops, bottoms = np.full((size, size), -1e30), np.full((size, size), 1e30)
    slopes = [np.zeros((size, size), np.float32) for _ in range(2)]
    skin = [np.zeros((size, size), np.float32) for _ in range(2)]
    shift = (shift_y, shift_x)
    parts, boxes = (body.centres, body.quadrics, body.planes), _boxes(body.centres, body.quadrics, body, size, shift)
    _draw_parts(parts, boxes, body.waviness, shift, (tops, bottoms, slopes[0], slopes[1]))
    upper, lower = tops.astype(np.float32), bottoms.astype(np.float32)
    mass = np.where(upper > _OUTSIDE, upper - lower, np.float32(0))
    inside = body.inside
    if len(inside.contrasts):
        parts = (inside.centres, inside.quadrics, inside.planes)
        boxes = _boxes(inside.centres, inside.quadrics, body, size, shift)
        _draw_inside(parts, inside.contrasts, boxes, (body.waviness, shift), (upper, lower, *slopes, mass))
    _draw_skin(body.waviness, body.reach, shift, (skin[0], skin[1]))
    return Patch(upper, lower, slopes[0], slopes[1], skin[0], skin[1], mass)


def _boxes(centres: Array, quadrics: Array, body: Body, size: int, shift: tuple[float, float]) -> NDArray[np.int64]:
    """Rows and columns (P, 4) between which each part lies: top, bottom, left, right; bottom and right don't count."""
    if len(centres) == 1:
        return np.array([[0, size, 0, size]])
    full = np.full((len(centres), 2), body.reach)
    bounded = np.linalg.det(quadrics) > 1e-12 * np.trace(quadrics, axis1=1, axis2=2) ** 3
    inverse = np.linalg.inv(quadrics[bounded])
    full[bounded] = np.sqrt(np.maximum(np.diagonal(inverse, axis1=1, axis2=2)[:, :2], 0))
    low, high = centres[:, :2] - full, centres[:, :2] + full
    waves = float(np.abs(body.waviness).sum())
    least, most = max(1 - waves, 0.3), 1 + waves
    middle = size // 2 + np.array(shift)
    first = np.floor(np.where(low < 0, low * most, low * least) + middle) - 1
    last = np.ceil(np.where(high > 0, high * most, high * least) + middle) + 2
    boxes = np.stack([first[:, 0], last[:, 0], first[:, 1], last[:, 1]], axis=1)
    return np.asarray(np.clip(boxes, 0, size), dtype=np.int64)


def _cushion(body: Outline, size: int, shift: tuple[float, float]) -> Patch:
    """An outline's patch: height rises from the contour as a quarter ellipse."""
    inside = np.zeros((size, size), np.uint8)
    corners = np.rint((body.points[:, ::-1] + size // 2 + np.array(shift)[::-1]) * 256).astype(np.int32)
    cv2.fillPoly(inside, [corners], 1, shift=8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    middle = max(float(depth.max()), 1.0)
    depth = np.minimum(depth, cv2.GaussianBlur(depth, (0, 0), max(0.12 * middle, 0.5)) + 0.05 * middle)
    share = np.clip(depth / (middle * body.rim), 0, 1)
    dome = np.sqrt(1 - (1 - share) ** 2) * np.float32(body.height_px / 2)
    slope_y, slope_x = np.gradient(dome)
    upper = np.where(inside > 0, dome, np.float32(-1e30)).astype(np.float32)
    lower = np.where(inside > 0, -dome, np.float32(1e30)).astype(np.float32)
    rows, columns = np.indices((size, size), dtype=np.float32) - np.float32(size // 2)
    mass = np.where(inside > 0, 2 * dome, 0).astype(np.float32)
    return Patch(upper, lower, slope_y.astype(np.float32), slope_x.astype(np.float32), rows, columns, mass)


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
    surfaces = (patch.upper, patch.mass, patch.slope_y, patch.slope_x, patch.v, patch.u)
    target = (relief.height, relief.slope_y, relief.slope_x, relief.v, relief.u, relief.thickness, relief.labels)
    return int(_deposit(target, surfaces, top, left, level, label))


def pieces(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number the 4-connected pieces of equal non-zero label, (H, W) from 1 on; 0 stays 0."""
    return np.asarray(_pieces(labels))


def highest_points(labels: NDArray[np.uint32], height: Float32, count: int) -> Float32:
    """Greatest height (count,) under each label from 1 to `count`."""
    return np.asarray(_highest_points(labels, height, count))


@numba.njit(cache=True, nogil=True)
def _interval(q, planes, y, x):  # type: ignore[no-untyped-def]
    """Lower and upper z of one part over (y, x) and which surface is the upper one: -1 the quadric, else a plane."""
    lower, upper, surface = -1e30, 1e30, -1
    a, b = q[2, 2], q[0, 2] * y + q[1, 2] * x
    c = q[0, 0] * y * y + 2 * q[0, 1] * y * x + q[1, 1] * x * x - 1
    if a > _UPRIGHT_NORMAL_Z * (q[0, 0] + q[1, 1] + a):
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
        if normal > _UPRIGHT_NORMAL_Z:
            if rest / normal < upper:
                upper, surface = rest / normal, k
        elif normal < -_UPRIGHT_NORMAL_Z:
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
def _draw_parts(parts, boxes, waviness, shift, surfaces):  # type: ignore[no-untyped-def]
    """Top of the union with its two slopes, and the bottom."""
    centres, quadrics, planes = parts
    tops, bottoms, slope_y, slope_x = surfaces
    middle = tops.shape[0] // 2
    for part in range(centres.shape[0]):
        for i in range(boxes[part, 0], boxes[part, 1]):
            for j in range(boxes[part, 2], boxes[part, 3]):
                y, x = i - middle - shift[0], j - middle - shift[1]
                swell = _swell(waviness, y, x)
                py, px, pz = y / swell - centres[part, 0], x / swell - centres[part, 1], centres[part, 2]
                low, high, surface = _interval(quadrics[part], planes[part], py, px)
                if high <= low:
                    continue
                bottoms[i, j] = min(bottoms[i, j], low + pz)
                if high + pz > tops[i, j]:
                    tops[i, j] = high + pz
                    slope_y[i, j], slope_x[i, j] = _slope(quadrics[part], planes[part], surface, py, px, high)


@numba.njit(cache=True, nogil=True)
def _draw_inside(parts, contrasts, boxes, waves, surfaces):  # type: ignore[no-untyped-def]
    """Add cores to the mass; voids take mass away and, where they reach the surface, lower it.

    Two rounds, so that a void behind an open one is opened too.
    """
    centres, quadrics, planes = parts
    waviness, shift = waves
    upper, lower, slope_y, slope_x, mass = surfaces
    middle = upper.shape[0] // 2
    for turn in range(2):
        for part in range(centres.shape[0]):
            for i in range(boxes[part, 0], boxes[part, 1]):
                for j in range(boxes[part, 2], boxes[part, 3]):
                    if upper[i, j] <= _OUTSIDE:
                        continue
                    y, x = i - middle - shift[0], j - middle - shift[1]
                    swell = _swell(waviness, y, x)
                    py, px, pz = y / swell - centres[part, 0], x / swell - centres[part, 1], centres[part, 2]
                    low, high, _ = _interval(quadrics[part], planes[part], py, px)
                    low, high = low + pz, high + pz
                    chord = min(high, upper[i, j]) - max(low, lower[i, j])
                    if high <= low or chord <= 0:
                        continue
                    if turn == 0:
                        mass[i, j] = max(mass[i, j] + contrasts[part] * chord, 0.0)
                    if contrasts[part] > -1 or high < upper[i, j]:
                        continue
                    upper[i, j] = low if low > lower[i, j] else -1e30
                    beside, _, _ = _interval(quadrics[part], planes[part], py, px + _STEP_PX)
                    below, _, _ = _interval(quadrics[part], planes[part], py + _STEP_PX, px)
                    slope_y[i, j] = min(max((below + pz - low) / _STEP_PX, -_STEEPEST_SLOPE), _STEEPEST_SLOPE)
                    slope_x[i, j] = min(max((beside + pz - low) / _STEP_PX, -_STEEPEST_SLOPE), _STEEPEST_SLOPE)


@numba.njit(cache=True, nogil=True)
def _draw_skin(waviness, reach, shift, skin):  # type: ignore[no-untyped-def]
    """Place on the skin, as if the body were a ball."""
    v, u = skin
    middle = v.shape[0] // 2
    for i in range(v.shape[0]):
        for j in range(v.shape[1]):
            y, x = i - middle - shift[0], j - middle - shift[1]
            swell = _swell(waviness, y, x)
            y, x = y / swell, x / swell
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
    upper, mass, patch_y, patch_x, patch_v, patch_u = surfaces
    area = 0
    for i in range(max(0, -top), min(upper.shape[0], height.shape[0] - top)):
        for j in range(max(0, -left), min(upper.shape[1], height.shape[1] - left)):
            if upper[i, j] <= _OUTSIDE:
                continue
            y, x = top + i, left + j
            area += 1
            thickness[y, x] += mass[i, j]
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


@numba.njit(cache=True, nogil=True)
def _highest_points(labels, height, count):  # type: ignore[no-untyped-def]
    highest = np.full(count, np.float32(-1e30))
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            number = labels[y, x]
            if number > 0 and height[y, x] > highest[number - 1]:
                highest[number - 1] = height[y, x]
    return highest
