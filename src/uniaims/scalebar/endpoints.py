"""Measure a bar of any look in the box where a detector saw it.

Bars look very different in the middle (filled, hollow, in pieces, dashed, split by their label, rows of dots), but
all of them begin and end with ink. So only the two ends are looked at: the edge that most rows share is taken near
each end of the box, and what the ink does behind the edge tells what the end is:

- it goes on in all rows, or at the top and the bottom only: the edge of a filled, hollow or segmented bar;
- it stops soon in rows above or below those in which it goes on: an end tick, measured at its centre;
- it stops soon in all rows: a mark of a ruler, measured at its centre, or a dash, measured at its edge;
- it widens steadily from a point: the tip of an arrow.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.measuring import Bar


@dataclass(frozen=True)
class EndpointRules:
    """What tells the ends of a bar in its box."""

    least_reach_px: int = 4
    most_reach_px: int = 14
    reach_lengths: float = 0.03
    """An end is looked for within this part of the box's length around the box's end, and within these limits."""
    outer_rows_px: int = 2
    """So many rows above and below the box are looked at too."""
    outer_rows_weight: float = 0.5
    """They count so much: what is only there is a frame around the bar."""
    outside_px: int = 4
    """So many columns outside an end tell what the ground is there."""
    least_contrast_levels: float = 12.0
    """Grey levels of 255 by which ends stand out."""
    same_ink_levels: float = 24.0
    """Levels this far from the ink are still ink: noise, compression, soft edges."""
    most_inks: int = 3
    short_run_lengths: float = 0.12
    """Ink that goes on for less than this part of the bar has an end behind the edge: a tick or a mark."""
    widest_mark_heights: float = 1.4
    """Marks of rulers are at most so many times as wide as high; dashes are longer."""
    solid_steps: float = 0.75
    """Ink that has less than this share of the step from the ground is ground that is nearly as bright as the ink."""
    faint_steps: float = 0.3
    """What is less like ink than this is texture."""
    fewest_marks: int = 4
    """Rulers have more marks than this, the first not counted."""
    rounding_px: float = 0.7
    """Round ends begin so much later at the top and at the bottom than between."""
    ground_share: float = 0.5
    """A level that so much of the surroundings has is no ink."""
    full_step_levels: float = 40.0
    """Ends that stand out by so much are as good as those that stand out more."""
    thin_line_steps: float = 0.4
    """Thin lines, blurred, are this part of the way from the ink to the ground at most."""
    other_ink_factor: float = 0.7
    """What is left of the promise of an ink that is not the label's."""
    filling_quality_share: float = 0.3
    """What fills an outline has at least this part of the outline's quality."""


ENDPOINTS = EndpointRules()


@dataclass(frozen=True, eq=False)
class _End:
    """One end, seen from the left, in columns of its own window.

    `edge` is where it begins, `centre` the middle of its tick or mark (NaN: it has none), `tip` that of an arrow
    (NaN: it is none), `strength` how far the ground is from the ink, `share` of the rows that are ink there, `width`
    of tick or mark, `mark` whether nothing goes on behind it.
    """

    edge: float
    centre: float
    tip: float
    strength: float
    share: float
    width: float
    mark: bool


def measure_by_ends(gray: NDArray[np.uint8], box: Box, ink: float | None = None) -> Bar | None:
    """The bar in the box of a detection, as it runs in ``gray`` (H, W) uint8; None where no ends stand out.

    Args:
        gray: the picture.
        box: around the bar with its ticks, to a few pixels; higher than wide: the bar runs downwards.
        ink: grey level of the label, where it is known: the bar nearly always has it too.
    """
    if box.height > box.width:
        bar = measure_by_ends(np.ascontiguousarray(gray.T), box.transposed, ink)
        return bar and replace(bar, box=bar.box.transposed, vertical=True)
    found = [bar for each in _inks(gray, box) if (bar := _measured(gray, box, each)) is not None]
    best = max(found, key=lambda bar: bar.quality * bar.contrast**0.25 * _likeness(bar, found, ink), default=None)
    if best is None:
        return None
    related = [bar for bar in found if _fills(bar, best) or _fills(best, bar)]
    return min((best, *related), key=lambda bar: (0.0 if ink is None else round(abs(bar.level - ink)), bar.length_px))


def _likeness(bar: Bar, others: list[Bar], ink: float | None) -> float:
    """How much the ink of a bar is that of its label, beside those of the others that it may be."""
    if ink is None or abs(bar.level - ink) <= min(abs(each.level - ink) for each in others):
        return 1.0
    return ENDPOINTS.other_ink_factor


def _inks(gray: NDArray[np.uint8], box: Box) -> list[float]:
    """Levels that a bar in a box may have: the commonest and the outermost, but not what is all around it.

    Drawn bars have one and the same level all over.
    """
    levels = gray[
        max(0, box.top - ENDPOINTS.outer_rows_px) : box.bottom + ENDPOINTS.outer_rows_px, box.left : box.right
    ]
    counts = np.bincount(levels.ravel(), minlength=256).astype(np.float64)
    smooth = np.convolve(np.pad(counts, 4, mode="reflect"), np.ones(5) / 5, mode="same")[4:-4]
    inks: list[float] = []
    for _ in range(ENDPOINTS.most_inks):
        peak = int(smooth.argmax())
        if smooth[peak] > 0:
            inks.append(float(peak))
        smooth[max(0, peak - int(ENDPOINTS.same_ink_levels)) : peak + int(ENDPOINTS.same_ink_levels) + 1] = 0
    for extreme in np.percentile(levels, (1, 99)):
        if all(abs(extreme - ink) > ENDPOINTS.same_ink_levels for ink in inks):
            inks.append(float(extreme))
    around = _ring(gray, box)
    return [
        ink
        for ink in inks
        if len(around) and np.mean(np.abs(around - ink) <= ENDPOINTS.same_ink_levels / 2) < ENDPOINTS.ground_share
    ]


def _ring(gray: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """Levels (n,) close around a box."""
    outer = box.grown(4, 4, gray.shape)
    kept = np.ones(outer.shape, bool)
    kept[
        max(0, box.top - 2 - outer.top) : box.bottom + 2 - outer.top,
        max(0, box.left - 2 - outer.left) : box.right + 2 - outer.left,
    ] = False
    return gray[outer.window][kept].astype(np.float32)


def _fills(bar: Bar, outline: Bar) -> bool:
    """Whether a bar is what another one, found with another ink, is the outline of."""
    margin = max(2.0, bar.box.height / 3)
    insets = bar.start - outline.start, outline.end - bar.end
    even = abs(insets[0] - insets[1]) <= max(1.0, 0.3 * max(insets))
    drawn = not (bar.ticks or outline.ticks)
    return (
        drawn
        and even
        and min(insets) >= 0.5
        and max(insets) <= margin
        and bar.quality >= ENDPOINTS.filling_quality_share * outline.quality
    )


def _measured(gray: NDArray[np.uint8], box: Box, ink: float) -> Bar | None:
    reach = int(np.clip(ENDPOINTS.reach_lengths * box.width, ENDPOINTS.least_reach_px, ENDPOINTS.most_reach_px))
    pad = reach + ENDPOINTS.outside_px + 2
    rows = slice(max(0, box.top - ENDPOINTS.outer_rows_px), min(len(gray), box.bottom + ENDPOINTS.outer_rows_px))
    likeness = -np.abs(gray[rows].astype(np.float32) - np.float32(ink))
    window = np.pad(likeness, ((0, 0), (pad, pad)), mode="edge")[:, box.left : box.right + 2 * pad]
    first, last = (_end(each, pad, reach, box.width) for each in (window, window[:, ::-1]))
    if first is None or last is None:
        return None
    insets = [_inset(each, first, last) for each in (first, last)]
    start, end = box.left - pad + insets[0], box.right + pad - insets[1]
    if end - start < 2:
        return None
    ticks = not np.isnan(first.centre) and not np.isnan(last.centre)
    off = max(abs((each.centre - each.width / 2 if ticks else each.edge) - pad) for each in (first, last)) / reach
    strength = min(first.strength, last.strength)
    inked = window[:, pad:-pad].max(axis=0) > -ENDPOINTS.same_ink_levels
    marks = np.count_nonzero(inked[1:] & ~inked[:-1]) >= ENDPOINTS.fewest_marks
    kind = "ruler" if ticks and marks and first.mark and last.mark else "bar"
    quality = (
        min(1.0, strength / ENDPOINTS.full_step_levels)
        * min(first.share, last.share) ** 0.5
        * float(np.exp(-(off**2) / 2))
    )
    quality *= float(inked.mean()) if kind == "bar" else 1.0
    width = max(first.width, last.width) if ticks and kind == "bar" else 0.0
    ground = float(np.median(gray[rows, max(0, box.left - ENDPOINTS.outside_px) : box.right + ENDPOINTS.outside_px]))
    return Bar(box, start, end, ticks, kind, quality, ink, strength, tick_px=width, bright=ink >= ground)


def _inset(end: _End, first: _End, last: _End) -> float:
    """Where an end is calibrated: both ends of a bar are of one kind."""
    for name in ("tip", "centre"):
        if not np.isnan(getattr(first, name)) and not np.isnan(getattr(last, name)):
            return float(getattr(end, name))
    return end.edge


def _end(likeness: NDArray[np.float32], near: int, reach: int, length: int) -> _End | None:
    """The left end of a bar, at most ``reach`` columns from column ``near``; ``likeness`` (h, w) is 0 in its ink."""
    column, steps = _edge_column(likeness, near, reach)
    if steps.max() < ENDPOINTS.least_contrast_levels:
        return None
    strength = float(np.median(steps[steps >= ENDPOINTS.least_contrast_levels]))
    chosen = np.flatnonzero(steps >= 0.5 * strength)
    outside = np.median(likeness[chosen, column - ENDPOINTS.outside_px : column - 1], axis=1)
    inside = likeness[chosen, column : column + 3].max(axis=1)
    share = (likeness[chosen] - outside[:, None]) / np.maximum(inside - outside, 1)[:, None]
    edges = np.array([_rise(row, column) for row in share])
    runs = _runs(share, column, length)
    centre, width, mark = _centre(share, column, runs, (length, len(likeness)))
    tip = _tip(likeness, near - reach, length // 2)
    covered = min(1.0, 2 * len(chosen) / len(likeness))
    return _End(_edge(edges), centre, tip, strength, covered, width, mark)


def _edge_column(likeness: NDArray[np.float32], near: int, reach: int) -> tuple[int, NDArray[np.float32]]:
    """The first column of the ink, and by how much each row (h,) becomes more like ink there."""
    weights = np.full(len(likeness), 1.0)
    weights[: ENDPOINTS.outer_rows_px] = weights[-ENDPOINTS.outer_rows_px :] = ENDPOINTS.outer_rows_weight
    best, found, steps = -1.0, near, np.zeros(len(likeness), np.float32)
    for column in range(near - reach, near + reach + 1):
        before = likeness[:, column - 3 : column - 1].max(axis=1)
        after = likeness[:, column : column + 2].max(axis=1)
        rise = np.where(
            after >= np.minimum(-ENDPOINTS.same_ink_levels, ENDPOINTS.thin_line_steps * before), after - before, 0
        ).clip(0)
        seen = np.minimum(rise, ENDPOINTS.full_step_levels) * np.exp(after / ENDPOINTS.full_step_levels)
        promise = float((seen * weights).sum() * np.exp(-(((column - near) / reach) ** 2)))
        if promise > best:
            best, found, steps = promise, column, rise
    return found, steps


def _edge(edges: NDArray[np.float64]) -> float:
    """Where an end begins, from where its rows (n,) do: of round ends the foremost."""
    third = len(edges) // 3
    middle = float(np.median(edges[third : len(edges) - third]))
    later = third and min(np.median(edges[:third]), np.median(edges[-third:])) > middle + ENDPOINTS.rounding_px / 2
    if later and min(edges[0], edges[-1]) > middle + ENDPOINTS.rounding_px:
        return float(edges.min())
    return float(np.median(edges))


def _rise(profile: NDArray[np.floating], column: int, half: float = 0.5) -> float:
    """Where a profile crosses one half going outwards (to the left) from the first inked columns."""
    inked = column + int(np.argmax(profile[column : column + 2]))
    while inked > 0 and profile[inked - 1] > half:
        inked -= 1
    if inked == 0:
        return 0.0
    high, low = float(profile[inked]), float(profile[inked - 1])
    return inked + 0.5 - min(1.0, max(0.0, (high - half) / max(high - low, 1e-6)))


def _runs(share: NDArray[np.float32], column: int, length: int) -> NDArray[np.intp]:
    """(n,) how many columns the ink of each row goes on for from the edge."""
    start = column + share[:, column : column + 2].argmax(axis=1)
    inked = share[:, : column + length // 2] > 0.5
    runs = np.empty(len(share), np.intp)
    for row, first in enumerate(start):
        gone = np.flatnonzero(~inked[row, first:])
        runs[row] = (first - column) + (gone[0] if len(gone) else inked.shape[1] - first)
    return runs


def _centre(
    share: NDArray[np.float32], column: int, runs: NDArray[np.intp], size: tuple[int, int]
) -> tuple[float, float, bool]:
    """Centre and width of a tick or mark, NaN where there is none, and whether nothing goes on behind it."""
    length, height = size
    short = runs <= max(3, ENDPOINTS.short_run_lengths * length)
    mark = bool(short.mean() > 0.9)
    if mark and np.median(runs) > ENDPOINTS.widest_mark_heights * height:
        return np.nan, 0.0, True
    if not mark and (short.sum() < max(2, 0.3 * len(short)) or _is_hollow(short)):
        return np.nan, 0.0, False
    profile = np.median(share[short], axis=0)
    left = _rise(profile, column)
    inked = column + int(np.argmax(profile[column : column + 2]))
    behind = inked + int(np.argmax(profile[inked:] <= ENDPOINTS.solid_steps))
    ground = float(np.median(profile[behind + 1 : behind + 4])) if behind + 1 < len(profile) else 0.0
    half = (1 + ground) / 2 if ground > 0.5 else 0.5
    while inked + 1 < len(profile) and profile[inked + 1] > half:
        inked += 1
    right = len(profile) - _rise(profile[::-1], len(profile) - 1 - inked, half)
    return (left + right) / 2, right - left, mark


def _is_hollow(short: NDArray[np.bool_]) -> bool:
    """Whether the ink goes on at the top and at the bottom, and not between."""
    return bool(not short[:1].any() and not short[-1:].any() and short.any())


def _tip(likeness: NDArray[np.float32], first: int, length: int) -> float:
    """The tip of an arrow, from the columns in which it widens steadily; NaN where it does not.

    It is within ``length`` columns from column ``first``.
    """
    ground = np.median(likeness[:, first - ENDPOINTS.outside_px : first], axis=1)[:, None]
    inked = np.clip(1 - likeness / np.minimum(ground, -ENDPOINTS.least_contrast_levels), 0, 1)
    area = np.where(inked > ENDPOINTS.faint_steps, inked, 0).sum(axis=0)[first : first + min(length, 4 * len(likeness))]
    peak = int(area[: 3 * len(likeness)].argmax())
    part = np.flatnonzero((area[:peak] >= 0.15 * area[peak]) & (area[:peak] <= 0.85 * area[peak]))
    if len(part) < 4 or np.ptp(part) != len(part) - 1 or area[peak + 2 :].min(initial=area[peak]) > 0.7 * area[peak]:
        return np.nan
    slope, offset = np.polyfit(part + 0.5, area[part], 1)
    straight = np.abs(area[part] - offset - slope * (part + 0.5)).max() <= 0.12 * area[peak]
    return float(first - offset / slope) if slope > 0.1 and straight else np.nan
