"""From lines of text to the lengths that may belong to a scale bar.

Every number with a unit is a candidate, and the likeliest label of the small language of scale bars is taken for it
(see :mod:`uniaims.scalebar.grammar`). Those that a banner names as something else (working distance, field width) and
those that the picture does not support are refused, with the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.scalebar.banner import Box
from uniaims.scalebar.grammar import Label, ScoredLabel, best_labels
from uniaims.scalebar.text import FoundText, TextLine, read_text, text_models

OTHER_LENGTHS = re.compile(
    r"\b(WD|W\.?D\.?|HFW|HFOV|VFOV|FOV|FW|field|view|width|working|distance|spot|size|defocus|pixel|px|depth|thickness)"
    r"\W*\w*\W*$",
    re.IGNORECASE,
)
"""What stands before lengths that are no bar's."""
NUMBER_AND_UNIT = re.compile(r"(?<![\d.,A-Za-z])[0-9OlI.][0-9OolI.,]*(?: [.,]?[0-9O]+)*\s*[a-zA-ZµÅ]{1,3}")
PER_DIVISION = re.compile(r"^\s*/\s*d[il1]v", re.IGNORECASE)
HALF_LABEL = re.compile(r"[0-9.,]{1,5}|[nµumµ]m")
MISSING = 2.2
"""Number or unit are at most so many heights wide."""
SHORT_LINE = 10
"""A line of at most so many characters is taken as a whole for a label."""
LEAST_SUPPORT = -0.5
"""Evidence per character (natural logarithm against the free reading) below which a label is refused."""
LEAST_SHARE = 0.6
"""A label has at least this share of the evidence for all labels."""
CUTS = ((0.0, 0.0), (0.15, 0.6), (-0.12, 0.1))
"""Margins around a box in its heights (above and below, left and right), in the order in which they are tried."""
MOST_LINES = 40


@dataclass(frozen=True, eq=False)
class PlacedLine:
    """A line of text and its box in the picture."""

    box: Box
    line: TextLine

    @property
    def text(self) -> str:
        """What it says."""
        return self.line.text


@dataclass(frozen=True)
class LengthLabel:
    """A length that a scale bar may have, as printed in `box` (`around`: with margins) at the grey level `ink`."""

    box: Box
    around: Box
    text: str
    label: Label
    confidence: float
    ink: float
    contrast: float
    per_division: bool = False


@dataclass(frozen=True)
class Refusal:
    """A text that is no bar's length, and why."""

    text: str
    reason: str

    def __str__(self) -> str:
        return f'"{self.text}": {self.reason}'


@dataclass(frozen=True)
class Labels:
    """What was read as lengths of bars, the surest first, and what was refused."""

    labels: tuple[LengthLabel, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def read_lines(gray: NDArray[np.uint8], found: Sequence[FoundText]) -> tuple[PlacedLine, ...]:
    """Read the text in boxes of ``gray`` (H, W) uint8; boxes that stand side by side are read as one line."""
    kept = sorted(found, key=lambda each: -each.score * each.box.width)[:MOST_LINES]
    boxes = joined_boxes([each.box for each in kept])
    read = [
        PlacedLine(box, line)
        for box, line in zip(boxes, _read(gray, boxes, 0.0, 0.25), strict=True)
        if line.text.strip()
    ]
    return tuple(_completed(gray, read))


def _read(gray: NDArray[np.uint8], boxes: Sequence[Box], down: float, across: float) -> tuple[TextLine, ...]:
    """Lines in boxes with margins."""
    return read_text([gray[_cut(box, gray.shape, down, across).window] for box in boxes])


def _completed(gray: NDArray[np.uint8], read: Sequence[PlacedLine]) -> list[PlacedLine]:
    """Numbers without a unit and units without a number read again from wider cuts: the finder left a part out."""
    halves = [number for number, placed in enumerate(read) if HALF_LABEL.fullmatch(placed.text.strip())]
    wide = [_cut(read[number].box, gray.shape, 0.1, MISSING) for number in halves]
    completed = list(read)
    for number, box, line in zip(halves, wide, _read(gray, wide, 0.0, 0.0), strict=True):
        if NUMBER_AND_UNIT.search(line.text):
            completed[number] = PlacedLine(box, line)
    return completed


def find_labels(gray: NDArray[np.uint8], lines: Sequence[PlacedLine]) -> Labels:
    """Lengths of scale bars among lines of text in ``gray`` (H, W) uint8."""
    labels: list[LengthLabel] = []
    refusals: list[Refusal] = []
    for placed in lines:
        for start, end in _spans(placed.text):
            found = _label(gray, placed, start, end, lines)
            if isinstance(found, LengthLabel):
                labels.append(found)
            else:
                refusals.append(found)
    labels.sort(key=lambda each: -each.confidence)
    return Labels(tuple(labels), tuple(dict.fromkeys(refusals)))


def joined_boxes(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes of one row with hardly a gap between them made one, as a number and its unit are found apart at times."""
    joined: list[Box] = []
    for box in sorted(boxes, key=lambda each: each.left):
        before = next((number for number, each in enumerate(joined) if _continues(each, box)), None)
        if before is None:
            joined.append(box)
        else:
            joined[before] = joined[before].union(box)
    return tuple(sorted(joined, key=lambda each: each.edges))


def _continues(left: Box, right: Box) -> bool:
    """Whether a box goes on where another one ends."""
    overlap = min(left.bottom, right.bottom) - max(left.top, right.top)
    low, high = sorted((left.height, right.height))
    return overlap >= 0.6 * low and high <= 1.8 * low and right.left - left.right <= 0.6 * low


def _spans(text: str) -> list[tuple[int, int]]:
    """First and end character of the parts of a line that may be a length."""
    if len(text) <= SHORT_LINE:
        return [(0, len(text))] if re.search(r"[0-9lIO]", text) and len(text) >= 2 else []
    return [match.span() for match in NUMBER_AND_UNIT.finditer(text)]


def _label(
    gray: NDArray[np.uint8], placed: PlacedLine, start: int, end: int, lines: Sequence[PlacedLine]
) -> LengthLabel | Refusal:
    text = placed.text[start:end].strip()
    named = _other_name(placed, start, lines)
    if named:
        return Refusal(text, f"it is written after {named}, so it is not the length of a bar")
    whole = end - start == len(placed.text)
    scored = _scored(placed.line, start, end)
    if whole:
        scored = _voted(gray, placed.box, scored)
    if scored is None or scored.support < LEAST_SUPPORT:
        return Refusal(text, "it is no number and unit that scale bars have")
    if scored.share < LEAST_SHARE:
        wanted = f"{scored.label.value:g} {scored.label.unit}"
        return Refusal(text, f"it is not clear enough to be sure that it says {wanted}")
    per_division = PER_DIVISION.match(placed.text[end:]) is not None
    around = _part(placed, start, end)
    box, ink, contrast = letters(gray, around, len(text.replace(" ", "")))
    return LengthLabel(box, around, text, scored.label, _confidence(scored), ink, contrast, per_division)


def letters(gray: NDArray[np.uint8], box: Box, count: int) -> tuple[Box, float, float]:
    """The rows and columns of a box that its `count` letters fill, the level of their ink, and its contrast.

    Ink is dark or bright, whichever gives more pieces of the size of letters, weighted by contrast: frames, bars and
    particles that reach into the box have other sizes, and halos of compression have little contrast.
    """
    levels = gray[box.window]
    ground = float(np.median(levels))
    fits = [_letter_pieces(levels, ground, float(ink)) for ink in np.percentile(levels, (2, 98))]
    pieces, ink = max(fits, key=lambda fit: min(len(fit[0]), count) * abs(fit[1] - ground))
    if not pieces:
        return box, ink, abs(ink - ground)
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole.union(piece)
    return whole.moved(box.top, box.left), ink, abs(ink - ground)


def _letter_pieces(levels: NDArray[np.uint8], ground: float, ink: float) -> tuple[list[Box], float]:
    """Boxes of connected ink of like height, and their level; ``levels`` (h, w) is the cut around a line."""
    sign = 1.0 if ink > ground else -1.0
    inked = (levels.astype(np.float32) - ground) * sign > max(8.0, 0.5 * abs(ink - ground))
    number, regions, stats, _ = cv2.connectedComponentsWithStats(inked.astype(np.uint8))
    boxes = {
        index: Box(int(top), int(left), int(top + height), int(left + width))
        for index, (left, top, width, height, _) in enumerate(stats[:number])
        if index and height >= 0.25 * len(levels) and height < len(levels) and width <= 2 * height
    }
    if not boxes:
        return [], ink
    usual = float(np.median([box.height for box in boxes.values()]))
    alike = {index: box for index, box in boxes.items() if 0.6 * usual <= box.height <= 1.6 * usual}
    inside = levels[np.isin(regions, list(alike))]
    return list(alike.values()), float(np.percentile(inside, 80 if sign > 0 else 20))


def _scored(line: TextLine, start: int, end: int) -> ScoredLabel | None:
    """The likeliest label of a part of a line."""
    first = 0 if start == 0 else line.steps[start - 1] + 1
    last = len(line.log_probabilities) if end >= len(line.steps) else line.steps[end]
    labels = best_labels(line, text_models().characters, first, last)
    return labels[0] if labels else None


def _voted(gray: NDArray[np.uint8], box: Box, first: ScoredLabel | None) -> ScoredLabel | None:
    """The label that most cuts of the picture speak for, weighted by their confidence."""
    lines = read_text([gray[_cut(box, gray.shape, *margins).window] for margins in CUTS])
    scored = [each for each in (first, *(_scored(line, 0, len(line.text)) for line in lines)) if each is not None]
    votes: dict[Label, float] = {}
    for each in scored:
        votes[each.label] = votes.get(each.label, 0.0) + _confidence(each)
    if not votes:
        return None
    label = max(votes, key=lambda each: votes[each])
    best = max((each for each in scored if each.label == label), key=_confidence)
    return ScoredLabel(label, best.share * votes[label] / sum(votes.values()), best.support)


def _confidence(scored: ScoredLabel) -> float:
    return scored.share * float(np.exp(min(0.0, scored.support)))


def _other_name(placed: PlacedLine, start: int, lines: Sequence[PlacedLine]) -> str:
    """The word before, left of or above a length, where it names something else than a bar; else an empty text."""
    before = placed.text[:start]
    if not before.strip():
        neighbours = [each for each in lines if each is not placed and _heads(each.box, placed.box)]
        before = next((each.text for each in neighbours if OTHER_LENGTHS.search(each.text)), "")
    match = OTHER_LENGTHS.search(before)
    return match[1] if match else ""


def _heads(head: Box, box: Box) -> bool:
    """Whether a box stands close to the left of another in its row, or above it as the head of its column."""
    low = min(head.height, box.height)
    same_row = min(head.bottom, box.bottom) - max(head.top, box.top) >= 0.5 * low
    if same_row:
        return 0 <= box.left - head.right + low // 2 <= 1.5 * low
    above = -0.4 * low <= box.top - head.bottom <= 0.8 * low and max(head.height, box.height) <= 1.6 * low
    return above and min(head.right, box.right) - max(head.left, box.left) >= 0.5 * min(head.width, box.width)


def _part(placed: PlacedLine, start: int, end: int) -> Box:
    """The box of some characters of a line, from the steps at which they were read."""
    line, box = placed.line, placed.box
    if start == 0 and end >= len(line.steps):
        return box
    width = box.width / len(line.log_probabilities)
    left = box.left + round(width * max(0, line.steps[start] - 1))
    right = box.left + round(width * min(len(line.log_probabilities), line.steps[end - 1] + 2))
    return Box(box.top, left, box.bottom, max(left + 1, right))


def _cut(box: Box, shape: tuple[int, ...], down: float, across: float) -> Box:
    """A box with margins in its heights, within the picture."""
    rows, columns = round(box.height * down), round(box.height * across)
    top, left = max(0, box.top - rows), max(0, box.left - columns)
    return Box(top, left, min(shape[0], box.bottom + rows), min(shape[1], box.right + columns))
