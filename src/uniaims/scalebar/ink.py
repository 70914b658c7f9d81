"""The ink of a line of text: its level, its pixels, and the letters that it makes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box


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
