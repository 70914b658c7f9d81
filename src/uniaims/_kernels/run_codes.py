"""Codes of run lengths that other programs use: COCO's text and Label Studio's bits."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def encode_coco(counts, offsets):  # type: ignore[no-untyped-def]
    """COCO's text of run lengths: bytes (K,) uint8, and where that of each instance begins, (N + 1,) int64.

    Each count, from the fourth on less the last but one, is cut into groups of five bits, lowest first; the sixth bit
    says that more follow, 48 is added (``rleToString`` in COCO's ``maskApi.c``).
    """
    code = np.empty(13 * counts.size, np.uint8)
    ends = np.zeros(offsets.size, np.int64)
    used = 0
    for i in range(offsets.size - 1):
        for run in range(offsets[i], offsets[i + 1]):
            value = counts[run]
            if run - offsets[i] > 2:
                value -= counts[run - 2]
            more = True
            while more:
                group = value & 31
                value >>= 5
                more = value != -1 if group & 16 else value != 0
                code[used] = np.uint8((group | 32 if more else group) + 48)
                used += 1
        ends[i + 1] = used
    return code[:used].copy(), ends


@njit(cache=True, nogil=True)
def decode_coco(code, offsets):  # type: ignore[no-untyped-def]
    """Run lengths (K,) int64 and offsets (N + 1,) of COCO's texts, and the first text that is none, or -1."""
    counts = np.empty(code.size, np.int64)
    ends = np.zeros(offsets.size, np.int64)
    used = 0
    for i in range(offsets.size - 1):
        first, value, shift = used, np.int64(0), 0
        for place in range(offsets[i], offsets[i + 1]):
            group = np.int64(code[place]) - 48
            if group < 0 or group > 63 or shift > 40:
                return counts[:used].copy(), ends, i
            value |= (group & 31) << shift
            shift += 5
            if group & 32:
                continue
            if group & 16:
                value |= np.int64(-1) << shift
            counts[used] = value + (counts[used - 2] if used - first > 2 else 0)
            if counts[used] < 0:
                return counts[:used].copy(), ends, i
            used += 1
            value, shift = np.int64(0), 0
        if shift:
            return counts[:used].copy(), ends, i
        ends[i + 1] = used
    return counts[:used].copy(), ends, -1


@njit(cache=True, nogil=True)
def row_runs(mask, left, top, height, width):  # type: ignore[no-untyped-def]
    """Run lengths (K,) int64 along the rows of a whole image (height, width) that holds ``mask`` (h, w) at its place.

    They alternate background, instance, background, ... and cover the image.
    """
    runs = np.empty(2 * mask.size + 2, np.int64)
    used, done = 0, np.int64(0)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            if not mask[y, x]:
                continue
            place = np.int64(top + y) * width + left + x
            if place == done and used > 0:
                runs[used - 1] += 1
            else:
                runs[used], runs[used + 1] = place - done, 1
                used += 2
            done = place + 1
    rest = np.int64(height) * width - done
    if rest > 0:
        runs[used] = rest
        used += 1
    return runs[:used].copy()


@njit(cache=True, nogil=True)
def box_of_row_runs(runs, width):  # type: ignore[no-untyped-def]
    """Top, left, bottom, right (half-open) of the instance in row-wise run lengths; zeros if there is none."""
    left, top, right, bottom = width, np.int64(-1), np.int64(0), np.int64(0)
    place = np.int64(0)
    for i in range(runs.size):
        stop = place + runs[i]
        if i % 2 == 1 and runs[i] > 0:
            wraps = place // width != (stop - 1) // width
            if top < 0:
                top = place // width
            bottom = (stop - 1) // width + 1
            left = 0 if wraps else min(left, place % width)
            right = width if wraps else max(right, (stop - 1) % width + 1)
        place = stop
    if top < 0:
        return np.zeros(4, np.int64)
    return np.array([top, left, bottom, right], np.int64)


@njit(cache=True, nogil=True)
def paint_row_runs(runs, width, left, top, mask):  # type: ignore[no-untyped-def]
    """Set the pixels of row-wise run lengths in ``mask`` (h, w) bool, whose first pixel is (left, top)."""
    place = np.int64(0)
    for i in range(runs.size):
        stop = place + runs[i]
        while i % 2 == 1 and place < stop:
            row, column = place // width, place % width
            length = min(stop - place, width - column)
            mask[row - top, column - left : column - left + length] = True
            place += length
        place = stop


@njit(cache=True, nogil=True)
def _put(code, place, value, bits):  # type: ignore[no-untyped-def]
    """Write ``bits`` bits of ``value``, highest first, from bit ``place`` on; return the place after them."""
    for bit in range(bits - 1, -1, -1):
        if (value >> bit) & 1:
            code[place >> 3] |= np.uint8(128 >> (place & 7))
        place += 1
    return place


@njit(cache=True, nogil=True)
def encode_brush(runs):  # type: ignore[no-untyped-def]
    """Label Studio's bytes (K,) uint8 of row-wise run lengths that cover an image.

    The code is that of thi.ng's ``rle-pack``: 32 bits for the number of values, 5 for their width less one, four times
    4 for the widths of run lengths less one (3, 4, 8, 16), then packets: 1, two bits that choose the width, run length
    less one, value. Values are the bytes of RGBA pixels, all 0 or all 255.
    """
    packets = 0
    for run in runs:
        packets += 4 * run // 65536 + 1
    code = np.zeros((53 + 27 * packets) // 8 + 1, np.uint8)
    place = _put(code, 0, 4 * runs.sum(), 32)
    place = _put(code, place, 7, 5)
    for bits in (3, 4, 8, 16):
        place = _put(code, place, bits - 1, 4)
    for i in range(runs.size):
        rest = 4 * runs[i]
        while rest > 0:
            length = min(rest, 65536)
            choice = 0 if length <= 8 else 1 if length <= 16 else 2 if length <= 256 else 3
            place = _put(code, place, 4 + choice, 3)
            place = _put(code, place, length - 1, (3, 4, 8, 16)[choice])
            place = _put(code, place, 255 * (i % 2), 8)
            rest -= length
    return code[: place // 8 + 1].copy()


@njit(cache=True, nogil=True)
def _take(code, place, bits):  # type: ignore[no-untyped-def]
    """The number in ``bits`` bits from bit ``place`` on; -1 where the code has ended."""
    if place + bits > 8 * code.size:
        return np.int64(-1)
    value = np.int64(0)
    for bit in range(place, place + bits):
        value = (value << 1) | np.int64((code[bit >> 3] >> (7 - (bit & 7))) & 1)
    return value


@njit(cache=True, nogil=True)
def decode_brush(code):  # type: ignore[no-untyped-def]
    """Row-wise run lengths (K,) int64 of the pixels whose alpha is not 0, and whether the code was whole.

    They alternate background, instance, ... and cover the image. Runs are never spread out, so a code of a few bytes
    can't ask for more than a few bytes of memory.
    """
    runs = np.zeros(8 * code.size + 2, np.int64)
    count, word, place = _take(code, 0, 32), _take(code, 32, 5) + 1, 53
    if code.size < 7:
        return runs[:0].copy(), False
    used, pixels, values, inside = 0, np.int64(0), np.int64(0), False
    while values < count:
        repeated, choice = _take(code, place, 1), _take(code, place + 1, 2)
        if repeated < 0 or choice < 0:
            return runs[:used].copy(), False
        bits = _take(code, 37 + 4 * choice, 4) + 1
        length = _take(code, place + 3, bits) + 1
        place += 3 + bits
        while length > 0:
            value, step = _take(code, place, word), length if repeated else 1
            place += word
            if value < 0:
                return runs[:used].copy(), False
            values += step
            length -= step
            after = min(values, count) // 4
            if after > pixels and (value > 0) != inside:
                used += 1
                inside = not inside
            runs[used] += after - pixels
            pixels = after
    return runs[: used + 1].copy(), True
