"""Connected components over runs: a run is a stretch of equal labels in one row, so the work is O(runs), not O(pixels).

Instances are 8-connected, the background is 4-connected.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def find_runs(labels):  # type: ignore[no-untyped-def]
    """Return the runs of ``labels`` (H, W) in raster order, background included.

    Returns:
        first (H + 1,): index of the first run of each row; start (R,): first column; value (R,): label. A run ends
        where the next one of its row starts, or at W.
    """
    height, width = labels.shape
    first = np.zeros(height + 1, np.int64)
    for y in range(height):
        row = labels[y]
        count = 1
        for x in range(1, width):
            count += row[x] != row[x - 1]
        first[y + 1] = first[y] + count
    start = np.empty(first[height], np.int32)
    value = np.empty(first[height], labels.dtype)
    for y in range(height):
        row = labels[y]
        run = first[y]
        start[run] = 0
        value[run] = row[0]
        for x in range(1, width):
            if row[x] != row[x - 1]:
                run += 1
                start[run] = x
                value[run] = row[x]
    return first, start, value


@njit(cache=True, nogil=True)
def root_of(parent, item):  # type: ignore[no-untyped-def]
    """Return the root of ``item`` and halve the path to it."""
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@njit(cache=True, nogil=True)
def unite(parent, one, other):  # type: ignore[no-untyped-def]
    """Join two sets; the smaller index becomes the root, so the result does not depend on the order of the calls."""
    one = root_of(parent, one)
    other = root_of(parent, other)
    if one < other:
        parent[other] = one
    else:
        parent[one] = other


@njit(cache=True, nogil=True)
def _hang_on(parent, one, last):  # type: ignore[no-untyped-def]
    """Join the set of ``one`` and that of ``last``, the latest item, whose parent is a root."""
    root = root_of(parent, one)
    if parent[last] == last:
        parent[last] = root
    elif parent[last] != root:
        unite(parent, root, parent[last])
        parent[last] = min(root, parent[last])


@njit(cache=True, nogil=True)
def join_runs(first, start, value, width):  # type: ignore[no-untyped-def]
    """Return for each run the first run (in raster order) of its connected component, (R,) int64.

    Runs side by side may have the same value: they belong together.
    """
    parent = np.arange(start.size)
    for run in range(1, first[1]):
        if value[run] == value[run - 1]:
            parent[run] = parent[run - 1]
    for y in range(1, first.size - 1):
        above = first[y - 1]
        for here in range(first[y], first[y + 1]):
            here_stop = start[here + 1] if here + 1 < first[y + 1] else width
            if here > first[y] and value[here] == value[here - 1]:
                parent[here] = root_of(parent, here - 1)
            reach = 1 if value[here] != 0 else 0
            while above + 1 < first[y] and start[above + 1] + reach <= start[here]:
                above += 1
            near = above
            while near < first[y] and start[near] < here_stop + reach:
                if value[near] == value[here]:
                    _hang_on(parent, near, here)
                near += 1
    for run in range(parent.size):
        parent[run] = parent[parent[run]]
    return parent


@njit(cache=True, nogil=True)
def piece_areas(first, start, parent, width):  # type: ignore[no-untyped-def]
    """Return the area in px of each component at the index of its root run, 0 elsewhere, (R,) int64."""
    areas = np.zeros(parent.size, np.int64)
    for y in range(first.size - 1):
        for run in range(first[y], first[y + 1]):
            stop = start[run + 1] if run + 1 < first[y + 1] else width
            areas[parent[run]] += stop - start[run]
    return areas


@njit(cache=True, nogil=True)
def largest_pieces(first, start, value, parent, width, count):  # type: ignore[no-untyped-def]
    """Return (count + 1, 2) int64: y, x of the first pixel of each label's largest piece, -1 where there is none."""
    areas = piece_areas(first, start, parent, width)
    best = np.zeros(count + 1, np.int64)
    place = np.full((count + 1, 2), -1, np.int64)
    for y in range(first.size - 1):
        for run in range(first[y], first[y + 1]):
            label = value[run]
            if label != 0 and areas[run] > best[label]:
                best[label] = areas[run]
                place[label, 0] = y
                place[label, 1] = start[run]
    return place


@njit(cache=True, nogil=True)
def _note_neighbour(around, root, label):  # type: ignore[no-untyped-def]
    """Remember the one label around a hole; -2 once there are several."""
    if around[root] == -1:
        around[root] = label
    elif around[root] != np.int64(label):
        around[root] = -2


@njit(cache=True, nogil=True)
def _note_row(around, root, begin, end, start, value, left, right):  # type: ignore[no-untyped-def]
    """Note the instances among the runs begin..end of a row that share columns left..right with a background run."""
    low, high = begin, end - 1
    while low < high:  # the last run that starts at or before `left`
        middle = (low + high + 1) // 2
        if start[middle] <= left:
            low = middle
        else:
            high = middle - 1
    while low < end and start[low] < right:
        if value[low] != 0:
            _note_neighbour(around, root, value[low])
        low += 1


@njit(cache=True, nogil=True)
def _open_border(around, first, value, parent):  # type: ignore[no-untyped-def]
    """Note background components that reach the image border as surrounded by nothing."""
    for run in range(first[1]):
        if value[run] == 0:
            around[parent[run]] = -2
    for y in range(1, first.size - 1):
        inner = y < first.size - 2
        for run in range(first[y], first[y + 1]):
            if value[run] == 0 and not (inner and first[y] < run < first[y + 1] - 1):
                around[parent[run]] = -2


@njit(cache=True, nogil=True)
def surrounding_labels(first, start, value, parent):  # type: ignore[no-untyped-def]
    """Return for each background component (at its root run) the only label around it, (R,) int64.

    -2 stands for none or several: it touches the image border, or more than one label.
    """
    around = np.full(parent.size, -1, np.int64)
    _open_border(around, first, value, parent)
    for y in range(1, first.size - 2):
        for run in range(first[y], first[y + 1]):
            root = parent[run]
            if value[run] != 0 or around[root] == -2:
                continue
            left, right = start[run], start[run + 1]
            _note_neighbour(around, root, value[run - 1])
            _note_neighbour(around, root, value[run + 1])
            _note_row(around, root, first[y - 1], first[y], start, value, left, right)
            _note_row(around, root, first[y + 1], first[y + 2], start, value, left, right)
    return around


@njit(cache=True, nogil=True)
def clean_runs(first, start, value, width, count, minimum_area, hole_share):  # type: ignore[no-untyped-def]
    """Return the labels of the runs after cleaning, (R,) uint32, and how many instances are left.

    Pieces below ``minimum_area`` px go; holes up to ``hole_share`` of their instance's area that touch nothing else
    are filled; what is left is renumbered 1..N in raster order. ``count`` is the highest label before.
    """
    parent = join_runs(first, start, value, width)
    areas = piece_areas(first, start, parent, width)
    totals = np.zeros(count + 1, np.int64)
    kept = value.copy()
    for run in range(kept.size):
        if value[run] != 0 and areas[parent[run]] < minimum_area:
            kept[run] = 0
        elif value[run] != 0 and parent[run] == run:
            totals[value[run]] += areas[run]
    if hole_share > 0:
        around = surrounding_labels(first, start, value, parent)
        for run in range(kept.size):
            label = around[parent[run]]
            if value[run] == 0 and label > 0 and areas[parent[run]] <= hole_share * totals[label]:
                kept[run] = label
    number = np.zeros(count + 1, np.uint32)
    instances = 0
    for run in range(kept.size):
        label = kept[run]
        if label != 0:
            if number[label] == 0:
                instances += 1
                number[label] = instances
            kept[run] = number[label]
    return kept, instances


@njit(cache=True, nogil=True)
def paint_runs(first, start, value, begin, end, out):  # type: ignore[no-untyped-def]
    """Write the value of each run into ``out`` (H, W), rows begin..end."""
    width = out.shape[1]
    for y in range(begin, end):
        row = out[y]
        for run in range(first[y], first[y + 1]):
            stop = start[run + 1] if run + 1 < first[y + 1] else width
            for x in range(start[run], stop):
                row[x] = value[run]
