"""Basins of the flow: grouped ends, contacts between neighbouring basins, and which of them are one instance."""

import numpy as np
from numba import njit

from uniaims._kernels.components import root_of, unite
from uniaims._kernels.walk import walk

CONTACT_COLUMNS = 5  # one basin, other basin, saddle (sum of 81 uint8), parting (1/64 px, summed), length (pixel pairs)


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
    slot = (np.uint64(one) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(other) * np.uint64(0xC2B2AE3D27D4EB4F)) >> np.uint64(20)
    slot &= mask
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
def _parting(packed, shape, y, x, down):  # type: ignore[no-untyped-def]
    """Return by how much (1/64 px) the walks from (y, x) and its neighbour below (or right) move apart."""
    height, width = shape
    stride = width + 1
    end_y, end_x = walk(packed, width, height, stride, y, x)
    if down:
        other_y, _ = walk(packed, width, height, stride, y + 1, x)
        return other_y - end_y - 64
    _, other_x = walk(packed, width, height, stride, y, x + 1)
    return other_x - end_x - 64


@njit(cache=True, nogil=True)
def find_contacts(basins, smooth, packed, start, stop):  # type: ignore[no-untyped-def]
    """Return the contacts (K, 5) int64 between 4-neighbours of different basins, upper or left pixel in start..stop.

    Columns: lower basin number, higher, saddle (the highest of the lower pixels of each pair), parting of the walks
    summed over the pairs, number of pairs. Rows are in no particular order.
    """
    height, width = basins.shape
    table = np.zeros((1024, CONTACT_COLUMNS), np.int64)
    used = 0
    flat = packed.ravel()
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
                if near == 0 or near == own:
                    continue
                slot = _slot_of(table, min(own, near), max(own, near))
                if table[slot, 0] == 0:
                    used += 1
                    table[slot, 0] = min(own, near)
                    table[slot, 1] = max(own, near)
                table[slot, 2] = max(table[slot, 2], min(smooth[y, x], smooth[near_y, near_x]))
                table[slot, 3] += _parting(flat, (height, width), y, x, down == 1)
                table[slot, 4] += 1
                if 2 * used > table.shape[0]:
                    table = _grow(table)
    return table[table[:, 0] != 0]


@njit(cache=True, nogil=True)
def merge_basins(basins, contacts, least_saddle, most_parting):  # type: ignore[no-untyped-def]
    """Return for each basin the lowest number of the basins it is one instance with, (N + 1,) int64.

    ``basins`` (N + 1, 2) as `measure_basins` gives them, ``contacts`` (K, 5) by falling saddle. Two are one if their
    saddle reaches ``least_saddle`` of the lower peak and their walks part by no more than ``most_parting`` px on the
    average over the contact.
    """
    parent = np.arange(basins.shape[0])
    peak = basins[:, 1].copy()
    for contact in contacts:
        one = root_of(parent, contact[0])
        other = root_of(parent, contact[1])
        if one == other or contact[3] > most_parting * 64 * contact[4]:
            continue
        if contact[2] >= least_saddle * min(peak[one], peak[other]):
            highest = max(peak[one], peak[other])
            unite(parent, one, other)
            peak[root_of(parent, one)] = highest
    for basin in range(parent.size):
        parent[basin] = root_of(parent, basin)
    return parent


@njit(cache=True, nogil=True)
def rename(basins, names, start, stop):  # type: ignore[no-untyped-def]
    """Replace each value of ``basins`` (flat), indices start..stop, by its name."""
    for place in range(start, stop):
        basins[place] = names[basins[place]]
