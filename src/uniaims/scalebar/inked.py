"""Bars in the very ink of their label, lying or upright, and rectangles of it, whatever the ground is like.

A bar on particles as bright as itself stands out from them hardly, and its ends and ticks even less. Its ink is of one
level, though, and its rows all begin and end in the same columns, which nothing of the sample does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import LEAST_CONTRAST, Candidate
from uniaims.scalebar.measuring import Bar, measure_bar


@dataclass(frozen=True)
class InkedBarRules:
    """Which strips of the label's ink are bars."""

    farthest_down_letters: float = 4.1
    """A bar is at most so many letter heights above or below its label,"""
    farthest_across_letters: float = 20.0
    """and its columns begin at most so many beside it."""
    shortest_letters: float = 0.5
    shortest_px: int = 8
    """It is at least so many letter heights long, or so many pixels,"""
    shortest_thicknesses: float = 2.0
    """so many times as long as thick,"""
    thickest_letters: float = 1.6
    """and at most so many letter heights thick."""
    exact_ink_levels: float = 6.0
    compressed_ink_levels: float = 16.0
    compressed_ink_contrasts: float = 0.12
    """Ink varies by so many levels; by so many, or by this part of the label's contrast, from compression."""
    across_share: float = 0.9
    """Lines along this part of the picture or more are frames."""
    same_columns_px: int = 2
    """The rows of a bar begin and end in the same columns to so many pixels."""
    rectangle_columns_px: int = 6
    hollow_height_px: int = 12
    """Strips that begin and end in the same columns to so many pixels are sides of a rectangle, if ticks join them
    or they are no more than so many pixels apart."""
    outside_from_px: int = 4
    outside_to_px: int = 8
    """Columns outside an end that tell what the ground is there."""
    clear_ground_tolerances: float = 1.5
    """The ground there is farther from the ink than so many times the ink's tolerance."""
    farthest_edge_px: float = 3.0
    """The ink's edge is no farther than this from where the ink was seen to end."""
    shortest_tick_px: int = 3
    shortest_tick_thicknesses: float = 0.7
    widest_tick_thicknesses: float = 1.5
    """Ticks go on so many rows, or this part of the bar's thickness, and are at most so many times as wide as that."""
    tallest_tick_letters: float = 1.5
    """Ticks are at most so many letter heights high at one side; higher ones are sides of a frame."""
    soft_row_share: float = 0.3
    soft_row_tolerances: float = 3.0
    """Rows of which more than this part is ink, to so many times its tolerance, are soft rows of the bar, and no
    ticks."""
    same_box_share: float = 0.7
    """Two bars are one if this part of either lies in the other."""
    least_quality: float = 0.3
    free_end_px: int = 6
    free_end_share: float = 0.5
    """So many pixels from an end, or twice the bar's thickness, at least this part is free of ink above and below."""
    standing_share: float = 0.7
    """Bars beside which more than this part is free of ink, above and below, stand as clear as can be."""


INKED = InkedBarRules()


def inked_bars(gray: NDArray[np.uint8], label: Box, ink: float, contrast: float) -> list[Bar]:
    """Bars of the level ``ink`` near a label's box in ``gray`` (H, W) uint8, lying ones, whose ends are clear.

    Of what is found with the least tolerance and with that of compression the former is taken, unless only the latter
    has ticks.
    """
    letter = min(label.shape)
    band = label.grown(
        round(INKED.farthest_down_letters * letter), round(INKED.farthest_across_letters * letter), gray.shape
    )
    levels = gray[band.window].astype(np.float32)
    loose = max(INKED.compressed_ink_levels, INKED.compressed_ink_contrasts * contrast)
    exact, soft = (
        _bars(levels, ink, tolerance, letter, gray.shape[1]) for tolerance in (INKED.exact_ink_levels, loose)
    )
    known = [bar for bar in exact if bar.ticks or not any(each.ticks and same_strip(bar, each) for each in soft)]
    found = [*known, *(bar for bar in soft if not any(same_strip(bar, each) for each in known))]
    return [
        replace(bar, box=bar.box.moved(band.top, band.left), start=bar.start + band.left, end=bar.end + band.left)
        for bar in found
    ]


def same_strip(bar: Bar, other: Bar) -> bool:
    """Whether most of one of two bars lies in the other."""
    return max(bar.box.share_in(other.box), other.box.share_in(bar.box)) >= INKED.same_box_share


def _bars(levels: NDArray[np.float32], ink: float, tolerance: float, letter: int, width: int) -> list[Bar]:
    """Bars of an ink in ``levels`` (h, w), a part of a picture so many columns wide, of which lines across are none."""
    inked = np.abs(levels - np.float32(ink)) <= tolerance
    strips = [
        box
        for box in _strips(_closed(inked), max(INKED.shortest_px, round(INKED.shortest_letters * letter)))
        if box.height <= INKED.thickest_letters * letter
        and box.width >= INKED.shortest_thicknesses * box.height
        and box.width < INKED.across_share * width
    ]
    measured = (
        _Strip(levels, inked, strip, tolerance).measured(strips, INKED.tallest_tick_letters * letter)
        for strip in strips
    )
    return [bar for bar in measured if bar is not None and bar.quality >= INKED.least_quality]


def _closed(inked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ink (h, w) without the gaps of a pixel that compression leaves in a row."""
    return np.asarray(cv2.morphologyEx(inked.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8)), np.bool_)


def _strips(inked: NDArray[np.bool_], shortest: int) -> list[Box]:
    """Boxes of rows of ink (h, w) that follow each other and begin and end in the same columns."""
    padded = np.pad(inked, ((0, 0), (1, 1))).astype(np.int8)
    rows, edges = np.nonzero(np.diff(padded, axis=1))
    runs = zip(rows[::2].tolist(), edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    strips: list[Box] = []
    growing: list[int] = []
    for row, start, end in runs:
        if end - start < shortest:
            continue
        growing = [number for number in growing if strips[number].bottom >= row]
        for number in growing:
            last = strips[number]
            if (
                last.bottom == row
                and abs(last.left - start) <= INKED.same_columns_px
                and abs(last.right - end) <= INKED.same_columns_px
            ):
                strips[number] = Box(last.top, last.left, row + 1, last.right)
                break
        else:
            strips.append(Box(row, start, row + 1, end))
            growing.append(len(strips) - 1)
    return strips


_Tick = tuple[float, int, float]
"""Middle column, rows and width of a tick."""


class _Strip:
    """A strip of ink in ``levels`` (h, w), of which ``inked`` (h, w) have the ink's level to a tolerance."""

    def __init__(self, levels: NDArray[np.float32], inked: NDArray[np.bool_], box: Box, tolerance: float) -> None:
        self.levels, self.inked, self.box, self.tolerance = levels, inked, box, tolerance
        rounding = box.height // 3
        self.profile = np.median(levels[box.top + rounding : box.bottom - rounding], axis=0)
        self.level = float(np.median(self.profile[box.left : box.right]))
        self.soft = self._soft_rows()

    def measured(self, others: Sequence[Box], tallest: float) -> Bar | None:
        """The bar that the strip is; None where its ends are not clear, or it is a side of a rectangle.

        So it is where `others` are like it, or what would be ticks has more rows than ``tallest``.
        """
        box, tall, ticks = self.box, 0, self._ticks()
        if ticks is not None:
            left, right = ticks
            tall = max(left[1], right[1])
            outer = Box(max(0, box.top - tall), box.left, min(len(self.inked), box.bottom + tall), box.right)
            ends: tuple[float, float] = (left[0], right[0])
            drops: tuple[float, ...] = ()
            width = max(left[2], right[2])
        else:
            found = self._edge(-1), self._edge(1)
            if found[0] is None or found[1] is None:
                return None
            ends, drops = (found[0][0], found[1][0]), (found[0][1], found[1][1])
            outer, width = box, 0.0
        if tall > tallest or any(self._closes(each, max(tall, INKED.hollow_height_px)) for each in others):
            return None
        quality = self._standing(round(width) + INKED.same_columns_px if ticks else 0)
        around = self._around()
        contrast, bright = max((abs(self.level - around), *drops)), self.level > around
        ticked = ticks is not None
        return Bar(outer, *ends, ticked, "bar", quality, self.level, contrast, 0, width, tall, bright)

    def _edge(self, step: int) -> tuple[float, float] | None:
        """Where the ink ends at one side, sub-pixel, and how far the ground there is from it; None: it is not clear."""
        profile = self.profile if step > 0 else self.profile[::-1]
        end = self.box.right if step > 0 else len(profile) - self.box.left
        outside = profile[end + INKED.outside_from_px : end + INKED.outside_to_px]
        outside = outside if len(outside) else profile[end:]
        if not len(outside):  # what the picture's edge cuts may be longer
            return None
        drops = np.abs(outside - self.level)
        drop = float(np.median(drops))
        if (
            drop < max(LEAST_CONTRAST, INKED.clear_ground_tolerances * self.tolerance)
            or float(drops.min()) < self.tolerance
        ):
            return None
        share = np.abs(profile - self.level) / drop  # 0 in the ink, 1 on the ground
        column = end - 1
        while column + 1 < len(share) and share[column] < 0.5:
            column += 1
        before = float(share[column - 1])
        place = column - 0.5 + (0.5 - before) / max(float(share[column]) - before, 1e-6)
        if abs(place - end) > INKED.farthest_edge_px:
            return None
        return (place if step > 0 else len(profile) - place), drop

    def _ticks(self) -> tuple[_Tick, _Tick] | None:
        """The ticks at both ends, the higher ones of those above and below; at different sides they are corners."""
        box = self.box
        sides = (range(box.top - 1, -1, -1), range(box.bottom, len(self.inked)))
        found = [(self._tick(rows, -1), self._tick(rows, 1)) for rows in sides]
        both = [(left, right) for left, right in found if left is not None and right is not None]
        return max(both, key=lambda pair: max(pair[0][1], pair[1][1]), default=None)

    def _tick(self, rows: range, step: int) -> _Tick | None:
        """A tick at one side in rows away from the bar; None where there is none."""
        box, inked = self.box, self.inked
        widest = max(3, round(INKED.widest_tick_thicknesses * box.height) + 1)
        end = box.right if step > 0 else box.left
        first, last = max(0, end - 2 * widest), min(inked.shape[1], end + 2 * widest)
        places: list[tuple[int, int]] = []
        for row in rows:
            if not places and self.soft[row]:
                continue
            place = _run_near(inked[row, first:last], end - first - (1 if step > 0 else 0), widest)
            if place is None:
                break
            places.append(place)
        middles = [(start + stop) / 2 for start, stop in places]
        if (
            len(places) < max(INKED.shortest_tick_px, INKED.shortest_tick_thicknesses * box.height)
            or np.ptp(middles) > 2.0
        ):
            return None
        return (
            first + float(np.median(middles)),
            len(places),
            float(np.median([stop - start for start, stop in places])),
        )

    def _soft_rows(self) -> list[bool]:
        """Whether the bar's own ink reaches to a row beside it, so that it is not one of ticks, for each row (h,)."""
        quarter = self.box.width // 4
        middle = self.levels[:, self.box.left + quarter : self.box.right - quarter]
        alike = np.abs(middle - self.level) <= INKED.soft_row_tolerances * self.tolerance
        soft: list[bool] = (np.mean(alike, axis=1) > INKED.soft_row_share).tolist()
        return soft

    def _closes(self, other: Box, tall: int) -> bool:
        """Whether another strip is the opposite side of a rectangle, of which the ticks are the sides."""
        box = self.box
        alike = max(abs(other.left - box.left), abs(other.right - box.right)) <= INKED.rectangle_columns_px
        near = min(abs(other.bottom - box.top), abs(other.top - box.bottom)) <= tall + 2
        apart = other.bottom <= box.top - 1 or other.top >= box.bottom + 1
        return alike and near and apart

    def _around(self) -> float:
        """The level above and below the bar."""
        box = self.box
        sides = [self.levels[max(0, box.top - 4) : max(0, box.top - 2)], self.levels[box.bottom + 2 : box.bottom + 4]]
        levels = [side[:, box.left : box.right].ravel() for side in sides]
        return float(np.median(np.concatenate(levels)))

    def _standing(self, inset: int) -> float:
        """Which share of the bar is free of ink above and below, as far as that counts; 0 where an end is not.

        Ends of what goes on above or below are those of something else, but for ticks, which are so many columns wide.
        """
        box = self.box
        free = np.ones(box.width, bool)
        for row, nearer in ((box.top - 3, box.top - 2), (box.bottom + 2, box.bottom + 1)):
            if 0 <= row < len(self.inked):
                line = self.inked[row].mean() >= INKED.across_share  # a frame of the picture, next to the bar
                free &= ~self.inked[nearer if line else row, box.left : box.right]
        near = max(INKED.free_end_px, 2 * box.height)
        ends = free[inset : inset + near], free[::-1][inset : inset + near]
        if any(end.mean() < INKED.free_end_share for end in ends if len(end)):
            return 0.0
        return min(1.0, float(free.mean()) / INKED.standing_share)


def _run_near(row: NDArray[np.bool_], column: int, widest: int) -> tuple[int, int] | None:
    """The run of ink in a row (w,) that holds a column or begins next to it, no wider than ``widest``."""
    for near in (column, column - 1, column + 1, column - 2, column + 2):
        if 0 <= near < len(row) and row[near]:
            start, stop = near, near + 1
            while start > 0 and row[start - 1]:
                start -= 1
            while stop < len(row) and row[stop]:
                stop += 1
            return (start, stop) if stop - start <= widest else None
    return None


@dataclass(frozen=True)
class UprightRules:
    """Which strips are bars that run downwards."""

    farthest_letters: float = 2.5
    """An upright bar is at most so many letter heights beside its label."""
    longest_letters: int = 20
    """It is at most so many letter heights long,"""
    shortest_letters: float = 2.0
    """at least so many,"""
    shortest_thicknesses: float = 4.0
    """and so many times as long as thick."""
    thickest_letters: float = 1.0
    """It is at most so many letter heights thick."""
    widest_tick_letters: float = 3.0
    """Its ends are at most so many letter heights wide; sides of frames go on there."""
    filled_share: float = 0.85
    """Its ink fills at least this part of its box."""
    ink_tolerance_share: float = 0.12
    ink_tolerance_levels: float = 6.0
    """Ink varies by this part of its distance from the ground, or by so many levels, from compression."""


UPRIGHT = UprightRules()


def upright_bars(gray: NDArray[np.uint8], label: Box, ink: float, contrast: float) -> tuple[Bar, ...]:
    """Bars of the level ``ink`` that run downwards left or right of a label's box in ``gray`` (H, W) uint8.

    Only what is drawn in the very ink of the label counts: upright edges are everywhere.
    """
    letter = min(label.height, label.width)
    around = label.grown(
        UPRIGHT.longest_letters * letter,
        round((UPRIGHT.farthest_letters + UPRIGHT.thickest_letters) * letter),
        gray.shape,
    )
    levels = np.ascontiguousarray(gray[around.window].T)
    near = label.moved(-around.top, -around.left).transposed
    inked = [bar for bar in inked_bars(levels, near, ink, contrast) if _is_beside(bar.box, near)]
    slender = [bar for bar in inked if bar.length_px >= UPRIGHT.shortest_letters * letter]
    found = slender.copy()
    for box in _upright_strips(levels, ink, letter):
        bar = measure_bar(levels, Candidate(box, ink > float(np.median(levels)))) if _is_beside(box, near) else None
        if bar is not None and not any(same_strip(bar, each) for each in slender):
            found.append(bar)
    return tuple(_upright(bar, around) for bar in found)


def _is_beside(bar: Box, label: Box) -> bool:
    """Whether a bar lies above or below a label and reaches over its middle, in the turned picture."""
    beside = bar.bottom <= label.top or bar.top >= label.bottom
    return beside and bar.left <= (label.left + label.right) / 2 <= bar.right


def _upright_strips(levels: NDArray[np.uint8], ink: float, letter: int) -> list[Box]:
    """Boxes of level strips of an ink in ``levels`` (h, w)."""
    tolerance = max(UPRIGHT.ink_tolerance_levels, UPRIGHT.ink_tolerance_share * abs(ink - float(np.median(levels))))
    inked = (np.abs(levels.astype(np.float32) - ink) <= tolerance).astype(np.uint8)
    kept = cv2.morphologyEx(
        inked, cv2.MORPH_OPEN, np.ones((1, max(8, round(UPRIGHT.shortest_letters * letter))), np.uint8)
    )
    count, _, places, _ = cv2.connectedComponentsWithStats(kept, connectivity=4)
    _, owners, wholes, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    return [
        Box(top, left, top + height, left + width)
        for left, top, width, height, area in places[1:count].tolist()
        if height <= UPRIGHT.thickest_letters * letter
        and width >= UPRIGHT.shortest_thicknesses * height
        and area >= UPRIGHT.filled_share * width * height
        and wholes[owners[top + height // 2, left + width // 2], cv2.CC_STAT_HEIGHT]
        <= UPRIGHT.widest_tick_letters * letter
    ]


def _upright(bar: Bar, around: Box) -> Bar:
    """A bar that was measured in the turned part `around` of a picture, as it runs there."""
    box = bar.box.transposed.moved(around.top, around.left)
    return replace(bar, box=box, start=bar.start + around.top, end=bar.end + around.top, vertical=True)


@dataclass(frozen=True)
class RectangleRules:
    """What makes ink a rectangle that is drawn around something."""

    same_ink_levels: float = 24.0
    """Pixels whose level is this close to the ink are ink."""
    closed_share: float = 0.9
    """Each side of a rectangle is inked over at least this part of its length."""
    most_inked_share: float = 0.6
    """At most this part of a rectangle is inked."""
    around_px: int = 8
    """So many pixels, or its own height, around a bar are looked at."""
    shortest_side_px: int = 5


RECTANGLES = RectangleRules()


def rectangle_around(gray: NDArray[np.uint8], bar: Box, ink: float) -> Box | None:
    """The smallest closed rectangle of the level ``ink`` in ``gray`` (H, W) uint8 that holds most of a bar's length.

    The bar may be what is inside of it, or one of its sides.
    """
    margin = max(RECTANGLES.around_px, bar.height)
    top, left = max(0, bar.top - margin), max(0, bar.left - margin)
    part = gray[top : bar.bottom + margin, left : bar.right + margin].astype(np.float32)
    inked = (np.abs(part - ink) <= RECTANGLES.same_ink_levels).astype(np.uint8)
    count, _, places, _ = cv2.connectedComponentsWithStats(inked, connectivity=4)
    boxes = [Box(y, x, y + height, x + width) for x, y, width, height, _ in places[1:count].tolist()]
    closed = [
        box.moved(top, left)
        for box in boxes
        if min(box.shape) >= RECTANGLES.shortest_side_px
        and box.width >= RECTANGLES.closed_share * bar.width
        and _is_closed(inked[box.window])
    ]
    holding = [box for box in closed if box.top <= bar.bottom and bar.top <= box.bottom]
    return min(holding, key=lambda box: box.height * box.width, default=None)


def _is_closed(inked: NDArray[np.uint8]) -> bool:
    """Whether ink (h, w) runs along all sides and leaves the middle open; soft sides may be one pixel further in."""
    sides = (inked[:2], inked[-2:], inked[:, :2].T, inked[:, -2:].T)
    return bool(
        inked.mean() <= RECTANGLES.most_inked_share
        and all(side.max(axis=0).mean() >= RECTANGLES.closed_share for side in sides)
    )
