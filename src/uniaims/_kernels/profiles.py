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
SMOOTHING_PX = 1.0
"""Standard deviation of the smoothing along the outline of a label before normals are taken."""
CURVATURE_PX = 1.5
"""Least deviation of the smoothing of curvatures; else a 32nd of the outline."""
TOUCHING_PX = 1.5
"""A neighbour this near leaves no place for an outer level."""
LEAST_FREE, MOST_WEAK, MOST_SHIFT, MOST_BLUR = 0.15, 0.3, 0.2, 0.45
"""Shares of the outline; largest median shift in diameters; largest width of the edge in halves of the usual chord."""
LEVEL_STATIONS, JUMP_STATIONS = 16, 32
"""Places along a ring at which running medians are taken, of levels and of shifts."""
GUARD_WIDTHS, REACH_WIDTHS = 2.0, 5.0
"""Levels are taken between these distances from the edge, in widths of the edge."""
QUARTERS = 1.349
"""Distance of the places of a quarter and three quarters of a blurred step, in standard deviations of the blur."""
NOISES = 3.0
"""A rim is weak where its contrast is below so many deviations of the noise."""
CLEAR = 8.0
"""Profiles are averaged with their neighbours until the contrast is so many deviations of the noise."""
RIM_WIDTHS = 2.0
"""So many widths inside of half height a bright rim stands out most."""

REASON, SHIFT, SPREAD, WIDTH, BLUR, WEAK_SHARE, FREE_SHARE = range(7)
RESULT_COLUMNS = 7
ACCEPTED, TOO_SMALL, LITTLE_RIM, LOW_CONTRAST, LARGE_SHIFT, TOO_BLURRED = range(6)


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
        _take_profile(image, ring[i], normals[i], profiles[i], ends[i])
    return profiles, ends


@njit(cache=True, nogil=True)
def _take_profile(image, point, normal, profile, ends):  # type: ignore[no-untyped-def]
    """Fill one profile between its ends; inside of the image without looking for its border at each place."""
    height, width = image.shape
    middle = profile.shape[0] // 2
    down, across = STEP * normal[1], STEP * normal[0]
    y, x = point[1] + (ends[0] - middle) * down - 0.5, point[0] + (ends[0] - middle) * across - 0.5
    far_y, far_x = y + (ends[1] - ends[0]) * down, x + (ends[1] - ends[0]) * across
    inside = min(y, far_y) >= 0 and min(x, far_x) >= 0 and max(y, far_y) < height - 1 and max(x, far_x) < width - 1
    for k in range(ends[0], ends[1] + 1):
        if inside:
            top, left = int(y), int(x)
            below, right = y - top, x - left
            upper = image[top, left] + right * (image[top, left + 1] - image[top, left])
            lower = image[top + 1, left] + right * (image[top + 1, left + 1] - image[top + 1, left])
            profile[k] = upper + below * (lower - upper)
        else:
            profile[k] = _sample(image, y + 0.5, x + 0.5)
        y += down
        x += across


@njit(cache=True, nogil=True)
def average_along(profiles, half):  # type: ignore[no-untyped-def]
    """Profiles averaged with those of up to ``half`` points on either side, NaN left out."""
    if half == 0:
        return profiles
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
        levels[:, side] = rings.running_median(raw, max(3, count // 8), LEVEL_STATIONS)
        deviation = 1.4826 * rings.median_of(np.abs(single - levels[:, side]))
        noise = min(noise, deviation) if not math.isnan(deviation) else noise
    return levels, noise


@njit(cache=True, nogil=True)
def crossings(profiles, ends, levels):  # type: ignore[no-untyped-def]
    """Place (M,) in px from the middle where each profile falls through the level half way from inside to outside.

    The crossing nearest to the middle counts; NaN where there is none, or something touches.
    """
    count, middle = profiles.shape[0], profiles.shape[1] // 2
    found = np.full(count, math.nan)
    for i in range(count):
        if ends[i, 1] <= middle or math.isnan(levels[i, 0]) or math.isnan(levels[i, 1]):
            continue
        wanted, best = (levels[i, 0] + levels[i, 1]) / 2, math.inf
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
    smooth = rings.running_median(shifts, max(5, shifts.shape[0] // 16), JUMP_STATIONS)
    away = np.abs(shifts - smooth)
    limit = max(0.5, 3 * 1.4826 * rings.median_of(away))
    for i in range(shifts.shape[0]):
        if away[i] > limit:
            shifts[i] = math.nan
    return rings.median_of(away) * 1.4826


@njit(cache=True, nogil=True)
def settled(shifts, touched, noise):  # type: ignore[no-untyped-def]
    """Shifts (M,) of the whole ring: touched points get the median of the others, gaps are bridged, all is smoothed.

    The spline is as stiff as it takes to bring the noise of the points, which go together over about 2 px, to
    0.05 px, but no less than 1.5 px, about the blur of an image, and no more than a 24th of the ring.
    """
    count = shifts.shape[0]
    whole, usual = shifts.copy(), rings.median_of(shifts)
    for i in range(count):  # np.where would take 3 s to compile
        if touched[i]:
            whole[i] = usual
    rings.fill_gaps(whole)
    # a smoothing spline of stiffness h leaves 0.265 / h of the variance of white noise (Silverman 1984)
    wanted = 0.265 * 2.0 * (noise / 0.05) ** 2
    stiffness = max(min(wanted, count * STEP / 24), 1.5)
    out = np.empty(count)
    rings.convolve(whole, rings.spline(stiffness / STEP, count), out)
    return out


@njit(cache=True, nogil=True)
def mean_edge(profiles, ends, levels, guard):  # type: ignore[no-untyped-def]
    """Mean profile (T,) of the free rim, 0 outside and 1 inside; NaN where no profile reaches."""
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
    for k in range(mean.shape[0]):
        mean[k] = mean[k] / known[k] if known[k] >= 0.25 * known[middle] and known[k] > 0 else math.nan
    return mean


@njit(cache=True, nogil=True)
def place_of(mean, wanted):  # type: ignore[no-untyped-def]
    """Place in px where a mean profile falls through a level, the one nearest to the middle; NaN where none."""
    middle, best = mean.shape[0] // 2, math.inf
    for k in range(mean.shape[0] - 1):
        here, there = mean[k] - wanted, mean[k + 1] - wanted
        if here >= 0 > there and abs(k - middle + here / (here - there)) < abs(best):
            best = k - middle + here / (here - there)
    return best * STEP if best < math.inf else math.nan


@njit(cache=True, nogil=True)
def edge_width(mean):  # type: ignore[no-untyped-def]
    """Blur that a mean profile shows, as a deviation in px, from its places of a quarter and three quarters."""
    width = (place_of(mean, 0.25) - place_of(mean, 0.75)) / QUARTERS
    return width if width > 0 else math.nan


@njit(cache=True, nogil=True)
def rim_height(mean, width):  # type: ignore[no-untyped-def]
    """How far a mean profile stands above a blurred step inside of the edge, in contrasts; 0 where it ends before."""
    place = (place_of(mean, 0.5) - RIM_WIDTHS * width) / STEP + mean.shape[0] // 2
    at = math.floor(place)
    if not 0 <= at < mean.shape[0] - 1:
        return 0.0
    height = mean[at] + (place - at) * (mean[at + 1] - mean[at]) - 0.5 * math.erfc(-RIM_WIDTHS / math.sqrt(2.0))
    return 0.0 if math.isnan(height) else height


@njit(cache=True, nogil=True)
def blur_shifts(errors, width, ring, thickness):  # type: ignore[no-untyped-def]
    """How far outwards (M,), in px, the true edge lies from half height, see `uniaims.structures.blurred_bodies`.

    To first order by the curvature of each place, the rest alike all around. ``thickness``: half of the usual chord
    across the body.
    """
    length, area = rings.length_of(ring), rings.area_of(ring)
    slender = min(max(2 * area / (length * thickness) - 1, 0.0), 1.0)
    place = min(width / thickness / errors[1, 0], errors.shape[0] - 1.001)
    at, share = int(place), place - int(place)
    disc = errors[at, 1] + share * (errors[at + 1, 1] - errors[at, 1])
    strip = errors[at, 2] + share * (errors[at + 1, 2] - errors[at, 2])
    rest = thickness * ((1 - slender) * disc + slender * strip)
    return width * width / 2 * rings.curvatures(ring, max(CURVATURE_PX, length / 32)) + rest


@njit(cache=True, nogil=True)
def _look(image, ring, limits, total, width, first):  # type: ignore[no-untyped-def]
    """Shifts (M,) from a ring to the edge, NaN where unknown; levels (M, 2), noise, mean profile."""
    reach = math.ceil(max(3.0, 0.15 * ring.shape[0] * STEP / math.pi, REACH_WIDTHS * width) / STEP)
    guard = reach // 2 if first else max(2, round(GUARD_WIDTHS * width / STEP))
    profiles, ends = take_profiles(image, ring, limits, total, reach)
    levels, noise = side_levels(profiles, ends, guard)
    clear = rings.median_of(np.abs(levels[:, 0] - levels[:, 1])) / max(noise, 1e-9)
    half = ring.shape[0] // 16 if not clear > 0 else min(int((CLEAR / clear) ** 2 / STEP), ring.shape[0] // 16)
    found = crossings(average_along(profiles, half), ends, levels)
    mean = np.empty(0) if first else mean_edge(profiles, ends, levels, guard)
    return found, levels, noise, mean


@njit(cache=True, nogil=True)
def _move(ring, shifts):  # type: ignore[no-untyped-def]
    normals = rings.normals_of(ring)
    for i in range(ring.shape[0]):
        ring[i, 0] += shifts[i] * normals[i, 0]
        ring[i, 1] += shifts[i] * normals[i, 1]


@njit(cache=True, nogil=True)
def _find_edge(image, ring, limits, law, errors, result):  # type: ignore[no-untyped-def]
    """Move a ring onto the edge in three looks, the last one from the edge itself; fill the figures of its instance."""
    count, free = ring.shape[0], limits[:, 1] > 0
    result[FREE_SHARE], result[WEAK_SHARE] = free.mean(), 1.0
    total, width = np.zeros(count), 1.0
    for turn in range(3):
        found, levels, noise, mean = _look(image, ring, limits, total, width, turn == 0)
        jitter = drop_jumps(found)
        if math.isnan(jitter):
            return
        moved = settled(found, ~free, jitter)
        seen = edge_width(mean) if turn else math.nan
        width = width if math.isnan(seen) else seen
        if turn == 2:
            thickness = max(rings.median_of(limits[:, 0] + total + moved), 1.0)
            result[WIDTH], result[BLUR] = width, width / thickness
            moved += blur_shifts(errors, width, ring, thickness)
            moved += (law[0] - law[1] * rim_height(mean, width)) * width
        _move(ring, moved)
        total += moved
        if turn < 2:
            rings.smooth_ring(ring, SMOOTHING_PX / STEP, rings.area_of(ring))
    weak = free & ~(np.abs(levels[:, 0] - levels[:, 1]) >= NOISES * noise)
    result[WEAK_SHARE] = weak.sum() / max(free.sum(), 1)
    result[SHIFT] = rings.median_of(total[free])
    result[SPREAD] = total[free].std()


@njit(cache=True, nogil=True)
def _judged(result, diameter, most_shift_px):  # type: ignore[no-untyped-def]
    """Why an edge is refused, from the figures of its instance; each comparison fails for NaN.

    A network's outline runs along the foot of a blurred edge: one width more may lie between.
    """
    if not result[FREE_SHARE] >= LEAST_FREE:
        return LITTLE_RIM
    if not result[WEAK_SHARE] <= MOST_WEAK:
        return LOW_CONTRAST
    if not result[BLUR] <= MOST_BLUR:
        return TOO_BLURRED
    if not abs(result[SHIFT]) <= min(MOST_SHIFT * diameter, most_shift_px + result[WIDTH]):
        return LARGE_SHIFT
    return ACCEPTED


@njit(cache=True, nogil=True)
def find_edges(image, labels, numbers, lines, rules, points, results):  # type: ignore[no-untyped-def]
    """Fill ``points`` (R, 2) float32 with a ring for each instance, and ``results`` (N, RESULT_COLUMNS), NaN: unknown.

    ``lines``: corners (K, 2) of the outlines of the labels, where each instance's begin (N + 1,), where each one's ring
    begins (N + 1,). ``rules``: how many widths the edge lies outside of half height, and how many
    inside for each contrast that a rim stands out; `blurred_bodies.half_height_errors`; least diameter and most shift
    in px. The ring of an instance that is refused is the label's outline, smoothed, with its area.
    """
    corners, starts, ring_starts = lines
    law, errors, least_px, most_shift_px = rules
    for i in range(len(numbers)):
        results[i, :] = math.nan
        results[i, REASON] = TOO_SMALL
        own = corners[starts[i] : starts[i + 1]]
        if own.shape[0] == 0:
            continue
        ring = np.empty((ring_starts[i + 1] - ring_starts[i], 2))
        # the midpoint polygon of a mask cuts half a pixel off in all
        area = rings.area_of(own) + 0.5
        diameter = math.sqrt(4 * area / math.pi)
        rings.resample(own, rings.length_of(own), ring)
        rings.smooth_ring(ring, SMOOTHING_PX / STEP, area)
        points[ring_starts[i] : ring_starts[i + 1]] = ring
        if diameter < least_px:
            continue
        most = max(12.0, 0.5 * diameter)
        limits = limits_of(labels, numbers[i], ring, rings.normals_of(ring), most)
        _find_edge(image, ring, limits, law, errors, results[i])
        results[i, REASON] = _judged(results[i], diameter, most_shift_px)
        if results[i, REASON] == ACCEPTED:
            points[ring_starts[i] : ring_starts[i + 1]] = ring
