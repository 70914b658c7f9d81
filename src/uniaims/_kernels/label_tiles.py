"""Tiles of label images: runs, the next coarser level, and what is known of each instance."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def find_runs(tile):  # type: ignore[no-untyped-def]
    """Runs (R, 2) uint32, length and number, of a tile (h, w) uint32 in raster order, on over the ends of rows."""
    height, width = tile.shape
    count, before = 0, np.int64(-1)
    for y in range(height):
        for x in range(width):
            if tile[y, x] != before:
                before = np.int64(tile[y, x])
                count += 1
    runs = np.empty((count, 2), np.uint32)
    used, before, length = -1, np.int64(-1), np.uint32(0)
    for y in range(height):
        for x in range(width):
            if tile[y, x] != before:
                if used >= 0:
                    runs[used, 0] = length
                before, length = np.int64(tile[y, x]), np.uint32(0)
                used += 1
                runs[used, 1] = tile[y, x]
            length += np.uint32(1)
    if used >= 0:
        runs[used, 0] = length
    return runs


@njit(cache=True, nogil=True)
def paint_runs(runs, tile):  # type: ignore[no-untyped-def]
    """Write runs (R, 2) into a tile (h, w) uint32; whether they cover it exactly."""
    flat = tile.reshape(-1)
    place = np.int64(0)
    for i in range(len(runs)):
        stop = place + np.int64(runs[i, 0])
        if stop > flat.size or stop == place:
            return False
        flat[place:stop] = runs[i, 1]
        place = stop
    return place == flat.size


@njit(cache=True, nogil=True)
def _position(numbers, number):  # type: ignore[no-untyped-def]
    """Where a number stands among rising ones, -1 if it does not."""
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low if low < len(numbers) and numbers[low] == number else -1


@njit(cache=True, nogil=True)
def _is_better(number, count, best, best_count, areas):  # type: ignore[no-untyped-def]
    """Whether a number wins over another: more pixels, an instance, of smaller area, the smaller number."""
    if count != best_count:
        return count > best_count
    if best == 0:
        return number != 0
    if number == 0:
        return False
    own_area = areas[number] if number < len(areas) else 0
    other_area = areas[best] if best < len(areas) else 0
    return own_area < other_area if own_area != other_area else number < best


@njit(cache=True, nogil=True)
def _mode(four, areas):  # type: ignore[no-untyped-def]
    """The number that wins among four."""
    best, best_count = four[0], 0
    for i in range(4):
        count = 0
        for j in range(4):
            count += four[j] == four[i]
        if _is_better(four[i], count, best, best_count, areas):
            best, best_count = four[i], count
    return best


@njit(cache=True, nogil=True)
def halve(fine, areas):  # type: ignore[no-untyped-def]
    """The next coarser level (h / 2, w / 2) of labels (h, w) uint32 with even sides: the mode of each 2 x 2.

    Ties go to an instance over background, then to the one of smaller area, then to the smaller number. ``areas``
    (largest number + 1,) are those of the instances, by number.
    """
    coarse = np.empty((fine.shape[0] // 2, fine.shape[1] // 2), np.uint32)
    four = np.empty(4, np.uint32)
    for y in range(coarse.shape[0]):
        upper, lower = fine[2 * y], fine[2 * y + 1]
        for x in range(coarse.shape[1]):
            first = upper[2 * x]
            if first == upper[2 * x + 1] and first == lower[2 * x] and first == lower[2 * x + 1]:
                coarse[y, x] = first
                continue
            four[0], four[1], four[2], four[3] = first, upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]
            coarse[y, x] = _mode(four, areas)
    return coarse


@njit(cache=True, nogil=True)
def _pixels_up_to(tile, number, box, level, most):  # type: ignore[no-untyped-def]
    """How many pixels of a number lie in the part of a box of level 0 that a tile shows; counting ends at ``most``."""
    count, height, width = 0, tile.shape[0], tile.shape[1]
    for y in range(max(box[0] >> level, 0), min(((box[2] - 1) >> level) + 1, height)):
        for x in range(max(box[1] >> level, 0), min(((box[3] - 1) >> level) + 1, width)):
            if tile[y, x] == number:
                count += 1
                if count == most:
                    return count
    return count


@njit(cache=True, nogil=True)
def rescue(tile, wanted, places, numbers, boxes, corner, level):  # type: ignore[no-untyped-def]
    """Give each wanted instance that has no pixel in a coarse tile (h, w) the one over its representative pixel.

    It is taken from background, or from an instance that has another one there.

    Args:
        tile: changed in place.
        wanted: (K,) where the instances stand in ``numbers``, rising.
        places: (K, 2) row and column in the tile of their representative pixels.
        numbers: (N,) uint32, rising: all instances.
        boxes: (N, 4) int64, top, left, bottom, right in pixels of level 0.
        corner: (2,) int64, the first row and column of level 0 that the tile shows.
        level: of the tile.
    """
    own_box, other_box = np.empty(4, np.int64), np.empty(4, np.int64)
    for i in range(len(wanted)):
        own = wanted[i]
        y, x = places[i, 0], places[i, 1]
        for k in range(4):
            own_box[k] = boxes[own, k] - corner[k % 2]
        if tile[y, x] == numbers[own] or _pixels_up_to(tile, numbers[own], own_box, level, 1):
            continue
        holder = _position(numbers, tile[y, x])
        is_spare = tile[y, x] == 0
        if holder >= 0:
            for k in range(4):
                other_box[k] = boxes[holder, k] - corner[k % 2]
            is_spare = _pixels_up_to(tile, tile[y, x], other_box, level, 2) == 2
        if is_spare:
            tile[y, x] = numbers[own]


@njit(cache=True, nogil=True)
def measure_all(labels, areas, sums, boxes, places):  # type: ignore[no-untyped-def]
    """Area, sums, box and representative pixel of all numbers of labels (H, W) uint32, by number.

    Args:
        labels: numbers below ``len(areas)``.
        areas: (M,) int64, 0 before.
        sums: (M, 2) int64, 0 before: of rows and columns.
        boxes: (M, 4) int32: top, left, bottom, right; zeros before and where there is no pixel.
        places: (M, 2) int32, row and column of the median one of the pixels in raster order.
    """
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            number = labels[y, x]
            if number == 0:
                continue
            box = boxes[number]
            if areas[number] == 0:
                box[0], box[1], box[2], box[3] = y, x, y + 1, x + 1
            box[1], box[2], box[3] = min(box[1], x), y + 1, max(box[3], x + 1)
            areas[number] += 1
            sums[number, 0] += y
            sums[number, 1] += x
    seen = np.zeros(len(areas), np.int64)
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            number = labels[y, x]
            if number:
                if seen[number] == (areas[number] - 1) // 2:
                    places[number, 0], places[number, 1] = y, x
                seen[number] += 1


@njit(cache=True, nogil=True)
def measure_one(labels, number):  # type: ignore[no-untyped-def]
    """Area, sum of rows, sum of columns, top, left, bottom, right, row and column of the median pixel, (9,) int64.

    Of one number in labels (H, W); all 0 if it is not there.
    """
    found = np.zeros(9, np.int64)
    counts = np.zeros(labels.shape[0], np.int64)
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            if labels[y, x] == number:
                if found[0] == 0:
                    found[3], found[4] = y, x
                found[4], found[5], found[6] = min(found[4], x), y + 1, max(found[6], x + 1)
                found[0] += 1
                found[1] += y
                found[2] += x
                counts[y] += 1
    rest = (found[0] - 1) // 2
    for y in range(labels.shape[0]):
        if rest < counts[y]:
            for x in range(labels.shape[1]):
                rest -= labels[y, x] == number
                if rest < 0:
                    found[7], found[8] = y, x
                    return found
        rest -= counts[y]
    return found


@njit(cache=True, nogil=True)
def count_changes(before, after, lost, gained):  # type: ignore[no-untyped-def]
    """Add to ``lost`` and ``gained`` (largest number + 1,) int64 the pixels that each has only before, only after.

    ``before`` and ``after`` (h, w) uint32.
    """
    for y in range(before.shape[0]):
        for x in range(before.shape[1]):
            old, new = before[y, x], after[y, x]
            if old != new:
                if old:
                    lost[old] += 1
                if new:
                    gained[new] += 1
