"""Pictures that are no micrographs: plots, diagrams, pages, dark screens. What looks like a scale bar there is none."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DrawingRules:
    """What makes a picture a drawing."""

    paper_level: int = 250
    """Paper is at least so bright (of 255), to allow for compression."""
    paper_share: float = 0.5
    """At least this part of a drawing is paper. What fluoresces is dark, micrographs that saturate do so in places."""
    flat_levels: int = 6
    flat_share: float = 0.82
    """Pixels whose neighbours differ by at most so many levels are flat; at least this part of a drawing is. Of 72 real
    micrographs with bars none had both; drawn plots have 0.87 or more."""
    dark_paper_level: int = 60
    """Dark paper is at most so bright, and of one very level: noise, however little, is that of a micrograph."""
    widest_line_px: int = 9
    least_drawn_share: float = 0.002
    """Lines and letters are at most so wide; they are at least this part of a dark drawing."""
    smooth_px: int = 5
    same_paper_levels: int = 12
    """Of the median of so many pixels squared, what is this close to the paper's level is paper."""
    same_area_levels: int = 4
    most_area_inks: int = 4
    few_inks_share: float = 0.84
    least_area_share: float = 0.1
    """Areas of a drawing have few levels: of what is wider than lines at least this share is so close to one of so many
    levels. Of real micrographs on dark ground 0.74 or less is, of drawn plots 0.88 or more; not asked of areas that are
    less than the last part of what is drawn."""
    plain_levels: int = 2
    plain_share: float = 0.85
    """Neighbours on dark paper differ by so many levels at most in this share of it: noise is that of a micrograph."""


DRAWINGS = DrawingRules()


def is_drawing(gray: NDArray[np.uint8]) -> bool:
    """Whether ``gray`` (H, W) uint8 is drawn on white paper all over, or on a dark screen, and so no micrograph."""
    paper = float(np.mean(gray >= DRAWINGS.paper_level))
    return (paper >= DRAWINGS.paper_share and _flat_share(gray) >= DRAWINGS.flat_share) or _is_dark_drawing(gray)


def _is_dark_drawing(gray: NDArray[np.uint8]) -> bool:
    """Whether all that stands on a dark ground of one level are lines, letters and areas of few levels."""
    smooth = np.asarray(cv2.medianBlur(gray, DRAWINGS.smooth_px), np.uint8)
    level = _commonest(smooth)
    paper = np.abs(smooth.astype(np.int16) - level) <= DRAWINGS.same_paper_levels
    drawn = float(np.mean(~paper))
    if (
        level > DRAWINGS.dark_paper_level
        or not DRAWINGS.least_drawn_share <= drawn <= 1 - DRAWINGS.paper_share
        or _flat_share(smooth) < DRAWINGS.flat_share
    ):
        return False
    inside = cv2.erode(paper.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    if not inside.any() or float(np.mean(_spread(gray)[inside] <= DRAWINGS.plain_levels)) < DRAWINGS.plain_share:
        return False
    areas = cv2.morphologyEx(
        (~paper).astype(np.uint8), cv2.MORPH_OPEN, np.ones((DRAWINGS.widest_line_px, DRAWINGS.widest_line_px), np.uint8)
    )
    inner = cv2.erode(areas, np.ones((5, 5), np.uint8)).astype(bool)
    return (
        float(np.mean(inner)) <= DRAWINGS.least_area_share * drawn
        or _level_share(smooth[inner]) >= DRAWINGS.few_inks_share
    )


def _level_share(levels: NDArray[np.uint8]) -> float:
    """Share of ``levels`` (n,) that are close to one of the few commonest of them."""
    left = levels
    for _ in range(DRAWINGS.most_area_inks):
        if len(left):
            left = left[np.abs(left.astype(np.int16) - _commonest(left)) > DRAWINGS.same_area_levels]
    return 1 - len(left) / len(levels)


def _commonest(levels: NDArray[np.uint8]) -> int:
    return int(np.bincount(levels.ravel(), minlength=256).argmax())


def _flat_share(gray: NDArray[np.uint8]) -> float:
    return float(np.mean(_spread(gray) <= DRAWINGS.flat_levels))


def _spread(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """By how much the levels (H, W) of a pixel and its neighbours differ."""
    around = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(gray, around), cv2.erode(gray, around)), np.uint8)
