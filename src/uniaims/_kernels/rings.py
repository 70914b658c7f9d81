"""Closed lines of equally spaced points, and periodic signals along them.

A ring is (M, 2) float64, x and y in px, clockwise on the screen (y runs down), so that outside is on the left hand.
"""

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def length_of(points):  # type: ignore[no-untyped-def]
    """Length of a closed line."""
    total = 0.0
    for i in range(points.shape[0]):
        j = i + 1 if i + 1 < points.shape[0] else 0
        total += math.hypot(points[j, 0] - points[i, 0], points[j, 1] - points[i, 1])
    return total


@njit(cache=True, nogil=True)
def lengths_of(points, offsets):  # type: ignore[no-untyped-def]
    """Length (N,) of each of the closed lines ``points[offsets[i]:offsets[i + 1]]``."""
    lengths = np.empty(offsets.shape[0] - 1)
    for i in range(lengths.shape[0]):
        lengths[i] = length_of(points[offsets[i] : offsets[i + 1]])
    return lengths


@njit(cache=True, nogil=True)
def area_of(points):  # type: ignore[no-untyped-def]
    """Area inside of a closed line, positive where it runs clockwise on the screen; from its first point (exact)."""
    total = 0.0
    for i in range(1, points.shape[0] - 1):
        ax, ay = points[i, 0] - points[0, 0], points[i, 1] - points[0, 1]
        bx, by = points[i + 1, 0] - points[0, 0], points[i + 1, 1] - points[0, 1]
        total += float(ax) * by - float(bx) * ay
    return total / 2


@njit(cache=True, nogil=True)
def resample(points, length, ring):  # type: ignore[no-untyped-def]
    """Fill ``ring`` (M, 2) with places at equal distances along the closed line ``points`` (K, 2)."""
    count, step = ring.shape[0], length / ring.shape[0]
    i, done = 0, 0.0
    side = math.hypot(points[1, 0] - points[0, 0], points[1, 1] - points[0, 1])
    for k in range(count):
        while done + side < k * step and i < points.shape[0] - 1:
            done += side
            i += 1
            j = i + 1 if i + 1 < points.shape[0] else 0
            side = math.hypot(points[j, 0] - points[i, 0], points[j, 1] - points[i, 1])
        j = i + 1 if i + 1 < points.shape[0] else 0
        share = min(max((k * step - done) / side, 0.0), 1.0) if side > 0 else 0.0
        ring[k, 0] = points[i, 0] + share * (points[j, 0] - points[i, 0])
        ring[k, 1] = points[i, 1] + share * (points[j, 1] - points[i, 1])


@njit(cache=True, nogil=True)
def convolve(values, kernel, out):  # type: ignore[no-untyped-def]
    """Periodic convolution of ``values`` (M,) with a symmetric kernel, given from its middle on, of sum 1."""
    count = values.shape[0]
    for i in range(count):
        total = kernel[0] * values[i]
        for k in range(1, kernel.shape[0]):
            before, behind = i - k, i + k
            if before < 0:
                before += count
            if behind >= count:
                behind -= count
            total += kernel[k] * (values[before] + values[behind])
        out[i] = total


@njit(cache=True, nogil=True)
def _normalised(kernel):  # type: ignore[no-untyped-def]
    total = 2 * kernel.sum() - kernel[0]
    return kernel / total


@njit(cache=True, nogil=True)
def gaussian(deviation, count):  # type: ignore[no-untyped-def]
    """Half of a Gaussian kernel for rings of ``count`` points; ``deviation`` in points."""
    size = min(math.ceil(3 * deviation) + 1, (count - 1) // 2)
    return _normalised(np.exp(-0.5 * (np.arange(size) / max(deviation, 1e-6)) ** 2))


@njit(cache=True, nogil=True)
def spline(stiffness, count):  # type: ignore[no-untyped-def]
    """Half of the kernel that a cubic smoothing spline is on equal points (Silverman, Annals of Statistics 12, 1984).

    ``stiffness`` in points is the fourth root of the spline's penalty.
    """
    size = min(math.ceil(7 * stiffness) + 1, (count - 1) // 2)
    place = np.arange(size) / (max(stiffness, 1e-6) * math.sqrt(2.0))
    return _normalised(np.exp(-place) * np.sin(place + math.pi / 4))


@njit(cache=True, nogil=True)
def smooth_ring(ring, deviation, area):  # type: ignore[no-untyped-def]
    """Smooth a ring in place by a Gaussian along it, and bring it back to an area by moving it along its normals."""
    kernel = gaussian(deviation, ring.shape[0])
    out = np.empty(ring.shape[0])
    for axis in range(2):
        convolve(ring[:, axis].copy(), kernel, out)
        ring[:, axis] = out
    normals = normals_of(ring)
    for _ in range(2):
        move = (area - area_of(ring)) / length_of(ring)
        for i in range(ring.shape[0]):
            ring[i, 0] += move * normals[i, 0]
            ring[i, 1] += move * normals[i, 1]


@njit(cache=True, nogil=True)
def normals_of(ring):  # type: ignore[no-untyped-def]
    """Unit vectors (M, 2) that point outside, from the neighbours of each point."""
    count = ring.shape[0]
    normals = np.empty((count, 2))
    for i in range(count):
        before, behind = i - 1 if i else count - 1, i + 1 if i + 1 < count else 0
        along_x, along_y = ring[behind, 0] - ring[before, 0], ring[behind, 1] - ring[before, 1]
        size = max(math.hypot(along_x, along_y), 1e-12)
        normals[i, 0], normals[i, 1] = along_y / size, -along_x / size
    return normals


@njit(cache=True, nogil=True)
def curvatures(ring, deviation_px):  # type: ignore[no-untyped-def]
    """Curvature (M,) in 1/px, positive where the ring is convex, smoothed along it; its integral is 2 pi."""
    count, normals = ring.shape[0], normals_of(ring)
    step = length_of(ring) / count
    turns, out = np.empty(count), np.empty(count)
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        cross = normals[i, 0] * normals[j, 1] - normals[i, 1] * normals[j, 0]
        turns[i] = math.atan2(cross, normals[i, 0] * normals[j, 0] + normals[i, 1] * normals[j, 1])
    convolve(turns, gaussian(deviation_px / step, count), out)
    return out / step


@njit(cache=True, nogil=True)
def fill_gaps(values):  # type: ignore[no-untyped-def]
    """Bridge NaN in a periodic signal (M,) by straight lines, in place; returns False where all are NaN."""
    count, first = values.shape[0], -1
    for i in range(count):
        if not math.isnan(values[i]):
            first = i
            break
    if first < 0:
        return False
    last = first
    for step in range(1, count + 1):
        i = (first + step) % count
        if math.isnan(values[i]):
            continue
        gap = step - (last - first)
        for k in range(1, gap):
            values[(last + k) % count] = values[last % count] + (values[i] - values[last % count]) * k / gap
        last = first + step
    return True


@njit(cache=True, nogil=True)
def median_of(values):  # type: ignore[no-untyped-def]
    """Median of what is not NaN; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return np.median(known) if known.size else math.nan


@njit(cache=True, nogil=True)
def _sorted_into(values, first, width, around):  # type: ignore[no-untyped-def]
    """Sort the known ones among ``width`` values of a periodic signal into ``around``; return their number."""
    known, place = 0, first % values.shape[0]
    for _ in range(width):
        value = values[place]
        place = place + 1 if place + 1 < values.shape[0] else 0
        if math.isnan(value):
            continue
        k = known
        while k > 0 and around[k - 1] > value:
            around[k] = around[k - 1]
            k -= 1
        around[k] = value
        known += 1
    return known


@njit(cache=True, nogil=True)
def running_median(values, width, stations):  # type: ignore[no-untyped-def]
    """Median (M,) of a periodic signal over ``width`` points around each point; NaN left out.

    It is taken at up to twice ``stations`` places and is straight between them; NaN where all of the signal is.
    """
    count, half = values.shape[0], width // 2
    every = max(1, count // stations)
    out, around = np.full(count, math.nan), np.empty(2 * half + 1)
    for i in range(0, count, every):
        known = _sorted_into(values, i - half, 2 * half + 1, around)
        if known:
            out[i] = (around[(known - 1) // 2] + around[known // 2]) / 2
    fill_gaps(out)
    return out
