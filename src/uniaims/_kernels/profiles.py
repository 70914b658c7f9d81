"""Edges of instances at sub-pixel places, from grey-level profiles across their outlines.

One instance at a time: its outline becomes a ring of equally spaced points, each point gets a profile along the normal,
each profile the place where the grey level is half way between inside and outside. Places along a profile are counted
in steps of ``STEP`` px from the middle, outwards; profiles are (M, T).
"""

import math

import numpy as np
from numba import njit

from uniaims._kernels import rings

STEP = 0.5
"""Distance of the samples of a profile, and of the points of a ring, px."""
SMALLEST_RING, LARGEST_RING = 24, 4096
TOUCHING_PX = 1.5
"""A neighbour this near leaves no place for an outer level."""
STATIONS = 64

SHIFT, SPREAD, WIDTH, WEAK_SHARE, FREE_SHARE, DIAMETER, FADING = range(7)
RESULT_COLUMNS = 7
STEP_LAW, RIM_LAW = range(2)


@njit(cache=True, nogil=True)
def _sample(image, y, x):  # type: ignore[no-untyped-def]
    """Bilinear grey level at a place counted from the upper left corner of the image; NaN outside."""
    height, width = image.shape
    y, x = y - 0.5, x - 0.5
    if y < -0.5 or x < -0.5 or y > height - 0.5 or x > width - 0.5:
        return math.nan
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    top, left = min(int(y), max(height - 2, 0)), min(int(x), max(width - 2, 0))
    below, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = y - top, x - left
    upper = image[top, left] * (1 - across) + image[top, right] * across
    lower = image[below, left] * (1 - across) + image[below, right] * across
    return upper * (1 - down) + lower * down


@njit(cache=True, nogil=True)
def _label_at(labels, y, x):  # type: ignore[no-untyped-def]
    """Label of the pixel at a place; -1 outside."""
    if y < 0 or x < 0 or y >= labels.shape[0] or x >= labels.shape[1]:
        return -1
    return np.int64(labels[int(y), int(x)])


@njit(cache=True, nogil=True)
def limits_of(labels, label, ring, normals, most_px):  # type: ignore[no-untyped-def]
    """How far (M, 2) in px the edge of each point may be looked for: inwards and outwards.

    Inwards half way to the other side of the instance; outwards half way to the next instance, to the instance itself
    or to the border of the image, 0 where something touches.
    """
    limits = np.full((ring.shape[0], 2), most_px)
    for i in range(ring.shape[0]):
        for k in range(1, int(2 * most_px / STEP) + 1):
            away = k * STEP
            y, x = ring[i, 1] - away * normals[i, 1], ring[i, 0] - away * normals[i, 0]
            if away > TOUCHING_PX and _label_at(labels, y, x) != label:
                limits[i, 0] = away / 2
                break
        for k in range(1, int(2 * most_px / STEP) + 1):
            away = k * STEP
            found = _label_at(labels, ring[i, 1] + away * normals[i, 1], ring[i, 0] + away * normals[i, 0])
            if found != 0 and (found != label or away > TOUCHING_PX):
                limits[i, 1] = 0.0 if away <= TOUCHING_PX else away / 2
                break
    return limits


@njit(cache=True, nogil=True)
def take_profiles(image, ring, limits, shifts, reach):  # type: ignore[no-untyped-def]
    """Profiles (M, 2 reach + 1) across a ring that was moved by ``shifts`` (M,), and their ends (M, 2).

    The ends are the first and last place of each profile within its limits; NaN beyond. Where something touches, the
    last one is the middle.
    """
    normals = rings.normals_of(ring)
    profiles = np.full((ring.shape[0], 2 * reach + 1), math.nan)
    ends = np.empty((ring.shape[0], 2), np.int64)
    for i in range(ring.shape[0]):
        inner = min(max(int((limits[i, 0] + shifts[i]) / STEP), 1), reach)
        outer = min(max(int((limits[i, 1] - shifts[i]) / STEP), 1), reach) if limits[i, 1] > 0 else 0
        ends[i, 0], ends[i, 1] = reach - inner, reach + outer
        for k in range(reach - inner, reach + outer + 1):
            away = (k - reach) * STEP
            profiles[i, k] = _sample(image, ring[i, 1] + away * normals[i, 1], ring[i, 0] + away * normals[i, 0])
    return profiles, ends


@njit(cache=True, nogil=True)
def average_along(profiles, half):  # type: ignore[no-untyped-def]
    """Profiles averaged with those of up to ``half`` points on either side, NaN left out."""
    count, places = profiles.shape
    out = np.empty_like(profiles)
    half = min(half, (count - 1) // 2)
    for k in range(places):
        total, known = 0.0, 0
        for i in range(-half, half + 1):
            value = profiles[i % count, k]
            if not math.isnan(value):
                total += value
                known += 1
        for i in range(count):
            out[i, k] = total / known if known and not math.isnan(profiles[i, k]) else math.nan
            gone, come = profiles[(i - half) % count, k], profiles[(i + half + 1) % count, k]
            if not math.isnan(gone):
                total -= gone
                known -= 1
            if not math.isnan(come):
                total += come
                known += 1
    return out


@njit(cache=True, nogil=True)
def _mean_between(profile, first, last):  # type: ignore[no-untyped-def]
    total, known = 0.0, 0
    for k in range(first, last + 1):
        if not math.isnan(profile[k]):
            total += profile[k]
            known += 1
    return total / known if known else math.nan


@njit(cache=True, nogil=True)
def side_levels(profiles, ends, guard):  # type: ignore[no-untyped-def]
    """Grey level (M, 2) inside and outside along the rim: running medians over an eighth of it; and their noise.

    Levels begin ``guard`` places from the middle. Inside, at least the two deepest places count; outside, profiles that
    end before the guard say nothing. The noise is that of the quieter side.
    """
    count, middle = profiles.shape[0], profiles.shape[1] // 2
    raw, levels, noise = np.empty(count), np.empty((count, 2)), math.inf
    for side in range(2):
        single = np.full(count, math.nan)
        for i in range(count):
            if side == 0:
                first, last = ends[i, 0], max(middle - guard, ends[i, 0] + 1)
            else:
                first, last = middle + guard, ends[i, 1]
            raw[i] = _mean_between(profiles[i], first, last) if last > first else math.nan
            single[i] = profiles[i, (first + last) // 2] if last > first else math.nan
        levels[:, side] = rings.running_median(raw, max(3, count // 8), STATIONS)
        deviation = 1.4826 * rings.median_of(np.abs(single - levels[:, side]))
        noise = min(noise, deviation) if not math.isnan(deviation) else noise
    return levels, noise


@njit(cache=True, nogil=True)
def rim_levels(profiles, ends, levels, reach):  # type: ignore[no-untyped-def]
    """Replace the inner levels by those of the rim: the extreme grey level within ``reach`` places of the middle."""
    count, middle = profiles.shape[0], profiles.shape[1] // 2
    raw = np.empty(count)
    for i in range(count):
        sign = 1.0 if levels[i, 0] > levels[i, 1] else -1.0
        raw[i] = levels[i, 0]
        for k in range(max(ends[i, 0], middle - reach), min(ends[i, 1], middle + reach // 2) + 1):
            if sign * (profiles[i, k] - raw[i]) > 0:
                raw[i] = profiles[i, k]
    levels[:, 0] = rings.running_median(raw, max(3, count // 8), STATIONS)


@njit(cache=True, nogil=True)
def crossings(profiles, ends, levels, share):  # type: ignore[no-untyped-def]
    """Place (M,) in px from the middle where each profile crosses the level a ``share`` of the way from out- to inside.

    The crossing nearest to the middle counts; NaN where there is none, or something touches.
    """
    count, middle = profiles.shape[0], profiles.shape[1] // 2
    found = np.full(count, math.nan)
    for i in range(count):
        if ends[i, 1] <= middle or math.isnan(levels[i, 0]) or math.isnan(levels[i, 1]):
            continue
        wanted, best = levels[i, 1] + share * (levels[i, 0] - levels[i, 1]), math.inf
        sign = 1.0 if levels[i, 0] > levels[i, 1] else -1.0
        for k in range(ends[i, 0], ends[i, 1]):
            here, there = sign * (profiles[i, k] - wanted), sign * (profiles[i, k + 1] - wanted)
            if here >= 0 > there:
                place = k - middle + here / (here - there)
                if abs(place) < abs(best):
                    best = place
        if best < math.inf:
            found[i] = best * STEP
    return found


@njit(cache=True, nogil=True)
def drop_jumps(shifts):  # type: ignore[no-untyped-def]
    """Make NaN of what lies far from the running median: above 3 deviations of such distances, and above 0.5 px."""
    smooth = rings.running_median(shifts, max(5, shifts.shape[0] // 16), STATIONS)
    away = np.abs(shifts - smooth)
    limit = max(0.5, 3 * 1.4826 * rings.median_of(away))
    for i in range(shifts.shape[0]):
        if away[i] > limit:
            shifts[i] = math.nan
    return rings.median_of(away) * 1.4826


@njit(cache=True, nogil=True)
def settled(shifts, ends, middle, noise, least):  # type: ignore[no-untyped-def]
    """Shifts (M,) of the whole ring: touched points get the median of the others, gaps are bridged, all is smoothed.

    The spline is as stiff as it takes to bring the noise of the points, which go together over about 2 px, to
    0.05 px, but no less than ``least`` px and no more than a 24th of the ring.
    """
    count, usual = shifts.shape[0], rings.median_of(shifts)
    whole = shifts.copy()
    for i in range(count):
        if ends[i, 1] <= middle:
            whole[i] = usual
    rings.fill_gaps(whole)
    stiffness = min(max(0.265 * 2.0 * (noise / 0.05) ** 2, least), max(count * STEP / 24, least)) / STEP
    out = np.empty(count)
    rings.convolve(whole, rings.spline(stiffness, count), out)
    return out


@njit(cache=True, nogil=True)
def edge_width(profiles, ends, levels, guard):  # type: ignore[no-untyped-def]
    """Standard deviation in px of the blur that the mean edge shows, from the places of a quarter and three quarters."""
    middle = profiles.shape[1] // 2
    mean, known = np.zeros(profiles.shape[1]), np.zeros(profiles.shape[1])
    for i in range(profiles.shape[0]):
        contrast = levels[i, 0] - levels[i, 1]
        if ends[i, 1] < min(middle + guard, profiles.shape[1] - 1) or not abs(contrast) > 0:
            continue
        for k in range(ends[i, 0], ends[i, 1] + 1):
            if not math.isnan(profiles[i, k]):
                mean[k] += (profiles[i, k] - levels[i, 1]) / contrast
                known[k] += 1
    places = np.full(2, math.nan)
    for turn in range(2):
        wanted, best = 0.75 - 0.5 * turn, math.inf
        for k in range(profiles.shape[1] - 1):
            if known[k] == 0 or known[k + 1] == 0:
                continue
            here, there = mean[k] / known[k] - wanted, mean[k + 1] / known[k + 1] - wanted
            if here >= 0 > there and abs(k - middle + here / (here - there)) < abs(best):
                best = k - middle + here / (here - there)
        places[turn] = best
    width = (places[1] - places[0]) * STEP / 1.349
    return width if 0 < width < math.inf else math.nan


@njit(cache=True, nogil=True)
def blur_correction(table, width, length):  # type: ignore[no-untyped-def]
    """How far outwards, in px, the true edge of a body of this perimeter lies from half height."""
    radius = length / (2 * math.pi)
    place = width / radius / (table[1, 0] - table[0, 0])
    at = min(int(place), table.shape[0] - 2)
    share = min(place - at, 1.0)
    return radius * (table[at, 1] * (1 - share) + table[at + 1, 1] * share)


@njit(cache=True, nogil=True)
def _find_edge(image, ring, limits, law, table, result):  # type: ignore[no-untyped-def]
    """Move a ring onto the edge; fill the figures of its instance."""
    count, diameter = ring.shape[0], result[DIAMETER]
    free = limits[:, 1] > 0
    total, width, noise = np.zeros(count), 1.0, 0.0
    for turn in range(3):
        reach = int(math.ceil(max(3.0, 0.15 * diameter, 3.5 * width) / STEP))
        guard = max(2, int(round((2.0 * width if turn else 0.5 * reach * STEP) / STEP)))
        profiles, ends = take_profiles(image, ring, limits, total, reach)
        levels, noise = side_levels(profiles, ends, guard)
        contrast = np.abs(levels[:, 0] - levels[:, 1])
        clear = max(rings.median_of(contrast) / max(noise, 1e-9), 1e-3)
        half = min(int((8 / clear) ** 2 / STEP), count // 16)
        averaged = average_along(profiles, half)
        if law == RIM_LAW:
            rim_levels(averaged, ends, levels, int(3 / STEP))
        found = crossings(averaged, ends, levels, 0.5)
        jitter = drop_jumps(found)
        if np.isnan(found).all():
            break
        if turn:
            seen = edge_width(profiles, ends, levels, guard)
            width = seen if not math.isnan(seen) else width
        moved = settled(found, ends, reach, jitter, 2.0)
        if turn == 2:
            moved += blur_correction(table, width, rings.length_of(ring))
        normals = rings.normals_of(ring)
        for i in range(count):
            ring[i, 0] += moved[i] * normals[i, 0]
            ring[i, 1] += moved[i] * normals[i, 1]
        total += moved
        if turn < 2:
            rings.smooth_ring(ring, 2.0, rings.area_of(ring))
    weak = free & ~(contrast >= 3 * noise)
    result[FREE_SHARE] = free.mean()
    result[WEAK_SHARE] = weak.sum() / max(free.sum(), 1)
    result[WIDTH] = width
    result[SHIFT] = rings.median_of(np.where(free, total, math.nan))
    result[SPREAD] = total[free].std() if free.any() else math.nan


@njit(cache=True, nogil=True)
def find_edges(image, labels, numbers, lines, law, table, points, results):  # type: ignore[no-untyped-def]
    """Fill ``points`` (R, 2) float32 with a ring for each instance, and ``results`` (N, RESULT_COLUMNS).

    ``lines``: corners (K, 2) of the outlines of the labels, where each instance's begin (N + 1,), where each one's ring
    begins (N + 1,). A ring that is not moved is the label's outline, smoothed, with its area.
    """
    corners, starts, ring_starts = lines
    for i in range(len(numbers)):
        own = corners[starts[i] : starts[i + 1]]
        ring = np.empty((ring_starts[i + 1] - ring_starts[i], 2))
        results[i, :] = math.nan
        # the midpoint polygon of a mask cuts half a pixel off in all
        area = rings.area_of(own) + 0.5
        rings.resample(own, rings.length_of(own), ring)
        rings.smooth_ring(ring, 2.0, area)
        results[i, DIAMETER] = math.sqrt(4 * area / math.pi)
        if results[i, DIAMETER] >= 6:
            most = max(6.0, 0.5 * results[i, DIAMETER])
            limits = limits_of(labels, numbers[i], ring, rings.normals_of(ring), most)
            _find_edge(image, ring, limits, law, table, results[i])
        points[ring_starts[i] : ring_starts[i + 1]] = ring
