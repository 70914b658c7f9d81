"""Rulers of dots in the label's own ink, as they lie on a picture that is as bright as they are here and there."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import Candidate


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
