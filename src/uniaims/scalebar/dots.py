"""Rulers of dots in the label's own ink, as they lie on a picture that is as bright as they are here and there."""

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import Candidate

MARKS = 6
"""A ruler has at least so many dots."""
LARGEST, LEAST_PX = 0.6, 2
"""Dots are at most so many letter heights wide and high, and at least so many pixels."""
ROUND = 2.0
"""A dot's sides differ by at most this factor."""
LEVEL_PX = 1.0
"""Middles of the dots of one ruler differ in height by at most so much: large and small dots share a middle line."""
PITCH_TOLERANCE, PITCH_PX = 0.08, 1.2
"""Dots are off their places by at most this part of the pitch, or so many pixels."""
LEAST_PITCH_PX = 4.0
MOST_STEPS, SEEN = 2, 0.8
"""A dot may be hidden between two that are seen; at least this part of them is seen."""
CONTRAST_SHARE = 0.2
"""The ink of the dots differs from that of the label by at most this part of the label's contrast."""


def dotted_rulers(gray: NDArray[np.uint8], band: Box, letter: int, ink: float, contrast: float) -> list[Candidate]:
    """The longest ruler of dots of the level ``ink`` in the `band` of rows of ``gray`` (H, W) uint8, or none."""
    levels = gray[band.window]
    inked = (np.abs(levels.astype(np.float32) - np.float32(ink)) <= CONTRAST_SHARE * contrast).astype(np.uint8)
    dots = _dots(inked, letter)
    best: tuple[float, ...] = ()
    rows: tuple[int, int] = (0, 0)
    for _, row, _ in dots:
        line = sorted((dot for dot in dots if abs(dot[1] - row) <= LEVEL_PX), key=lambda dot: dot[0])
        marks = _evenly_spaced([dot[0] for dot in line])
        if len(marks) > len(best):
            best, rows = marks, (min(dot[2].top for dot in line), max(dot[2].bottom for dot in line))
    if len(best) < MARKS:
        return []
    box = Box(rows[0], int(best[0]), rows[1], int(best[-1]) + 1).moved(band.top, band.left)
    return [Candidate(box, ink > float(np.median(levels)), "ruler", tuple(mark + band.left for mark in best))]


def _dots(inked: NDArray[np.uint8], letter: int) -> list[tuple[float, float, Box]]:
    """Column and row of the middle of each dot of ink (h, w), and its box."""
    count, _, places, middles = cv2.connectedComponentsWithStats(inked, connectivity=8)
    found = []
    for (left, top, width, height, _), (x, y) in zip(places[1:count].tolist(), middles[1:count].tolist(), strict=True):
        small = min(width, height) >= LEAST_PX and max(width, height) <= max(LEAST_PX + 2, LARGEST * letter)
        if small and max(width, height) <= ROUND * min(width, height):
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
    if pitch < LEAST_PITCH_PX:
        return ()
    found = {0: first}
    off = min(PITCH_PX, max(0.5, PITCH_TOLERANCE * pitch))
    for place in places:
        last = max(found)
        step = round((place - found[last]) / pitch)
        if 1 <= step <= MOST_STEPS and abs(place - found[last] - step * pitch) <= off:
            found[last + step] = place
            pitch = (place - first) / (last + step)
    if len(found) < SEEN * (max(found) + 1):
        return ()
    return tuple(found.get(index, first + index * pitch) for index in range(max(found) + 1))
