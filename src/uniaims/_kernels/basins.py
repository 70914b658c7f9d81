"""Basins of the flow: grouped ends, contacts between neighbouring basins, and which of them are one instance."""

import numpy as np
from numba import njit

CONTACT_COLUMNS = 7  # as `find_contacts` names them


@njit(cache=True, nogil=True)
def number_groups(first, start, value, parent, out):  # type: ignore[no-untyped-def]
    """Write 1..N into ``out`` (H, W) int32 for the N components of marked runs, in raster order; return N."""
    height, width = out.shape
    number = np.zeros(parent.size, np.int32)
    count = 0
    for y in range(height):
        for run in range(first[y], first[y + 1]):
            if value[run] == 0:
                continue
            if parent[run] == run:
                count += 1
                number[run] = count
            stop = start[run + 1] if run + 1 < first[y + 1] else width
            out[y, start[run] : stop] = number[parent[run]]
    return count


@njit(cache=True, nogil=True)
def smooth_rows(topography, start, stop, out):  # type: ignore[no-untyped-def]
    """Write rows start..stop of ``topography`` (H, W) uint8, summed 3 x 3 twice, into ``out`` (H, W) uint16.

    The two sums are one sum over 5 x 5 with the weights 1 2 3 2 1 both ways; beyond the border there are zeros.
    """
    height, width = topography.shape
    column = np.zeros(width + 4, np.uint16)
    for y in range(start, stop):
        column[:] = 0
        for shift in range(-2, 3):
            if 0 <= y + shift < height:
                row = topography[y + shift]
                weight = np.uint16(3 - abs(shift))
                middle = column[2 : width + 2]
                for x in range(width):
                    middle[x] += weight * row[x]
        for x in range(width):
            sides = column[x] + 2 * column[x + 1] + 2 * column[x + 3] + column[x + 4]
            out[y, x] = sides + 3 * column[x + 2]


@njit(cache=True, nogil=True)
def measure_basins(first, start, value, smooth, count):  # type: ignore[no-untyped-def]
    """Return (count + 1, 2) int64: area in px and highest smoothed topography of each basin, from its runs."""
    height, width = smooth.shape
    out = np.zeros((count + 1, 2), np.int64)
    for y in range(height):
        for run in range(first[y], first[y + 1]):
            basin = value[run]
            if basin != 0:
                stop = start[run + 1] if run + 1 < first[y + 1] else width
                out[basin, 0] += stop - start[run]
                out[basin, 1] = max(out[basin, 1], smooth[y, start[run] : stop].max())
    return out


@njit(cache=True, nogil=True)
def _slot_of(table, one, other):  # type: ignore[no-untyped-def]
    """Return the row of ``table`` (power of two, columns as a contact) for this pair: its own or a free one."""
    mask = np.uint64(table.shape[0] - 1)
    mixed = np.uint64(one) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(other) * np.uint64(0xC2B2AE3D27D4EB4F)
    slot = (mixed >> np.uint64(20)) & mask
    while table[slot, 0] != 0 and (table[slot, 0] != one or table[slot, 1] != other):
        slot = (slot + np.uint64(1)) & mask
    return slot


@njit(cache=True, nogil=True)
def _grow(table):  # type: ignore[no-untyped-def]
    """Return the table with its rows moved into one of four times the size."""
    larger = np.zeros((4 * table.shape[0], CONTACT_COLUMNS), np.int64)
    for row in range(table.shape[0]):
        if table[row, 0] != 0:
            larger[_slot_of(larger, table[row, 0], table[row, 1])] = table[row]
    return larger


@njit(cache=True, nogil=True)
def _roughness(basins, flow, axis, y, x):  # type: ignore[no-untyped-def]
    """Return the size of the second difference of part ``axis`` of ``flow`` (2, H, W) at (y, x) along the other axis.

    What rounding to int8 alone can cause is taken off.
    """
    down, right = axis, 1 - axis
    if y < down or x < right or y + down >= basins.shape[0] or x + right >= basins.shape[1]:
        return 0
    if basins[y - down, x - right] == 0 or basins[y + down, x + right] == 0:
        return 0
    ends = np.int64(flow[axis, y - down, x - right]) + np.int64(flow[axis, y + down, x + right])
    return max(abs(ends - 2 * np.int64(flow[axis, y, x])) - 2, 0)


@njit(cache=True, nogil=True)
def _add_pair(table, basins, smooth, flow, here, axis):  # type: ignore[no-untyped-def]
    """Add the pixel ``here`` (y, x) and the one below (axis 0) or right (axis 1); return whether the contact is new."""
    y, x = here
    near_y, near_x = y + 1 - axis, x + axis
    own, other = np.int64(basins[y, x]), np.int64(basins[near_y, near_x])
    slot = _slot_of(table, min(own, other), max(own, other))
    fresh = table[slot, 0] == 0
    table[slot, 0] = min(own, other)
    table[slot, 1] = max(own, other)
    table[slot, 2] = max(table[slot, 2], min(smooth[y, x], smooth[near_y, near_x]))
    table[slot, 3] += np.int64(flow[axis, near_y, near_x]) - np.int64(flow[axis, y, x])
    for part in range(2):
        table[slot, 4] += abs(np.int64(flow[part, y, x])) + abs(np.int64(flow[part, near_y, near_x]))
    table[slot, 5] += 1
    table[slot, 6] += _roughness(basins, flow, axis, y, x) + _roughness(basins, flow, axis, near_y, near_x)
    return fresh


@njit(cache=True, nogil=True)
def _mark_contacts(row, under, meets):  # type: ignore[no-untyped-def]
    """Write 1 where another basin is to the right, 2 where one is below, 3 for both; a loop for vector registers."""
    last = row.size - 1
    here, right, below = row[:last], row[1:], under[:last]
    for x in range(last):
        beside = (here[x] != right[x]) & (here[x] != 0) & (right[x] != 0)
        beneath = (here[x] != below[x]) & (here[x] != 0) & (below[x] != 0)
        meets[x] = np.uint8(beside) | (np.uint8(beneath) << 1)
    meets[last] = 2 if row[last] != under[last] and row[last] != 0 and under[last] != 0 else 0


@njit(cache=True, nogil=True)
def _add_row(table, basins, smooth, flow, y, meets):  # type: ignore[no-untyped-def]
    """Add the marked pairs of one row to the table, which has room for them; return how many contacts are new."""
    fresh = 0
    for x in range(meets.size):
        if meets[x] == 0:
            continue
        if meets[x] & 1:
            fresh += _add_pair(table, basins, smooth, flow, (y, x), 1)
        if meets[x] & 2:
            fresh += _add_pair(table, basins, smooth, flow, (y, x), 0)
    return fresh


@njit(cache=True, nogil=True)
def find_contacts(basins, smooth, flow, start, stop):  # type: ignore[no-untyped-def]
    """Return the contacts (K, 7) int64 between 4-neighbours of different basins, upper or left pixel in start..stop.

    Columns: lower basin number, higher, saddle (the highest of the lower pixels of each pair), parting (by how much
    the int8 flow moves the two pixels of a pair apart, summed), motion (the flow's sizes, summed), number of pairs,
    roughness (second differences of that flow along the contact, summed). Rows are in no particular order.
    """
    height, width = basins.shape
    table = np.zeros((1024, CONTACT_COLUMNS), np.int64)
    used = 0
    meets = np.empty(width, np.uint8)
    for y in range(start, stop):
        _mark_contacts(basins[y], basins[min(y + 1, height - 1)], meets)
        while 2 * (used + 2 * width) > table.shape[0]:
            table = _grow(table)
        used += _add_row(table, basins, smooth, flow, y, meets)
    return table[table[:, 0] != 0]


@njit(cache=True, nogil=True)
def merge_round(contacts, parent, basins, rule):  # type: ignore[no-untyped-def]
    """Join neighbours that are one instance, each basin at most once; return how many joined.

    ``contacts`` (K, 7) by falling saddle, between roots of ``parent`` (N + 1,); ``basins`` (N + 1, 2), area and peak
    as `measure_basins` gives them, is brought up to date. ``rule`` holds four numbers: two are one instance if the
    valley between them, as a part of the lower peak, plus the second number times the parting of the flow on both
    sides, as a part of its motion, stays within the first; and if the parting does not stand out by more than the
    third number times the roughness along the contact, or one of the two is smaller than the fourth, in px.
    """
    most_difference, parting_weight, most_roughness, fragment_area = rule
    touched = np.zeros(parent.size, np.bool_)
    joined = 0
    for contact in contacts:
        one, other = contact[0], contact[1]
        if touched[one] or touched[other]:
            continue
        fragment = min(basins[one, 0], basins[other, 0]) < fragment_area
        if not fragment and contact[3] > most_roughness * contact[6]:
            continue
        valley = 1.0 - contact[2] / max(min(basins[one, 1], basins[other, 1]), 1)
        if valley + parting_weight * contact[3] / max(contact[4], 1) > most_difference:
            continue
        parent[other] = one
        basins[one, 0] += basins[other, 0]
        basins[one, 1] = max(basins[one, 1], basins[other, 1])
        touched[one] = True
        touched[other] = True
        joined += 1
    for basin in range(parent.size):
        parent[basin] = parent[parent[basin]]
    return joined
