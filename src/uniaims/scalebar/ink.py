"""The ink of writing: its level and letters, its digits and points, and the boxes of letters that lie on the sample."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.text import PlacedLine


@dataclass(frozen=True)
class InkRules:
    """Which pixels of a label are its ink."""

    even_ink_levels: float = 10.0
    uneven_factor: float = 0.2
    """Drawn ink varies by so many grey levels; uneven ink counts this much beside even one."""
    dotted_letter_px: int = 16
    """Letters of dots are at least so high: seven dots of a pixel with one between, and a margin."""
    few_letters_share: float = 0.5
    """Where fewer than this part of the letters are of one piece, they may be made of dots."""
    narrowest_letter_heights: float = 0.25
    """Letters are at least so many times as wide as high, on average; else most of them were not told from the
    ground."""


INK = InkRules()


def letters(gray: NDArray[np.uint8], box: Box, count: int) -> tuple[Box, float, float]:
    """The rows and columns of a box that its `count` letters fill, the level of their ink, and its contrast.

    Ink is dark or bright, whichever gives more pieces of the size of letters, weighted by contrast: frames, bars and
    particles that reach into the box have other sizes, and halos of compression have little contrast.
    """
    levels = gray[box.window]
    ground = float(np.median(levels))
    pieces, ink, _ = letter_pieces(levels, count)
    if not pieces:
        return box, ink, abs(ink - ground)
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole.union(piece)
    if whole.width < INK.narrowest_letter_heights * count * whole.height:
        whole = Box(whole.top, 0, whole.bottom, box.width)
    return whole.moved(box.top, box.left), ink, abs(ink - ground)


def letter_pieces(levels: NDArray[np.uint8], count: int) -> tuple[list[Box], float, NDArray[np.uint8]]:
    """Boxes of the letters in the cut ``levels`` (h, w) around a line of `count`, the ink's level and pixels (n,)."""
    ground = float(np.median(levels))
    inks = [float(ink) for ink in np.percentile(levels, (2, 98))]
    fits = [_connected_ink(levels, ground, ink, closed=False) for ink in inks]
    if len(levels) >= INK.dotted_letter_px and max(len(pieces) for pieces, *_ in fits) < INK.few_letters_share * count:
        fits = [_connected_ink(levels, ground, ink, closed=True) for ink in inks]
    return max(
        fits, key=lambda fit: min(len(fit[0]), count) * abs(fit[1] - ground) * (INK.uneven_factor + evenness(*fit[1:]))
    )


def evenness(ink: float, inked: NDArray[np.uint8]) -> float:
    """Which share of inked pixels (n,) have the ink's level: drawn ink is even, a ground between letters is not."""
    return (
        float(np.mean(np.abs(inked.astype(np.float32) - np.float32(ink)) <= INK.even_ink_levels)) if inked.size else 0.0
    )


def _connected_ink(
    levels: NDArray[np.uint8], ground: float, ink: float, closed: bool
) -> tuple[list[Box], float, NDArray[np.uint8]]:
    """Boxes of connected ink of like height, their level and pixels; ``levels`` (h, w) is the cut around a line.

    `closed`: letters may be made of dots that stand a pixel apart, as old instruments print them.
    """
    sign = 1.0 if ink > ground else -1.0
    inked = ((levels.astype(np.float32) - ground) * sign > max(8.0, 0.5 * abs(ink - ground))).astype(np.uint8)
    joined = cv2.morphologyEx(inked, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) if closed else inked
    number, regions, stats, _ = cv2.connectedComponentsWithStats(joined)
    boxes = {
        index: Box(int(top), int(left), int(top + height), int(left + width))
        for index, (left, top, width, height, _) in enumerate(stats[:number])
        if index and height >= 0.25 * len(levels) and height < len(levels) and width <= 2 * height
    }
    if not boxes:
        return [], ink, levels[:0].ravel()
    usual = float(np.median([box.height for box in boxes.values()]))
    alike = {index: box for index, box in boxes.items() if 0.5 * usual <= box.height <= 1.6 * usual}
    inside = levels[np.isin(regions, list(alike)) & (inked > 0)]
    return list(alike.values()), float(np.percentile(inside, 80 if sign > 0 else 20)), inside


def ink_alone(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A line (h, w) in black on white: what has the level of its letters, without what is behind them."""
    _, ink, contrast = letters(crop, Box(0, 0, *crop.shape), 4)
    apart = np.abs(crop.astype(np.float32) - np.float32(ink)) / np.float32(max(16.0, 0.5 * contrast))
    return np.asarray(np.clip(255 * apart, 0, 255), np.uint8)


@dataclass(frozen=True)
class GlyphRules:
    """What makes pieces of ink digits and points."""

    ink_contrasts: float = 0.5
    """Ink differs from the ground by more than this part of the label's contrast."""
    digit_heights: tuple[float, float] = (0.88, 1.12)
    """Digits are so high beside the usual one;"""
    baseline_heights: float = 0.15
    """and end so near to the usual line, as a part of their height."""
    digit_gap_heights: float = 0.4
    pointed_gap_heights: float = 0.9
    """Between two digits at most this part of their height is free, the second with a point; before a unit is more."""
    broken_gap_heights: float = 0.12
    broken_width_heights: float = 0.36
    """What is closer than this and no wider than that may be the two sides of one digit, as of a thin 0."""
    point_sides_heights: tuple[float, float] = (0.08, 0.35)
    """A point's sides, as parts of the height of the digits."""
    point_gap_heights: float = 0.6
    """Beside a point at most this part of a digit's height is free."""
    smallest_digit_px: int = 9
    """Smaller digits run into each other, and their points into them."""


GLYPHS = GlyphRules()


@dataclass(frozen=True)
class Glyphs:
    """What the ink of a label makes: boxes of its pieces as high as digits, left to right, and of its points."""

    digits: tuple[Box, ...] = ()
    points: tuple[Box, ...] = ()

    def allows(self, spellings: Sequence[str], high_letters: int = 0) -> bool:
        """Whether one spelling of a number has as many digits as the ink or more, and a point where the ink has one.

        Letters that touch are one piece of ink, so fewer pieces than digits say nothing. The letters of a unit in
        capitals, `high_letters` of them, may be counted with the digits: two or more, since one may as well be a digit.
        """
        return any(
            self._has_no_more_than(len(form.replace(".", "")), high_letters) and (not self.points or "." in form)
            for form in spellings
        )

    def _has_no_more_than(self, digits: int, high_letters: int) -> bool:
        extra = len(self.digits) - digits
        return extra <= 0 or 1 < extra <= high_letters


def glyphs_in(levels: NDArray[np.uint8], count: int) -> Glyphs:
    """The digits and points at the beginning of a line of `count` letters in its cut ``levels`` (h, w) uint8.

    Digits are the leading pieces of one height on one line: what follows is lower (n, m, µ).
    """
    _, ink, contrast = letters(levels, Box(0, 0, *levels.shape), count)
    inked = (np.abs(levels.astype(np.float32) - np.float32(ink)) < GLYPHS.ink_contrasts * contrast).astype(np.uint8)
    pieces = [box for box in _pieces(inked) if box.top > 0 and box.bottom < len(levels)]
    high = sorted(box.height for box in pieces if box.height >= 0.3 * len(levels))
    if not high or high[-1] < GLYPHS.smallest_digit_px:
        return Glyphs()
    first = min((box for box in pieces if box.height >= 0.3 * len(levels)), key=lambda box: box.left)
    digits = _leading(pieces, first)
    points = tuple(box for box in pieces if _is_point(box, digits))
    return Glyphs(tuple(digits), points)


def _pieces(inked: NDArray[np.uint8]) -> list[Box]:
    """Boxes of connected ink (h, w), left to right."""
    count, _, places, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    boxes = [Box(y, x, y + height, x + width) for x, y, width, height, _ in places[1:count].tolist()]
    return sorted(boxes, key=lambda box: (box.left, box.right))


def _leading(pieces: list[Box], first: Box) -> list[Box]:
    """Pieces like the first one, side by side with it and on its line."""
    low, high = GLYPHS.digit_heights
    found = [first]
    for box in pieces:
        alike = low * first.height <= box.height <= high * first.height and box.width <= 1.1 * first.height
        level = abs(box.bottom - first.bottom) <= max(1.0, GLYPHS.baseline_heights * first.height)
        gap = (box.left - found[-1].right) / first.height
        most = GLYPHS.pointed_gap_heights if _is_pointed(pieces, found[-1], box) else GLYPHS.digit_gap_heights
        broken = (
            gap < GLYPHS.broken_gap_heights
            and max(box.width, found[-1].width) <= GLYPHS.broken_width_heights * first.height
        )
        if alike and level and broken and gap >= 0:
            found[-1] = found[-1].union(box)
        elif alike and level and 0 <= gap <= most:
            found.append(box)
    return found


def _is_pointed(pieces: list[Box], left: Box, right: Box) -> bool:
    """Whether a small piece stands on the line between two others."""
    between = (box for box in pieces if left.right <= box.left and box.right <= right.left)
    return any(
        box.height <= GLYPHS.point_sides_heights[1] * left.height and box.top > (left.top + left.bottom) / 2
        for box in between
    )


def _is_point(box: Box, digits: list[Box]) -> bool:
    """Whether a piece is a point between two digits that stand close to it."""
    height = digits[0].height
    low, high = (max(1.0, share * height) for share in GLYPHS.point_sides_heights)
    small = low <= box.height <= high and low <= box.width <= high
    on_line = abs(box.bottom - digits[0].bottom) <= max(1.0, GLYPHS.baseline_heights * height)
    before = [each for each in digits if 0 <= box.left - each.right <= GLYPHS.point_gap_heights * height]
    after = [each for each in digits if 0 <= each.left - box.right <= GLYPHS.point_gap_heights * height]
    return small and on_line and bool(before) and bool(after)


@dataclass(frozen=True)
class WritingRules:
    """When letters on a picture are believed."""

    least_probability: float = 0.9
    """Mean probability of the characters of a line."""
    corner_share: float = 0.2
    """A single letter counts only if it is no farther from a corner than this part of the sides."""
    even_ink_share: float = 0.5
    """At least this share of the ink of a text has one and the same grey level."""
    margin_px: int = 2
    """Letters reach so much farther than their ink, for what compression and blur make of them."""


WRITING = WritingRules()


TELLING = re.compile(r"[2-9A-BD-HJ-NP-Zabd-hj-kmnp-zµ]")
"""Characters that particles, pores and edges hardly look like; rings and strokes are none."""


PANEL = re.compile(r"\(?[a-zA-Z][\d']?[).]?")
"""What stands in the corner of a figure's panel."""


def letter_boxes(gray: NDArray[np.uint8], lines: Sequence[PlacedLine]) -> tuple[Box, ...]:
    """Boxes of the letters of all lines of ``gray`` (H, W) uint8 that are writing beyond doubt."""
    boxes = [box for line in lines if is_writing(line, gray.shape) for box in _letters(gray, line)]
    return tuple(dict.fromkeys(boxes))


def is_writing(line: PlacedLine, shape: tuple[int, ...]) -> bool:
    """Whether a line in a picture of ``shape`` is text, by what it says and how sure that is."""
    text = line.text.strip()
    if line.line.score < WRITING.least_probability:
        return False
    if len(TELLING.findall(text)) >= 2:
        return True
    return PANEL.fullmatch(text) is not None and _in_corner(line.box, shape)


def _letters(gray: NDArray[np.uint8], line: PlacedLine) -> list[Box]:
    """Letters of a line, where they are of one ink."""
    count = len(line.text.replace(" ", ""))
    pieces, ink, inked = letter_pieces(gray[line.box.window], count)
    if evenness(ink, inked) < WRITING.even_ink_share or not 0.5 * count <= len(pieces) <= 2 * count:
        return []
    return [
        piece.moved(line.box.top, line.box.left).grown(WRITING.margin_px, WRITING.margin_px, gray.shape)
        for piece in pieces
    ]


def _in_corner(box: Box, shape: tuple[int, ...]) -> bool:
    down, across = (box.top + box.bottom) / 2 / shape[0], (box.left + box.right) / 2 / shape[1]
    return min(down, 1 - down) <= WRITING.corner_share and min(across, 1 - across) <= WRITING.corner_share
