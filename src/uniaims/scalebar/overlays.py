"""Letters that are written over the picture: labels, panel letters, notes.

A network that looks for objects takes letters for some. They may be left out where they are letters beyond doubt;
particles that a reader takes for an ``O`` must stay. So only text counts that was read with certainty, that says more
than round shapes do, and whose letters all have one and the same ink; and of it only the letters, not the gaps.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.ink import evenness, letter_pieces
from uniaims.scalebar.reading import PlacedLine


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
