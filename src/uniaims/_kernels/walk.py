"""Where each pixel's flow leads in a few steps: from any point of an image without one gather per step.

The walk of n steps from a pixel is one step and then the walk of n - 1 steps from where that leads, interpolated
between four pixels. A step is at most 1 px, so these four are among the pixel's 3 x 3 neighbours: whole rows advance
in vector registers. A walk is then doubled twice: by the walk of the pixel nearest to where it ends.
Positions are fixed-point numbers of 1/64 px, so that every result is an exact function of the quantised fields: the
same for any order of work, tiling and number of threads.
"""

import numpy as np
from numba import njit

STEPS = 3  # Euler steps (each by the flow at the point, at most 1 px) before walks are doubled; int16 holds up to 4
DOUBLINGS = 2
REACH = STEPS << DOUBLINGS  # steps of a walk, so pixels that it may lead away
MARGIN = REACH // 2 + 1  # columns without flow at both sides of a row
RING = 16  # rows that are kept of each length of walk: a power of two, at least REACH + 1


@njit(cache=True, nogil=True)
def quantise(values, scale, low, high, start, stop, out):  # type: ignore[no-untyped-def]
    """Write ``round(values * scale)`` cut to low..high into ``out``, rows start..stop; NaN becomes 0."""
    for y in range(start, stop):
        row, line = values[y], out[y]
        for x in range(row.size):
            value = row[x] * scale
            value = value if value == value else np.float32(0)  # noqa: PLR0124
            line[x] = np.int32(np.floor(min(max(value, low), high) + np.float32(0.5)))


@njit(cache=True, nogil=True)
def _begin_row(probability, flow, threshold, y, out):  # type: ignore[no-untyped-def]
    """Write the first step from row ``y`` in 1/64 px into ``out`` (2, W + margins); 0 outside the foreground."""
    if y < 0 or y >= probability.shape[0]:
        out[:] = 0
        return
    inside = probability[y]
    for axis in range(2):
        row, steps = flow[axis, y], out[axis, MARGIN : MARGIN + inside.size]
        for x in range(inside.size):
            half = np.int16((np.int16(row[x]) + np.int16(1)) >> 1)
            steps[x] = half if inside[x] >= threshold else np.int16(0)


@njit(cache=True, nogil=True)
def _between(one, other, share):  # type: ignore[no-untyped-def]
    """Return the value ``share`` 64ths of the way from ``one`` to ``other``, rounded; int16 throughout for speed."""
    product = np.int16(np.int16(other - one) * share)
    return np.int16(one + np.int16(np.int16(product + np.int16(32)) >> 6))


@njit(cache=True, nogil=True)
def _advance_row(first, above, here, below, axis, out):  # type: ignore[no-untyped-def]
    """Write one part of a row of walks that are a step longer than those in the rows above, here and below.

    ``first`` (2, W + margins) is the row's first step; all others are (W + margins,) int16, 1/64 px.
    """
    down, right, own = first[0], first[1], first[axis]
    for x in range(1, out.size - 1):  # margins stay 0; starting at them keeps the loop out of vector registers
        near_left, near_right = here[x - 1], here[x + 1]
        above_left, above_here, above_right = above[x - 1], above[x], above[x + 1]
        below_left, below_here, below_right = below[x - 1], below[x], below[x + 1]
        far_left = below_left if down[x] > 0 else above_left
        far_here = below_here if down[x] > 0 else above_here
        far_right = below_right if down[x] > 0 else above_right
        near_side = near_right if right[x] > 0 else near_left
        far_side = far_right if right[x] > 0 else far_left
        share = np.int16(abs(right[x]))
        near, far = _between(here[x], near_side, share), _between(far_here, far_side, share)
        out[x] = np.int16(own[x] + _between(near, far, np.int16(abs(down[x]))))


@njit(cache=True, nogil=True)
def _advance(levels, y, height):  # type: ignore[no-untyped-def]
    """Bring row ``y`` from one step to ``STEPS`` of them, level by level: a level is a row behind the one before.

    ``levels`` (STEPS, RING, 2, W + margins) holds the last rows of walks of 1, 2, ... steps.
    """
    for level in range(1, STEPS):
        row = y - level
        above, here, below = (row - 1) % RING, row % RING, (row + 1) % RING
        before = levels[level - 1]
        for axis in range(2):
            if 0 <= row < height:
                out = levels[level, here, axis]
                _advance_row(levels[0, here], before[above, axis], before[here, axis], before[below, axis], axis, out)
            else:
                levels[level, here, axis] = 0


@njit(cache=True, nogil=True)
def _pack_row(walks, out):  # type: ignore[no-untyped-def]
    """Write walks (2, N) as y * 65536 + x into ``out`` (N,) int32: sums of such numbers are sums of both parts."""
    down, right = walks[0], walks[1]
    for x in range(out.size):
        out[x] = np.int32(np.int32(down[x]) << 16) + np.int32(right[x])


@njit(cache=True, nogil=True)
def _find_places(walks, y, place):  # type: ignore[no-untyped-def]
    """Write into ``place`` (W,) where the pixel nearest to the end of packed walks (W,) stands in a ring, flattened."""
    stride = np.int32(place.size + 2 * MARGIN)
    for x in range(place.size):
        right = np.int32(np.int32(walks[x] << 16) >> 16)
        down = np.int32(np.int32(walks[x] - right) >> 16)
        row = np.int32(np.int32(y) + np.int32(np.int32(down + np.int32(32)) >> 6)) & np.int32(RING - 1)
        place[x] = np.int32(row * stride) + np.int32(x + MARGIN) + np.int32(np.int32(right + np.int32(32)) >> 6)


@njit(cache=True, nogil=True)
def _double_row(ring, y, place, out):  # type: ignore[no-untyped-def]
    """Write into ``out`` (W,) row ``y`` of walks twice as long as those in ``ring`` (RING, W + margins), packed."""
    begun, anywhere = ring[y % RING, MARGIN : MARGIN + out.size], ring.ravel()
    _find_places(begun, y, place)
    for x in range(out.size):
        out[x] = np.int32(begun[x] + anywhere[np.uint64(place[x])])


@njit(cache=True, nogil=True)
def _end_row(walks, y, height, target):  # type: ignore[no-untyped-def]
    """Write into ``target`` (W,) the flat index of the pixel nearest to the end of each packed walk (W,)."""
    last_y, last_x = np.int32(height - 1), np.int32(target.size - 1)
    for x in range(target.size):
        right = np.int32(np.int32(walks[x] << 16) >> 16)
        down = np.int32(np.int32(walks[x] - right) >> 16)
        row = np.int32(np.int32(y) + np.int32(np.int32(down + np.int32(32)) >> 6))
        column = np.int32(np.int32(x) + np.int32(np.int32(right + np.int32(32)) >> 6))
        row, column = min(max(row, np.int32(0)), last_y), min(max(column, np.int32(0)), last_x)
        target[x] = np.int64(row) * target.size + column


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
def _mend_row(probability, flow, threshold, y, target, marks):  # type: ignore[no-untyped-def]
    """Point the pixels of row ``y`` whose walk leaves the foreground, or stays, to their neighbour ahead; mark ends.

    No foreground pixel leads to the background, so that what background pixels write to themselves is not lost.
    """
    inside, everywhere = probability[y], probability.ravel()
    for x in range(target.size):
        there = np.uint64(target[x])
        stays = there == np.uint64(y * target.size + x)
        if (stays | (everywhere[there] < threshold)) and inside[x] >= threshold:
            there = np.uint64(_neighbour_ahead(probability, flow, threshold, y, x))
        marks[there] = inside[x] >= threshold
        target[x] = np.int64(there) if inside[x] >= threshold else -1


@njit(cache=True, nogil=True)
def walk_rows(probability, flow, threshold, start, stop, target, marks):  # type: ignore[no-untyped-def]
    """Write into ``target`` (H, W) the flat index of the pixel where each pixel's walk ends, rows start..stop.

    Background has -1; a pixel whose walk leaves the foreground, or stays, points to its neighbour ahead.
    Only flow less than ``REACH`` rows away is read. The ends of foreground pixels become 1 in ``marks`` (H * W,) uint8.
    """
    height, width = target.shape
    levels = np.zeros((STEPS, RING, 2, width + 2 * MARGIN), np.int16)
    rings = np.zeros((DOUBLINGS, RING, width + 2 * MARGIN), np.int32)
    place, walks = np.empty(width, np.int32), np.empty(width, np.int32)
    for ahead in range(start - REACH + 1, stop + REACH - 1):
        _begin_row(probability, flow, threshold, ahead, levels[0, ahead % RING])
        _advance(levels, ahead, height)
        y = ahead - STEPS + 1
        _pack_row(levels[STEPS - 1, y % RING], rings[0, y % RING])
        for doubling in range(1, DOUBLINGS):
            y -= STEPS << (doubling - 1)
            _double_row(rings[doubling - 1], y, place, rings[doubling, y % RING, MARGIN : MARGIN + width])
            if not 0 <= y < height:
                rings[doubling, y % RING] = 0
        y = ahead - REACH + 1
        if y >= start:
            _double_row(rings[DOUBLINGS - 1], y, place, walks)
            _end_row(walks, y, height, target[y])
            _mend_row(probability, flow, threshold, y, target[y], marks)
