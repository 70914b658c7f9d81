"""Figures of closed polygons: area, moments, perimeter, Feret diameters."""

import math

import numpy as np
from numba import njit

from uniaims._kernels import rings

AREA, PERIMETER, CENTROID_Y, CENTROID_X, VARIANCE_Y, VARIANCE_X, COVARIANCE, MAX_FERET, MIN_FERET = range(9)
POLYGON_COLUMNS = 9


@njit(cache=True, nogil=True)
def measure_polygons(points, offsets, figures):  # type: ignore[no-untyped-def]
    """Fill ``figures`` (N, POLYGON_COLUMNS) float64 of the polygons ``points[offsets[i]:offsets[i + 1]]``, x and y.

    NaN where a polygon has fewer than three points.
    """
    for i in range(figures.shape[0]):
        own = points[offsets[i] : offsets[i + 1]].astype(np.float64)
        figures[i, :] = math.nan
        if own.shape[0] >= 3:
            figures[i, PERIMETER] = rings.length_of(own)
            _moments(own, figures[i])
            hull = _hull(own)
            figures[i, MAX_FERET] = _longest_chord(hull)
            figures[i, MIN_FERET] = _narrowest_width(hull)


@njit(cache=True, nogil=True)
def _moments(points, out):  # type: ignore[no-untyped-def]
    """Area, centroid and central second moments by Green's theorem (Steger, On the calculation of moments, 1996)."""
    x0, y0 = points[0, 0], points[0, 1]
    area, sum_x, sum_y, sum_xx, sum_yy, sum_xy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(points.shape[0]):
        j = i + 1 if i + 1 < points.shape[0] else 0
        ax, ay, bx, by = points[i, 0] - x0, points[i, 1] - y0, points[j, 0] - x0, points[j, 1] - y0
        cross = ax * by - bx * ay
        area += cross / 2
        sum_x += cross * (ax + bx) / 6
        sum_y += cross * (ay + by) / 6
        sum_xx += cross * (ax * ax + ax * bx + bx * bx) / 12
        sum_yy += cross * (ay * ay + ay * by + by * by) / 12
        sum_xy += cross * (2 * ax * ay + ax * by + bx * ay + 2 * bx * by) / 24
    mean_x, mean_y = sum_x / area, sum_y / area
    out[AREA], out[CENTROID_X], out[CENTROID_Y] = abs(area), x0 + mean_x, y0 + mean_y
    out[VARIANCE_X] = sum_xx / area - mean_x * mean_x
    out[VARIANCE_Y] = sum_yy / area - mean_y * mean_y
    out[COVARIANCE] = sum_xy / area - mean_x * mean_y


@njit(cache=True, nogil=True)
def _hull(points):  # type: ignore[no-untyped-def]
    """Corners of the convex hull in order (Andrew's monotone chain, 1979)."""
    count = points.shape[0]
    order = np.argsort(points[:, 0], kind="mergesort")
    for i in range(1, count):  # equal x: by y
        k = i
        while k and points[order[k - 1], 0] == points[order[k], 0] and points[order[k - 1], 1] > points[order[k], 1]:
            order[k - 1], order[k] = order[k], order[k - 1]
            k -= 1
    hull = np.empty((2 * count + 2, 2))
    size = 0
    for turn in range(2):
        base = size
        for i in range(count):
            point = points[order[i if turn == 0 else count - 1 - i]]
            while size - base >= 2 and _turn(hull[size - 2], hull[size - 1], point) <= 0:
                size -= 1
            hull[size] = point
            size += 1
        size -= 1
    return hull[:size]


@njit(cache=True, nogil=True)
def _turn(a, b, c):  # type: ignore[no-untyped-def]
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@njit(cache=True, nogil=True)
def _longest_chord(hull):  # type: ignore[no-untyped-def]
    longest = 0.0
    for i in range(hull.shape[0]):
        for j in range(i):
            dx, dy = hull[i, 0] - hull[j, 0], hull[i, 1] - hull[j, 1]
            longest = max(longest, dx * dx + dy * dy)
    return math.sqrt(longest)


@njit(cache=True, nogil=True)
def _narrowest_width(hull):  # type: ignore[no-untyped-def]
    """Least distance of two parallel lines around the hull, of which one lies on a side (rotating calipers)."""
    count, narrowest, far = hull.shape[0], math.inf, 1
    for i in range(count):
        j = (i + 1) % count
        side = math.hypot(hull[j, 0] - hull[i, 0], hull[j, 1] - hull[i, 1])
        if side == 0:
            continue
        while _turn(hull[i], hull[j], hull[(far + 1) % count]) > _turn(hull[i], hull[j], hull[far]):
            far = (far + 1) % count
        narrowest = min(narrowest, _turn(hull[i], hull[j], hull[far]) / side)
    return narrowest
