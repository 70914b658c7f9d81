"""Which bar belongs to which label, and whether that is sure enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np
from numpy.typing import NDArray

from uniaims.formats.calibration import is_plausible
from uniaims.scalebar.banner import Box
from uniaims.scalebar.bars import find_bars
from uniaims.scalebar.facts import BannerFacts
from uniaims.scalebar.measuring import Bar, measure_bar
from uniaims.scalebar.reading import LengthLabel, PlacedLine
from uniaims.scalebar.scale import ScaleBar

LEAST_CONFIDENCE = 0.35
MOST = 0.7
TICKED = 0.7
FILLING = 0.2
"""What fills an outline has at least this part of the outline's score: letters and outlines stand out more."""
SAME_SIZE = 0.02
"""Bars that give pixel sizes this close to each other say the same."""
RIVAL = 0.85
"""A bar of another length with at least this part of the best score makes the choice unsure."""
WIDEST_TICK = 0.08
"""Ticks wider than this part of the bar leave open from where to where it runs."""
SAME_INK = 0.35
"""Levels of a bar and of its label differ by at most this part of the bar's contrast."""
LEAST_STRENGTH = 0.4
"""Bars have this part of their label's contrast or more."""
OTHER_INK = 0.7
"""What is left of the confidence where they differ more."""
FIELD_DOUBT = 0.5
"""Farther apart than this part they contradict each other: one of them was misread."""
SCREEN_WIDTHS_MM = (25.0, 700.0)
"""Magnifications refer to pictures of a width between these, from prints to screens."""
DISAGREEMENT = 0.3
"""What is left of the confidence where the magnification contradicts."""


@dataclass(frozen=True)
class Pair:
    """A label with a bar; `score` 0..1."""

    label: LengthLabel
    bar: Bar
    score: float

    @property
    def pixel_size_nm(self) -> float:
        """Length of a pixel's side if they belong together."""
        return self.label.label.length_nm / self.length_px

    @property
    def length_px(self) -> float:
        """The length that the label speaks of: of the whole bar, or of one division of a ruler."""
        divisions = self.bar.marks - 1 if self.label.per_division and self.bar.marks else 1
        return self.bar.length_px / divisions


@dataclass(frozen=True)
class Choice:
    """The scale bar, or None; and the reasons."""

    bar: ScaleBar | None
    reasons: tuple[str, ...] = ()


def choose(
    gray: NDArray[np.uint8], labels: Sequence[LengthLabel], lines: Sequence[PlacedLine], facts: BannerFacts
) -> Choice:
    """The scale bar among labels and the bars beside them in ``gray`` (H, W) uint8; no bar lies in a line of text."""
    pairs: list[Pair] = []
    reasons: list[str] = []
    for label in labels:
        others = [line.box for line in lines if len(line.text) > 1 and not _within(label.box, line.box)]
        found = [pair for pair in _pairs(gray, label, facts) if not any(_within(pair.bar.box, box) for box in others)]
        if not found:
            reasons.append(f'"{label.text}" stands beside no bar.')
        pairs += found
    if not pairs:
        return Choice(None, tuple(reasons))
    pairs.sort(key=lambda pair: -pair.score)
    best = _filling(_completed(pairs[0], pairs), pairs)
    doubt = _doubt(best, pairs)
    if doubt:
        return Choice(None, (*reasons, doubt))
    return Choice(_scale_bar(best), tuple(reasons))


def _completed(pair: Pair, pairs: Sequence[Pair]) -> Pair:
    """The same bar with its ticks or its other half, where it was found without them too."""
    wider = [
        each
        for each in pairs
        if each.label == pair.label and _is_whole(each.bar) and each.bar.bright == pair.bar.bright
    ]
    likely = [each for each in wider if _within(pair.bar.box, each.bar.box) and each.score >= TICKED * pair.score]
    return likely[0] if likely and not _is_whole(pair.bar) else pair


def _is_whole(bar: Bar) -> bool:
    return bar.ticks or bar.kind == "split"


def _filling(pair: Pair, pairs: Sequence[Pair]) -> Pair:
    """What an outline surrounds, where the pair's bar is an outline: the outline is there to make the bar visible."""
    inner = [each for each in pairs if each.label == pair.label and _surrounds(pair.bar, each.bar)]
    likely = [each for each in inner if each.score >= FILLING * pair.score]
    return replace(likely[0], score=pair.score) if likely else pair


def _surrounds(outline: Bar, bar: Bar) -> bool:
    margin = max(2, outline.box.height)
    left, right = bar.start - outline.start, outline.end - bar.end
    return (
        not outline.crossed
        and bar.bright != outline.bright
        and _within(bar.box, outline.box)
        and 0.5 <= left <= margin
        and 0.5 <= right <= margin
    )


def _within(box: Box, other: Box) -> bool:
    """Whether most of a box lies in another one."""
    down = min(box.bottom, other.bottom) - max(box.top, other.top)
    across = min(box.right, other.right) - max(box.left, other.left)
    return down > 0 and across > 0 and down * across >= MOST * box.height * box.width


def _scale_bar(pair: Pair) -> ScaleBar:
    label, bar = pair.label, pair.bar
    return ScaleBar(
        pixel_size_nm=pair.pixel_size_nm,
        length_px=pair.length_px,
        box=bar.box,
        text_box=label.around,
        text=label.text,
        value=label.label.value,
        unit=label.label.unit,
        confidence=round(min(1.0, pair.score), 4),
        kind=bar.kind,
    )


def _pairs(gray: NDArray[np.uint8], label: LengthLabel, facts: BannerFacts) -> list[Pair]:
    """A label with each bar near it."""
    pairs = []
    for candidate in find_bars(gray, label.box, label.ink):
        bar = measure_bar(gray, candidate)
        if bar is None or not is_plausible(label.label.length_nm / bar.length_px):
            continue
        likeness = bar.quality * _nearness(bar.box, label.box) * _same_ink(bar, label)
        pair = Pair(label, bar, label.confidence * likeness)
        pairs.append(replace(pair, score=pair.score * _agreement(pair, facts, gray.shape[1])))
    return pairs


def _same_ink(bar: Bar, label: LengthLabel) -> float:
    """Bars have the ink of their labels, nearly always, and stand out like these."""
    strength = min(1.0, bar.contrast / (LEAST_STRENGTH * label.contrast + 1))
    return strength * (1.0 if abs(bar.level - label.ink) <= SAME_INK * bar.contrast else OTHER_INK)


def _nearness(bar: Box, label: Box) -> float:
    """How near a bar is to its label, 0..1: side by side in one row, or one above the other."""
    letter = label.height
    down = max(0, bar.top - label.bottom, label.top - bar.bottom) / letter
    across = max(0, bar.left - label.right, label.left - bar.right) / letter / (2 if down == 0 else 1)
    off_centre = abs(bar.left + bar.right - label.left - label.right) / (bar.width + label.width)
    return exp(-((down / 2) ** 2) - (across / 2) ** 2) * (1 - 0.2 * min(1.0, off_centre))


def _agreement(pair: Pair, facts: BannerFacts, width: int) -> float:
    """What the banner's own words about the scale make of a pair: 1 where they agree or are silent."""
    if facts.field_width_nm is not None:
        apart = abs(pair.pixel_size_nm * width / facts.field_width_nm - 1)
        return 1.0 if apart <= FIELD_DOUBT else DISAGREEMENT
    if facts.acquisition.magnification:
        shown_mm = pair.pixel_size_nm * width * facts.acquisition.magnification / 1e6
        low, high = SCREEN_WIDTHS_MM
        return 1.0 if low <= shown_mm <= high else DISAGREEMENT
    return 1.0


def _doubt(best: Pair, pairs: Sequence[Pair]) -> str:
    """Why the best pair is not sure enough; empty where it is."""
    said = f'"{best.label.text}" with a bar of {best.length_px:.1f} px'
    if best.score < LEAST_CONFIDENCE:
        return f"{said}: the confidence, {best.score:.2f}, is below {LEAST_CONFIDENCE:g}."
    if best.bar.tick_px > WIDEST_TICK * best.bar.length_px:
        return f"{said}: its end marks are {best.bar.tick_px:.1f} px wide, so its length is not sure."
    if best.label.per_division and not best.bar.marks:
        return f"{said}: it is the length of one division, and none were found."
    for rival in pairs[1:]:
        apart = abs(rival.pixel_size_nm / best.pixel_size_nm - 1)
        related = _surrounds(rival.bar, best.bar) or (_is_whole(best.bar) and _within(rival.bar.box, best.bar.box))
        if apart > SAME_SIZE and rival.score >= RIVAL * best.score and not related:
            return (
                f'{said} and "{rival.label.text}" with a bar of {rival.length_px:.1f} px are as likely: '
                f"{best.pixel_size_nm:.4g} or {rival.pixel_size_nm:.4g} nm per pixel."
            )
    return ""
