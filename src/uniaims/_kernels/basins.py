"""Basins of the flow: grouped ends, contacts between neighbouring basins, and which of them are one instance."""

import numpy as np
from numba import njit

CONTACT_COLUMNS = 7  # as `find_contacts` names them


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
def measure_basins(runs, smooth, places, group, count):  # type: ignore[no-untyped-def]
    """Return (count + 1, 2) int64: area in px and highest smoothed topography of each basin, from its runs.

    The height is taken where walks end: ``places`` (K,), flat indices, with the basin of each in ``group`` (K,).
    """
    first, start, value = runs
    height, width = smooth.shape
    out = np.zeros((count + 1, 2), np.int64)
    for y in range(height):
        for run in range(first[y], first[y + 1]):
            stop = start[run + 1] if run + 1 < first[y + 1] else width
            out[value[run], 0] += stop - start[run]
    heights = smooth.ravel()
    for item in range(1, places.size):
        out[group[item], 1] = max(out[group[item], 1], np.int64(heights[places[item]]))
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
            slot = _slot_of(larger, table[row, 0], table[row, 1])
            for column in range(CONTACT_COLUMNS):  # a row at once would take 4 s to compile
                larger[slot, column] = table[row, column]
    return larger


@njit(cache=True, nogil=True)
def _bend(before, here, after, inside_before, inside_after, threshold, out):  # type: ignore[no-untyped-def]
    """Write the size of the second difference of flow (N,) between two neighbours, 0 where one is background.

    What rounding to int8 alone can cause is taken off.
    """
    for x in range(out.size):
        bend = np.int16(np.int16(before[x]) + np.int16(after[x])) - np.int16(2 * np.int16(here[x]))
        bend = np.int16(max(np.int16(abs(np.int16(bend))) - np.int16(2), 0))  # type: ignore[arg-type]
        out[x] = bend if (inside_before[x] >= threshold) & (inside_after[x] >= threshold) else np.int16(0)


@njit(cache=True, nogil=True)
def _survey_row(fields, y, out):  # type: ignore[no-untyped-def]
    """Write into ``out`` (3, W) int16 of row ``y``: the flow's size; how it bends along a contact below; and beside.

    The size is the sum of both parts. A contact below runs along x, so it bends by the second difference of the part
    down over x; one beside by that of the part to the right over y.
    """
    probability, flow, threshold = fields
    inside, down, right = probability[y], flow[0, y], flow[1, y]
    for x in range(out.shape[1]):
        out[0, x] = np.int16(abs(np.int16(down[x]))) + np.int16(abs(np.int16(right[x])))
    out[1:] = 0
    _bend(down[:-2], down[1:-1], down[2:], inside[:-2], inside[2:], threshold, out[1, 1:-1])
    if 0 < y < probability.shape[0] - 1:
        above, below = flow[1, y - 1], flow[1, y + 1]
        _bend(above, right, below, probability[y - 1], probability[y + 1], threshold, out[2])


@njit(cache=True, nogil=True)
def _add_stretch(table, basins, smooth, flow, survey, axis, place):  # type: ignore[no-untyped-def]
    """Add the pairs of two basins in a stretch (y, x, stop) of a row to the table; return whether they are new.

    The other pixel of a pair is below (axis 0) or right (axis 1); ``survey`` (2, 3, W) holds the even and the odd of
    the two rows.
    """
    low, high = min(basins[0], basins[1]), max(basins[0], basins[1])
    slot = _slot_of(table, low, high)
    fresh = table[slot, 0] == 0
    table[slot, 0] = low
    table[slot, 1] = high
    y, near_y = place[0], place[0] + 1 - axis
    saddle, divergence, motion, bend = table[slot, 2], np.int64(0), np.int64(0), np.int64(0)
    for x in range(place[1], place[2]):
        near_x = x + axis
        saddle = max(saddle, np.int64(min(smooth[y, x], smooth[near_y, near_x])))
        divergence += np.int64(flow[axis, near_y, near_x]) - np.int64(flow[axis, y, x])
        motion += np.int64(survey[y & 1, 0, x]) + np.int64(survey[near_y & 1, 0, near_x])
        bend += np.int64(survey[y & 1, 1 + axis, x]) + np.int64(survey[near_y & 1, 1 + axis, near_x])
    table[slot, 2] = saddle
    table[slot, 3] += divergence
    table[slot, 4] += motion
    table[slot, 5] += place[2] - place[1]
    table[slot, 6] += bend
    return fresh


@njit(cache=True, nogil=True)
def _add_row(table, runs, smooth, flow, survey, y):  # type: ignore[no-untyped-def]
    """Add the contacts to the right and below of row ``y`` to the table, which has room; return how many are new."""
    first, start, value = runs
    width = smooth.shape[1]
    fresh = 0
    under = first[y + 1]
    last_under = first[y + 2] if y + 2 < first.size else under
    for run in range(first[y], first[y + 1]):
        last = run + 1 == first[y + 1]
        stop = width if last else start[run + 1]
        own = np.int64(value[run])
        if own != 0 and not last and value[run + 1] != 0:
            pair = (own, np.int64(value[run + 1]))
            fresh += _add_stretch(table, pair, smooth, flow, survey, 1, (y, stop - 1, stop))
        while under < last_under and start[under] < stop:
            under_stop = start[under + 1] if under + 1 < last_under else width
            other = np.int64(value[under])
            if min(own, other) != 0 and own != other:
                stretch = (y, max(start[run], start[under]), min(stop, under_stop))
                fresh += _add_stretch(table, (own, other), smooth, flow, survey, 0, stretch)
            if under_stop > stop:
                break
            under += 1
    return fresh


@njit(cache=True, nogil=True)
def find_contacts(runs, smooth, fields, start, stop):  # type: ignore[no-untyped-def]
    """Return the contacts (K, 7) int64 between 4-neighbours of different basins, upper or left pixel in start..stop.

    ``runs`` as `components.find_runs` returns them; ``fields`` are probability and flow and the threshold that makes
    foreground. Columns: lower basin number, higher, saddle (the highest of the lower pixels of each pair), divergence
    (by how much the int8 flow moves the two pixels of a pair apart, summed), motion (the flow's sizes, summed), number
    of pairs, roughness (second differences of that flow along the contact, summed). Rows are in no particular order.
    """
    first = runs[0]
    height, width = smooth.shape
    table = np.zeros((1024, CONTACT_COLUMNS), np.int64)
    survey = np.empty((2, 3, width), np.int16)
    used = 0
    _survey_row(fields, start, survey[start & 1])
    for y in range(start, stop):
        if y + 1 < height:
            _survey_row(fields, y + 1, survey[(y + 1) & 1])
        most = 2 * (first[y + 1] - first[y]) + first[min(y + 2, height)] - first[y + 1]
        while 2 * (used + most) > table.shape[0]:
            table = _grow(table)
        used += _add_row(table, runs, smooth, fields[1], survey, y)
    return table[table[:, 0] != 0]


@njit(cache=True, nogil=True)
def merge_round(contacts, parent, basins, rule):  # type: ignore[no-untyped-def]
    """Join neighbours that are one instance, each basin at most once; return how many joined.

    ``contacts`` (K, 7) by falling saddle, between roots of ``parent`` (N + 1,); ``basins`` (N + 1, 2), area and peak
    as `measure_basins` gives them, is brought up to date. ``rule`` holds four numbers: two are one instance if the
    valley between them, as a part of the lower peak, plus the second number times the divergence of the flow on both
    sides, as a part of its motion, stays within the first; and if the divergence does not stand out by more than the
    third number times the roughness along the contact, or one of the two is smaller than the fourth, in px.
    """
    most_difference, divergence_weight, most_roughness, fragment_area = rule
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
        if valley + divergence_weight * contact[3] / max(contact[4], 1) > most_difference:
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
