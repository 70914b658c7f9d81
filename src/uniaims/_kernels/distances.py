"""Boxes of instances, and exact Euclidean distances inside one of them."""

import numpy as np
from numba import njit

NEAR_SEARCH = 32  # px; up to this depth a search beats the envelope of parabolas


@njit(cache=True, nogil=True)
def bounding_boxes(labels, count):  # type: ignore[no-untyped-def]
    """Return (count + 1, 5) int64: top, left, bottom, right (exclusive) and area of the labels 0..count."""
    boxes = np.zeros((count + 1, 5), np.int64)
    height, width = labels.shape
    boxes[:, 0] = height
    boxes[:, 1] = width
    for y in range(height):
        x = 0
        while x < width:
            label = labels[y, x]
            start = x
            while x < width and labels[y, x] == label:
                x += 1
            box = boxes[label]
            box[0] = min(box[0], y)
            box[1] = min(box[1], start)
            box[2] = max(box[2], y + 1)
            box[3] = max(box[3], x)
            box[4] += x - start
    return boxes


@njit(cache=True, nogil=True)
def squared_distances(mask, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (H, W) int64 with each pixel's squared distance to the nearest pixel where ``mask`` is 0.

    ``mask`` (H, W) must have a rim of zeros. Meijster, Roerdink and Hesselink, "A general algorithm for computing
    distance transforms in linear time", 2000.
    """
    height, width = mask.shape
    for x in range(width):
        out[0, x] = 0
    for y in range(1, height):
        for x in range(width):
            out[y, x] = out[y - 1, x] + 1 if mask[y, x] else 0
    for y in range(height - 2, -1, -1):
        for x in range(width):
            out[y, x] = min(out[y, x], out[y + 1, x] + 1)
    site = np.empty(width, np.int64)
    start = np.empty(width, np.int64)
    column = np.empty(width, np.int64)
    shallow = out.max() <= NEAR_SEARCH
    for y in range(1, height - 1):
        if shallow:
            _row_search(out[y], column)
        else:
            _row_envelope(out[y], column, site, start)


@njit(cache=True, nogil=True)
def _row_search(row, column):  # type: ignore[no-untyped-def]
    """Do as `_row_envelope`, by looking to both sides until nothing nearer is possible: quicker where that is near."""
    for x in range(row.size):
        column[x] = row[x] * row[x]
    for x in range(row.size):
        nearest = column[x]
        step = 1
        while step * step < nearest:
            nearest = min(nearest, step * step + min(column[x - step], column[x + step]))
            step += 1
        row[x] = nearest


@njit(cache=True, nogil=True)
def _row_envelope(row, column, site, start):  # type: ignore[no-untyped-def]
    """Replace vertical distances in ``row`` by squared distances in the plane: the lower envelope of parabolas."""
    width = row.size
    last = 0
    site[0] = 0
    start[0] = 0
    for x in range(width):
        column[x] = row[x] * row[x]
    for x in range(1, width):
        while last >= 0:
            gap = start[last] - site[last]
            if gap * gap + column[site[last]] <= (start[last] - x) * (start[last] - x) + column[x]:
                break
            last -= 1
        if last < 0:
            last = 0
            site[0] = x
            continue
        other = site[last]
        begin = 1 + (x * x - other * other + column[x] - column[other]) // (2 * (x - other))
        if begin < width:
            last += 1
            site[last] = x
            start[last] = begin
    for x in range(width - 1, -1, -1):
        gap = x - site[last]
        row[x] = gap * gap + column[site[last]]
        if x == start[last]:
            last -= 1
