"""How many letters the ink of a label makes: a check on what a reader of text says.

A reader that leaves out a digit or a point does so surely at times: ``1.0 µm`` is 10 µm with a share of 0.98. The ink
doesn't forget: letters stand side by side on one line, of like height and of one level.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.ink import letters


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
