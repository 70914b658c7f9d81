"""Targets of one instance at a time: depth (distance transform), heat from the centre, direction of the heat's rise.

Heat enters at one centre pixel, spreads over the eight neighbours and is lost at the instance's own outline (T = 0
outside its own mask). Started from T = 0, every sweep leaves each pixel at or below the mean of its neighbours, so by
the maximum principle the centre is the only peak, whatever the shape and the number of sweeps.
"""

import math

import numpy as np
from numba import njit

from uniaims._kernels.distances import squared_distances

MOST_EXPONENT_GAP = 512  # widest difference of binary exponents between neighbours that is told apart
SPARSE_SWEEPS = 64  # most sweeps (each forth and back) in the list of pixels
LEAST_HEAT = 1e-270  # heat below this is near underflow
COARSEST_DEPTH_PX = 6  # px; deeper instances are solved at half the size first
FIRST_SWEEPS = 8  # sweeps at the coarsest level, besides two per px of the box's longer side
OVERRELAXATION = 1.25  # must stay below 4/3
MORE_SWEEPS = 12  # sweeps at each finer level
MOST_SWEEPS = 400  # most sweeps in one go at the finest level, where the first ones leave more than one peak


@njit(cache=True, nogil=True)
def sweep(heat, weight, source, sweeps):  # type: ignore[no-untyped-def]
    """Spread heat in ``heat`` (H, W) float64 with one unit per sweep at ``source`` (y, x), in place (Jacobi).

    Steps are longer by ``OVERRELAXATION``, which the smoothest modes need and the roughest (-1/2 of this mean) bear.

    ``weight`` (H, W) is 1/8 inside the instance, 0 outside and on the rim. The box is swept as one flat row, so that
    both loops run on vector registers; what wraps around a row's end falls on the rim.
    """
    width = heat.shape[1]
    flat = heat.ravel()
    size = flat.size
    inner = size - 2 * width
    sums = np.zeros(size)
    left, middle, right, triple = flat[: size - 2], flat[1 : size - 1], flat[2:], sums[1 : size - 1]
    above, here, below = sums[:inner], sums[width : width + inner], sums[2 * width :]
    keep = 1.0 + 8.0 * (OVERRELAXATION - 1.0) / OVERRELAXATION
    target, share = flat[width : width + inner], weight.ravel()[width : width + inner]
    for _ in range(sweeps):
        for i in range(size - 2):
            triple[i] = left[i] + middle[i] + right[i]
        for i in range(inner):
            target[i] = (above[i] + here[i] + below[i] - keep * target[i]) * (OVERRELAXATION * share[i])
        heat[source] += 1.0


@njit(cache=True, nogil=True)
def _coarser(weight):  # type: ignore[no-untyped-def]
    """Return the weights (padded by a rim of zeros) at half the size: inside where two or more of four pixels are."""
    height, width = (weight.shape[0] - 1) // 2 + 2, (weight.shape[1] - 1) // 2 + 2
    coarse = np.zeros((height, width))
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            top, left = 2 * y - 1, 2 * x - 1
            inside = 0.0
            for row in range(top, min(top + 2, weight.shape[0])):
                for column in range(left, min(left + 2, weight.shape[1])):
                    inside += weight[row, column]
            coarse[y, x] = 0.125 if inside > 0.2 else 0.0
    return coarse


@njit(cache=True, nogil=True)
def _finer(coarse, weight):  # type: ignore[no-untyped-def]
    """Return ``coarse`` heat at the size of ``weight`` by linear interpolation, 0 outside the instance."""
    heat = np.zeros(weight.shape)
    for y in range(1, weight.shape[0] - 1):
        near_y = (y - 1) // 2 + 1
        far_y = near_y - 1 if y % 2 == 1 else near_y + 1
        for x in range(1, weight.shape[1] - 1):
            if weight[y, x] == 0.0:
                continue
            near_x = (x - 1) // 2 + 1
            far_x = near_x - 1 if x % 2 == 1 else near_x + 1
            near = 0.75 * coarse[near_y, near_x] + 0.25 * coarse[near_y, far_x]
            far = 0.75 * coarse[far_y, near_x] + 0.25 * coarse[far_y, far_x]
            heat[y, x] = 0.75 * near + 0.25 * far
    return heat


@njit(cache=True, nogil=True)
def dense_heat(weight, source, levels, first_sweeps, more_sweeps):  # type: ignore[no-untyped-def]
    """Return heat (H, W): solved ``levels`` times coarser first, then carried to each finer level and swept again."""
    if levels == 0:
        heat = np.zeros(weight.shape)
        sweep(heat, weight, source, first_sweeps)
        return heat
    coarse_source = ((source[0] - 1) // 2 + 1, (source[1] - 1) // 2 + 1)
    coarse_weight = _coarser(weight)
    coarse_weight[coarse_source] = 0.125
    heat = _finer(dense_heat(coarse_weight, coarse_source, levels - 1, first_sweeps, more_sweeps), weight)
    sweep(heat, weight, source, more_sweeps)
    return heat


@njit(cache=True, nogil=True)
def has_one_peak(heat, weight, source):  # type: ignore[no-untyped-def]
    """Return whether every pixel but the source is warm (no underflow) and cooler than its warmest neighbour."""
    for y in range(1, heat.shape[0] - 1):
        for x in range(1, heat.shape[1] - 1):
            if weight[y, x] == 0.0 or (y == source[0] and x == source[1]):
                continue
            own = heat[y, x]
            if own < LEAST_HEAT:
                return False
            warmest = max(heat[y - 1, x], heat[y + 1, x], heat[y, x - 1], heat[y, x + 1])
            if own < warmest:
                continue
            if own >= max(heat[y - 1, x - 1], heat[y - 1, x + 1], heat[y + 1, x - 1], heat[y + 1, x + 1]):
                return False
    return True


@njit(cache=True, nogil=True)
def find_centre(pixels, width, depths):  # type: ignore[no-untyped-def]
    """Return the flat index of the pixel nearest to the centroid among those at least 3/4 as deep as the deepest.

    So a blob has its centroid, a rod its middle, a ring or crescent the middle of its body, not its inner rim.
    """
    mean_y = 0.0
    mean_x = 0.0
    deepest = 0
    for pixel in pixels:
        mean_y += pixel // width
        mean_x += pixel % width
        deepest = max(deepest, depths[pixel])
    mean_y /= pixels.size
    mean_x /= pixels.size
    best = -1
    best_distance = math.inf
    for pixel in pixels:
        if 16 * depths[pixel] < 9 * deepest:
            continue
        distance = (pixel // width - mean_y) ** 2 + (pixel % width - mean_x) ** 2
        if distance < best_distance or (distance == best_distance and pixel < best):
            best_distance = distance
            best = pixel
    return best


@njit(cache=True, nogil=True)
def flood(mask, seed, falls, order):  # type: ignore[no-untyped-def]
    """Fill ``order`` with the flat indices 8-connected to ``seed``, breadth first; return how many.

    ``falls`` (H * W) int32 must be -1 where no flood has been; it receives how far heat has fallen on the way from the
    seed, in 1/64 powers of two: along a channel of width w heat falls by exp(-pi / w) per pixel.
    """
    width = mask.shape[1]
    inside = mask.ravel()
    order[0] = seed
    falls[seed] = 0
    count = 1
    done = 0
    while done < count:
        pixel = order[done]
        done += 1
        fall = falls[pixel] + min(192, int(64 * 4.532 / max(2.0 * math.sqrt(inside[pixel]) - 1.0, 1.0)))
        for row in range(pixel - width, pixel + width + 1, width):
            for near in range(row - 1, row + 2):
                if inside[near] > 0 and falls[near] < 0:
                    falls[near] = fall
                    order[count] = near
                    count += 1
    return count


@njit(cache=True, nogil=True)
def _relax(pixel, width, heat, falls, scales):  # type: ignore[no-untyped-def]
    """Return the mean of the eight neighbours' heat in the scale of ``pixel``."""
    own = falls[pixel] >> 6
    total = 0.0
    for row in range(pixel - width, pixel + width + 1, width):
        for near in range(row - 1, row + 2):
            if heat[near] != 0.0 and near != pixel:
                gap = own - (falls[near] >> 6)
                total += heat[near] * scales[min(max(gap, -MOST_EXPONENT_GAP), MOST_EXPONENT_GAP) + MOST_EXPONENT_GAP]
    return 0.125 * total


@njit(cache=True, nogil=True)
def sparse_heat(order, width, heat, falls, sweeps):  # type: ignore[no-untyped-def]
    """Spread heat from ``order[0]`` over the listed pixels, outward and inward in turn (Gauss-Seidel).

    Heat is kept as ``heat * 2**-(falls / 64)``: a plain float64 would underflow 225 widths from the centre. The first
    sweep reaches every pixel however long the shape is, and the cost does not depend on the bounding box.
    """
    scales = np.empty(2 * MOST_EXPONENT_GAP + 1)
    for gap in range(-MOST_EXPONENT_GAP, MOST_EXPONENT_GAP + 1):
        scales[gap + MOST_EXPONENT_GAP] = 2.0**gap
    for _ in range(sweeps):
        for place in range(order.size):
            heat[order[place]] = _relax(order[place], width, heat, falls, scales) + (1.0 if place == 0 else 0.0)
        for place in range(order.size - 1, -1, -1):
            heat[order[place]] = _relax(order[place], width, heat, falls, scales) + (1.0 if place == 0 else 0.0)


@njit(cache=True, nogil=True)
def sparse_sweeps(deepest):  # type: ignore[no-untyped-def]
    """Return how many sweeps a list of pixels needs: they grow with the square of the depth, which is ``deepest``."""
    return min(max(8, deepest // 2), SPARSE_SWEEPS)


@njit(cache=True, nogil=True)
def sparse_slope(pixel, width, heat, falls):  # type: ignore[no-untyped-def]
    """Return the unit vector (y, x) up the heat at ``pixel``, in the scale of the warmest neighbour."""
    warmest = pixel
    for row in range(pixel - width, pixel + width + 1, width):
        for near in range(row - 1, row + 2):
            if heat[near] != 0.0 and falls[near] < falls[warmest]:
                warmest = near
    reference = falls[warmest] >> 6
    slope_y = 0.0
    slope_x = 0.0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            near = pixel + dy * width + dx
            if heat[near] != 0.0:
                value = math.ldexp(heat[near], reference - (falls[near] >> 6)) * (2.0 if dy * dx == 0 else 1.0)
                slope_y += dy * value
                slope_x += dx * value
    return unit(slope_y, slope_x)


@njit(cache=True, nogil=True)
def unit(y, x):  # type: ignore[no-untyped-def]
    """Return (y, x) at length 1, or zeros for the zero vector; safe for the smallest floats."""
    largest = max(abs(y), abs(x))
    if largest == 0.0:
        return 0.0, 0.0
    if largest < 1e-140:  # its square would underflow
        y *= 2.0**500
        x *= 2.0**500
    inverse = 1.0 / math.sqrt(y * y + x * x)
    return y * inverse, x * inverse


@njit(cache=True, nogil=True)
def dense_slope(heat, y, x):  # type: ignore[no-untyped-def]
    """Return the unit vector (y, x) up the heat (Sobel weights: thin diagonal lines have a slope too)."""
    falling = heat[y + 1, x + 1] - heat[y - 1, x - 1]
    rising = heat[y + 1, x - 1] - heat[y - 1, x + 1]
    slope_y = 2.0 * (heat[y + 1, x] - heat[y - 1, x]) + falling + rising
    slope_x = 2.0 * (heat[y, x + 1] - heat[y, x - 1]) + falling - rising
    return unit(slope_y, slope_x)


@njit(cache=True, nogil=True)
def _write_dense(heat, depths, deepest, offset, flow, topography):  # type: ignore[no-untyped-def]
    """Write the slope of ``heat`` and the relative depth of one instance into the fields at ``offset`` (y, x)."""
    scale = 1.0 / deepest
    for y in range(1, heat.shape[0] - 1):
        for x in range(1, heat.shape[1] - 1):
            if depths[y, x] > 0:
                row, column = y + offset[0], x + offset[1]
                slope_y, slope_x = dense_slope(heat, y, x)
                flow[0, row, column] = slope_y
                flow[1, row, column] = slope_x
                topography[row, column] = math.sqrt(depths[y, x] * scale)


@njit(cache=True, nogil=True)
def _write_sparse(depths, offset, flow, topography):  # type: ignore[no-untyped-def]
    """Solve each 8-connected piece of one instance in a list of its pixels and write its fields at ``offset``."""
    width = depths.shape[1]
    inside = depths.ravel()
    order = np.empty(np.count_nonzero(inside), np.int64)
    found = np.full(inside.size, -1, np.int32)
    falls = np.full(inside.size, -1, np.int32)
    heat = np.zeros(inside.size)
    for seed in range(inside.size):
        if inside[seed] == 0 or found[seed] >= 0:
            continue
        piece = order[: flood(depths, seed, found, order)]
        centre = find_centre(piece, width, inside)
        flood(depths, centre, falls, piece)
        deepest = 0
        for pixel in piece:
            deepest = max(deepest, inside[pixel])
        sparse_heat(piece, width, heat, falls, sparse_sweeps(deepest))
        for pixel in piece:
            row, column = pixel // width + offset[0], pixel % width + offset[1]
            slope_y, slope_x = sparse_slope(pixel, width, heat, falls)
            flow[0, row, column] = slope_y
            flow[1, row, column] = slope_x
            topography[row, column] = math.sqrt(inside[pixel] / deepest)


@njit(cache=True, nogil=True)
def _depths(labels, label, box):  # type: ignore[no-untyped-def]
    """Return the squared depths (H, W) int64 of one instance in its box padded by one pixel."""
    top, left = box[0] - 1, box[1] - 1
    mask = np.zeros((box[2] - top + 1, box[3] - left + 1), np.uint8)
    for y in range(box[0], box[2]):
        for x in range(box[1], box[3]):
            mask[y - top, x - left] = labels[y, x] == label
    depths = np.empty(mask.shape, np.int64)
    squared_distances(mask, depths)
    return depths


@njit(cache=True, nogil=True)
def _solve_dense(depths, area, levels, sweeps):  # type: ignore[no-untyped-def]
    """Return the heat (H, W) of one instance, and whether it has one peak; swept more, up to a limit, until it has."""
    height, width = depths.shape
    inside = np.empty(area, np.int64)
    weight = np.zeros(depths.shape)
    count = 0
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if depths[y, x] > 0:
                inside[count] = y * width + x
                weight[y, x] = 0.125
                count += 1
    centre = find_centre(inside, width, depths.ravel())
    source = (centre // width, centre % width)
    heat = dense_heat(weight, source, levels, sweeps, MORE_SWEEPS)
    more = 2 * MORE_SWEEPS
    single = has_one_peak(heat, weight, source)
    while not single and levels > 0 and more <= MOST_SWEEPS:
        sweep(heat, weight, source, more)
        more *= 2
        single = has_one_peak(heat, weight, source)
    return heat, single


@njit(cache=True, nogil=True)
def _write_instance(depths, area, offset, flow, topography):  # type: ignore[no-untyped-def]
    """Write the fields of one instance, in its box where that is well filled, else in a list of its pixels."""
    height, width = depths.shape
    deepest = depths.max()
    levels = 0
    while math.sqrt(deepest) > COARSEST_DEPTH_PX * 2**levels:
        levels += 1
    sweeps = FIRST_SWEEPS + 2 * (max(height, width) >> levels)
    box_work = height * width * ((sweeps >> (2 * levels)) + min(levels, 1) * MORE_SWEEPS)
    if box_work <= 20 * area * sparse_sweeps(deepest):
        heat, single = _solve_dense(depths, area, levels, sweeps)
        if single:
            _write_dense(heat, depths, deepest, offset, flow, topography)
            return
    _write_sparse(depths, offset, flow, topography)


@njit(cache=True, nogil=True)
def write_instances(labels, boxes, order, flow, topography):  # type: ignore[no-untyped-def]
    """Write flow (2, H, W) and topography (H, W), float32, of the instances whose labels ``order`` lists."""
    for label in order:
        box = boxes[label]
        if box[4] > 0:
            depths = _depths(labels, label, box)
            _write_instance(depths, box[4], (box[0] - 1, box[1] - 1), flow, topography)


@njit(cache=True, nogil=True)
def sum_errors(labels, flow, other, scale, start, stop, count):  # type: ignore[no-untyped-def]
    """Return (count + 1, 2) float64 over rows start..stop: squared difference of two flows and area of each label.

    ``flow`` (2, H, W) float32, ``other`` (2, H, W) of any type, to be multiplied by ``scale``.
    """
    out = np.zeros((count + 1, 2))
    for y in range(start, stop):
        for x in range(labels.shape[1]):
            label = labels[y, x]
            if label != 0:
                down = flow[0, y, x] - other[0, y, x] * scale
                right = flow[1, y, x] - other[1, y, x] * scale
                out[label, 0] += down * down + right * right
                out[label, 1] += 1.0
    return out
