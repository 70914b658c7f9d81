"""Shape and grey levels of every instance in one pass over the runs of the label image.

The label image is read twice, to count and to list the runs of equal labels along its rows; the rest works on the runs
of one instance at a time, in local coordinates, so that no result depends on where in the image an instance lies.

The outline of an instance is the polygon through the midpoints between inner and outer pixels (the 0.5 contour of
marching squares). Lengths along it, its convex hull, its Feret diameters all belong to this one outline: the convex
hull of the outline is the convex hull of the pixel centres widened by the diamond that joins the midpoints of a
pixel's sides.

A pixel is ``down`` high and ``across`` wide, 1 and 1 where it is square. Integers carry the sums and the hull, and the
sides come in afterwards: with square pixels every number is what it is without them, to the last bit.
"""

import math

import numpy as np
from numba import njit

AREA, PERIMETER, HULL_AREA, HULL_PERIMETER, MAX_FERET, MIN_FERET, CIRCUMCIRCLE = range(7)
CENTROID_Y, CENTROID_X, VARIANCE_Y, VARIANCE_X, COVARIANCE = range(7, 12)
SHAPE_COLUMNS = 12
MEAN, DEVIATION, MINIMUM, MAXIMUM = range(4)
INTENSITY_COLUMNS = 4

# `measure_shapes` gets the sides of a pixel and what a crack (side between an inner and an outer pixel) counts in the
# perimeter: horizontal ones with the outline going straight on at neither, one, both ends, then vertical ones.
DOWN, ACROSS = range(2)
HORIZONTAL, VERTICAL = 2, 5
PIXEL_COLUMNS = 8

# Vossepoel & Smeulders, "Vector code probability and metrication error in the representation of straight lines of
# finite length", CGIP 20 (1982): 0.980 per straight step, 1.406 per diagonal one, -0.091 per change between the two.
# A crack owns the half step at each of its ends; a diagonal step of the midpoint outline is half a diagonal.
BOTH_STRAIGHT = 0.980
ONE_STRAIGHT = 0.980 / 2 + 1.406 / 4 - 0.091
NONE_STRAIGHT = 1.406 / 2


@njit(cache=True, nogil=True)
def count_runs(labels, counts):  # type: ignore[no-untyped-def]
    """Add to ``counts`` (largest label + 1,) int64 the runs of each label along the rows of ``labels`` (H, W)."""
    height, width = labels.shape
    for y in range(height):
        previous = 0
        for x in range(width):
            label = labels[y, x]
            if label != previous:
                previous = label
                counts[label] += label != 0


@njit(cache=True, nogil=True)
def list_runs(labels, places, runs):  # type: ignore[no-untyped-def]
    """Fill ``runs`` (R, 3) int32 with row, first and last column of each run, ordered by label, then row, then column.

    ``places`` (largest label + 1,) int64 holds the place of each label's first run, and is moved behind its last.
    """
    height, width = labels.shape
    for y in range(height):
        x = 0
        while x < width:
            label = labels[y, x]
            start = x
            while x < width and labels[y, x] == label:
                x += 1
            if label:
                run = runs[places[label]]
                run[0], run[1], run[2] = y, start, x - 1
                places[label] += 1


@njit(cache=True, nogil=True)
def measure_shapes(labels, values, runs, starts, pixel, shapes, boxes):  # type: ignore[no-untyped-def]
    """Fill ``shapes`` (N, SHAPE_COLUMNS) float64 and ``boxes`` (N, 4) int32.

    A box is top, left, bottom, right (the last two exclusive) in pixels. ``values`` (N,) uint32 are the labels; the
    runs of instance i are ``runs[starts[i]:starts[i + 1]]``. ``pixel`` (PIXEL_COLUMNS,) float64 holds the sides of a
    pixel, in whose unit all lengths are, and the weights of the perimeter; areas are numbers of pixels.
    """
    down, across = pixel[DOWN], pixel[ACROSS]
    longest = 0
    for i in range(len(values)):
        longest = max(longest, starts[i + 1] - starts[i])
    corners, hull = np.empty((2 * longest + 2, 2), np.int64), np.empty((2 * longest + 2, 2))
    for i in range(len(values)):
        own = runs[starts[i] : starts[i + 1]]
        shape = shapes[i]
        _box(own, boxes[i])
        _moments(own, down, across, shape)
        shape[PERIMETER] = _perimeter(labels, values[i], own, pixel)
        size = _hull(own, corners)
        shape[HULL_AREA] = _lattice_points(corners, size)
        for k in range(size):
            hull[k, 0], hull[k, 1] = corners[k, 0] * down, corners[k, 1] * across
        shape[HULL_PERIMETER] = _polygon_perimeter(hull, size) + 2 * math.sqrt(down * down + across * across)
        squared, first, second = _longest_chord(hull, size, down, across)
        shape[MAX_FERET] = math.sqrt(squared)
        shape[MIN_FERET] = _narrowest_width(hull, size, down, across)
        shape[CIRCUMCIRCLE] = _circumcircle(hull, size, first, second, down, across)


@njit(cache=True, nogil=True)
def _box(runs, box):  # type: ignore[no-untyped-def]
    box[0] = runs[0, 0]
    box[2] = runs[-1, 0] + 1
    box[1] = runs[:, 1].min()
    box[3] = runs[:, 2].max() + 1


@njit(cache=True, nogil=True)
def _moments(runs, down, across, shape):  # type: ignore[no-untyped-def]
    """Area, centroid and central second moments, from integer sums relative to the first pixel (exact)."""
    top, left = np.int64(runs[0, 0]), np.int64(runs[0, 1])
    area, sum_y, sum_x, sum_yy, sum_xx, sum_xy = 0, 0, 0, 0, 0, 0
    for i in range(len(runs)):
        y, a, b = runs[i, 0] - top, runs[i, 1] - left, runs[i, 2] - left
        count = b - a + 1
        row = (a + b) * count // 2
        area += count
        sum_y += y * count
        sum_x += row
        sum_yy += y * y * count
        sum_xy += y * row
        sum_xx += _sum_of_squares(b) - _sum_of_squares(a - 1)
    mean_y, mean_x = sum_y / area, sum_x / area
    shape[AREA] = area
    shape[CENTROID_Y], shape[CENTROID_X] = (top + mean_y) * down, (left + mean_x) * across
    shape[VARIANCE_Y] = (sum_yy / area - mean_y * mean_y) * down * down
    shape[VARIANCE_X] = (sum_xx / area - mean_x * mean_x) * across * across
    shape[COVARIANCE] = (sum_xy / area - mean_y * mean_x) * down * across


@njit(cache=True, nogil=True)
def _sum_of_squares(k):  # type: ignore[no-untyped-def]
    """Sum of i * i for i = 1..k; below 0 the negative of the sum over k + 1..0, so that differences give any range."""
    return k * (k + 1) * (2 * k + 1) // 6


@njit(cache=True, nogil=True)
def _perimeter(labels, label, runs, pixel):  # type: ignore[no-untyped-def]
    """Length of the outline, holes included."""
    level, upright = np.zeros(3, np.int64), np.zeros(3, np.int64)
    last_row = labels.shape[0] - 1
    for i in range(len(runs)):
        y, first, last = runs[i, 0], runs[i, 1], runs[i, 2]
        upright[_straight_ends(labels, label, y, first, 0, -1)] += 1
        upright[_straight_ends(labels, label, y, last, 0, 1)] += 1
        for x in range(first, last + 1):
            if y == 0 or labels[y - 1, x] != label:
                level[_straight_ends(labels, label, y, x, -1, 0)] += 1
            if y == last_row or labels[y + 1, x] != label:
                level[_straight_ends(labels, label, y, x, 1, 0)] += 1
    if pixel[DOWN] == pixel[ACROSS]:
        level += upright
        upright[:] = 0
    total = 0.0
    for ends in range(3):
        total += level[ends] * pixel[HORIZONTAL + ends]
    for ends in range(3):
        total += upright[ends] * pixel[VERTICAL + ends]
    return total


@njit(cache=True, nogil=True)
def _straight_ends(labels, label, y, x, down, right):  # type: ignore[no-untyped-def]
    """At how many ends (0, 1, 2) the crack between (y, x) and its outer neighbour goes straight on."""
    count = 0
    for side in (-1, 1):
        beside_y, beside_x = y + side * right, x + side * down
        if _is(labels, label, beside_y, beside_x) and not _is(labels, label, beside_y + down, beside_x + right):
            count += 1
    return count


@njit(cache=True, nogil=True)
def _is(labels, label, y, x):  # type: ignore[no-untyped-def]
    return 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1] and labels[y, x] == label


@njit(cache=True, nogil=True)
def _hull(runs, hull):  # type: ignore[no-untyped-def]
    """Write the corners (y, x) of the convex hull of the pixel centres into ``hull``; return their number.

    Monotone chain (Andrew 1979) without its sort: down along the left ends of the rows, up along the right ends.
    """
    size = 0
    for i in range(len(runs)):
        if i == 0 or runs[i, 0] != runs[i - 1, 0]:
            size = _push(hull, 0, size, runs[i, 0], runs[i, 1])
    base = size
    for i in range(len(runs) - 1, -1, -1):
        if i == len(runs) - 1 or runs[i, 0] != runs[i + 1, 0]:
            size = _push(hull, base, size, runs[i, 0], runs[i, 2])
    if hull[base, 0] == hull[base - 1, 0] and hull[base, 1] == hull[base - 1, 1]:
        for i in range(base, size):
            hull[i - 1] = hull[i]
        size -= 1
    if size > 1 and hull[size - 1, 0] == hull[0, 0] and hull[size - 1, 1] == hull[0, 1]:
        size -= 1
    return size


@njit(cache=True, nogil=True)
def _push(hull, base, size, y, x):  # type: ignore[no-untyped-def]
    """Append a corner to the chain ``hull[base:size]`` and drop those that then bend inward; return the size."""
    while size - base >= 2:
        from_y, from_x = hull[size - 2, 0], hull[size - 2, 1]
        turn = (hull[size - 1, 1] - from_x) * (y - from_y) - (hull[size - 1, 0] - from_y) * (x - from_x)
        if turn < 0:
            break
        size -= 1
    hull[size, 0], hull[size, 1] = y, x
    return size + 1


@njit(cache=True, nogil=True)
def _lattice_points(hull, size):  # type: ignore[no-untyped-def]
    """Number of pixels whose centre lies in the hull or on its rim, by Pick's theorem (1899)."""
    doubled_area, on_rim = 0, 0
    for i in range(size):
        j = (i + 1) % size
        doubled_area += hull[i, 1] * hull[j, 0] - hull[j, 1] * hull[i, 0]
        on_rim += math.gcd(abs(hull[j, 0] - hull[i, 0]), abs(hull[j, 1] - hull[i, 1]))
    return (abs(doubled_area) + on_rim) // 2 + 1


@njit(cache=True, nogil=True)
def _polygon_perimeter(hull, size):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(size):
        j = (i + 1) % size
        total += math.hypot(hull[j, 0] - hull[i, 0], hull[j, 1] - hull[i, 1])
    return total


@njit(cache=True, nogil=True)
def _longest_chord(hull, size, down, across):  # type: ignore[no-untyped-def]
    """Squared length of the longest chord of the outline, and the hull corners (two indices) at its ends.

    Moving the ends by half a pixel along an axis, as the outline does, adds a pixel to one of the differences.
    """
    longest, first, second = max(down * down, across * across), 0, 0
    for i in range(size):
        for j in range(i):
            dy, dx = abs(hull[i, 0] - hull[j, 0]), abs(hull[i, 1] - hull[j, 1])
            squared = dy * dy + dx * dx + max((2 * dy + down) * down, (2 * dx + across) * across)
            if squared > longest:
                longest, first, second = squared, i, j
    return longest, first, second


@njit(cache=True, nogil=True)
def _narrowest_width(hull, size, down, across):  # type: ignore[no-untyped-def]
    """Least distance of two parallel lines that hold the outline between them: one lies on a side of its hull.

    The sides are those of the hull of the centres and those of the diamond, along a pixel's diagonals.
    """
    narrowest = min(_width(hull, size, across, down, down, across), _width(hull, size, across, -down, down, across))
    for i in range(size):
        j = (i + 1) % size
        if i != j:
            normal_y, normal_x = hull[j, 1] - hull[i, 1], hull[i, 0] - hull[j, 0]
            narrowest = min(narrowest, _width(hull, size, normal_y, normal_x, down, across))
    return narrowest


@njit(cache=True, nogil=True)
def _width(hull, size, normal_y, normal_x, down, across):  # type: ignore[no-untyped-def]
    """Extent of the outline along a direction."""
    low = high = hull[0, 0] * normal_y + hull[0, 1] * normal_x
    for i in range(1, size):
        place = hull[i, 0] * normal_y + hull[i, 1] * normal_x
        low, high = min(low, place), max(high, place)
    return (high - low + max(abs(normal_y) * down, abs(normal_x) * across)) / math.hypot(normal_y, normal_x)


@njit(cache=True, nogil=True)
def _circumcircle(hull, size, first, second, down, across):  # type: ignore[no-untyped-def]
    """Diameter of the smallest circle around the outline.

    Starting with the longest chord, the point farthest outside joins the points that carry the circle (at most 3),
    until none is outside. The radius grows with each step, so this ends; where rounding keeps it from growing, the
    point is outside by no more than rounding.
    """
    support = np.empty((4, 2))
    support[0, 0], support[0, 1] = hull[first, 0], hull[first, 1]
    support[1, 0], support[1, 1] = hull[second, 0], hull[second, 1]
    _widen_apart(support, down, across)
    count, circle = _carried_circle(support, 2)
    while True:
        squared, y, x = _farthest(hull, size, circle[0], circle[1], down, across)
        if squared <= circle[2] * (1 + 1e-9):
            return 2 * math.sqrt(circle[2])
        support[count, 0], support[count, 1] = y, x
        count, wider = _carried_circle(support, count + 1)
        if not circle[2] < wider[2] < math.inf:
            return 2 * math.sqrt(squared)
        circle = wider


@njit(cache=True, nogil=True)
def _widen_apart(pair, down, across):  # type: ignore[no-untyped-def]
    """Move two pixel centres (rows 0 and 1) half a pixel apart each, along the axis that takes them farther apart."""
    dy, dx = pair[1, 0] - pair[0, 0], pair[1, 1] - pair[0, 1]
    axis = 0 if (2 * abs(dy) + down) * down > (2 * abs(dx) + across) * across else 1
    half = (down if axis == 0 else across) / 2
    away = half if (dy if axis == 0 else dx) >= 0 else -half
    pair[0, axis] -= away
    pair[1, axis] += away


@njit(cache=True, nogil=True)
def _farthest(hull, size, y, x, down, across):  # type: ignore[no-untyped-def]
    """Squared distance from (y, x) to the farthest point of the outline, and that point."""
    largest, far_y, far_x = -1.0, 0.0, 0.0
    for i in range(size):
        dy, dx = hull[i, 0] - y, hull[i, 1] - x
        vertical = abs(dy) * down - abs(dx) * across > (across * across - down * down) / 4
        reach, side = (abs(dy), down) if vertical else (abs(dx), across)
        squared = dy * dy + dx * dx + reach * side + side * side / 4
        if squared > largest:
            largest = squared
            far_y = hull[i, 0] + (math.copysign(down / 2, dy) if vertical else 0.0)
            far_x = hull[i, 1] + (0.0 if vertical else math.copysign(across / 2, dx))
    return largest, far_y, far_x


@njit(cache=True, nogil=True)
def _carried_circle(points, count):  # type: ignore[no-untyped-def]
    """Smallest circle (y, x, squared radius) around 2 to 4 points; those that carry it are moved to the front.

    Returns how many carry it, and the circle.
    """
    best, carriers = (0.0, 0.0, math.inf), (0, 1, -1)
    for i in range(count):
        for j in range(i):
            circle = _circle_of_two(points[i], points[j])
            if circle[2] < best[2] and _holds(circle, points, count):
                best, carriers = circle, (j, i, -1)
            for k in range(j):
                circle = _circle_of_three(points[i], points[j], points[k])
                if circle[2] < best[2] and _holds(circle, points, count):
                    best, carriers = circle, (k, j, i)
    kept = 2 if carriers[2] < 0 else 3
    for place in range(kept):
        points[place] = points[carriers[place]]
    return kept, best


@njit(cache=True, nogil=True)
def _circle_of_two(a, b):  # type: ignore[no-untyped-def]
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / 4


@njit(cache=True, nogil=True)
def _circle_of_three(a, b, c):  # type: ignore[no-untyped-def]
    """Circle through three points; infinite radius if they lie on a line."""
    by, bx, cy, cx = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    cross = 2 * (bx * cy - by * cx)
    if cross == 0:
        return 0.0, 0.0, math.inf
    b_squared, c_squared = by * by + bx * bx, cy * cy + cx * cx
    x = (cy * b_squared - by * c_squared) / cross
    y = (bx * c_squared - cx * b_squared) / cross
    return a[0] + y, a[1] + x, y * y + x * x


@njit(cache=True, nogil=True)
def _holds(circle, points, count):  # type: ignore[no-untyped-def]
    for i in range(count):
        if (points[i, 0] - circle[0]) ** 2 + (points[i, 1] - circle[1]) ** 2 > circle[2] * (1 + 1e-9):
            return False
    return True


@njit(cache=True, nogil=True)
def measure_intensities(image, runs, starts, intensities):  # type: ignore[no-untyped-def]
    """Fill ``intensities`` (N, INTENSITY_COLUMNS) float64 from ``image`` (H, W).

    Pixels that are not finite are left out; NaN where none is finite. The runs of instance i are
    ``runs[starts[i]:starts[i + 1]]``.
    """
    for i in range(len(intensities)):
        own = runs[starts[i] : starts[i + 1]]
        out = intensities[i]
        count, out[MEAN], out[MINIMUM], out[MAXIMUM] = _mean_and_range(image, own)
        out[DEVIATION] = math.sqrt(_sum_of_squared_deviations(image, own, out[MEAN]) / count) if count else math.nan


@njit(cache=True, nogil=True)
def _mean_and_range(image, runs):  # type: ignore[no-untyped-def]
    count, total, low, high = 0, 0.0, math.inf, -math.inf
    for i in range(len(runs)):
        for x in range(runs[i, 1], runs[i, 2] + 1):
            value = float(image[runs[i, 0], x])
            if math.isfinite(value):
                count += 1
                total += value
                low, high = min(low, value), max(high, value)
    if count == 0:
        return count, math.nan, math.nan, math.nan
    return count, total / count, low, high


@njit(cache=True, nogil=True)
def _sum_of_squared_deviations(image, runs, mean):  # type: ignore[no-untyped-def]
    """A second pass over the instance: exact where the mean is large and the spread small."""
    total = 0.0
    for i in range(len(runs)):
        for x in range(runs[i, 1], runs[i, 2] + 1):
            value = float(image[runs[i, 0], x])
            if math.isfinite(value):
                total += (value - mean) ** 2
    return total
