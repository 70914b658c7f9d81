"""Where each pixel's flow ends: walk a few steps, then double the walk by following pointers.

Positions are fixed-point numbers of 1/64 px and flow is int8, so that every result is an exact function of the
quantised fields: the same for any order of work, tiling and number of threads.
"""

import numpy as np
from numba import njit

STEPS = 5  # Euler steps of one walk; each moves by the flow at the point (at most 1 px)
HOPS = 8  # walks in a row that are chased before they are doubled
STRETCH = 512  # pixels walked together, so that their positions stay in the first cache


@njit(cache=True, nogil=True)
def quantise(values, scale, low, high, start, stop, out):  # type: ignore[no-untyped-def]
    """Write ``round(values * scale)`` cut to low..high into ``out``, rows start..stop; NaN becomes 0."""
    for y in range(start, stop):
        for x in range(values.shape[1]):
            value = values[y, x] * scale
            value = min(max(value, low), high) if value == value else 0.0  # noqa: PLR0124
            out[y, x] = np.floor(value + np.float32(0.5))


@njit(cache=True, nogil=True)
def _pack(probability, flow, threshold, first, packed):  # type: ignore[no-untyped-def]
    """Write flow y * 65536 + x into ``packed`` (R, W + 1) int32 for the rows from ``first`` on, 0 outside foreground.

    One read then gives both parts of the flow. What lies beyond the image is 0.
    """
    width = probability.shape[1]
    for row in range(packed.shape[0]):
        y = first + row
        if 0 <= y < probability.shape[0]:
            inside, down, right = probability[y], flow[0, y], flow[1, y]
            for x in range(width):
                pair = (np.int32(down[x]) << 16) | (np.int32(right[x]) & 65535)
                packed[row, x] = pair if inside[x] >= threshold else 0


@njit(cache=True, nogil=True)
def _find_places(y, x, stride, place):  # type: ignore[no-untyped-def]
    """Write the flat index of the pixel at or above and left of each position (1/64 px)."""
    for i in range(place.size):
        place[i] = np.int32(np.int32(y[i] >> 6) * stride) + np.int32(x[i] >> 6)


@njit(cache=True, nogil=True)
def _gather(packed, place, stride, corners):  # type: ignore[no-untyped-def]
    """Read the four pixels around each position into ``corners`` (4, N)."""
    near, right, below, across = corners[0], corners[1], corners[2], corners[3]
    for i in range(place.size):
        here = np.uint64(place[i])
        under = here + np.uint64(stride)
        near[i] = packed[here]
        right[i] = packed[here + np.uint64(1)]
        below[i] = packed[under]
        across[i] = packed[under + np.uint64(1)]


@njit(cache=True, nogil=True)
def _weigh(weight, corner):  # type: ignore[no-untyped-def]
    """Return the weighted y and x part of one packed corner."""
    return np.int32(weight * np.int32(corner >> 16)), np.int32(weight * np.int32(np.int32(corner << 16) >> 16))


@njit(cache=True, nogil=True)
def _move(y, x, corners, last_y, last_x):  # type: ignore[no-untyped-def]
    """Move each position (1/64 px) by the flow there, interpolated between its corners; int32 throughout for speed."""
    near, right, below, across = corners[0], corners[1], corners[2], corners[3]
    for i in range(y.size):
        part_y, part_x = np.int32(y[i] & 63), np.int32(x[i] & 63)
        weight_across = np.int32(part_y * part_x)
        weight_right = np.int32(np.int32(part_x << 6) - weight_across)
        weight_below = np.int32(np.int32(part_y << 6) - weight_across)
        weight_near = np.int32(np.int32(4096 - weight_across) - np.int32(weight_right + weight_below))
        near_y, near_x = _weigh(weight_near, near[i])
        right_y, right_x = _weigh(weight_right, right[i])
        below_y, below_x = _weigh(weight_below, below[i])
        across_y, across_x = _weigh(weight_across, across[i])
        step_y = np.int32(np.int32(near_y + right_y) + np.int32(below_y + across_y))
        step_x = np.int32(np.int32(near_x + right_x) + np.int32(below_x + across_x))
        step_y = np.int32(np.int32(step_y + np.int32(4096)) >> 13)
        step_x = np.int32(np.int32(step_x + np.int32(4096)) >> 13)
        y[i] = min(max(np.int32(y[i] + step_y), np.int32(0)), last_y)
        x[i] = min(max(np.int32(x[i] + step_x), np.int32(0)), last_x)


@njit(cache=True, nogil=True)
def _walk_together(packed, y, columns, last_y, end_y, end_x, scratch):  # type: ignore[no-untyped-def]
    """Write where the walks from the pixels (y, columns) end into ``end_y`` and ``end_x`` (N,), in 1/64 px.

    ``y`` counts rows of ``packed`` (R, W + 1); ``scratch`` is (5, N) int32.
    """
    stride = np.int32(packed.shape[1])
    flat = packed.ravel()
    place, corners = scratch[0, : end_y.size], scratch[1:]
    last_x = np.int32((stride - 2) * 64)
    for i in range(end_y.size):  # the first step starts on a pixel: nothing to interpolate
        flow = flat[y * stride + columns[i]]
        step_y, step_x = np.int32(((flow >> 16) + 1) >> 1), np.int32(((np.int32(flow << 16) >> 16) + 1) >> 1)
        end_y[i] = min(max(np.int32(y * 64 + step_y), np.int32(0)), last_y)
        end_x[i] = min(max(np.int32((columns[i] << 6) + step_x), np.int32(0)), last_x)
    for _ in range(STEPS - 1):
        _find_places(end_y, end_x, stride, place)
        _gather(flat, place, stride, corners)
        _move(end_y, end_x, corners, last_y, last_x)


@njit(cache=True, nogil=True)
def _list_foreground(inside, threshold, y, left, target, columns):  # type: ignore[no-untyped-def]
    """Let each pixel of a stretch (y, left..) point to itself; list the foreground's columns; return how many."""
    width = target.shape[1]
    here = target[y]
    for x in range(inside.size):
        here[left + x] = y * width + left + x
    count = 0
    for x in range(inside.size):
        columns[count] = left + x
        count += inside[x] >= threshold
    return count


@njit(cache=True, nogil=True)
def _neighbour_ahead(probability, flow, threshold, y, x):  # type: ignore[no-untyped-def]
    """Return the flat index of the foreground neighbour most in the direction of the flow, at most 60 degrees off.

    Without one it is the pixel's own. One-pixel lines need this: a walk between pixels falls off them.
    """
    height, width = probability.shape
    down, right = float(flow[0, y, x]), float(flow[1, y, x])
    best = y * width + x
    best_score = 0.5 * np.sqrt(down * down + right * right)
    for row in range(max(y - 1, 0), min(y + 2, height)):
        for column in range(max(x - 1, 0), min(x + 2, width)):
            if (row == y and column == x) or probability[row, column] < threshold:
                continue
            along = down * (row - y) + right * (column - x)
            score = along if row == y or column == x else along * 0.7071067811865476
            if score > best_score:
                best_score = score
                best = row * width + column
    return best


@njit(cache=True, nogil=True)
def walk_rows(probability, flow, threshold, start, stop, target):  # type: ignore[no-untyped-def]
    """Write into ``target`` (H, W) the flat index of the pixel where each pixel's walk ends, rows start..stop.

    Background points to itself; a pixel whose walk leaves the foreground, or stays, points to its neighbour ahead.
    Only flow up to ``STEPS`` + 2 rows away is read.
    """
    height, width = target.shape
    first = max(start - STEPS - 1, 0)
    packed = np.zeros((min(stop + STEPS + 1, height) - first + 1, width + 1), np.int32)
    _pack(probability, flow, threshold, first, packed)
    last_y = np.int32((packed.shape[0] - 2) * 64)
    columns = np.empty(STRETCH + 1, np.int32)
    ends_y, ends_x = np.empty(STRETCH, np.int32), np.empty(STRETCH, np.int32)
    scratch = np.empty((5, STRETCH), np.int32)
    for y in range(start, stop):
        for left in range(0, width, STRETCH):
            count = _list_foreground(probability[y, left : left + STRETCH], threshold, y, left, target, columns)
            end_y, end_x = ends_y[:count], ends_x[:count]
            _walk_together(packed, y - first, columns, last_y, end_y, end_x, scratch)
            for i in range(count):
                x = columns[i]
                row, column = first + ((end_y[i] + 32) >> 6), (end_x[i] + 32) >> 6
                if probability[row, column] >= threshold and (row != y or column != x):
                    target[y, x] = row * width + column
                else:
                    target[y, x] = _neighbour_ahead(probability, flow, threshold, y, x)


@njit(cache=True, nogil=True)
def chase_rows(target, start, stop, out):  # type: ignore[no-untyped-def]
    """Follow ``target`` for up to ``HOPS`` hops into ``out``, flat indices start..stop; return how many could go on.

    A chase ends where a pixel points to itself; of two that point to each other it ends at the first.
    """
    open_ends = 0
    for place in range(start, stop):
        here = target[place]
        there = target[here]
        hops = 1
        while there != here and hops < HOPS:
            after = target[there]
            if after == here:
                here = min(here, there)
                there = here
                break
            here, there = there, after
            hops += 1
        open_ends += there != here
        out[place] = there
    return open_ends


@njit(cache=True, nogil=True)
def double_rows(target, start, stop, out):  # type: ignore[no-untyped-def]
    """Write ``target[target]`` into ``out``, flat indices start..stop; return how many differ from ``target``."""
    changed = 0
    for place in range(start, stop):
        near = target[place]
        far = target[near]
        changed += far != near
        out[place] = far
    return changed


@njit(cache=True, nogil=True)
def mark_ends(probability, threshold, target, start, stop, ends):  # type: ignore[no-untyped-def]
    """Mark in ``ends`` (H * W) uint8 the pixels where foreground pixels of the flat indices start..stop end."""
    for place in range(start, stop):
        if probability[place] >= threshold:
            ends[target[place]] = 1


@njit(cache=True, nogil=True)
def name_ends(target, groups, probability, threshold, start, stop, out):  # type: ignore[no-untyped-def]
    """Write into ``out`` (H * W) the group of each foreground pixel's end, 0 for background."""
    for place in range(start, stop):
        out[place] = groups[target[place]] if probability[place] >= threshold else 0
