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
def measure_basins(basins, smooth, start, stop, count):  # type: ignore[no-untyped-def]
    """Return (count + 1, 2) int64 over rows start..stop: area in px and highest smoothed topography of each basin."""
    out = np.zeros((count + 1, 2), np.int64)
    for y in range(start, stop):
        for x in range(basins.shape[1]):
            basin = basins[y, x]
            if basin != 0:
                out[basin, 0] += 1
                out[basin, 1] = max(out[basin, 1], smooth[y, x])
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
def _roughness(basins, flow, y, x, axis):  # type: ignore[no-untyped-def]
    """Return the size of the second difference of ``flow`` (H, W) int8 at (y, x) along the other axis than ``axis``.

    What rounding to int8 alone can cause is taken off.
    """
    down, right = (0, 1) if axis == 0 else (1, 0)
    if y < down or x < right or y + down >= flow.shape[0] or x + right >= flow.shape[1]:
        return np.int64(0)
    if basins[y - down, x - right] == 0 or basins[y + down, x + right] == 0:
        return np.int64(0)
    before, after = np.int64(flow[y - down, x - right]), np.int64(flow[y + down, x + right])
    return max(abs(before - 2 * np.int64(flow[y, x]) + after) - 2, 0)


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
    for y in range(start, stop):
        for x in range(width):
            own = basins[y, x]
            if own == 0:
                continue
            for down in range(2):
                near_y, near_x = y + down, x + 1 - down
                if near_y >= height or near_x >= width:
                    continue
                near = basins[near_y, near_x]
                if near == 0 or near == own:  # noqa: PLR1714
                    continue
                row = table[_slot_of(table, np.int64(min(own, near)), np.int64(max(own, near)))]
                used += row[0] == 0
                row[0] = min(own, near)
                row[1] = max(own, near)
                row[2] = max(row[2], min(smooth[y, x], smooth[near_y, near_x]))
                axis = 1 - down
                parting = np.int64(flow[axis, near_y, near_x]) - np.int64(flow[axis, y, x])
                row[3] += parting
                row[4] += abs(np.int64(flow[0, y, x])) + abs(np.int64(flow[1, y, x]))
                row[4] += abs(np.int64(flow[0, near_y, near_x])) + abs(np.int64(flow[1, near_y, near_x]))
                row[5] += 1
                row[6] += _roughness(basins, flow[axis], y, x, axis)
                row[6] += _roughness(basins, flow[axis], near_y, near_x, axis)
                if 2 * used > table.shape[0]:
                    table = _grow(table)
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


@njit(cache=True, nogil=True)
def rename(basins, names, start, stop):  # type: ignore[no-untyped-def]
    """Replace each value of ``basins`` (flat), indices start..stop, by its name."""
    for place in range(start, stop):
        basins[place] = names[basins[place]]
