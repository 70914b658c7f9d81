"""Where the flow ends: pointers from pixel to pixel followed to their ends, ends that touch grouped to basins.

Only pixels where walks end, a few in a hundred, are followed; all others take over what becomes of the pixel they lead
to. Which they are is marked in one byte per pixel, read eight at a time; they are numbered from 1, and their numbers
stand in the place of their pointers, as ~number. So does the background: ~0 is -1.
"""

import numpy as np
from numba import njit

from uniaims._kernels.components import unite

HOPS = 8  # walks in a row that are chased before they are doubled
EACH_BYTE = np.uint64(0x0101010101010101)


@njit(cache=True, nogil=True)
def count_marks(words, start, stop):  # type: ignore[no-untyped-def]
    """Return how many bytes are 1, not 0, in ``words`` (uint64), start..stop."""
    count = np.uint64(0)
    for word in range(start, stop):  # the product adds the eight bytes in its highest one
        count += (words[word] * EACH_BYTE) >> np.uint64(56)
    return count


@njit(cache=True, nogil=True)
def list_marks(words, start, stop, number, target):  # type: ignore[no-untyped-def]
    """Return the marked pixels among the eight of each of the ``words`` (uint64) start..stop, and their targets, (K,).

    Both are flat indices. In ``target`` (H * W,) their numbers take their place: ``number`` for the first, and so on.
    """
    marks = words.view(np.uint8)
    count = count_marks(words, start, stop)
    places, ahead = np.empty(count + 1, target.dtype), np.empty(count + 1, target.dtype)
    item = np.uint64(0)
    for word in range(start, stop):
        if words[word] != 0:
            for place in range(8 * word, min(8 * word + 8, target.size)):  # few branches: marks are hard to guess
                places[item], ahead[item] = place, target[place]
                target[place] = ~(number + np.int64(item)) if marks[place] else target[place]
                item += np.uint64(marks[place])
    return places[:count], ahead[:count]


@njit(cache=True, nogil=True)
def link(ahead, target, start, stop, out):  # type: ignore[no-untyped-def]
    """Write into ``out`` the number of the pixel that each listed pixel, start..stop, leads to."""
    for item in range(start, stop):
        out[item] = ~target[ahead[item]]


@njit(cache=True, nogil=True)
def chase(link, start, stop, out):  # type: ignore[no-untyped-def]
    """Follow ``link`` for up to ``HOPS`` hops into ``out``, items start..stop; return how many could go on.

    A chase ends at what points to itself; of two that point to each other it ends at the first.
    """
    open_ends = 0
    for item in range(start, stop):
        here = link[item]
        there = link[here]
        hops = 1
        while there != here and hops < HOPS:
            after = link[there]
            if after == here:
                here = min(here, there)
                there = here
                break
            here, there = there, after
            hops += 1
        open_ends += there != here
        out[item] = there
    return open_ends


@njit(cache=True, nogil=True)
def double(link, start, stop, out):  # type: ignore[no-untyped-def]
    """Write ``link[link]`` into ``out``, items start..stop; return how many differ from ``link``."""
    changed = 0
    for item in range(start, stop):
        near = link[item]
        far = link[near]
        changed += far != near
        out[item] = far
    return changed


@njit(cache=True, nogil=True)
def _unite_near(parent, is_end, target, place, item):  # type: ignore[no-untyped-def]
    """Join an end with the ends among its neighbours to the left and above."""
    width = target.shape[1]
    y, x = place // width, place % width
    for row, first, last in ((y, x - 1, x), (y - 1, x - 1, x + 2)):
        for column in range(max(first, 0), min(last, width)):
            if row >= 0 and target[row, column] < 0 and is_end[~target[row, column]]:
                unite(parent, ~target[row, column], item)


@njit(cache=True, nogil=True)
def group_ends(link, places, target):  # type: ignore[no-untyped-def]
    """Return the group (K,) int32 of each listed pixel, 1..N by the first of the group's ends, and N.

    Ends that touch, 8-connected, are one group. ``target`` (H, W) holds the numbers of listed pixels; 0 is none.
    """
    is_end = np.zeros(link.size, np.bool_)
    for item in range(1, link.size):
        is_end[link[item]] = True
    parent = np.arange(link.size)
    for item in range(1, link.size):
        if is_end[item]:
            _unite_near(parent, is_end, target, places[item], item)
    group = np.zeros(link.size, np.int32)
    count = 0
    for item in range(1, link.size):
        if is_end[item]:
            parent[item] = parent[parent[item]]
            if parent[item] == item:
                count += 1
                group[item] = count
            group[item] = group[parent[item]]
    return group[link], count


@njit(cache=True, nogil=True)
def name_places(places, group, start, stop, target):  # type: ignore[no-untyped-def]
    """Write the group of each listed pixel, start..stop, in the place of its number into ``target`` (H * W)."""
    for item in range(max(start, 1), stop):
        target[places[item]] = ~group[item]


@njit(cache=True, nogil=True)
def basin_runs(target, start, stop):  # type: ignore[no-untyped-def]
    """Return the runs, as `components.find_runs` does, of the basins of rows start..stop.

    ``target`` (H, W) holds groups in place of pointers for listed pixels; all others have that of their target.
    """
    width, everywhere = target.shape[1], target.ravel()
    first = np.zeros(stop - start + 1, np.int64)
    starts, values = np.empty(2 * width + 16, np.int32), np.empty(2 * width + 16, np.uint32)
    row = np.empty(width, np.uint32)
    count = np.int64(0)
    for y in range(start, stop):
        if count + width + 1 > starts.size:
            starts, values = np.append(starts, np.empty_like(starts)), np.append(values, np.empty_like(values))
        here = target[y]
        for x in range(width):
            there = everywhere[np.uint64(max(here[x], 0))]
            row[x] = ~(here[x] if here[x] < 0 else there)
        starts[count] = 0
        after = np.uint64(count + 1)
        for x in range(1, width):  # without branches: what does not begin a run is overwritten
            starts[after] = x
            after += np.uint64(row[x] != row[x - 1])
        for run in range(count, np.int64(after)):
            values[run] = row[starts[run]]
        count = np.int64(after)
        first[y - start + 1] = count
    return first, starts[:count], values[:count]
