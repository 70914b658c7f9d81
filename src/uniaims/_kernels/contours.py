"""Outlines of instances: pixels at the rim, and polygons traced along the edges of pixels."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def mark_outlines(labels, start, stop, out):  # type: ignore[no-untyped-def]
    """Mark in ``out`` (H, W) bool, rows start..stop, the pixels of instances with another value among 4 neighbours."""
    height, width = labels.shape
    for y in range(start, stop):
        row, above, below = labels[y], labels[max(y - 1, 0)], labels[min(y + 1, height - 1)]
        for x in range(width):
            own = row[x]
            left, right = row[max(x - 1, 0)], row[min(x + 1, width - 1)]
            out[y, x] = own != 0 and (left != own or right != own or above[x] != own or below[x] != own)


@njit(cache=True, nogil=True)
def _holds(labels, y, x, label):  # type: ignore[no-untyped-def]
    """Return whether the pixel lies in the image and has this label."""
    return 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1] and labels[y, x] == label


@njit(cache=True, nogil=True)
def trace(labels, y, x, points):  # type: ignore[no-untyped-def]
    """Walk once around the 8-connected piece whose first pixel in raster order is (y, x), clockwise on the screen.

    The corners of the polygon are midpoints of pixel edges, in half pixels (x, y) from the image's upper left corner;
    those on straight runs are left out. Writes into ``points`` (K, 2) while there is room; returns K.
    """
    label = labels[y, x]
    corner_x, corner_y = x, y
    before_x, before_y = 0, -1
    step_x, step_y = 1, 0
    count = 0
    while True:
        next_x, next_y = _turn(labels, label, corner_x + step_x, corner_y + step_y, step_x, step_y)
        if before_x != next_x or before_y != next_y:
            if count < points.shape[0]:
                points[count, 0] = corner_x + 0.5 * step_x
                points[count, 1] = corner_y + 0.5 * step_y
            count += 1
        corner_x += step_x
        corner_y += step_y
        before_x, before_y = step_x, step_y
        step_x, step_y = next_x, next_y
        if corner_x == x and corner_y == y and step_x == 1:
            return count


@njit(cache=True, nogil=True)
def _turn(labels, label, corner_x, corner_y, step_x, step_y):  # type: ignore[no-untyped-def]
    """Return the next step (x, y) along the edge at this corner, with the instance on the right-hand side."""
    left_x, left_y = step_y, -step_x
    near_x, near_y = corner_x + (step_x + left_x - 1) // 2, corner_y + (step_y + left_y - 1) // 2
    if _holds(labels, near_y, near_x, label):
        return left_x, left_y
    near_x, near_y = corner_x + (step_x - left_x - 1) // 2, corner_y + (step_y - left_y - 1) // 2
    if _holds(labels, near_y, near_x, label):
        return step_x, step_y
    return -left_x, -left_y


@njit(cache=True, nogil=True)
def trace_all(labels, places):  # type: ignore[no-untyped-def]
    """Return the polygons around the pieces that start at ``places`` (N, 2; y, x), one after the other.

    Returns:
        points (K, 2) float32 x, y in px; offsets (N + 1,) int64. A place of -1 gives a polygon without points.
    """
    offsets = np.zeros(places.shape[0] + 1, np.int64)
    nothing = np.empty((0, 2), np.float32)
    for i in range(places.shape[0]):
        count = trace(labels, places[i, 0], places[i, 1], nothing) if places[i, 0] >= 0 else 0
        offsets[i + 1] = offsets[i] + count
    points = np.empty((offsets[-1], 2), np.float32)
    for i in range(places.shape[0]):
        if places[i, 0] >= 0:
            trace(labels, places[i, 0], places[i, 1], points[offsets[i] : offsets[i + 1]])
    return points, offsets


@njit(cache=True, nogil=True)
def _run_offsets(flat, count):  # type: ignore[no-untyped-def]
    """Return where the run lengths of each label begin, (count + 1,) int64, and where its last run ends, likewise."""
    offsets = np.zeros(count + 1, np.int64)
    ends = np.zeros(count + 1, np.int64)
    before = 0
    for i in range(flat.size):
        label = flat[i]
        if label != 0:
            ends[label] = i + 1
            if label != before:
                offsets[label] += 2
        before = label
    for label in range(1, count + 1):
        offsets[label] += offsets[label - 1] + (1 if ends[label] < flat.size else 0)
    return offsets, ends


@njit(cache=True, nogil=True)
def column_runs(columns, count):  # type: ignore[no-untyped-def]
    """Return the run lengths of each label 1..count over ``columns`` (W, H), the transposed label image.

    Returns:
        counts (K,) int64: for each label background, label, background, ... in px, ending with its last label run
        and the background behind it if there is any; offsets (count + 1,) int64 into it, for label i + 1 at i.
    """
    flat = columns.ravel()
    offsets, ends = _run_offsets(flat, count)
    counts = np.empty(offsets[count], np.int64)
    place = offsets[:count].copy()
    done = np.zeros(count + 1, np.int64)
    i = 0
    while i < flat.size:
        label = flat[i]
        begin = i
        while i < flat.size and flat[i] == label:
            i += 1
        if label != 0:
            counts[place[label - 1]] = begin - done[label]
            counts[place[label - 1] + 1] = i - begin
            place[label - 1] += 2
            done[label] = i
    for label in range(1, count + 1):
        if ends[label] < flat.size:
            counts[offsets[label] - 1] = flat.size - ends[label]
    return counts, offsets


@njit(cache=True, nogil=True)
def paint_column_runs(counts, offsets, labels, columns):  # type: ignore[no-untyped-def]
    """Paint run lengths as `column_runs` gives them into ``columns`` (W, H); return whether all of them fit."""
    flat = columns.ravel()
    for i in range(labels.size):
        place = 0
        for run in range(offsets[i], offsets[i + 1]):
            if counts[run] < 0 or place + counts[run] > flat.size:
                return False
            if (run - offsets[i]) % 2 == 1:
                flat[place : place + counts[run]] = labels[i]
            place += counts[run]
    return True
