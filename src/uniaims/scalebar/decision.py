"""Which pair of label and bar is taken, and whether that is sure enough."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.banner_metadata import BannerMetadata
from uniaims.scalebar.candidates import PIECES
from uniaims.scalebar.endpoints import measure_by_ends
from uniaims.scalebar.figures import differ, named
from uniaims.scalebar.inked import RECTANGLES, rectangle_around
from uniaims.scalebar.measuring import Bar
from uniaims.scalebar.pairing import JOINED, PAIRING, Pair, SeenBar, pairs_of
from uniaims.scalebar.reading import LengthLabel
from uniaims.scalebar.scale import ScaleBar
from uniaims.scalebar.text import PlacedLine


@dataclass(frozen=True)
class DecisionRules:
    """When a pair of label and bar is sure."""

    ticked_score_share: float = 0.7
    """The same bar with its ticks, or its other half, has at least this part of the score."""
    filling_score_share: float = 0.2
    """What fills an outline has at least this part of the outline's score: letters and outlines stand out more."""
    outlined_label_share: float = 0.03
    """More than this part of a label whose letters have an outline is of the level that the outline surrounds."""
    hollow_length_px: int = 3
    """The length of a hollow bar is that of its rectangle to so many pixels."""
    same_pixel_size_share: float = 0.02
    """Bars that give pixel sizes this close to each other say the same."""
    rival_score_share: float = 0.85
    """A bar of another length with at least this part of the best score makes the choice unsure."""
    widest_tick_share: float = 0.08
    """Ticks wider than this part of the bar leave open from where to where it runs."""
    sure_score: float = 0.65
    """Bars of a lower score have to end where their ink does."""
    sure_label_confidence: float = 0.9
    like_height_share: float = 0.5
    other_panel_labels: float = 2.0
    """Labels of this confidence, of letters whose height differs by at most this part, so many times their size
    apart, may be those of two panels."""


DECISION = DecisionRules()


DASHES = re.compile(r"^\s*[-_—–].*[-_—–]\s*$")
"""A label that was read with a dash at either end stands between the arms of a split bar."""


@dataclass(frozen=True)
class Choice:
    """The scale bar, or None; the reasons; how it was measured; whether two were as likely; all that were sure."""

    bar: ScaleBar | None
    reasons: tuple[str, ...] = ()
    measured: Bar | None = None
    ambiguous: bool = False
    bars: tuple[ScaleBar, ...] = ()


def choose(
    gray: NDArray[np.uint8],
    labels: Sequence[LengthLabel],
    lines: Sequence[PlacedLine],
    facts: BannerMetadata,
    seen: Sequence[SeenBar] = (),
) -> Choice:
    """The scale bar among labels and the bars beside them in ``gray`` (H, W) uint8.

    Bars are those that a detector has `seen`, and those found beside a label; of these none lies in a line of text.
    """
    found = {label: pairs_of(gray, label, lines, facts, seen) for label in labels}
    reasons = [
        f'"{label.text}" stands beside no bar.' for label, beside in found.items() if not beside and not label.unsure
    ]
    pairs = [pair for beside in found.values() for pair in beside]
    if not pairs:
        return Choice(None, tuple(reasons))
    pairs.sort(key=lambda pair: -pair.score)
    best = _whole(gray, pairs[0], pairs)
    bars = tuple(_scale_bar(each) for each in (best, *_others(gray, best, pairs)))
    if differ(bars):
        return Choice(None, (*reasons, named(bars)), ambiguous=True, bars=bars)
    unpaired = _unpaired(best, labels, bars)
    if unpaired is not None and best.score >= PAIRING.least_confidence:
        said = f'"{unpaired.text}" is written like "{best.label.text}", elsewhere, and its bar is not clear: '
        return Choice(None, (*reasons, said + "choose one panel, or give the pixel size."), ambiguous=True, bars=bars)
    doubt, rivalry = _doubt(best) or _piece_doubt(gray, best), _rivalry(best, pairs)
    if doubt or rivalry:
        return Choice(None, (*reasons, doubt or rivalry), ambiguous=not doubt)
    return Choice(_scale_bar(best), tuple(reasons), best.bar, bars=bars)


def _whole(gray: NDArray[np.uint8], pair: Pair, pairs: Sequence[Pair]) -> Pair:
    """The pair with all of its bar: with ticks, the other half, what an outline surrounds, a hollow one's sides."""
    return _hollow(gray, _filling(_completed(pair, pairs), pairs))


def _unpaired(best: Pair, labels: Sequence[LengthLabel], bars: Sequence[ScaleBar]) -> LengthLabel | None:
    """A sure label of another length, written like the best one far from it, as in other panels, that has no bar."""
    own = best.label
    for label in labels:
        like = abs(label.box.height - own.box.height) <= DECISION.like_height_share * own.box.height
        down, across = abs(label.box.top - own.box.top), abs(label.box.left - own.box.left)
        far = max(down, across) >= DECISION.other_panel_labels * max(own.box.shape)
        paired = any(bar.text_box is not None and label.around.share_in(bar.text_box) > 0 for bar in bars)
        sure = label.confidence >= DECISION.sure_label_confidence and not label.unsure and label.label != own.label
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
        and each.score >= DECISION.ticked_score_share * pair.score
    ]
    return likely[0] if likely and not _is_whole(pair.bar) else pair


def _is_whole(bar: Bar) -> bool:
    return bar.ticks or bar.kind in JOINED


def _filling(pair: Pair, pairs: Sequence[Pair]) -> Pair:
    """What an outline surrounds, where the pair's bar is an outline: the outline is there to make the bar visible."""
    inner = [each for each in pairs if each.label == pair.label and _surrounds(pair.bar, each.bar)]
    likely = [each for each in inner if each.score >= DECISION.filling_score_share * pair.score]
    return replace(likely[0], score=pair.score) if likely else pair


def _hollow(gray: NDArray[np.uint8], pair: Pair) -> Pair:
    """The whole of a hollow bar, where the pair's bar is its inside or one of its sides."""
    if pair.bar.vertical or pair.bar.kind != "bar":
        return pair
    frame = rectangle_around(gray, pair.bar.box, pair.label.ink)
    if frame is None or _has_outlines(gray, pair):
        return pair
    bar = measure_by_ends(gray, frame, pair.label.ink)
    return replace(pair, bar=bar) if bar and abs(bar.length_px - frame.width) <= DECISION.hollow_length_px else pair


def _has_outlines(gray: NDArray[np.uint8], pair: Pair) -> bool:
    """Whether label and bar have an outline, whose ink was taken for that of the letters."""
    levels = gray[pair.label.around.window].astype(np.float32)
    inside = np.mean(np.abs(levels - pair.bar.level) <= RECTANGLES.same_ink_levels)
    return bool(
        abs(pair.bar.level - pair.label.ink) > RECTANGLES.same_ink_levels and inside >= DECISION.outlined_label_share
    )


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


def _doubt(best: Pair) -> str:
    """Why the best pair is not sure enough; empty where it is."""
    said = f'"{best.label.text}" with a bar of {best.length_px:.1f} px'
    if best.score < PAIRING.least_confidence:
        return f"{said}: the confidence, {best.score:.2f}, is below {PAIRING.least_confidence:g}."
    if best.bar.tick_px > DECISION.widest_tick_share * best.bar.length_px:
        return f"{said}: its end marks are {best.bar.tick_px:.1f} px wide, so its length is not sure."
    if best.label.per_division and not best.bar.marks:
        return f"{said}: it is the length of one division, and none were found."
    return ""


def _piece_doubt(gray: NDArray[np.uint8], best: Pair) -> str:
    """Why the best pair's bar may be only a piece of one; empty where it stands alone."""
    if best.bar.kind == "ruler" or best.bar.vertical:
        return ""
    said, unsure = f'"{best.label.text}" with a bar of {best.length_px:.1f} px', best.score < DECISION.sure_score
    if unsure and ink_ends_elsewhere(gray, best.bar, best.label.ink):
        return f"{said}: its ink ends before, on ground as bright."
    if best.bar.kind != "bar":
        return ""
    dashed = DASHES.search(best.label.text) is not None and _is_beside(best.bar.box, best.label.box)
    if not dashed and not goes_on(gray, best.bar, best.label.box):
        return ""
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
            apart > DECISION.same_pixel_size_share
            and rival.score >= DECISION.rival_score_share * best.score
            and not related
        ):
            return (
                f'"{best.label.text}" with a bar of {best.length_px:.1f} px and '
                f'"{rival.label.text}" with a bar of {rival.length_px:.1f} px are as likely: '
                f"{best.pixel_size_nm:.4g} or {rival.pixel_size_nm:.4g} nm per pixel."
            )
    return ""


def goes_on(gray: NDArray[np.uint8], bar: Bar, label: Box) -> bool:
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


def ink_ends_elsewhere(gray: NDArray[np.uint8], bar: Bar, ink: float) -> bool:
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


def _core(gray: NDArray[np.uint8], bar: Bar) -> tuple[int, int]:
    """The rows of a bar between its ticks: those that are of its ink all along."""
    columns = slice(int(bar.start) + 1, max(int(bar.start) + 2, int(bar.end) - 1))
    levels = np.median(gray[bar.box.top : bar.box.bottom, columns].astype(np.float32), axis=1)
    rows = np.flatnonzero(np.abs(levels - bar.level) <= max(PIECES.same_ink_contrasts * bar.contrast, 2.0))
    return (bar.box.top + int(rows[0]), bar.box.top + int(rows[-1]) + 1) if len(rows) else (bar.box.top, bar.box.bottom)


def _strip_columns(levels: NDArray[np.float32], bar: Bar, rows: tuple[int, int]) -> NDArray[np.bool_]:
    """Columns (w,) of ``levels`` (H, w) that a strip of a bar's ink crosses in just its rows."""
    top, bottom = rows
    inside = np.abs(levels[top:bottom] - bar.level).max(axis=0) <= PIECES.same_ink_contrasts * bar.contrast
    for row in (top - 3, bottom + 2):
        if 0 <= row < len(levels):
            inside &= np.abs(levels[row] - bar.level) >= PIECES.other_ink_contrasts * bar.contrast
    return np.asarray(inside, np.bool_)
