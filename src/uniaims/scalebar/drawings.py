"""Pictures that are no micrographs: plots, diagrams, pages, dark screens. What looks like a scale bar there is none."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

PAPER_LEVEL = 250
"""Paper is at least so bright (of 255), to allow for compression."""
PAPER_SHARE = 0.5
"""At least this part of a drawing is paper. What fluoresces is dark, micrographs that saturate do so in places."""
FLAT_LEVELS, FLAT_SHARE = 6, 0.82
"""Pixels whose neighbours differ by at most so many levels are flat; at least this part of a drawing is. Of 72 real
micrographs with bars none had both; drawn plots have 0.87 or more."""
DARK_LEVEL = 60
"""Dark paper is at most so bright, and of one very level: noise, however little, is that of a micrograph."""
LINE_PX, LEAST_LINES, MOST_TEXTURE = 9, 0.002, 0.05
"""Lines and letters are at most so wide; they are at least the former part of a dark drawing. Of what is neither paper
nor line at most the latter part is textured."""


def is_drawing(gray: NDArray[np.uint8]) -> bool:
    """Whether ``gray`` (H, W) uint8 is drawn on white paper all over, or on a dark screen, and so no micrograph."""
    paper = float(np.mean(gray >= PAPER_LEVEL))
    return (paper >= PAPER_SHARE and _flat_share(gray) >= FLAT_SHARE) or _is_dark_drawing(gray)


def _is_dark_drawing(gray: NDArray[np.uint8]) -> bool:
    """Whether all that stands on a dark ground of one level are lines, letters and flat areas."""
    level = int(np.bincount(gray.ravel(), minlength=256).argmax())
    paper = gray == level
    drawn = float(np.mean(~paper))
    if level > DARK_LEVEL or not LEAST_LINES <= drawn <= 1 - PAPER_SHARE or _flat_share(gray) < FLAT_SHARE:
        return False
    areas = cv2.morphologyEx((~paper).astype(np.uint8), cv2.MORPH_OPEN, np.ones((LINE_PX, LINE_PX), np.uint8))
    inner = cv2.erode(areas, np.ones((5, 5), np.uint8)).astype(bool)
    spread = cv2.subtract(cv2.dilate(gray, np.ones((3, 3), np.uint8)), cv2.erode(gray, np.ones((3, 3), np.uint8)))
    return float(np.mean(inner & (spread > 0))) <= MOST_TEXTURE * drawn


def _flat_share(gray: NDArray[np.uint8]) -> float:
    around = np.ones((3, 3), np.uint8)
    spread: NDArray[Any] = cv2.subtract(cv2.dilate(gray, around), cv2.erode(gray, around))
    return float(np.mean(spread <= FLAT_LEVELS))
