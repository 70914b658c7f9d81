"""From lines of text to the lengths that may belong to a scale bar.

Every number with a unit is a candidate, and the likeliest label of the small language of scale bars is taken for it
(see :mod:`uniaims.scalebar.grammar`). Those that a banner names as something else (working distance, field width) and
those that the picture does not support are refused, with the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.grammar import Label, ScoredLabel, best_labels, digits, spellings
from uniaims.scalebar.ink import Glyphs, glyphs_in, ink_alone, letters
from uniaims.scalebar.text import FoundText, PlacedLine, TextLine, read_text, text_models

OTHER_LENGTHS = re.compile(
    r"\b(WD|W\.?D\.?|HFW|HFOV|VFOV|FOV|FW|field|view|width|working|distance|spot|size|defocus|pixel|px|depth|thickness)"
    r"\W*\w*\W*$",
    re.IGNORECASE,
)
"""What stands before lengths that are no bar's."""


NUMBER_AND_UNIT = re.compile(
    r"(?<![\d.,A-Za-z])([0-9OlI.][0-9OolI.,]*(?: [.,]?[0-9O]+)*)\s*"
    r"(?:[mM][iI][cC][rR][oO][nN][sS]?|[iI][nN][cC][hH](?:[eE][sS])?|[mM][iI][lL][sS]?|[a-zA-ZµÅ]{1,3})"
)


UNIT_LETTERS = {
    "pm": re.compile(r"[pP]"),
    "Å": re.compile(r"[ÅA]"),
    "nm": re.compile(r"[nNr]"),
    "µm": re.compile(r"[µμuUpPN]|[mM][iI][cC]"),
    "mm": re.compile(r"[0-9lIOo.\s][mM]"),
    "in": re.compile(r"[iI][nN]"),
    "mil": re.compile(r"[mM][iI]"),
}
"""How readers give the first letter of each unit. Without it a unit is a guess: ``200 5m`` may be nm or µm."""


@dataclass(frozen=True)
class ReadingRules:
    """Which readings are labels, and which are sure."""

    unit_readings_share: float = 0.2
    """At least this part of the readings of a label has that letter."""
    ink_margin_heights: float = 0.25
    """Margin of a label's cut at left and right, in its heights, where the letters of its ink are counted."""
    missing_part_heights: float = 2.2
    """Number or unit are at most so many heights wide."""
    short_line_characters: int = 10
    """A line of at most so many characters is taken as a whole for a label."""
    least_support: float = -0.5
    """Evidence per character (natural logarithm against the free reading) below which a label is refused."""
    likely_share: float = 0.15
    """One with at least this share is taken where a printed field width speaks for it."""
    named_share: float = 0.003
    """One with at least this share is named beside the likeliest where none is sure."""
    sure_share: float = 0.6
    """A label has at least this share of the evidence for all labels."""
    doubted_factor: float = 0.5
    """What is left of the share of a label with other digits than the surest reading: too little to be sure."""
    sure_reading_probability: float = 0.9
    """A wider line around a label's counts from this score on: mean probability of its characters."""
    certain_confidence: float = 0.95
    """Labels of this confidence in the first cut are not read from others."""
    contesting_confidence_share: float = 0.5
    """A reading of the same letters that is this much as sure makes both unsure."""
    hopeless_support: float = -3.0
    """Nor are texts with less support than this: no cut makes labels of them."""
    most_lines: int = 40
    high_box_widths: float = 0.45
    """Boxes of one label are less high than this part of their width; higher ones may hold its bar too."""
    plain_row_share: float = 0.4
    """Rows between lines vary by less than this part of the most varied row."""
    upright_widths: float = 1.5
    """Boxes so many times as high as wide hold text that runs upwards."""


READING = ReadingRules()


HIGH_LETTERS = re.compile(r"\d[\d.,\s]*([A-ZÅ]+)")


PICOMETRES = re.compile(r"\d[\s.]*p")


PER_DIVISION = re.compile(r"^\s*/\s*d[il1]v", re.IGNORECASE)


HALF_LABEL = re.compile(r"[0-9.,]{1,5}\s?[nµuμ]?|[nµumμ]m")


ARMS = "-_—– "
"""What readers take the arms of a split bar for."""


CUTS = ((0.0, 0.0), (0.15, 0.6), (-0.12, 0.1))
"""Margins around a box in its heights (above and below, left and right), in the order in which they are tried."""


@dataclass(frozen=True)
class LengthLabel:
    """A length that a scale bar may have, as printed in `box` (`around`: with margins) at the grey level `ink`.

    `unsure`: only something else that speaks for it makes it a label: a field width that is printed too, or, if only
    the unit is not sure (`of_two_units`), a magnification: ``10Nm`` is 10 nm or 10 µm.
    """

    box: Box
    around: Box
    text: str
    label: Label
    confidence: float
    ink: float
    contrast: float
    per_division: bool = False
    unsure: bool = False
    of_two_units: bool = False


@dataclass(frozen=True)
class Refusal:
    """A text that is no bar's length, and why; `unclear`: it may be one, but which is not sure."""

    text: str
    reason: str
    unclear: bool = False

    def __str__(self) -> str:
        return f'"{self.text}": {self.reason}'


@dataclass(frozen=True)
class Voted:
    """The labels that several cuts of the picture speak for, and what these were read as."""

    labels: list[ScoredLabel]
    texts: tuple[str, ...] = ()


class Said:
    """What the readings of one label say as they stand, before they are taken for a label of the language."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    @property
    def has_digit(self) -> bool:
        """Whether one of them has a plain digit: letters alone may look like one, but are none."""
        return any(re.search(r"[0-9]", text) for text in self.texts)

    @property
    def high_letters(self) -> int:
        """How many letters as high as digits follow the number, in the reading that has the most of them."""
        return max((len(match[1]) for text in self.texts for match in HIGH_LETTERS.finditer(text)), default=0)

    def forms(self, value: float) -> tuple[str, ...]:
        """How a number may be written here: with a point only if one of them has one."""
        pointed = any(re.search(r"[.,]", text) for text in self.texts)
        return tuple(form for form in spellings(value) if pointed or "." not in form) or spellings(value)

    def has_unit(self, unit: str) -> bool:
        """Whether enough of them have the first letter of a unit, or what readers take it for."""
        having = sum(UNIT_LETTERS[unit].search(text) is not None for text in self.texts)
        return having >= READING.unit_readings_share * len(self.texts)


@dataclass(frozen=True)
class Labels:
    """What was read as lengths of bars, the surest first, and what was refused."""

    labels: tuple[LengthLabel, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def read_lines(gray: NDArray[np.uint8], found: Sequence[FoundText]) -> tuple[PlacedLine, ...]:
    """Read the text in boxes of ``gray`` (H, W) uint8; boxes that stand side by side are read as one line."""
    kept = sorted(found, key=lambda each: -each.score * each.box.width)[: READING.most_lines]
    boxes = joined_boxes([each.box for each in kept])
    read = [PlacedLine(box, line) for box, line in zip(boxes, _read(gray, boxes, 0.0, 0.25), strict=True)]
    lines = [each for placed in read for each in _parted(gray, placed)]
    return tuple(_completed(gray, [line for line in lines if line.text.strip()]))


def _parted(gray: NDArray[np.uint8], placed: PlacedLine) -> list[PlacedLine]:
    """The rows of a box, each as a line, where the finder took a label and its bar for one and so it is no label.

    Where no row is one, its columns, in which text may run upwards.
    """
    box = placed.box
    if box.height < READING.high_box_widths * box.width or NUMBER_AND_UNIT.search(placed.text):
        return [placed]
    rows, columns = _row_blocks(gray[box.window]), _row_blocks(gray[box.window].T)
    lying = [Box(max(0, box.top + top - 2), box.left, box.top + bottom + 2, box.right) for top, bottom in rows]
    upright = [Box(box.top, max(0, box.left + left - 2), box.bottom, box.left + right + 2) for left, right in columns]
    upright = [each for each in upright if each.height >= READING.upright_widths * each.width]
    boxes = [*(lying if len(lying) > 1 else []), *upright]
    lines = [PlacedLine(each, line) for each, line in zip(boxes, _read(gray, boxes, 0.1, 0.1), strict=True)]
    labels = [line for line in lines if NUMBER_AND_UNIT.search(line.text)]
    return labels or [placed]


def _row_blocks(levels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """First and end rows of what stands above each other in ``levels`` (h, w), with plain rows between."""
    spread = np.ptp(np.percentile(levels, (3, 97), axis=1), axis=0)
    inked = np.concatenate(([False], spread >= READING.plain_row_share * spread.max(), [False]))
    edges = np.flatnonzero(inked[1:] != inked[:-1]).reshape(-1, 2)
    return [(int(top), int(bottom)) for top, bottom in edges if bottom - top >= max(4, 0.1 * len(levels))]


def _read(gray: NDArray[np.uint8], boxes: Sequence[Box], down: float, across: float) -> tuple[TextLine, ...]:
    """Lines in boxes with margins."""
    return read_text([_crop(gray, box, down, across) for box in boxes])


def _crop(gray: NDArray[np.uint8], box: Box, down: float, across: float) -> NDArray[np.uint8]:
    """A box with margins cut out, turned so that its line runs to the right."""
    if box.height < READING.upright_widths * box.width:
        return gray[_cut(box, gray.shape, down, across).window]
    return np.ascontiguousarray(np.rot90(gray[_cut(box, gray.shape, across, down, box.width).window], -1))


def _completed(gray: NDArray[np.uint8], read: Sequence[PlacedLine]) -> list[PlacedLine]:
    """Numbers without a unit and units without a number read again from wider cuts: the finder left a part out."""
    halves = [number for number, placed in enumerate(read) if HALF_LABEL.fullmatch(placed.text.strip())]
    wide = [_cut(read[number].box, gray.shape, 0.1, READING.missing_part_heights) for number in halves]
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
            for found in _labels(gray, placed, start, end, lines):
                if isinstance(found, LengthLabel):
                    labels.append(found)
                else:
                    refusals.append(found)
    labels.sort(key=lambda each: -each.confidence)
    kept = _once(labels)
    contested = [each for each in kept if any(_contests(other, each) for other in kept)]
    refusals += [Refusal(each.text, "it was read otherwise too", unclear=True) for each in contested]
    return Labels(tuple(each for each in kept if each not in contested), tuple(dict.fromkeys(refusals)))


def _contests(other: LengthLabel, label: LengthLabel) -> bool:
    """Whether another reading of the same letters says another number and is at least half as sure."""
    shared = max(label.around.share_in(other.around), other.around.share_in(label.around)) > 0.5
    differs = digits(f"{label.label.value:g}") != digits(f"{other.label.value:g}")
    sure = (
        not (label.unsure or other.unsure)
        and other.confidence >= READING.contesting_confidence_share * label.confidence
    )
    return shared and differs and sure


def _once(labels: Sequence[LengthLabel]) -> list[LengthLabel]:
    """Labels, the surest first, without those that are parts of a surer one that says the same."""
    kept: list[LengthLabel] = []
    for label in labels:
        if not any(each.label == label.label and label.around.share_in(each.around) > 0.5 for each in kept):
            kept.append(label)
    return kept


def joined_boxes(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes of one row with hardly a gap between them made one, as a number and its unit are found apart at times."""
    joined: list[Box] = []
    for box in sorted(boxes, key=lambda each: each.left):
        before = next((number for number, each in enumerate(joined) if _continues(each, box)), None)
        if before is None:
            joined.append(box)
        else:
            joined[before] = joined[before].union(box)
    return tuple(sorted(joined))


def _continues(left: Box, right: Box) -> bool:
    """Whether a box goes on where another one ends."""
    overlap = min(left.bottom, right.bottom) - max(left.top, right.top)
    low, high = sorted((left.height, right.height))
    return overlap >= 0.6 * low and high <= 1.8 * low and right.left - left.right <= 0.6 * low


def _spans(text: str) -> list[tuple[int, int]]:
    """First and end character of the parts of a line that may be a length."""
    if len(text) <= READING.short_line_characters:
        return [(0, len(text))] if re.search(r"[0-9lIO]", text) and len(text) >= 2 else []
    return [match.span() for match in NUMBER_AND_UNIT.finditer(text)]


def _labels(
    gray: NDArray[np.uint8], placed: PlacedLine, start: int, end: int, lines: Sequence[PlacedLine]
) -> list[LengthLabel | Refusal]:
    """The label that a part of a line is; or why it is none, and what it may be where it is not clear."""
    text = placed.text[start:end].strip()
    named = _other_name(placed, start, lines)
    if named:
        return [Refusal(text, f"it is written after {named}, so it is not the length of a bar")]
    scored = _scored(placed.line, start, end)
    said = Said(text)
    wider = [each.line for each in lines if each is not placed and placed.box.share_in(each.box) > 0.5]
    if end - start == len(placed.text):
        voted = _voted(gray, placed, scored, wider)
        scored, said = voted.labels, Said(text, *voted.texts)
    elif wider:
        scored = _doubted(scored, [], wider)
    if not scored or scored[0].support < READING.least_support:
        return [Refusal(text, "it is no number and unit that scale bars have")]
    if not said.has_digit:
        return [Refusal(text, "it has no plain digit")]
    ink = glyphs_in(_crop(gray, _part(placed, start, end), 0.0, READING.ink_margin_heights), len(text.replace(" ", "")))
    scored = _believed(scored, said, ink)
    per_division = PER_DIVISION.match(placed.text[end:]) is not None
    plain = _placed_label(gray, _part(placed, start, end), text, scored[0])
    if scored[0].share >= READING.sure_share:
        return [replace(plain, per_division=per_division)]
    likely = [each for each in scored if each.support >= READING.least_support and each.share >= READING.likely_share]
    two_units = len({each.label.value for each in likely}) == 1 < len(likely)
    return [
        Refusal(text, f"it is not clear enough to be sure that it says {_choices(scored)}", unclear=True),
        *(
            replace(plain, label=each.label, confidence=_confidence(each), unsure=True, of_two_units=two_units)
            for each in likely
        ),
    ]


def _choices(scored: Sequence[ScoredLabel]) -> str:
    """The likeliest label, and the next ones where they are at all likely."""
    seen = [each.label for number, each in enumerate(scored[:3]) if number == 0 or each.share >= READING.named_share]
    return " or ".join(f"{label.value:g} {label.unit}" for label in seen)


def _placed_label(gray: NDArray[np.uint8], around: Box, text: str, scored: ScoredLabel) -> LengthLabel:
    """A label with where exactly it is and how it looks."""
    upright = around.height >= READING.upright_widths * around.width
    turned = np.ascontiguousarray(np.rot90(gray[around.window], -1)) if upright else gray
    within = Box(0, 0, *turned.shape) if upright else around
    box, ink, contrast = letters(turned, within, len(text.replace(" ", "")))
    return LengthLabel(around if upright else box, around, text, scored.label, _confidence(scored), ink, contrast)


def _scored(line: TextLine, start: int, end: int) -> list[ScoredLabel]:
    """The likeliest labels of a part of a line, without the dashes of a split bar before and behind it."""
    part = line.text[start:end]
    if part.strip(ARMS):
        start, end = end - len(part.lstrip(ARMS)), start + len(part.rstrip(ARMS))
    first = 0 if start == 0 else line.steps[start - 1] + 1
    last = len(line.log_probabilities) if end >= len(line.steps) else line.steps[end]
    return list(best_labels(line, text_models().characters, first, last))


def _believed(scored: Sequence[ScoredLabel], said: Said, ink: Glyphs) -> list[ScoredLabel]:
    """Labels; those whose unit nobody read, or that have fewer digits than the ink, keep half of their share."""
    return [
        each
        if said.has_unit(each.label.unit) and ink.allows(said.forms(each.label.value), said.high_letters)
        else replace(each, share=each.share * READING.doubted_factor)
        for each in scored
    ]


def _voted(
    gray: NDArray[np.uint8], placed: PlacedLine, first: Sequence[ScoredLabel], wider: Sequence[TextLine]
) -> Voted:
    """The labels that most cuts of the picture speak for, weighted by their confidence.

    Where the `first` cut is certain, nothing but a lost point is looked for. `wider` are other lines around this one.
    """
    if not first or first[0].support < READING.hopeless_support:
        return Voted(list(first))
    certain = _confidence(first[0]) >= READING.certain_confidence
    crops = [] if certain else [_crop(gray, placed.box, *margins) for margins in CUTS]
    crops.append(ink_alone(_crop(gray, placed.box, 0.0, 0.25)))
    read = read_text(crops)
    *plain, inked = [_scored(line, 0, len(line.text))[:1] for line in read]
    scored = [each for found in (first[:1], *plain) for each in found]
    votes: dict[Label, float] = {}
    for each in scored:
        votes[each.label] = votes.get(each.label, 0.0) + _confidence(each)
    texts = tuple(line.text for line in read)
    if not votes:
        return Voted([], texts)
    for each in inked:
        if any(_point_lost(label, each.label) for label in votes) and each.share >= READING.sure_share:
            votes[each.label] = votes.get(each.label, 0.0) + sum(votes.values())
            scored.append(each)
    total, voted = sum(votes.values()), []
    for label in sorted(votes, key=lambda each: -votes[each]):
        best = max((each for each in scored if each.label == label), key=_confidence)
        voted.append(ScoredLabel(label, best.share * votes[label] / total, best.support))
    found = [*voted, *(each for each in first[1:] if each.label not in votes)]
    return Voted(_doubted(found, [placed.line, *read], wider), texts)


def _doubted(
    scored: Sequence[ScoredLabel], readings: Sequence[TextLine], wider: Sequence[TextLine]
) -> list[ScoredLabel]:
    """Labels, of which those with other digits than the surest reading, or a sure wider one, keep half of their share.

    A cut may lose a digit: ``35 nm`` then says 5 nm, and says it surely, since no bar is labelled 35 nm. So do labels
    in nm that are read as pm: readers take µ for p, but n only seldom.
    """
    surest = max((line for line in readings if _numbers(line)), key=lambda line: line.score, default=None)
    said = [_numbers(line) for line in wider if line.score >= READING.sure_reading_probability]
    said = [numbers for numbers in (*said, _numbers(surest) if surest else []) if numbers]
    picometres = any(PICOMETRES.search(line.text) for line in (*readings, *wider))
    agreed = [
        all(_says(numbers, each.label) for numbers in said) and not (picometres and each.label.unit == "nm")
        for each in scored
    ]
    return [
        each if agrees else replace(each, share=each.share * READING.doubted_factor)
        for each, agrees in zip(scored, agreed, strict=True)
    ]


def _numbers(line: TextLine) -> list[str]:
    """The digits of each number with a unit in a line."""
    return [digits(number) for number in NUMBER_AND_UNIT.findall(line.text)]


def _says(numbers: Sequence[str], label: Label) -> bool:
    """Whether one of the numbers, by its digits, is that of a label."""
    return any(digits(form) in numbers for form in spellings(label.value))


def _point_lost(label: Label, other: Label) -> bool:
    """Whether one label is the other without its point: 10 for 1.0."""
    return label.unit == other.unit and abs(label.value - 10 * other.value) < 1e-6 * label.value


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


def _cut(box: Box, shape: tuple[int, ...], down: float, across: float, letter: int | None = None) -> Box:
    """A box with margins in heights of its letters (None: its own height), within the picture."""
    letter = letter or box.height
    return box.grown(round(letter * down), round(letter * across), shape)
