"""Which bars may belong to a label, and how likely each does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.formats.calibration import is_plausible
from uniaims.scalebar.banner_metadata import BannerMetadata
from uniaims.scalebar.candidates import bars_in, find_bars
from uniaims.scalebar.endpoints import measure_by_ends
from uniaims.scalebar.inked import INKED, inked_bars, rectangle_around, same_strip, upright_bars
from uniaims.scalebar.measuring import Bar, measure_bar
from uniaims.scalebar.reading import LengthLabel
from uniaims.scalebar.text import PlacedLine


@dataclass(frozen=True)
class PairingRules:
    """When a bar belongs to a label."""

    least_confidence: float = 0.35
    """A pair of a lower score is none."""
    same_box_share: float = 0.7
    """What has this part of its box in another one is that, or a part of it."""
    piece_length_share: float = 0.2
    piece_gap_lengths: float = 1.5
    piece_score_share: float = 0.3
    """Bars in a row are pieces of one if their lengths differ by at most this part, the gap between them is at most
    so many times as long, and the score of the other is at least this part of one's own."""
    shortest_labels: float = 0.25
    """Bars are at least this part of their label long."""
    tallest_tick_letters: float = 1.5
    """Ticks are at most so many letter heights high at one side; higher ones are sides of a frame."""
    longest_stroke_labels: float = 0.5
    stroke_margin_heights: float = 0.1
    stroke_margin_px: int = 2
    """Strokes of letters are shorter than this part of their label, and reach beyond its box by at most this part
    of its height, or so many pixels."""
    same_length_share: float = 0.02
    """Lengths of one bar, measured by its contrast and by its ink, that differ by at most this part are alike."""
    same_ink_contrasts: float = 0.35
    """Levels of a bar and of its label differ by at most this part of the bar's contrast."""
    least_contrast_labels: float = 0.4
    """Bars have this part of their label's contrast or more."""
    other_ink_factor: float = 0.7
    """What is left of the confidence where they differ more."""
    field_agrees_share: float = 0.03
    """Closer than this part, a field width says what an unclear label means."""
    agreed_confidence: float = 0.8
    field_contradicts_share: float = 0.5
    """Farther apart than this part they contradict each other: one of them was misread."""
    screen_widths_mm: tuple[float, float] = (25.0, 700.0)
    """Magnifications refer to pictures of a width between these, from prints to screens."""
    contradicted_factor: float = 0.3
    """What is left of the confidence where the magnification contradicts."""
    in_a_row_factor: float = 3.0
    """In one row of a banner, with nothing between, label and bar are so many times as far from each other."""
    plain_ground_levels: int = 24
    plain_ground_margin_px: int = 3
    """What varies by at most so many grey levels, so many pixels beside bar and label, is a plain ground."""
    seen_farther_factor: float = 2.0
    """Bars that a detector saw may be so many times as far from their label as those that are looked for beside it."""
    unseen_factor: float = 0.5
    """What is left of the confidence of bars that a detector did not see, where it saw one that will do."""
    sure_ends_quality: float = 0.3
    """Seen bars of a lower quality are measured as those that are looked for."""


PAIRING = PairingRules()


JOINED = ("split", "cut")
"""Kinds of bars that are made of pieces."""


@dataclass(frozen=True)
class SeenBar:
    """A bar or ruler that a detector saw; `score` 0..1."""

    box: Box
    score: float
    ruler: bool = False


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


def _is_frame(gray: NDArray[np.uint8], bar: Bar, label: LengthLabel) -> bool:
    """Whether what looks like a ticked bar is a side of a frame around the label."""
    frame = rectangle_around(gray, bar.box, bar.level) if bar.ticks and bar.kind == "bar" else None
    return frame is not None and label.box.share_in(frame) >= PAIRING.same_box_share


def _without_parts(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs but for those whose bar is only a piece: of a row of pieces, or of a bar that its label cuts."""
    joined = [pair.bar for pair in pairs if pair.bar.kind in JOINED and pair.bar.quality >= PAIRING.sure_ends_quality]
    joined += [
        pair.bar
        for pair in pairs
        if pair.bar.vertical and pair.bar.ticks and pair.bar.quality >= PAIRING.sure_ends_quality
    ]
    whole = [pair for pair in pairs if not any(_is_part(pair.bar, each) for each in joined)]
    return _without_pieces(whole)


def _is_part(bar: Bar, whole: Bar) -> bool:
    alike = bar.kind == "bar" and bar.bright == whole.bright and not bar.vertical
    return alike and bar.box.share_in(whole.box) >= PAIRING.same_box_share


def _without_pieces(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs but for those whose bar is one of several in a row: a piece of a dashed or segmented bar."""
    return [pair for pair in pairs if not any(_in_row(pair, each) for each in pairs)]


def _in_row(pair: Pair, other: Pair) -> bool:
    """Whether two bars are apart from each other in the same rows, of one length and about as likely."""
    first, second = pair.bar.box, other.bar.box
    level = abs(first.top - second.top) <= 1 and abs(first.bottom - second.bottom) <= 1
    gap = max(first.left, second.left) - min(first.right, second.right)
    near = 0 <= gap <= PAIRING.piece_gap_lengths * first.width
    alike = abs(first.width - second.width) <= max(2.0, PAIRING.piece_length_share * first.width)
    plain = pair.bar.kind == other.bar.kind == "bar" and pair.bar.bright == other.bar.bright
    return level and near and alike and plain and other.score >= PAIRING.piece_score_share * pair.score


def _is_stroke(box: Box, label: LengthLabel) -> bool:
    """Whether a strip is too short for its label, or a part of its letters, which may reach a little beyond its box."""
    margin = max(PAIRING.stroke_margin_px, round(PAIRING.stroke_margin_heights * label.box.height))
    inside = box.top >= label.box.top - margin and box.bottom <= label.box.bottom + margin
    within = box.left >= label.box.left - margin and box.right <= label.box.right + margin
    core = box.top > label.box.top + margin and box.bottom < label.box.bottom - margin
    in_letters = inside and within and (core or box.width < PAIRING.longest_stroke_labels * label.box.width)
    return in_letters or box.width < PAIRING.shortest_labels * label.around.width


def pairs_of(
    gray: NDArray[np.uint8],
    label: LengthLabel,
    lines: Sequence[PlacedLine],
    facts: BannerMetadata,
    seen: Sequence[SeenBar] = (),
) -> list[Pair]:
    """A label with each bar that may be its own in ``gray`` (H, W) uint8, of a score above 0.

    Bars are those that a detector has `seen`, and those found beside the label; of these none lies in another of the
    `lines` of text.
    """
    known = _seen_pairs(gray, label, facts, seen)
    same = PAIRING.same_box_share
    others = [line.box for line in lines if len(line.text) > 1 and label.box.share_in(line.box) < same]
    others += [pair.bar.box for pair in known]
    beside = [*_pairs(gray, label, facts), *_upright_pairs(gray, label, facts)]
    found = _without_parts([pair for pair in beside if pair.score > 0])
    found = [pair for pair in found if not any(pair.bar.box.share_in(box) >= same for box in others)]
    unseen = PAIRING.unseen_factor if any(pair.score >= PAIRING.least_confidence for pair in known) else 1.0
    found = [*known, *(replace(pair, score=unseen * pair.score) for pair in found)]
    return [pair for pair in found if pair.score > 0]


def _pairs(gray: NDArray[np.uint8], label: LengthLabel, facts: BannerMetadata) -> list[Pair]:
    """A label with each bar near it."""
    pairs = []
    for bar in _bars_beside(gray, label):
        across = bar.ticks and bar.box.width >= INKED.across_share * gray.shape[1]  # a frame with its sides
        tall = bar.tick_rows > PAIRING.tallest_tick_letters * label.box.height
        if (
            across
            or tall
            or _is_stroke(bar.box, label)
            or not is_plausible(label.label.length_nm / bar.length_px)
            or _is_frame(gray, bar, label)
        ):
            continue
        farther = PAIRING.in_a_row_factor if _plain_between(gray, bar.box, label.box) else 1.0
        likeness = bar.quality * _nearness(bar.box, label.box, farther) * _same_ink(bar, label)
        pair = Pair(label, bar, label.confidence * likeness)
        pairs.append(replace(pair, score=_weighed(pair, facts, gray.shape[1])))
    return pairs


def _bars_beside(gray: NDArray[np.uint8], label: LengthLabel) -> list[Bar]:
    """Bars and rulers near a label: what stands out from above and below, and what has the label's ink.

    A bar that is both is as even and as strong as either says. It is as long as the former says, unless only the latter
    has ticks, or the lengths differ much.
    """
    candidates = (each for each in find_bars(gray, label.box, label.ink) if not _is_stroke(each.box, label))
    standing = [bar for bar in (measure_bar(gray, each) for each in candidates) if bar is not None]
    found = [bar for bar in standing if bar.kind != "bar"]
    plain = [bar for bar in standing if bar.kind == "bar"]
    for inked in inked_bars(gray, label.box, label.ink, label.contrast):
        if not inked.ticks and any(bar.ticks and _touches(inked.box, bar.box, gray.shape) for bar in plain):
            continue  # one side of a hollow bar
        same = [bar for bar in plain if bar.bright == inked.bright and same_strip(bar, inked)]
        plain = [bar for bar in plain if bar not in same]
        better = [bar for bar in same if bar.ticks or (_is_alike(bar, inked) and not inked.ticks)]
        strong = [
            replace(bar, quality=max(bar.quality, inked.quality), contrast=max(bar.contrast, inked.contrast))
            for bar in better
        ]
        found += strong or [inked]
    return [*found, *plain]


def _touches(strip: Box, box: Box, shape: tuple[int, ...]) -> bool:
    """Whether a strip lies at a side of a box, not in it."""
    return (
        strip.share_in(box) == 0
        and strip.share_in(box.grown(PAIRING.stroke_margin_px, PAIRING.stroke_margin_px, shape))
        >= PAIRING.same_box_share
    )


def _is_alike(bar: Bar, inked: Bar) -> bool:
    return abs(bar.length_px / inked.length_px - 1) <= PAIRING.same_length_share


def _upright_pairs(gray: NDArray[np.uint8], label: LengthLabel, facts: BannerMetadata) -> list[Pair]:
    """A label with each bar beside it that runs downwards."""
    pairs = []
    for bar in upright_bars(gray, label.box, label.ink, label.contrast):
        if not is_plausible(label.label.length_nm / bar.length_px):
            continue
        likeness = bar.quality * _seen_nearness(bar.box, label.box) * _same_ink(bar, label)
        pair = Pair(label, bar, label.confidence * likeness)
        pairs.append(replace(pair, score=_weighed(pair, facts, gray.shape[1])))
    return pairs


def _seen_pairs(
    gray: NDArray[np.uint8], label: LengthLabel, facts: BannerMetadata, seen: Sequence[SeenBar]
) -> list[Pair]:
    """A label with each bar that a detector saw."""
    pairs = []
    for each in seen:
        if _is_stroke(each.box, label) and not _is_upright(each.box):
            continue
        inside = label.box.share_in(each.box) >= PAIRING.same_box_share
        bar = _measured(gray, each, label, inside)
        if bar is None or not is_plausible(label.label.length_nm / bar.length_px):
            continue
        near = 1.0 if inside else _seen_nearness(each.box, label.box)
        ink = 1.0 if inside else _same_ink(bar, label)
        pair = Pair(label, bar, label.confidence * (bar.quality * each.score) ** 0.5 * near * ink)
        pairs.append(replace(pair, score=_weighed(pair, facts, gray.shape[1])))
    return pairs


def _is_upright(box: Box) -> bool:
    """Whether a bar's box is that of one that runs downwards, which is narrow beside its label."""
    return box.height > box.width


def _measured(gray: NDArray[np.uint8], seen: SeenBar, label: LengthLabel, inside: bool) -> Bar | None:
    """A bar that a detector saw, measured by its ends; if these are not clear, or divisions count, by its length."""
    bar = measure_by_ends(gray, seen.box, None if inside else label.ink)
    if (seen.ruler and label.per_division) or bar is None or bar.quality < PAIRING.sure_ends_quality:
        found = [measured for each in bars_in(gray, seen.box) if (measured := measure_bar(gray, each)) is not None]
        apart = max(3.0, 0.05 * seen.box.width)
        found = [each for each in found if abs(each.box.width - seen.box.width) <= apart]
        return max(found, key=lambda each: each.quality, default=bar)
    return bar


def _seen_nearness(bar: Box, label: Box) -> float:
    """How near a bar that was seen is to its label; those that run downwards as if they lay."""
    if bar.height > bar.width:
        bar, label = bar.transposed, label.transposed
    return _nearness(bar, label, PAIRING.seen_farther_factor)


def _plain_between(gray: NDArray[np.uint8], bar: Box, label: Box) -> bool:
    """Whether bar and label stand in one row of a banner, with nothing between them."""
    top, bottom = max(bar.top, label.top), min(bar.bottom, label.bottom)
    left, right = (
        min(bar.right, label.right) + PAIRING.plain_ground_margin_px,
        max(bar.left, label.left) - PAIRING.plain_ground_margin_px,
    )
    if bottom - top < 0.5 * min(bar.height, label.height) or left >= right:
        return False
    low, high = np.percentile(gray[top:bottom, left:right], (2, 98))
    return bool(high - low <= PAIRING.plain_ground_levels)


def _same_ink(bar: Bar, label: LengthLabel) -> float:
    """Bars have the ink of their labels, nearly always, and stand out like these."""
    strength = min(1.0, bar.contrast / (PAIRING.least_contrast_labels * label.contrast + 1))
    return strength * (
        1.0 if abs(bar.level - label.ink) <= PAIRING.same_ink_contrasts * bar.contrast else PAIRING.other_ink_factor
    )


def _nearness(bar: Box, label: Box, farther: float = 1.0) -> float:
    """How near a bar is to its label, 0..1: side by side in one row, or one above the other."""
    letter = min(label.height, label.width) * farther
    down = max(0, bar.top - label.bottom, label.top - bar.bottom) / letter
    across = max(0, bar.left - label.right, label.left - bar.right) / letter / (2 if down == 0 else 1)
    off_centre = abs(bar.left + bar.right - label.left - label.right) / (bar.width + label.width)
    return exp(-((down / 2) ** 2) - (across / 2) ** 2) * (1 - 0.2 * min(1.0, off_centre))


def _weighed(pair: Pair, facts: BannerMetadata, width: int) -> float:
    """The score of a pair after the banner's own words about the scale, which labels that are not clear need."""
    if facts.field_width_nm is not None:
        apart = abs(pair.pixel_size_nm * width / facts.field_width_nm - 1)
        if apart <= PAIRING.field_agrees_share:
            confidence = PAIRING.agreed_confidence if pair.label.unsure else pair.label.confidence
            return float((confidence * pair.score / max(pair.label.confidence, 1e-3)) ** 0.5)
        return (
            0.0
            if pair.label.unsure
            else pair.score * (1.0 if apart <= PAIRING.field_contradicts_share else PAIRING.contradicted_factor)
        )
    magnification = facts.acquisition.magnification
    if pair.label.unsure and not (pair.label.of_two_units and magnification):
        return 0.0
    if not magnification:
        return pair.score
    low, high = PAIRING.screen_widths_mm
    fits = low <= pair.pixel_size_nm * width * magnification / 1e6 <= high
    if pair.label.unsure:  # nm and µm are so far apart that the magnification fits only one of them
        return pair.score * PAIRING.agreed_confidence / max(pair.label.confidence, 1e-3) if fits else 0.0
    return pair.score * (1.0 if fits else PAIRING.contradicted_factor)
