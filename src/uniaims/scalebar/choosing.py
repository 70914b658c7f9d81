"""Which bar belongs to which label, and whether that is sure enough."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.formats.calibration import is_plausible
from uniaims.scalebar.bars import bars_in, find_bars
from uniaims.scalebar.ends import measure_by_ends
from uniaims.scalebar.facts import BannerFacts
from uniaims.scalebar.frames import RECTANGLES, rectangle_around
from uniaims.scalebar.inked import inked_bars, same_strip
from uniaims.scalebar.measuring import Bar, measure_bar
from uniaims.scalebar.panels import differ, named
from uniaims.scalebar.pieces import goes_on, ink_ends_elsewhere
from uniaims.scalebar.reading import LengthLabel, PlacedLine
from uniaims.scalebar.scale import ScaleBar
from uniaims.scalebar.upright import upright_bars


@dataclass(frozen=True)
class PairingRules:
    """When a bar belongs to a label."""

    least_confidence: float = 0.35
    same_box_share: float = 0.7
    ticked_score_share: float = 0.7
    filling_score_share: float = 0.2
    """What fills an outline has at least this part of the outline's score: letters and outlines stand out more."""
    outlined_label_share: float = 0.03
    """More than this part of a label whose letters have an outline is of the level that the outline surrounds."""
    hollow_length_px: int = 3
    """The length of a hollow bar is that of its rectangle to so many pixels."""
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
    same_pixel_size_share: float = 0.02
    """Bars that give pixel sizes this close to each other say the same."""
    rival_score_share: float = 0.85
    """A bar of another length with at least this part of the best score makes the choice unsure."""
    widest_tick_share: float = 0.08
    """Ticks wider than this part of the bar leave open from where to where it runs."""
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
    sure_score: float = 0.65
    """Bars of a lower score have to end where their ink does."""
    sure_label_confidence: float = 0.9
    like_height_share: float = 0.5
    other_panel_labels: float = 2.0
    """Labels of this confidence, of letters whose height differs by at most this part, so many times their size
    apart, may be those of two panels."""
    seen_farther_factor: float = 2.0
    """Bars that a detector saw may be so many times as far from their label as those that are looked for beside it."""
    unseen_factor: float = 0.5
    """What is left of the confidence of bars that a detector did not see, where it saw one that will do."""
    sure_ends_quality: float = 0.3
    """Seen bars of a lower quality are measured as those that are looked for."""


PAIRING = PairingRules()

DASHES = re.compile(r"^\s*[-_—–].*[-_—–]\s*$")
"""A label that was read with a dash at either end stands between the arms of a split bar."""
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


@dataclass(frozen=True)
class Choice:
    """The scale bar, or None; the reasons; how it was measured; whether two were as likely; all that were sure."""

    bar: ScaleBar | None
    reasons: tuple[str, ...] = ()
    measured: Bar | None = None
    torn: bool = False
    bars: tuple[ScaleBar, ...] = ()


def choose(
    gray: NDArray[np.uint8],
    labels: Sequence[LengthLabel],
    lines: Sequence[PlacedLine],
    facts: BannerFacts,
    seen: Sequence[SeenBar] = (),
) -> Choice:
    """The scale bar among labels and the bars beside them in ``gray`` (H, W) uint8.

    Bars are those that a detector has `seen`, and those found beside a label; of these none lies in a line of text.
    """
    pairs: list[Pair] = []
    reasons: list[str] = []
    for label in labels:
        known = _seen_pairs(gray, label, facts, seen)
        others = [
            line.box for line in lines if len(line.text) > 1 and label.box.share_in(line.box) < PAIRING.same_box_share
        ]
        others += [pair.bar.box for pair in known]
        beside = [*_pairs(gray, label, facts), *_upright_pairs(gray, label, facts)]
        found = _without_parts([pair for pair in beside if pair.score > 0])
        found = [
            pair for pair in found if not any(pair.bar.box.share_in(box) >= PAIRING.same_box_share for box in others)
        ]
        unseen = PAIRING.unseen_factor if any(pair.score >= PAIRING.least_confidence for pair in known) else 1.0
        found = [*known, *(replace(pair, score=unseen * pair.score) for pair in found)]
        found = [pair for pair in found if pair.score > 0]
        if not found and not label.unsure:
            reasons.append(f'"{label.text}" stands beside no bar.')
        pairs += found
    if not pairs:
        return Choice(None, tuple(reasons))
    pairs.sort(key=lambda pair: -pair.score)
    best = _whole(gray, pairs[0], pairs)
    bars = tuple(_scale_bar(each) for each in (best, *_others(gray, best, pairs)))
    if differ(bars):
        return Choice(None, (*reasons, named(bars)), torn=True, bars=bars)
    unpaired = _unpaired(best, labels, bars)
    if unpaired is not None and best.score >= PAIRING.least_confidence:
        said = f'"{unpaired.text}" is written like "{best.label.text}", elsewhere, and its bar is not clear: '
        return Choice(None, (*reasons, said + "choose one panel, or give the pixel size."), torn=True, bars=bars)
    doubt, rivalry = _doubt(best) or _piece_doubt(gray, best), _rivalry(best, pairs)
    if doubt or rivalry:
        return Choice(None, (*reasons, doubt or rivalry), torn=not doubt)
    return Choice(_scale_bar(best), tuple(reasons), best.bar, bars=bars)


def _whole(gray: NDArray[np.uint8], pair: Pair, pairs: Sequence[Pair]) -> Pair:
    """The pair with all of its bar: with ticks, the other half, what an outline surrounds, a hollow one's sides."""
    return _hollow(gray, _filling(_completed(pair, pairs), pairs))


def _unpaired(best: Pair, labels: Sequence[LengthLabel], bars: Sequence[ScaleBar]) -> LengthLabel | None:
    """A sure label of another length, written like the best one far from it, as in other panels, that has no bar."""
    own = best.label
    for label in labels:
        like = abs(label.box.height - own.box.height) <= PAIRING.like_height_share * own.box.height
        down, across = abs(label.box.top - own.box.top), abs(label.box.left - own.box.left)
        far = max(down, across) >= PAIRING.other_panel_labels * max(own.box.shape)
        paired = any(bar.text_box is not None and label.around.share_in(bar.text_box) > 0 for bar in bars)
        sure = label.confidence >= PAIRING.sure_label_confidence and not label.unsure and label.label != own.label
        if like and far and sure and not paired:
            return label
    return None


def _others(gray: NDArray[np.uint8], best: Pair, pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs of another label with another bar that are as sure as a bar has to be, the surest first."""
    if best.score < PAIRING.least_confidence:
        return []
    kept = [best]
    for pair in pairs:
        if pair.score < PAIRING.least_confidence or any(_share(pair, each) for each in kept):
            continue
        whole = _whole(gray, pair, pairs)
        if not _doubt(whole) and not _piece_doubt(gray, whole) and not any(_share(whole, each) for each in kept):
            kept.append(whole)
    return kept[1:]


def _share(pair: Pair, other: Pair) -> bool:
    """Whether two pairs have a label or a bar, or a part of one, in common."""
    labels = max(pair.label.around.share_in(other.label.around), other.label.around.share_in(pair.label.around))
    bars = max(pair.bar.box.share_in(other.bar.box), other.bar.box.share_in(pair.bar.box))
    return labels > 0 or bars > 0


def _completed(pair: Pair, pairs: Sequence[Pair]) -> Pair:
    """The same bar with its ticks or its other half, where it was found without them too."""
    wider = [
        each
        for each in pairs
        if each.label == pair.label and _is_whole(each.bar) and each.bar.bright == pair.bar.bright
    ]
    likely = [
        each
        for each in wider
        if pair.bar.box.share_in(each.bar.box) >= PAIRING.same_box_share
        and each.score >= PAIRING.ticked_score_share * pair.score
    ]
    return likely[0] if likely and not _is_whole(pair.bar) else pair


def _is_whole(bar: Bar) -> bool:
    return bar.ticks or bar.kind in JOINED


def _filling(pair: Pair, pairs: Sequence[Pair]) -> Pair:
    """What an outline surrounds, where the pair's bar is an outline: the outline is there to make the bar visible."""
    inner = [each for each in pairs if each.label == pair.label and _surrounds(pair.bar, each.bar)]
    likely = [each for each in inner if each.score >= PAIRING.filling_score_share * pair.score]
    return replace(likely[0], score=pair.score) if likely else pair


def _hollow(gray: NDArray[np.uint8], pair: Pair) -> Pair:
    """The whole of a hollow bar, where the pair's bar is its inside or one of its sides."""
    if pair.bar.vertical or pair.bar.kind != "bar":
        return pair
    frame = rectangle_around(gray, pair.bar.box, pair.label.ink)
    if frame is None or _has_outlines(gray, pair):
        return pair
    bar = measure_by_ends(gray, frame, pair.label.ink)
    return replace(pair, bar=bar) if bar and abs(bar.length_px - frame.width) <= PAIRING.hollow_length_px else pair


def _has_outlines(gray: NDArray[np.uint8], pair: Pair) -> bool:
    """Whether label and bar have an outline, whose ink was taken for that of the letters."""
    levels = gray[pair.label.around.window].astype(np.float32)
    inside = np.mean(np.abs(levels - pair.bar.level) <= RECTANGLES.same_ink_levels)
    return bool(
        abs(pair.bar.level - pair.label.ink) > RECTANGLES.same_ink_levels and inside >= PAIRING.outlined_label_share
    )


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


def _surrounds(outline: Bar, bar: Bar) -> bool:
    margin = max(2, outline.box.height)
    left, right = bar.start - outline.start, outline.end - bar.end
    return (
        not outline.crossed
        and bar.bright != outline.bright
        and bar.box.share_in(outline.box) >= PAIRING.same_box_share
        and 0.5 <= left <= margin
        and 0.5 <= right <= margin
    )


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
        vertical=bar.vertical,
    )


def _pairs(gray: NDArray[np.uint8], label: LengthLabel, facts: BannerFacts) -> list[Pair]:
    """A label with each bar near it."""
    pairs = []
    for bar in _bars_beside(gray, label):
        stroke = _is_stroke(bar.box, label) or bar.tick_rows > PAIRING.tallest_tick_letters * label.box.height
        if stroke or not is_plausible(label.label.length_nm / bar.length_px) or _is_frame(gray, bar, label):
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


def _upright_pairs(gray: NDArray[np.uint8], label: LengthLabel, facts: BannerFacts) -> list[Pair]:
    """A label with each bar beside it that runs downwards."""
    pairs = []
    for bar in upright_bars(gray, label.box, label.ink, label.contrast):
        if not is_plausible(label.label.length_nm / bar.length_px):
            continue
        likeness = bar.quality * _seen_nearness(bar.box, label.box) * _same_ink(bar, label)
        pair = Pair(label, bar, label.confidence * likeness)
        pairs.append(replace(pair, score=_weighed(pair, facts, gray.shape[1])))
    return pairs


def _seen_pairs(gray: NDArray[np.uint8], label: LengthLabel, facts: BannerFacts, seen: Sequence[SeenBar]) -> list[Pair]:
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


def _weighed(pair: Pair, facts: BannerFacts, width: int) -> float:
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


def _doubt(best: Pair) -> str:
    """Why the best pair is not sure enough; empty where it is."""
    said = f'"{best.label.text}" with a bar of {best.length_px:.1f} px'
    if best.score < PAIRING.least_confidence:
        return f"{said}: the confidence, {best.score:.2f}, is below {PAIRING.least_confidence:g}."
    if best.bar.tick_px > PAIRING.widest_tick_share * best.bar.length_px:
        return f"{said}: its end marks are {best.bar.tick_px:.1f} px wide, so its length is not sure."
    if best.label.per_division and not best.bar.marks:
        return f"{said}: it is the length of one division, and none were found."
    return ""


def _piece_doubt(gray: NDArray[np.uint8], best: Pair) -> str:
    """Why the best pair's bar may be only a piece of one; empty where it stands alone."""
    if best.bar.kind != "bar" or best.bar.vertical:
        return ""
    if best.score < PAIRING.sure_score and ink_ends_elsewhere(gray, best.bar, best.label.ink):
        return f'"{best.label.text}" with a bar of {best.length_px:.1f} px: its ink ends before, on ground as bright.'
    dashed = DASHES.search(best.label.text) is not None and _is_beside(best.bar.box, best.label.box)
    if not dashed and not goes_on(gray, best.bar, best.label.box):
        return ""
    said = f'"{best.label.text}" with a bar of {best.length_px:.1f} px'
    return f"{said}: another piece like it lies in its rows, so it may be a part of a longer bar."


def _is_beside(bar: Box, label: Box) -> bool:
    """Whether a bar stands left or right of a label, in its rows."""
    return (
        label.top <= (bar.top + bar.bottom) / 2 <= label.bottom and not bar.left < label.left < label.right < bar.right
    )


def _rivalry(best: Pair, pairs: Sequence[Pair]) -> str:
    """Which pair of another pixel size is nearly as likely as the best one; empty if none is."""
    for rival in pairs[1:]:
        apart = abs(rival.pixel_size_nm / best.pixel_size_nm - 1)
        related = _surrounds(rival.bar, best.bar) or (
            _is_whole(best.bar) and rival.bar.box.share_in(best.bar.box) >= PAIRING.same_box_share
        )
        if (
            apart > PAIRING.same_pixel_size_share
            and rival.score >= PAIRING.rival_score_share * best.score
            and not related
        ):
            return (
                f'"{best.label.text}" with a bar of {best.length_px:.1f} px and '
                f'"{rival.label.text}" with a bar of {rival.length_px:.1f} px are as likely: '
                f"{best.pixel_size_nm:.4g} or {rival.pixel_size_nm:.4g} nm per pixel."
            )
    return ""
