"""Rectangles that are drawn around something: hollow bars, and frames around a bar with its label."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box


@dataclass(frozen=True)
class RectangleRules:
    """What makes ink a rectangle that is drawn around something."""

    same_ink_levels: float = 24.0
    """Pixels whose level is this close to the ink are ink."""
    closed_share: float = 0.9
    """Each side of a rectangle is inked over at least this part of its length."""
    most_inked_share: float = 0.6
    """At most this part of a rectangle is inked."""
    around_px: int = 8
    """So many pixels, or its own height, around a bar are looked at."""
    shortest_side_px: int = 5


RECTANGLES = RectangleRules()


def rectangle_around(gray: NDArray[np.uint8], bar: Box, ink: float) -> Box | None:
    """The smallest closed rectangle of the level ``ink`` in ``gray`` (H, W) uint8 that holds most of a bar's length.

    The bar may be what is inside of it, or one of its sides.
    """
    margin = max(RECTANGLES.around_px, bar.height)
    top, left = max(0, bar.top - margin), max(0, bar.left - margin)
    part = gray[top : bar.bottom + margin, left : bar.right + margin].astype(np.float32)
    inked = (np.abs(part - ink) <= RECTANGLES.same_ink_levels).astype(np.uint8)
    count, _, places, _ = cv2.connectedComponentsWithStats(inked, connectivity=4)
    boxes = [Box(y, x, y + height, x + width) for x, y, width, height, _ in places[1:count].tolist()]
    closed = [
        box.moved(top, left)
        for box in boxes
        if min(box.shape) >= RECTANGLES.shortest_side_px
        and box.width >= RECTANGLES.closed_share * bar.width
        and _is_closed(inked[box.window])
    ]
    holding = [box for box in closed if box.top <= bar.bottom and bar.top <= box.bottom]
    return min(holding, key=lambda box: box.height * box.width, default=None)


def _is_closed(inked: NDArray[np.uint8]) -> bool:
    """Whether ink (h, w) runs along all sides and leaves the middle open; soft sides may be one pixel further in."""
    sides = (inked[:2], inked[-2:], inked[:, :2].T, inked[:, -2:].T)
    return bool(
        inked.mean() <= RECTANGLES.most_inked_share
        and all(side.max(axis=0).mean() >= RECTANGLES.closed_share for side in sides)
    )
