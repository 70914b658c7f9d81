"""Bars that something cuts: their label, which stands in the middle, or the tails of its letters.

A piece of such a bar is as even and as sharp as a whole one, so it must not be taken for one: what lies in the rows of
another piece, of its thickness and its ink, with nothing but the label or its tails between, belongs to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import Candidate

if TYPE_CHECKING:
    from uniaims.scalebar.measuring import Bar


@dataclass(frozen=True)
class PieceRules:
    """Which pieces are those of one bar."""

    same_rows_px: int = 1
    """Edges of pieces of one bar differ by at most so many pixels,"""
    same_rows_of_arms_px: int = 2
    """those of the two arms beside a label, of which one may lie on brighter ground, by so many."""
    longest_label_letters: int = 10
    """A label is at most so many letter heights long."""
    longest_arm_ratio: float = 1.5
    longest_arm_more_px: int = 4
    """Arms beside a label are at most so many times as long as each other, and so many pixels."""
    widest_tail_letters: float = 1.0
    """Tails of letters, with an outline, cut out of a bar at most so many letter heights,"""
    tail_reach_letters: float = 0.5
    """and only of one that is at most this part of the letters' height away from them."""
    same_ink_contrasts: float = 0.2
    """Pieces differ from each other by at most this part of their contrast,"""
    other_ink_contrasts: float = 0.5
    """and from what is above and below by at least this part."""
    shortest_piece_px: int = 6
    shortest_piece_thicknesses: float = 2.0
    """A piece is at least so many pixels long, and so many times as long as thick."""
    most_soft_share: float = 0.03
    """Of a bar at most this part, or `soft_end_px`, may have another level at either end."""
    soft_end_px: int = 3
    """So close to a bar's end a piece is its soft edge, or its tick."""


PIECES = PieceRules()


def joined_pieces(pieces: Sequence[Candidate], label: Box) -> list[Candidate]:
    """Bars that are made of pieces near a label's box: two arms beside it, or a line under it that its tails cut."""
    return [*_split(pieces, label), *_cut(pieces, label)]


def _split(pieces: Sequence[Candidate], label: Box) -> list[Candidate]:
    """Two pieces of one thickness and like length in the rows of a label, one at either side."""
    joined, inner = [], (label.top + label.height / 4 - 2, label.bottom - label.height / 4 + 2)
    beside = [each for each in pieces if inner[0] <= (each.box.top + each.box.bottom) / 2 <= inner[1]]
    lefts = [each for each in beside if each.box.right <= label.left + label.height / 2]
    rights = [each for each in beside if each.box.left >= label.right - label.height / 2]
    for left in lefts:
        for right in rights:
            level = _level(left.box, right.box, PIECES.same_rows_of_arms_px)
            longer, shorter = sorted((left.box.width, right.box.width), reverse=True)
            near = right.box.left - left.box.right <= PIECES.longest_label_letters * label.height
            if (
                left.bright == right.bright
                and level
                and near
                and longer <= PIECES.longest_arm_ratio * shorter + PIECES.longest_arm_more_px
            ):
                joined.append(_whole((left, right), "split"))
    return joined


def _cut(pieces: Sequence[Candidate], label: Box) -> list[Candidate]:
    """Rows of pieces close under (or over) a label with gaps no wider than the tails of its letters."""
    near = [each for each in pieces if _touches(each.box, label)]
    joined, used = [], set[int]()
    for number, first in enumerate(near):
        if number in used:
            continue
        line = {
            index: each
            for index, each in enumerate(near)
            if each.bright == first.bright and _level(each.box, first.box, PIECES.same_rows_px)
        }
        used |= line.keys()
        chain = _longest_chain(sorted(line.values(), key=lambda each: (each.box.left, -each.box.width)), label)
        if len(chain) > 1:
            joined.append(_whole(chain, "cut"))
    return joined


def _longest_chain(line: Sequence[Candidate], label: Box) -> list[Candidate]:
    """The most pieces of a line that follow each other with gaps that tails of the label explain."""
    apart: list[Candidate] = []
    for piece in line:  # of what was found twice the first, which is the longer one
        if not apart or piece.box.left >= apart[-1].box.right:
            apart.append(piece)
    chains = [apart[:1]]
    for left, right in pairwise(apart):
        if _is_tail(left.box, right.box, label):
            chains[-1].append(right)
        else:
            chains.append([right])
    return max(chains, key=len)


def _is_tail(left: Box, right: Box, label: Box) -> bool:
    gap = right.left - left.right
    return (
        0 < gap <= PIECES.widest_tail_letters * label.height
        and left.right >= label.left - 2
        and right.left <= label.right + 2
    )


def _touches(box: Box, label: Box) -> bool:
    """Whether a strip lies so close to a label, or in its rows near the edge, that tails may reach into it."""
    middle = (box.top + box.bottom) / 2
    outer = (
        min(abs(middle - label.top), abs(middle - label.bottom))
        <= PIECES.tail_reach_letters * label.height + box.height / 2
    )
    return outer and box.left < label.right and label.left < box.right + label.height


def _level(first: Box, second: Box, most_px: int) -> bool:
    return abs(first.top - second.top) <= most_px and abs(first.bottom - second.bottom) <= most_px


def _whole(parts: Sequence[Candidate], kind: str) -> Candidate:
    first, last = parts[0], parts[-1]
    box = first.box.union(last.box)
    if kind == "split":
        return Candidate(box, first.bright, "split", parts=(first.box, last.box))
    return Candidate(box, first.bright, "cut", parts=tuple(part.box for part in parts))


def goes_on(gray: NDArray[np.uint8], bar: "Bar", label: Box) -> bool:
    """Whether another piece of a bar's ink and thickness lies in its rows, beyond what is between it and its label.

    Then the bar may be only a piece of a longer one. The label itself, where it stands in the bar's rows, is none.
    """
    beside = label.right < bar.box.left or bar.box.right < label.left
    reach = round(max(bar.length_px, label.width)) if beside else round(max(3 * label.height, bar.length_px / 2))
    top, bottom = _core(gray, bar)
    left, right = max(0, int(bar.start) - reach), min(gray.shape[1], int(bar.end) + reach)
    inked = _strip_columns(gray[:, left:right].astype(np.float32), bar, (top, bottom))
    inked[max(0, int(bar.start) - PIECES.soft_end_px - left) : int(bar.end) + PIECES.soft_end_px - left] = False
    if label.top + label.height / 4 <= (top + bottom) / 2 <= label.bottom - label.height / 4:
        inked[max(0, label.left - left) : max(0, label.right - left)] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked.astype(np.int8), [0])))).reshape(-1, 2)
    longest = int(np.diff(edges).max(initial=0))
    return longest >= max(PIECES.shortest_piece_px, PIECES.shortest_piece_thicknesses * (bottom - top))


def ink_ends_elsewhere(gray: NDArray[np.uint8], bar: "Bar", ink: float) -> bool:
    """Whether the label's ink, which a bar has, ends farther inside than the bar was measured to, on like ground."""
    if abs(bar.level - ink) > PIECES.same_ink_contrasts * bar.contrast:
        return False
    top, bottom = _core(gray, bar)
    levels = np.median(gray[top:bottom, int(bar.start) : int(np.ceil(bar.end))].astype(np.float32), axis=0)
    inked = np.flatnonzero(np.abs(levels - bar.level) <= PIECES.same_ink_contrasts * bar.contrast)
    if not len(inked):
        return False
    return bool(
        max(inked[0], len(levels) - 1 - inked[-1]) > max(PIECES.soft_end_px, PIECES.most_soft_share * bar.length_px)
    )


def _core(gray: NDArray[np.uint8], bar: "Bar") -> tuple[int, int]:
    """The rows of a bar between its ticks: those that are of its ink all along."""
    columns = slice(int(bar.start) + 1, max(int(bar.start) + 2, int(bar.end) - 1))
    levels = np.median(gray[bar.box.top : bar.box.bottom, columns].astype(np.float32), axis=1)
    rows = np.flatnonzero(np.abs(levels - bar.level) <= max(PIECES.same_ink_contrasts * bar.contrast, 2.0))
    return (bar.box.top + int(rows[0]), bar.box.top + int(rows[-1]) + 1) if len(rows) else (bar.box.top, bar.box.bottom)


def _strip_columns(levels: NDArray[np.float32], bar: "Bar", rows: tuple[int, int]) -> NDArray[np.bool_]:
    """Columns (w,) of ``levels`` (H, w) that a strip of a bar's ink crosses in just its rows."""
    top, bottom = rows
    inside = np.abs(levels[top:bottom] - bar.level).max(axis=0) <= PIECES.same_ink_contrasts * bar.contrast
    for row in (top - 3, bottom + 2):
        if 0 <= row < len(levels):
            inside &= np.abs(levels[row] - bar.level) >= PIECES.other_ink_contrasts * bar.contrast
    return np.asarray(inside, np.bool_)
