"""Run lengths of instances inside their own boxes: from and to whole-image run lengths, polygons, bytes and labels.

Everywhere runs go down the columns, from left to right; those of one instance alternate background, instance,
background, ..., and end with its last run.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def boxes_around(counts, offsets, height):  # type: ignore[no-untyped-def]
    """Boxes (N, 4) int32, see `uniaims.boxes`, of whole-image run lengths; zeros where there is no pixel."""
    boxes = np.zeros((offsets.size - 1, 4), np.int32)
    for i in range(offsets.size - 1):
        place, top, bottom, left, right = 0, height, 0, -1, -1
        for run in range(offsets[i], offsets[i + 1]):
            stop = place + counts[run]
            if (run - offsets[i]) % 2 == 1 and counts[run] > 0:
                if left < 0:
                    left = place // height
                right = (stop - 1) // height + 1
                wraps = place // height != (stop - 1) // height
                top = 0 if wraps else min(top, place % height)
                bottom = height if wraps else max(bottom, (stop - 1) % height + 1)
            place = stop
        if left >= 0:
            boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3] = top, left, bottom, right
    return boxes


@njit(cache=True, nogil=True)
def into_boxes(counts, offsets, boxes, height):  # type: ignore[no-untyped-def]
    """Run lengths inside ``boxes`` of whole-image run lengths: counts (K,) uint32 and offsets (N + 1,) int64."""
    inner = np.empty(counts.size, np.uint32)
    ends = np.zeros(offsets.size, np.int64)
    used = 0
    for i in range(offsets.size - 1):
        top, left, side = boxes[i, 0], boxes[i, 1], boxes[i, 2] - boxes[i, 0]
        place, done = 0, 0
        for run in range(offsets[i], offsets[i + 1]):
            if (run - offsets[i]) % 2 == 1 and counts[run] > 0:
                start = (place // height - left) * side + place % height - top
                if start == done and used > ends[i]:
                    inner[used - 1] += np.uint32(counts[run])
                else:
                    inner[used], inner[used + 1] = start - done, counts[run]
                    used += 2
                done = start + counts[run]
            place += counts[run]
        ends[i + 1] = used
    return inner[:used].copy(), ends


@njit(cache=True, nogil=True)
def out_of_box(counts, box, height):  # type: ignore[no-untyped-def]
    """Whole-image run lengths (K,) int64 of one instance, ending with its last run."""
    side = box[2] - box[0]
    pieces = 0
    for run in range(1, counts.size, 2):
        pieces += 2 + 2 * (int(counts[run]) // max(side, 1) + 1)
    outer = np.empty(pieces, np.int64)
    used, place, done = 0, 0, 0
    for run in range(counts.size):
        stop = place + int(counts[run])
        while run % 2 == 1 and place < stop:
            column, row = place // side, place % side
            length = min(stop - place, side - row)
            start = (box[1] + column) * height + box[0] + row
            if start == done and used > 0:
                outer[used - 1] += length
            else:
                outer[used], outer[used + 1] = start - done, length
                used += 2
            done = start + length
            place += length
        place = stop
    return outer[:used].copy()


@njit(cache=True, nogil=True)
def paint(counts, offsets, boxes, numbers, labels):  # type: ignore[no-untyped-def]
    """Write the number of each instance into its pixels of ``labels`` (H, W), one after the other."""
    for i in range(numbers.size):
        side, place = boxes[i, 2] - boxes[i, 0], 0
        for run in range(offsets[i], offsets[i + 1]):
            stop = place + int(counts[run])
            if (run - offsets[i]) % 2 == 1:
                column, row = place // side, place % side
                for _ in range(place, stop):
                    labels[boxes[i, 0] + row, boxes[i, 1] + column] = numbers[i]
                    row += 1
                    if row == side:
                        row, column = 0, column + 1
            place = stop


@njit(cache=True, nogil=True)
def areas(counts, offsets):  # type: ignore[no-untyped-def]
    """Pixels (N,) int64 of each instance."""
    found = np.zeros(offsets.size - 1, np.int64)
    for i in range(offsets.size - 1):
        for run in range(offsets[i] + 1, offsets[i + 1], 2):
            found[i] += counts[run]
    return found


@njit(cache=True, nogil=True)
def lengths_in_boxes(counts, offsets):  # type: ignore[no-untyped-def]
    """Pixels (N,) int64 that the runs of each instance, background included, go over."""
    found = np.zeros(offsets.size - 1, np.int64)
    for i in range(offsets.size - 1):
        for run in range(offsets[i], offsets[i + 1]):
            found[i] += counts[run]
    return found


@njit(cache=True, nogil=True)
def encode(counts, offsets):  # type: ignore[no-untyped-def]
    """Run lengths as LEB128 variable-length bytes (K,) uint8 and the offsets (N + 1,) int64 of each instance."""
    code = np.empty(5 * counts.size, np.uint8)
    ends = np.zeros(offsets.size, np.int64)
    used = 0
    for i in range(offsets.size - 1):
        for run in range(offsets[i], offsets[i + 1]):
            value = np.uint32(counts[run])
            while value >= 128:
                code[used] = np.uint8(value & 127) | np.uint8(128)
                value >>= np.uint32(7)
                used += 1
            code[used] = np.uint8(value)
            used += 1
        ends[i + 1] = used
    return code[:used].copy(), ends


@njit(cache=True, nogil=True)
def decode(code, offsets):  # type: ignore[no-untyped-def]
    """Run lengths (K,) uint32 and their offsets (N + 1,) from LEB128 bytes; a byte left open ends its number."""
    counts = np.empty(code.size, np.uint32)
    ends = np.zeros(offsets.size, np.int64)
    used = 0
    for i in range(offsets.size - 1):
        value, shift = np.uint64(0), np.uint64(0)
        for place in range(offsets[i], offsets[i + 1]):
            value |= np.uint64(code[place] & 127) << shift
            shift += np.uint64(7)
            if code[place] < 128 or shift > 28 or place == offsets[i + 1] - 1:
                counts[used] = np.uint32(value & np.uint64(0xFFFFFFFF))
                used += 1
                value, shift = np.uint64(0), np.uint64(0)
        ends[i + 1] = used
    return counts[:used].copy(), ends


@njit(cache=True, nogil=True)
def _crossing(y, xa, ya, xb, yb):  # type: ignore[no-untyped-def]
    """Where the edge from (xa, ya) to (xb, yb) crosses the height y, for any finite numbers."""
    rise, product = yb - ya, (y - ya) * (xb - xa)
    if np.isfinite(rise) and np.isfinite(product):
        return xa + product / rise
    share = (0.5 * y - 0.5 * ya) / (0.5 * yb - 0.5 * ya)
    return xa * (1.0 - share) + xb * share


@njit(cache=True, nogil=True)
def fill(points, offsets, left, top, marks):  # type: ignore[no-untyped-def]
    """Set in ``marks`` (h, w) uint8, 0 before, the pixels whose centre lies inside rings, by the even-odd rule.

    Each edge flips everything to its right; what is flipped an odd number of times is inside. ``points`` (K, 2) float64
    x, y; ``offsets`` (R + 1,) where the rings begin; the upper left pixel of ``marks`` is (left, top).
    """
    height, width = marks.shape
    for ring in range(offsets.size - 1):
        for i in range(offsets[ring], offsets[ring + 1]):
            after = i + 1 if i + 1 < offsets[ring + 1] else offsets[ring]
            xa, ya, xb, yb = points[i, 0], points[i, 1], points[after, 0], points[after, 1]
            if ya > yb:
                xa, ya, xb, yb = xb, yb, xa, ya
            # Cut in floats: whole numbers of 64 bits run over where corners lie far out.
            first = int(min(max(np.ceil(ya - 0.5), top), top + height))
            last = int(min(max(np.ceil(yb - 0.5), top), top + height))
            for y in range(first, last):
                x = _crossing(y + 0.5, xa, ya, xb, yb)
                column = int(min(max(np.ceil(x - 0.5) - left, 0.0), width))
                if column < width:
                    marks[y - top, column] ^= 1
    for y in range(height):
        for x in range(1, width):
            marks[y, x] ^= marks[y, x - 1]


@njit(cache=True, nogil=True)
def _in(mask, y, x):  # type: ignore[no-untyped-def]
    return 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x]


@njit(cache=True, nogil=True)
def _walk(mask, y, x, seen, points, count):  # type: ignore[no-untyped-def]
    """Go once around, from the upper edge of pixel (y, x), with the instance on the right; return the new count."""
    corner_x, corner_y, step_x, step_y = x, y, 1, 0
    before_x, before_y = 0, 0
    start = count
    while not (corner_x == x and corner_y == y and step_x == 1 and before_x + before_y != 0):
        if step_x == 1:
            seen[corner_y, corner_x] = True
        ahead_x, ahead_y = corner_x + step_x, corner_y + step_y
        left_x, left_y = step_y, -step_x
        next_x, next_y = -left_x, -left_y
        if _in(mask, ahead_y + (step_y + left_y - 1) // 2, ahead_x + (step_x + left_x - 1) // 2):
            next_x, next_y = left_x, left_y
        elif _in(mask, ahead_y + (step_y - left_y - 1) // 2, ahead_x + (step_x - left_x - 1) // 2):
            next_x, next_y = step_x, step_y
        if before_x != next_x or before_y != next_y:
            points[count, 0], points[count, 1] = corner_x + 0.5 * step_x, corner_y + 0.5 * step_y
            count += 1
        corner_x, corner_y = ahead_x, ahead_y
        before_x, before_y, step_x, step_y = step_x, step_y, next_x, next_y
    return max(count, start)


@njit(cache=True, nogil=True)
def trace_rings(mask):  # type: ignore[no-untyped-def]
    """Outlines of a mask (h, w) bool through the midpoints of pixel edges; its pieces are 8-connected, holes are not.

    Returns:
        points (K, 2) float64 x, y and offsets (R + 1,) int64: outer rings run clockwise on the screen, holes the other
        way round.
    """
    height, width = mask.shape
    edges, rings = 0, 0
    for y in range(height):
        for x in range(width):
            if mask[y, x]:
                edges += 4 - _in(mask, y - 1, x) - _in(mask, y + 1, x) - _in(mask, y, x - 1) - _in(mask, y, x + 1)
                rings += not _in(mask, y - 1, x)
    points = np.empty((edges, 2), np.float64)
    offsets = np.zeros(rings + 1, np.int64)
    seen = np.zeros((height, width), np.bool_)
    used, count = 0, 0
    for y in range(height):
        for x in range(width):
            if mask[y, x] and not _in(mask, y - 1, x) and not seen[y, x]:
                count = _walk(mask, y, x, seen, points, count)
                used += 1
                offsets[used] = count
    return points[:count].copy(), offsets[: used + 1].copy()
