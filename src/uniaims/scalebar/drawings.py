"""Pictures that are no micrographs: plots, diagrams, pages of text. What looks like a scale bar there is none."""

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


def is_drawing(gray: NDArray[np.uint8]) -> bool:
    """Whether ``gray`` (H, W) uint8 is drawn on white paper all over, and so no micrograph."""
    paper = float(np.mean(gray >= PAPER_LEVEL))
    return paper >= PAPER_SHARE and _flat_share(gray) >= FLAT_SHARE


def _flat_share(gray: NDArray[np.uint8]) -> float:
    around = np.ones((3, 3), np.uint8)
    spread: NDArray[Any] = cv2.subtract(cv2.dilate(gray, around), cv2.erode(gray, around))
    return float(np.mean(spread <= FLAT_LEVELS))
