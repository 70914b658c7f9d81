"""Bars that run downwards beside their label, by the label's own ink."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import Candidate
from uniaims.scalebar.inked import inked_bars, same_strip
from uniaims.scalebar.measuring import Bar, measure_bar


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
    for box in _strips(levels, ink, letter):
        bar = measure_bar(levels, Candidate(box, ink > float(np.median(levels)))) if _is_beside(box, near) else None
        if bar is not None and not any(same_strip(bar, each) for each in slender):
            found.append(bar)
    return tuple(_upright(bar, around) for bar in found)


def _is_beside(bar: Box, label: Box) -> bool:
    """Whether a bar lies above or below a label and reaches over its middle, in the turned picture."""
    beside = bar.bottom <= label.top or bar.top >= label.bottom
    return beside and bar.left <= (label.left + label.right) / 2 <= bar.right


def _strips(levels: NDArray[np.uint8], ink: float, letter: int) -> list[Box]:
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
