"""Where bars and rulers may be near a label, before they are measured.

A bar is a strip of one level that stands out from what is above *and* below it, over its whole length. So the picture
is opened vertically (what is thinner than a label's letters stands out: a top-hat), and what stands out is opened
horizontally (only what does so over a length remains). No grey level and no threshold on it enters: a white bar on
white particles loses only the part that nobody could see either.

A piece of a bar that something cuts, its label in the middle or the tails of letters, is as even and as sharp as a
whole one: what lies in the rows of another piece, of its thickness, with nothing but the label or its tails between,
belongs to it. Rulers may be dots in the label's own ink, on a picture that is as bright as they are here and there.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box

LEAST_CONTRAST = 12
"""Grey levels of 255 by which a bar stands out; less is hidden by noise and compression."""


Kind = Literal["bar", "split", "cut", "ruler"]


@dataclass(frozen=True)
class Candidate:
    """Where a bar may be, roughly.

    ``bright``: lighter than what is around. `marks` are a ruler's columns, `parts` the two lines of a bar that its
    label splits, or the pieces of one that tails of letters cut.
    """

    box: Box
    bright: bool
    kind: Kind = "bar"
    marks: tuple[float, ...] = ()
    parts: tuple[Box, ...] = ()


@dataclass(frozen=True)
class PieceRules:
    """Which pieces are those of one bar."""

    same_rows_px: int = 1
    """Edges of pieces of one bar differ by at most so many pixels,"""
    same_rows_of_arms_px: int = 2
    """those of the two arms beside a label, of which one may lie on brighter ground, by so many."""
    longest_label_letters: int = 10
    """A label is at most so many letter heights long."""
    longest_arm_ratio: float = 1.5
    longest_arm_more_px: int = 4
    """Arms beside a label are at most so many times as long as each other, and so many pixels."""
    widest_tail_letters: float = 1.0
    """Tails of letters, with an outline, cut out of a bar at most so many letter heights,"""
    tail_reach_letters: float = 0.5
    """and only of one that is at most this part of the letters' height away from them."""
    same_ink_contrasts: float = 0.2
    """Pieces differ from each other by at most this part of their contrast,"""
    other_ink_contrasts: float = 0.5
    """and from what is above and below by at least this part."""
    shortest_piece_px: int = 6
    shortest_piece_thicknesses: float = 2.0
    """A piece is at least so many pixels long, and so many times as long as thick."""
    most_soft_share: float = 0.03
    """Of a bar at most this part, or `soft_end_px`, may have another level at either end."""
    soft_end_px: int = 3
    """So close to a bar's end a piece is its soft edge, or its tick."""


PIECES = PieceRules()


def joined_pieces(pieces: Sequence[Candidate], label: Box) -> list[Candidate]:
    """Bars that are made of pieces near a label's box: two arms beside it, or a line under it that its tails cut."""
    return [*_split(pieces, label), *_cut(pieces, label)]


def _split(pieces: Sequence[Candidate], label: Box) -> list[Candidate]:
    """Two pieces of one thickness and like length in the rows of a label, one at either side."""
    joined, inner = [], (label.top + label.height / 4 - 2, label.bottom - label.height / 4 + 2)
    beside = [each for each in pieces if inner[0] <= (each.box.top + each.box.bottom) / 2 <= inner[1]]
    lefts = [each for each in beside if each.box.right <= label.left + label.height / 2]
    rights = [each for each in beside if each.box.left >= label.right - label.height / 2]
    for left in lefts:
        for right in rights:
            level = _level(left.box, right.box, PIECES.same_rows_of_arms_px)
            longer, shorter = sorted((left.box.width, right.box.width), reverse=True)
            near = right.box.left - left.box.right <= PIECES.longest_label_letters * label.height
            if (
                left.bright == right.bright
                and level
                and near
                and longer <= PIECES.longest_arm_ratio * shorter + PIECES.longest_arm_more_px
            ):
                joined.append(_whole((left, right), "split"))
    return joined


def _cut(pieces: Sequence[Candidate], label: Box) -> list[Candidate]:
    """Rows of pieces close under (or over) a label with gaps no wider than the tails of its letters."""
    near = [each for each in pieces if _touches(each.box, label)]
    joined, used = [], set[int]()
    for number, first in enumerate(near):
        if number in used:
            continue
        line = {
            index: each
            for index, each in enumerate(near)
            if each.bright == first.bright and _level(each.box, first.box, PIECES.same_rows_px)
        }
        used |= line.keys()
        chain = _longest_chain(sorted(line.values(), key=lambda each: (each.box.left, -each.box.width)), label)
        if len(chain) > 1:
            joined.append(_whole(chain, "cut"))
    return joined


def _longest_chain(line: Sequence[Candidate], label: Box) -> list[Candidate]:
    """The most pieces of a line that follow each other with gaps that tails of the label explain."""
    apart: list[Candidate] = []
    for piece in line:  # of what was found twice the first, which is the longer one
        if not apart or piece.box.left >= apart[-1].box.right:
            apart.append(piece)
    chains = [apart[:1]]
    for left, right in pairwise(apart):
        if _is_tail(left.box, right.box, label):
            chains[-1].append(right)
        else:
            chains.append([right])
    return max(chains, key=len)


def _is_tail(left: Box, right: Box, label: Box) -> bool:
    gap = right.left - left.right
    return (
        0 < gap <= PIECES.widest_tail_letters * label.height
        and left.right >= label.left - 2
        and right.left <= label.right + 2
    )


def _touches(box: Box, label: Box) -> bool:
    """Whether a strip lies so close to a label, or in its rows near the edge, that tails may reach into it."""
    middle = (box.top + box.bottom) / 2
    outer = (
        min(abs(middle - label.top), abs(middle - label.bottom))
        <= PIECES.tail_reach_letters * label.height + box.height / 2
    )
    return outer and box.left < label.right and label.left < box.right + label.height


def _level(first: Box, second: Box, most_px: int) -> bool:
    return abs(first.top - second.top) <= most_px and abs(first.bottom - second.bottom) <= most_px


def _whole(parts: Sequence[Candidate], kind: str) -> Candidate:
    first, last = parts[0], parts[-1]
    box = first.box.union(last.box)
    if kind == "split":
        return Candidate(box, first.bright, "split", parts=(first.box, last.box))
    return Candidate(box, first.bright, "cut", parts=tuple(part.box for part in parts))


@dataclass(frozen=True)
class DotRules:
    """What makes dots a ruler."""

    fewest_dots: int = 6
    """A ruler has at least so many dots."""
    largest_letters: float = 0.6
    smallest_px: int = 2
    """Dots are at most so many letter heights wide and high, and at least so many pixels."""
    longest_sides_ratio: float = 2.0
    """A dot's sides differ by at most this factor."""
    middle_line_px: float = 1.0
    """Middles of the dots of one ruler differ in height by at most so much: large and small dots share a middle
    line."""
    pitch_tolerance_share: float = 0.08
    pitch_tolerance_px: float = 1.2
    """Dots are off their places by at most this part of the pitch, or so many pixels."""
    shortest_pitch_px: float = 4.0
    most_pitches_apart: int = 2
    seen_share: float = 0.8
    """A dot may be hidden between two that are seen; at least this part of them is seen."""
    ink_tolerance_contrasts: float = 0.2
    """The ink of the dots differs from that of the label by at most this part of the label's contrast."""


DOTS = DotRules()


def dotted_rulers(gray: NDArray[np.uint8], band: Box, letter: int, ink: float, contrast: float) -> list[Candidate]:
    """The longest ruler of dots of the level ``ink`` in the `band` of rows of ``gray`` (H, W) uint8, or none."""
    levels = gray[band.window]
    inked = (np.abs(levels.astype(np.float32) - np.float32(ink)) <= DOTS.ink_tolerance_contrasts * contrast).astype(
        np.uint8
    )
    dots = _dots(inked, letter)
    best: tuple[float, ...] = ()
    rows: tuple[int, int] = (0, 0)
    for _, row, _ in dots:
        line = sorted((dot for dot in dots if abs(dot[1] - row) <= DOTS.middle_line_px), key=lambda dot: dot[0])
        marks = _evenly_spaced([dot[0] for dot in line])
        if len(marks) > len(best):
            best, rows = marks, (min(dot[2].top for dot in line), max(dot[2].bottom for dot in line))
    if len(best) < DOTS.fewest_dots:
        return []
    box = Box(rows[0], int(best[0]), rows[1], int(best[-1]) + 1).moved(band.top, band.left)
    return [Candidate(box, ink > float(np.median(levels)), "ruler", tuple(mark + band.left for mark in best))]


def _dots(inked: NDArray[np.uint8], letter: int) -> list[tuple[float, float, Box]]:
    """Column and row of the middle of each dot of ink (h, w), and its box."""
    count, _, places, middles = cv2.connectedComponentsWithStats(inked, connectivity=8)
    found = []
    for (left, top, width, height, _), (x, y) in zip(places[1:count].tolist(), middles[1:count].tolist(), strict=True):
        small = min(width, height) >= DOTS.smallest_px and max(width, height) <= max(
            DOTS.smallest_px + 2, DOTS.largest_letters * letter
        )
        if small and max(width, height) <= DOTS.longest_sides_ratio * min(width, height):
            found.append((x, y, Box(top, left, top + height, left + width)))
    return found


def _evenly_spaced(places: list[float]) -> tuple[float, ...]:
    """The most places of one pitch, left to right; single ones that are hidden are filled in."""
    best: tuple[float, ...] = ()
    for number, first in enumerate(places):
        for second in places[number + 1 :]:
            marks = _marks(places, first, second - first)
            if len(marks) > len(best):
                best = marks
    return best


def _marks(places: list[float], first: float, pitch: float) -> tuple[float, ...]:
    """The places that go on from one of them in steps of a pitch, of which at most every other one may be missing."""
    if pitch < DOTS.shortest_pitch_px:
        return ()
    found = {0: first}
    off = min(DOTS.pitch_tolerance_px, max(0.5, DOTS.pitch_tolerance_share * pitch))
    for place in places:
        last = max(found)
        step = round((place - found[last]) / pitch)
        if 1 <= step <= DOTS.most_pitches_apart and abs(place - found[last] - step * pitch) <= off:
            found[last + step] = place
            pitch = (place - first) / (last + step)
    if len(found) < DOTS.seen_share * (max(found) + 1):
        return ()
    return tuple(found.get(index, first + index * pitch) for index in range(max(found) + 1))


@dataclass(frozen=True)
class StripRules:
    """Which strips beside a label may be bars or rulers."""

    farthest_letters: float = 2.5
    """A bar's rows are at most so many letter heights away from its label."""
    thickest_letters: float = 1.6
    """A bar is at most so many letter heights thick."""
    shortest_letters: float = 0.5
    """A bar is at least so many letter heights long, and longer than it is thick."""
    shortest_px: int = 8
    most_strips: int = 24
    """The most promising strips of either polarity are looked at."""
    ink_tolerance_share: float = 0.12
    """Ink varies by this part of its distance from the ground, or by 6 levels, from compression."""
    filled_share: float = 0.8
    """A bar fills at least this part of its box."""
    split_letter_px: int = 14
    """Split bars are thin lines; their letters are about so high, in pixels."""
    most_gaps: int = 8
    shortest_piece_letters: float = 0.35
    """Pieces of a bar that something cuts are at least so many letter heights long."""
    fewest_marks: int = 6
    """A ruler has at least this many ticks or dots."""
    pitch_tolerance_share: float = 0.12
    """Marks of a ruler are off their places by at most this part of the pitch, or by a pixel."""


STRIPS = StripRules()


@dataclass(frozen=True, eq=False)
class _Region:
    """What stands out in `box`, by `contrast`: its part of the opened top-hat and of the top-hat (h, w).

    `most` is what its strips promise at most, so that those of few regions have to be cut out.
    """

    most: float
    contrast: float
    box: Box
    standing: NDArray[np.uint8]
    top_hat: NDArray[np.uint8]


def find_bars(gray: NDArray[np.uint8], label: Box, ink: float) -> tuple[Candidate, ...]:
    """Horizontal bars and rulers near a label's box, written at the level ``ink``, in ``gray`` (H, W) uint8."""
    band, letter = band_around(gray.shape, label), label.height
    levels = gray[band.window]
    found = []
    for bright in (True, False):
        picture = levels if bright else cv2.bitwise_not(levels)
        found += [Candidate(box.moved(band.top, band.left), bright) for box in _strips(picture, letter)]
    bright = ink > float(np.median(levels))
    found += [
        Candidate(box.moved(band.top, band.left), bright)
        for box in _inked(levels, ink, letter, 1.5 * STRIPS.shortest_letters)
    ]
    pieces = list(dict.fromkeys(each for each in found if not _inside(each.box, label)))
    dotted = dotted_rulers(gray, band, letter, ink, abs(ink - float(np.median(gray[label.window]))))
    rulers = [each for each in (*find_rulers(gray, label), *dotted) if not each.box.share_in(label)]
    short = [
        Candidate(box.moved(band.top, band.left), bright)
        for box in _inked(levels, ink, letter, STRIPS.shortest_piece_letters)
    ]
    return (*pieces, *joined_pieces([*pieces, *short], label), *rulers)


def bars_in(gray: NDArray[np.uint8], box: Box) -> tuple[Candidate, ...]:
    """Horizontal bars and rulers in a box of ``gray`` (H, W) uint8 and close around it."""
    margin = max(6, box.height)
    top, left = max(0, box.top - margin), max(0, box.left - margin)
    part = np.ascontiguousarray(gray[top : box.bottom + margin, left : box.right + margin])
    letter = max(STRIPS.shortest_px, box.height)
    found = []
    for bright in (True, False):
        picture = part if bright else cv2.bitwise_not(part)
        found += [Candidate(strip.moved(top, left), bright) for strip in _strips(picture, letter)]
    middle = Box((box.top + box.bottom) // 2, box.left, (box.top + box.bottom) // 2 + 1, box.right)
    rulers = [each for each in find_rulers(gray, middle) if box.top <= each.box.top and each.box.bottom <= box.bottom]
    return (*found, *rulers)


def band_around(shape: tuple[int, ...], label: Box) -> Box:
    """The rows in which the bar of a label may be."""
    reach = round((STRIPS.farthest_letters + STRIPS.thickest_letters) * label.height)
    return Box(max(0, label.top - reach), 0, min(shape[0], label.bottom + reach), shape[1])


def _strips(picture: NDArray[np.uint8], letter: int) -> list[Box]:
    """Boxes of the `most_strips` most promising bright horizontal strips in ``picture`` (h, w)."""
    shortest = max(STRIPS.shortest_px, round(STRIPS.shortest_letters * letter))
    regions: list[_Region] = []
    for thickness in sorted({max(3, round(0.35 * letter)), max(4, round(STRIPS.thickest_letters * letter))}):
        across = cv2.getStructuringElement(cv2.MORPH_RECT, (1, thickness + 1))
        padded = cv2.copyMakeBorder(picture, thickness, thickness, 0, 0, cv2.BORDER_REPLICATE)
        top_hat = cv2.morphologyEx(padded, cv2.MORPH_TOPHAT, across)[thickness:-thickness]
        along = cv2.getStructuringElement(cv2.MORPH_RECT, (shortest, 1))
        standing = cv2.morphologyEx(np.ascontiguousarray(top_hat), cv2.MORPH_OPEN, along)
        regions += _regions(standing, top_hat, shortest)
    found: list[tuple[float, int, int, Box]] = []
    for number in sorted(range(len(regions)), key=lambda each: -regions[each].most):
        if len(found) >= STRIPS.most_strips and regions[number].most < -found[STRIPS.most_strips - 1][0]:
            break
        for order, (promise, box) in enumerate(_cores(regions[number], shortest)):
            insort(found, (-promise, number, order, box))
    return [box for *_, box in found[: STRIPS.most_strips]]


def _inked(levels: NDArray[np.uint8], ink: float, letter: int, least: float) -> list[Box]:
    """Boxes of strips of `least` letter heights or more that are filled with the ink of a label, in ``levels`` (h, w).

    They may have parts in which nothing sets them off from particles of the same brightness above or below.
    """
    shortest = max(STRIPS.shortest_px, round(least * letter))
    tolerance = max(6.0, STRIPS.ink_tolerance_share * abs(ink - float(np.median(levels))))
    inked = (np.abs(levels.astype(np.float32) - ink) <= tolerance).astype(np.uint8)
    kept = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(kept, connectivity=4)
    boxes = [
        (int(area), Box(int(top), int(left), int(top + height), int(left + width)))
        for left, top, width, height, area in stats[1:count]
        if height <= STRIPS.thickest_letters * letter
        and width >= 1.5 * height
        and area >= STRIPS.filled_share * width * height
    ]
    return [box for _, box in sorted(boxes, key=lambda each: -each[0])[: STRIPS.most_strips]]


def _regions(standing: NDArray[np.uint8], top_hat: NDArray[np.uint8], shortest: int) -> list[_Region]:
    """What stands out over a length, ``standing`` (h, w) being the opened ``top_hat`` (h, w)."""
    regions = []
    count, _, stats, _ = cv2.connectedComponentsWithStats((standing >= LEAST_CONTRAST).astype(np.uint8), connectivity=4)
    for left, top, width, height, _ in stats[1:count].tolist():
        box = Box(top, left, top + height, left + width)
        part = standing[box.window]
        contrast = _quantile(part.max(axis=0), 0.8)
        regions.append(_Region(contrast * min(4.0, width / shortest), contrast, box, part, top_hat[box.window]))
    return regions


def _cores(region: _Region, shortest: int) -> list[tuple[float, Box]]:
    """Boxes of a region's strips, cut at half of its contrast; before each its promise."""
    boxes = []
    core = (region.top_hat >= region.contrast / 2).astype(np.uint8)
    core = cv2.morphologyEx(core, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    count, _, places, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    for x, y, width, height, area in places[1:count].tolist():
        if width >= max(shortest, height) and area >= 0.6 * width * height:
            ridge = region.standing[y : y + height, x : x + width].max(axis=0).astype(np.float32)
            even = float(np.mean(np.abs(ridge - np.median(ridge)) <= 0.3 * region.contrast))
            promise = even * region.contrast * min(4.0, width / shortest)
            boxes.append((promise, Box(y, x, y + height, x + width).moved(region.box.top, region.box.left)))
    return boxes


def _quantile(values: NDArray[np.uint8], share: float) -> float:
    """Linear between the two nearest, as ``np.quantile``, which takes ten times as long on few ``values`` (n,)."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low, high = float(ordered[int(place)]), float(ordered[min(int(place) + 1, len(ordered) - 1)])
    return low + (high - low) * (place % 1)


def find_gaps(gray: NDArray[np.uint8]) -> tuple[Box, ...]:
    """Where the label of a split bar may stand in ``gray`` (H, W) uint8: between two level lines of one length."""
    gaps = []
    for picture in (gray, cv2.bitwise_not(gray)):
        strips = [box for box in _strips(picture, STRIPS.split_letter_px) if box.height <= STRIPS.split_letter_px // 2]
        for left in strips:
            for right in strips:
                level = abs(left.top - right.top) <= 1 and abs(left.bottom - right.bottom) <= 1
                alike = abs(left.width - right.width) <= 0.2 * left.width + 2
                gap = right.left - left.right
                if level and alike and left.height * 4 <= gap <= 2 * (left.width + right.width):
                    middle, half = (left.top + left.bottom) // 2, max(STRIPS.split_letter_px // 2 + 2, 3 * left.height)
                    top, bottom = max(0, middle - half), min(len(gray), middle + half + 1)
                    gaps.append(Box(top, left.right + 1, bottom, right.left - 1))
    return tuple(dict.fromkeys(gaps))[: STRIPS.most_gaps]


def find_rulers(gray: NDArray[np.uint8], label: Box) -> tuple[Candidate, ...]:
    """Rows of at least `fewest_marks` ticks or dots of one pitch near a label; the best of each polarity."""
    band, letter = band_around(gray.shape, label), label.height
    found = []
    for bright in (True, False):
        picture = gray[band.window] if bright else cv2.bitwise_not(gray[band.window])
        narrow = cv2.getStructuringElement(cv2.MORPH_RECT, (max(5, letter // 2), 1))
        top_hat = cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, narrow)
        best: tuple[float, ...] = ()
        rows: list[int] = []
        for row, strongest in _marked_rows(top_hat):
            marks = _progression(_peaks(top_hat[row], strongest), letter)
            if len(marks) > len(best):
                best, rows = marks, [row]
            elif marks and len(marks) == len(best) and abs(marks[0] - best[0]) < 2 and row == rows[-1] + 1:
                rows.append(row)
        if best:
            top, bottom = band.top + rows[0], band.top + rows[-1] + 1
            box = Box(top, int(best[0]), bottom, int(np.ceil(best[-1])) + 1)
            found.append(Candidate(box, bright, "ruler", best))
    return tuple(found)


def _marked_rows(top_hat: NDArray[np.uint8]) -> list[tuple[int, float]]:
    """Rows of ``top_hat`` (h, w) with enough marks for a ruler, and the strongest level of each."""
    strongest = np.percentile(top_hat, 99.5, axis=1)
    inked = top_hat >= strongest[:, None] / 2
    marks = inked[:, 0] + np.count_nonzero(inked[:, 1:] & ~inked[:, :-1], axis=1)
    rows = np.flatnonzero((strongest >= 3 * LEAST_CONTRAST) & (marks >= STRIPS.fewest_marks))
    return [(int(row), float(strongest[row])) for row in rows]


def _peaks(row: NDArray[np.uint8], strongest: float) -> list[float]:
    """Centres of the marks in a row (w,): those that stand out by half of the strongest or more."""
    inked = np.concatenate(([False], row >= strongest / 2, [False]))
    edges = np.flatnonzero(inked[1:] != inked[:-1]).reshape(-1, 2)
    levels = np.concatenate(([0], np.cumsum(row, dtype=np.int64)))
    moments = np.concatenate(([0], np.cumsum(row * np.arange(len(row)), dtype=np.int64)))
    centres: list[float] = (np.diff(moments[edges])[:, 0] / np.diff(levels[edges])[:, 0]).tolist()
    return centres


def _progression(peaks: list[float], letter: int) -> tuple[float, ...]:
    """The longest row of peaks of one pitch with nothing else between, or nothing."""
    best: list[float] = []
    start = 0
    while start + STRIPS.fewest_marks <= len(peaks):
        run = peaks[start : start + 2]
        for peak in peaks[start + 2 :]:
            pitch = (run[-1] - run[0]) / (len(run) - 1)
            if abs(peak - run[-1] - pitch) > max(1.2, STRIPS.pitch_tolerance_share * pitch):
                break
            run.append(peak)
        if len(run) > len(best):
            best = run
        start += max(1, len(run) - 1)
    long_enough = len(best) >= STRIPS.fewest_marks and (best[-1] - best[0]) / (len(best) - 1) >= max(4.0, letter / 4)
    return tuple(best) if long_enough else ()


def _inside(box: Box, label: Box) -> bool:
    """Whether a strip is a part of the label's letters."""
    return box.top >= label.top and box.bottom <= label.bottom and box.left >= label.left and box.right <= label.right
