"""Patches: runs of pixels with their old and new numbers, from and to bytes, and on tiles.

A run is a row of int64: row, column, length, old number, new number (`RUN_COLUMNS`).
"""

import numpy as np
from numba import njit

ROW, COLUMN, LENGTH, OLD, NEW = range(5)
RUN_COLUMNS = 5
WHOLE, CUT_OFF, TOO_LARGE, OUTSIDE, EMPTY, SAME, TOO_MANY = range(7)
"""What `decode` says of bytes."""
_LARGEST = 0xFFFFFFFF


@njit(cache=True, nogil=True)
def _take(code, place):  # type: ignore[no-untyped-def]
    """The LEB128 number at a place and the place behind it; a fault instead, as a negative number."""
    value, shift = np.int64(0), 0
    while place < code.size:
        byte = np.int64(code[place])
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if value > _LARGEST or shift > 35:
            return np.int64(-TOO_LARGE), place
        if byte < 128:
            return value, place
    return np.int64(-CUT_OFF), place


@njit(cache=True, nogil=True)
def _fault_of(run, height, width):  # type: ignore[no-untyped-def]
    """What is wrong with a run in an image of so many rows and columns."""
    if run[ROW] >= height or run[COLUMN] + run[LENGTH] > width:
        return OUTSIDE
    if run[LENGTH] == 0:
        return EMPTY
    return SAME if run[OLD] == run[NEW] else WHOLE


@njit(cache=True, nogil=True)
def decode(code, height, width, most_px):  # type: ignore[no-untyped-def]
    """Runs (R, 5) int64 in raster order, and what is wrong with the bytes (K,) uint8, which a stranger may have made.

    A run is five LEB128 numbers: rows down, columns from the end of the run before (from 0 in another row), length, old
    and new number. The memory used is a multiple of K, whatever the bytes say.
    """
    runs = np.empty((code.size // RUN_COLUMNS + 1, RUN_COLUMNS), np.int64)
    place, used, pixels, fault = 0, 0, np.int64(0), WHOLE
    y, x = np.int64(0), np.int64(0)
    while place < code.size and fault == WHOLE:
        run = runs[used]
        for i in range(RUN_COLUMNS):
            run[i], place = _take(code, place)
            if run[i] < 0:
                return runs[:0].copy(), -run[i]
        x = run[COLUMN] + (x if run[ROW] == 0 else 0)
        y += run[ROW]
        run[ROW], run[COLUMN] = y, x
        x += run[LENGTH]
        pixels += run[LENGTH]
        fault = _fault_of(run, height, width)
        if fault == WHOLE and pixels > most_px:
            fault = TOO_MANY
        used += 1
    return runs[: used if fault == WHOLE else 0].copy(), fault


@njit(cache=True, nogil=True)
def encode(runs):  # type: ignore[no-untyped-def]
    """The bytes (K,) uint8 of runs (R, 5) in raster order, see `decode`."""
    code = np.empty(len(runs) * RUN_COLUMNS * 5, np.uint8)
    used, y, x = 0, np.int64(0), np.int64(0)
    for i in range(len(runs)):
        down = runs[i, ROW] - y
        if down > 0:
            x = np.int64(0)
        y = runs[i, ROW]
        for j in range(RUN_COLUMNS):
            value = runs[i, j]
            if j == ROW:
                value = down
            elif j == COLUMN:
                value = runs[i, COLUMN] - x
            while value >= 128:
                code[used] = np.uint8((value & 127) | 128)
                value >>= 7
                used += 1
            code[used] = np.uint8(value)
            used += 1
        x = runs[i, COLUMN] + runs[i, LENGTH]
    return code[:used].copy()


@njit(cache=True, nogil=True)
def split(runs, side):  # type: ignore[no-untyped-def]
    """The same pixels as runs (R, 5), none of which crosses from one tile of ``side`` px into the next."""
    count = 0
    for i in range(len(runs)):
        first, last = runs[i, COLUMN], runs[i, COLUMN] + runs[i, LENGTH] - 1
        count += last // side - first // side + 1
    parts = np.empty((count, RUN_COLUMNS), np.int64)
    used = 0
    for i in range(len(runs)):
        x, stop = runs[i, COLUMN], runs[i, COLUMN] + runs[i, LENGTH]
        while x < stop:
            end = min(stop, (x // side + 1) * side)
            parts[used] = runs[i]
            parts[used, COLUMN], parts[used, LENGTH] = x, end - x
            used += 1
            x = end
    return parts


@njit(cache=True, nogil=True)
def compare(tile, runs, top, left):  # type: ignore[no-untyped-def]
    """What of some runs is left to do in a tile (h, w), and how many pixels hold neither the old nor the new number.

    ``runs`` (R, 5) lie in the tile, whose first pixel is (``top``, ``left``). Returns the runs (S, 5) of the pixels
    that hold the old number, and the count.
    """
    count, strange = 0, 0
    for i in range(len(runs)):
        is_before = False
        for k in range(runs[i, LENGTH]):
            now = np.int64(tile[runs[i, ROW] - top, runs[i, COLUMN] - left + k])
            is_old = now == runs[i, OLD]
            count += is_old and not is_before
            strange += not is_old and now != runs[i, NEW]
            is_before = is_old
    found = np.empty((count, RUN_COLUMNS), np.int64)
    used = 0
    for i in range(len(runs)):
        is_before = False
        for k in range(runs[i, LENGTH]):
            is_old = np.int64(tile[runs[i, ROW] - top, runs[i, COLUMN] - left + k]) == runs[i, OLD]
            if is_old and not is_before:
                found[used] = runs[i]
                found[used, COLUMN], found[used, LENGTH] = runs[i, COLUMN] + k, 0
                used += 1
            if is_old:
                found[used - 1, LENGTH] += 1
            is_before = is_old
    return found, strange


@njit(cache=True, nogil=True)
def apply(tile, runs):  # type: ignore[no-untyped-def]
    """Write the new numbers of runs (R, 5) into the tile (h, w) that they lie in, of a grid of such tiles."""
    for i in range(len(runs)):
        y, x = runs[i, ROW] % tile.shape[0], runs[i, COLUMN] % tile.shape[1]
        tile[y, x : x + runs[i, LENGTH]] = np.uint32(runs[i, NEW])


@njit(cache=True, nogil=True)
def renumber(labels, numbers, new, top, left):  # type: ignore[no-untyped-def]
    """Runs (R, 5) that give the pixels of some instances another number.

    ``labels`` (h, w), whose first pixel is (``top``, ``left``); ``numbers`` (largest number + 1,) bool says which.
    """
    count = 0
    for y in range(labels.shape[0]):
        before = np.uint32(0)
        for x in range(labels.shape[1]):
            now = labels[y, x]
            count += now != before and now < len(numbers) and numbers[now]
            before = now
    runs = np.empty((count, RUN_COLUMNS), np.int64)
    used = 0
    for y in range(labels.shape[0]):
        before, is_one = np.uint32(0), False
        for x in range(labels.shape[1]):
            now = labels[y, x]
            if now != before:
                is_one = now < len(numbers) and numbers[now]
                if is_one:
                    runs[used, ROW], runs[used, COLUMN], runs[used, LENGTH] = y + top, x + left, 0
                    runs[used, OLD], runs[used, NEW] = now, new
                    used += 1
            if is_one:
                runs[used - 1, LENGTH] += 1
            before = now
    return runs


@njit(cache=True, nogil=True)
def differences(before, after, top, left):  # type: ignore[no-untyped-def]
    """Runs (R, 5) that make labels (h, w) into others; their first pixel is (``top``, ``left``)."""
    count = 0
    for y in range(before.shape[0]):
        for x in range(before.shape[1]):
            if before[y, x] != after[y, x]:
                is_on = x > 0 and before[y, x - 1] == before[y, x] and after[y, x - 1] == after[y, x]
                count += not is_on
    runs = np.empty((count, RUN_COLUMNS), np.int64)
    used = 0
    for y in range(before.shape[0]):
        for x in range(before.shape[1]):
            if before[y, x] != after[y, x]:
                if not (x > 0 and before[y, x - 1] == before[y, x] and after[y, x - 1] == after[y, x]):
                    runs[used, ROW], runs[used, COLUMN], runs[used, LENGTH] = y + top, x + left, 0
                    runs[used, OLD], runs[used, NEW] = before[y, x], after[y, x]
                    used += 1
                runs[used - 1, LENGTH] += 1
    return runs
