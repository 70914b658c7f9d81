"""Where each pixel's flow ends: walk a few steps, then double the walk by following pointers.

Positions are fixed-point numbers of 1/64 px and flow is int8, so that every result is an exact function of the
quantised fields: the same for any order of work, tiling and number of threads.
"""

import numpy as np
from numba import njit

STEPS = 8  # Euler steps of one walk; each moves by the flow at the point (at most 1 px)


@njit(cache=True, nogil=True)
def quantise(values, scale, low, high, start, stop, out):  # type: ignore[no-untyped-def]
    """Write ``round(values * scale)`` cut to low..high into ``out``, rows start..stop; NaN becomes 0."""
    for y in range(start, stop):
        for x in range(values.shape[1]):
            value = values[y, x] * scale
            value = min(max(value, low), high) if value == value else 0.0  # noqa: PLR0124
            out[y, x] = np.floor(value + np.float32(0.5))


@njit(cache=True, nogil=True)
def pack_flow(probability, flow, threshold, start, stop, out):  # type: ignore[no-untyped-def]
    """Write y * 256 + (x & 255) into ``out`` (H + 1, W + 1) int16 where probability >= threshold, else 0.

    ``probability`` (H, W) uint8, ``flow`` (2, H, W) int8; one read then gives both parts. Foreground without flow is
    told from background by `foreground`.
    """
    for y in range(start, stop):
        for x in range(probability.shape[1]):
            inside = probability[y, x] >= threshold
            out[y, x] = np.int16((flow[0, y, x] << 8) | (flow[1, y, x] & 255)) if inside else np.int16(0)


@njit(cache=True, nogil=True, inline="always")
def walk(packed, width, height, stride, y, x):  # type: ignore[no-untyped-def]
    """Return the position (y, x in 1/64 px) after ``STEPS`` bilinear steps from pixel (y, x).

    ``packed`` is the flat (H + 1, W + 1) field of `pack_flow`.
    """
    y = np.int32(y * 64)
    x = np.int32(x * 64)
    last_y = np.int32((height - 1) * 64)
    last_x = np.int32((width - 1) * 64)
    for _ in range(STEPS):
        place = np.uint64(np.int64(y >> 6) * stride + (x >> 6))
        part_y = np.int32(y & 63)
        part_x = np.int32(x & 63)
        near = np.int32(packed[place])
        right = np.int32(packed[place + np.uint64(1)])
        below = np.int32(packed[place + np.uint64(stride)])
        across = np.int32(packed[place + np.uint64(stride) + np.uint64(1)])
        weight_across = part_y * part_x
        weight_right = 64 * part_x - weight_across
        weight_below = 64 * part_y - weight_across
        weight_near = 4096 - 64 * (part_x + part_y) + weight_across
        step_y = weight_near * (near >> 8) + weight_right * (right >> 8)
        step_y += weight_below * (below >> 8) + weight_across * (across >> 8)
        step_x = weight_near * np.int32(np.int8(near)) + weight_right * np.int32(np.int8(right))
        step_x += weight_below * np.int32(np.int8(below)) + weight_across * np.int32(np.int8(across))
        y = min(max(y + np.int32((step_y + 4096) >> 13), np.int32(0)), last_y)
        x = min(max(x + np.int32((step_x + 4096) >> 13), np.int32(0)), last_x)
    return y, x


@njit(cache=True, nogil=True)
def neighbour_ahead(probability, threshold, packed, y, x):  # type: ignore[no-untyped-def]
    """Return the flat index of the foreground neighbour most in the direction of the flow at (y, x), at most 60 degrees off.

    Without one it is the pixel's own. One-pixel lines need this: a walk between pixels falls off them.
    """
    height, width = probability.shape
    flow_y = np.int64(packed[y, x]) >> 8
    flow_x = np.int64(np.int8(packed[y, x]))
    best = y * width + x
    best_score = 0.5 * np.sqrt(float(flow_y * flow_y + flow_x * flow_x))
    for row in range(max(y - 1, 0), min(y + 2, height)):
        for column in range(max(x - 1, 0), min(x + 2, width)):
            if (row == y and column == x) or probability[row, column] < threshold:
                continue
            along = float(flow_y * (row - y) + flow_x * (column - x))
            score = along if row == y or column == x else along * 0.7071067811865476
            if score > best_score:
                best_score = score
                best = row * width + column
    return best


@njit(cache=True, nogil=True)
def walk_rows(probability, threshold, packed, start, stop, target):  # type: ignore[no-untyped-def]
    """Write into ``target`` (H, W) the flat index of the pixel where each foreground pixel's walk ends.

    Background points to itself; a pixel whose walk leaves the foreground, or stays, points to its neighbour ahead.
    """
    height, width = target.shape
    stride = width + 1
    flat = packed.ravel()
    for y in range(start, stop):
        for x in range(width):
            own = y * width + x
            target[y, x] = own
            if probability[y, x] >= threshold:
                end_y, end_x = walk(flat, width, height, stride, y, x)
                row, column = (end_y + 32) >> 6, (end_x + 32) >> 6
                if probability[row, column] >= threshold and (row != y or column != x):
                    target[y, x] = row * width + column
                else:
                    target[y, x] = neighbour_ahead(probability, threshold, packed, y, x)


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
