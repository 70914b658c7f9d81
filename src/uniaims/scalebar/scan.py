"""The scale bar of a micrograph: find, read, measure, and refuse what is not sure."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.content import LARGEST_STRIP
from uniaims.micrograph import Micrograph
from uniaims.scalebar.banner_metadata import banner_metadata
from uniaims.scalebar.candidates import Candidate, find_gaps
from uniaims.scalebar.decision import Choice, choose
from uniaims.scalebar.detector import SHIPPED, Detection, Detector, load_detector, text_detector
from uniaims.scalebar.figures import differ, in_whole, is_drawing, named, panel_of, panels_in
from uniaims.scalebar.ink import letter_boxes
from uniaims.scalebar.measuring import Bar, measure_bar
from uniaims.scalebar.pairing import SeenBar
from uniaims.scalebar.reading import Refusal, find_labels, read_lines
from uniaims.scalebar.scale import SURE_ALONE, ScaleBar, ScaleReading
from uniaims.scalebar.text import FoundText, PlacedLine


@dataclass(frozen=True)
class LookRules:
    """How a picture is looked at, and when a second look agrees."""

    first_side_px: int = 736
    """Small pictures are enlarged in the first look, until their longer side has so many pixels."""
    first_look_pixels: int = 800_000
    """Large ones are reduced to so many pixels."""
    closer_look_pixels: int = 500_000
    """Pixels, enlarged, of a strip that is looked at closer, where the first look found no bar."""
    large_pixels: int = 4_000_000
    """In larger pictures the strips are twice as large."""
    largest_pixels: int = 2**28
    """Larger pictures are not brought into memory for this."""
    sure_confidence: float = 0.5
    same_pixel_size_share: float = 0.05
    """A second opinion speaks of the same bar if the pixel sizes differ by at most this part."""
    part_box_share: float = 0.7
    part_margin_px: int = 4
    """A bar of which so much lies in another one, grown by so many pixels, is a part of that."""
    coloured_levels: int = 48
    most_coloured_share: float = 0.1
    """Pixels whose channels differ so much are coloured; where more than this part is, colour is no sign of drawing."""
    banner_edge_share: float = 0.02
    banner_width_share: float = 0.6
    """A banner stands at most this part of the height from an edge, and along most of it."""
    same_length_share: float = 0.02
    """On the original grey levels a bar's length differs by no more than this."""
    most_enlarged_factor: float = 2.0
    """Strips are looked at so much larger than the whole, at most."""
    upright_share: float = 0.8
    """Boxes of text that are so high, as a part of their width, may hold text that runs upwards."""


LOOKS = LookRules()

TOO_LARGE = ("The picture is too large to look for one: give the pixel size.",)
NO_MICROGRAPH = ("the picture is a plot, a diagram or another drawing, and no micrograph.",)


@dataclass(frozen=True)
class Look:
    """A part of a picture and by how much it is enlarged for the detector."""

    box: Box
    scale: float


def read_scale(micrograph: Micrograph, detector: Detector | None = None, panel: Box | None = None) -> ScaleBar | None:
    """The scale bar of a micrograph; None where there is none, or none that is sure. See `scan_scale`."""
    return scan_scale(micrograph, detector, panel).bar


def scan_scale(micrograph: Micrograph, detector: Detector | None = None, panel: Box | None = None) -> ScaleReading:
    """Look for a scale bar, and say why what was seen was not taken.

    The whole picture is looked at first; where that gives no sure bar, strips at the bottom and at the top are looked
    at enlarged, since small letters may have been missed. Without a ``detector`` this is done with the one for text
    alone. Where labels were seen but no bar was sure, and not because two were as likely, it is done once more with
    the learned one that ships; where there is still none in a picture of which a small part is coloured, once more at
    the colour; and at last, where text was seen that may run upwards, at the turned picture: text is read only along
    its line. A bar of a confidence below `SURE_ALONE` is taken only if the learned detector leads to the same one, or
    to none and it is rather sure.

    Where a picture holds bars of different scale, as figures of several panels do, all of them are in `bars` and none
    is taken; of one `panel`, given as its box, the bar is. Plots and other drawings on white paper have none.

    Raises:
        SettingsError: where the panel reaches out of the picture.
    """
    if panel is not None:
        return in_whole(scan_scale(panel_of(micrograph, panel), detector), panel)
    if micrograph.shape[0] * micrograph.shape[1] > LOOKS.largest_pixels:
        return ScaleReading(None, TOO_LARGE, reasons=TOO_LARGE)
    gray = micrograph.gray()
    reading = _scanned(gray, detector, own=True) if detector is not None else _looked(micrograph, gray)
    if reading.bars and gray.dtype == np.uint8 and is_drawing(gray):  # drawings have eight bits
        return replace(reading, bar=None, bars=(), refusals=NO_MICROGRAPH, reasons=NO_MICROGRAPH, ambiguous=True)
    panels = panels_in(eight_bit(gray)) if reading.bars or reading.refusals else ()
    boxes = [box for bar in reading.bars for box in (bar.box, bar.text_box) if box is not None]
    parted = len(panels) > 1 and all(max(box.share_in(panel) for panel in panels) == 1 for box in boxes)
    return _of_panels(micrograph, detector, reading, panels) if parted else reading


def _of_panels(
    micrograph: Micrograph, detector: Detector | None, whole: ScaleReading, panels: Sequence[Box]
) -> ScaleReading:
    """The reading of a whole figure, unless its panels, each looked at alone, have bars of different scale.

    Nor is the only bar taken where a label in another panel is not clear.
    """
    each = [in_whole(scan_scale(panel_of(micrograph, panel), detector), panel) for panel in panels]
    bars = tuple(bar for reading in each for bar in reading.bars)
    bars += tuple(bar for bar in whole.bars if not any(_same(bar.box, other.box) for other in bars))
    seconds = {stage: sum(reading.seconds.get(stage, 0.0) for reading in (whole, *each)) for stage in whole.seconds}
    unclear = tuple(reason for reading in each if not reading.bars for reason in reading.reasons)
    if not differ(bars) and not (unclear and whole.bar is not None):
        return replace(whole, seconds=seconds)
    said = named(bars) if differ(bars) else f"{unclear[-1]} The panels may differ in scale: choose one."
    return replace(whole, bar=None, bars=bars, refusals=(said,), reasons=(said,), ambiguous=True, seconds=seconds)


def _looked(micrograph: Micrograph, gray: NDArray[Any]) -> ScaleReading:
    """All the looks at a picture of the grey levels ``gray`` (H, W) without a detector that was given."""
    reading = _seconded(gray)
    colour = coloured(micrograph) if reading.bar is None and not reading.ambiguous else None
    reading = reading if colour is None else _surer(reading, _scanned(colour, text_detector))
    if reading.bar is None and reading.upright_text and not reading.ambiguous:
        reading = _surer(reading, _turned(gray))
    return reading


def _seconded(gray: NDArray[Any]) -> ScaleReading:
    """A look at grey levels (H, W) for text, and where that brings no sure bar a second one for bars too."""
    reading = _scanned(gray, text_detector)
    if reading.bar is not None and reading.bar.confidence < SURE_ALONE:
        return _agreed(reading, reading.bar, _scanned(gray, load_detector(SHIPPED)))
    if reading.bar is None and reading.refusals and not reading.ambiguous:
        return _surer(reading, _scanned(gray, load_detector(SHIPPED)))
    return reading


def _turned(gray: NDArray[Any]) -> ScaleReading:
    """A look at the turned grey levels (H, W), for text that runs upwards and its upright bar: that if it is sure."""
    reading = _seconded(np.ascontiguousarray(np.rot90(gray, -1)))
    bar, height = reading.bar, gray.shape[0]
    if bar is None or bar.text_box is None or bar.vertical or bar.confidence < SURE_ALONE:
        return ScaleReading(None, seconds=reading.seconds)
    box, text_box = _turned_back(bar.box, height), _turned_back(bar.text_box, height)
    upright = replace(bar, box=box, text_box=text_box, vertical=True)
    return ScaleReading(upright, drawn=(box, text_box), seconds=reading.seconds, bars=(upright,))


def _turned_back(box: Box, height: int) -> Box:
    """A box in a turned picture as it is in the picture, of so many rows."""
    return Box(height - box.right, box.top, height - box.left, box.bottom)


def coloured(micrograph: Micrograph) -> NDArray[np.uint8] | None:
    """How far the pixels (H, W) are from grey, 0..255; ``None`` unless a small part of an 8-bit picture is coloured.

    The largest of red, green and blue less the smallest: a bar and a label in colour stand out however bright they are.
    """
    if len(micrograph.pixels.shape) != 3 or micrograph.pixels.dtype != np.uint8:
        return None
    pixels = np.asarray(micrograph.pixels)
    colour: NDArray[np.uint8] = pixels.max(axis=2) - pixels.min(axis=2)
    share = float((colour >= LOOKS.coloured_levels).mean())
    return colour if 0 < share <= LOOKS.most_coloured_share else None


def _surer(first: ScaleReading, second: ScaleReading) -> ScaleReading:
    """The first reading with the bar of the second, if that has one, and with the time of both."""
    seconds = {stage: taken + second.seconds[stage] for stage, taken in first.seconds.items()}
    if second.ambiguous:
        return replace(
            first,
            seconds=seconds,
            ambiguous=True,
            refusals=second.refusals,
            reasons=second.reasons,
            bars=second.bars,
        )
    if second.bar is None:
        return replace(first, seconds=seconds)
    drawn, letters = first.drawn + second.drawn, first.letters + second.letters
    return replace(second, acquisition=first.acquisition, drawn=drawn, letters=letters, seconds=seconds)


def _agreed(first: ScaleReading, bar: ScaleBar, second: ScaleReading) -> ScaleReading:
    """The first reading if the second speaks of its bar, or of none and that is rather sure; else none."""
    seconds = {stage: taken + second.seconds[stage] for stage, taken in first.seconds.items()}
    alone = bar.kind != "cut" and bar.confidence >= LOOKS.sure_confidence
    if second.bar is None and alone and not second.ambiguous:
        return replace(first, seconds=seconds)
    if second.bar is not None and _agree(bar, second.bar):
        return replace(first, seconds=seconds)
    if second.bar is not None and bar.kind == "split" and _is_part_of(second.bar, bar):
        return replace(first, seconds=seconds)
    if second.bar is not None and _is_part_of(bar, second.bar):
        return replace(second, acquisition=first.acquisition, drawn=first.drawn + second.drawn, seconds=seconds)
    doubt = f'"{bar.text}" with a bar of {bar.length_px:.1f} px: a second look, for bars, ' + (
        f"led to {second.bar.length_px:.1f} px." if second.bar else "did not find it."
    )
    reasons = (*second.reasons, doubt)
    drawn = tuple(box for box in first.drawn if box not in (bar.box, bar.text_box))
    return replace(
        first,
        bar=None,
        bars=second.bars if second.ambiguous else (),
        refusals=(*second.refusals, doubt),
        drawn=drawn,
        seconds=seconds,
        ambiguous=True,
        reasons=reasons,
    )


def _agree(first: ScaleBar, second: ScaleBar) -> bool:
    """Whether two looks led to one bar; what tails of letters cut, both measure in the same way."""
    same = abs(second.pixel_size_nm / first.pixel_size_nm - 1) <= LOOKS.same_pixel_size_share
    return same and (second.kind != "cut" or second.confidence >= SURE_ALONE)


def _is_part_of(bar: ScaleBar, whole: ScaleBar) -> bool:
    """Whether the first look saw only a part of the bar that the second one is sure of, beside the same label."""
    same = (bar.value, bar.unit) == (whole.value, whole.unit)
    around = whole.box.grown(
        LOOKS.part_margin_px,
        LOOKS.part_margin_px,
        (whole.box.bottom + LOOKS.part_margin_px, whole.box.right + LOOKS.part_margin_px),
    )
    longer = whole.length_px > (1 + LOOKS.same_pixel_size_share) * bar.length_px
    sure = whole.confidence >= (LOOKS.sure_confidence if whole.kind == "split" else SURE_ALONE)
    return same and longer and sure and bar.box.share_in(around) >= LOOKS.part_box_share


def _scanned(original: NDArray[Any], detector: Detector, own: bool = False) -> ScaleReading:
    """One way to look at the grey levels (H, W) of a file; with a user's ``own`` detector it is the only one."""
    clock = {"detect": 0.0, "read": 0.0, "measure": 0.0}
    gray = eight_bit(original)
    found: list[Detection] = []
    lines: list[PlacedLine] = []
    seen: list[SeenBar] = []
    reading = ScaleReading(None)
    for look in looks(gray.shape):
        with _timed(clock, "detect"):
            fresh = _detected(gray, look, detector)
            found, seen = [*found, *fresh], _all_seen(seen, fresh)
            texts = _texts(gray, look, fresh)
        with _timed(clock, "read"):
            lines = _merged(lines, read_lines(gray, texts))
            level = [line for line in lines if own or len(line.text) <= 2 or not _is_upright(line.box)]
            labels, facts = find_labels(gray, level), banner_metadata(lines)
        with _timed(clock, "measure"):
            choice = choose(gray, labels.labels, level, facts, seen)
        bar = choice.bar and _on_original(original, choice.bar, choice.measured)
        told = _told(replace(choice, bar=bar), labels.refusals, found, gray.shape)
        reading = replace(told, acquisition=facts.acquisition, letters=letter_boxes(gray, lines), seconds=clock)
        if choice.bars and (bar is not None or choice.ambiguous):
            break
    return reading


def _told(
    choice: Choice, refusals: Sequence[Refusal], found: Sequence[Detection], shape: tuple[int, ...]
) -> ScaleReading:
    """What a choice brings, among labels that were refused and what a detector found in a picture (H, W)."""
    bar, banners = choice.bar, [each.box for each in found if _is_banner(each, shape)]
    return ScaleReading(
        bar,
        refusals=(*choice.reasons, *map(str, refusals)),
        drawn=tuple(box for box in (bar.box, bar.text_box, *banners) if box) if bar else tuple(banners),
        ambiguous=choice.ambiguous,
        reasons=(*(str(each) for each in refusals if each.unclear), *choice.reasons),
        bars=(bar, *choice.bars[1:]) if bar else choice.bars,
        upright_text=any(each.kind == "text" and _is_upright(each.box) for each in found),
    )


def looks(shape: tuple[int, ...]) -> tuple[Look, ...]:
    """Parts of a picture (H, W), in the order in which they are looked at: the whole, the bottom, the top.

    The top is looked at only where the picture was reduced in the first look.
    """
    height, width = shape[0], shape[1]
    whole = max(min(1.0, (LOOKS.first_look_pixels / (height * width)) ** 0.5), LOOKS.first_side_px / max(height, width))
    closer = (
        LOOKS.most_enlarged_factor * whole
        if whole >= 1
        else min(LOOKS.most_enlarged_factor, max(1.0, LOOKS.most_enlarged_factor * whole))
    )
    budget = LOOKS.closer_look_pixels * (1 if height * width < LOOKS.large_pixels else 2)
    rows = min(height, max(32, int(budget / (width * closer**2))))
    first, bottom = Look(Box(0, 0, height, width), whole), Look(Box(height - rows, 0, height, width), closer)
    return (first, bottom) if whole >= 1 else (first, bottom, Look(Box(0, 0, rows, width), closer))


def eight_bit(gray: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey levels (H, W) as uint8: as they are, or stretched from the lowest to the highest without hot pixels."""
    if gray.dtype == np.uint8:
        return gray
    low, high = (float(level) for level in np.percentile(gray, (0.02, 99.98)))
    span = max(high - low, 1e-30)
    with np.errstate(over="ignore"):  # hot pixels may be as large as numbers get
        stretched = np.clip((gray.astype(np.float32) - low) * np.float32(255 / span), 0, 255)
    return np.asarray(stretched, np.uint8)


def _detected(gray: NDArray[np.uint8], look: Look, detector: Detector) -> tuple[Detection, ...]:
    """What a detector finds in a part of the picture, in the pixels of the whole, and in it."""
    part = np.ascontiguousarray(gray[look.box.window])
    found = [
        replace(each, box=each.box.moved(look.box.top, look.box.left).clipped(gray.shape))
        for each in detector(part, look.scale)
    ]
    return tuple(each for each in found if min(each.box.shape) > 0)


def _texts(gray: NDArray[np.uint8], look: Look, found: Sequence[Detection]) -> list[FoundText]:
    """Boxes to read: the text that was found, and gaps of split bars where a part is looked at closer."""
    texts = [FoundText(each.box, each.score) for each in found if each.kind == "text"]
    if look.scale > 1 or look.box.shape != gray.shape:
        gaps = find_gaps(np.ascontiguousarray(gray[look.box.window]))
        texts += [FoundText(box.moved(look.box.top, look.box.left), 1.0) for box in gaps]
    return texts


def _is_upright(box: Box) -> bool:
    return box.height >= LOOKS.upright_share * box.width


def _is_banner(found: Detection, shape: tuple[int, ...]) -> bool:
    """Whether a detection is an instrument's strip: sure, along most of the upper or lower edge, and not too high."""
    box = found.box
    at_edge = box.top <= LOOKS.banner_edge_share * shape[0] or box.bottom >= (1 - LOOKS.banner_edge_share) * shape[0]
    strip = box.width >= LOOKS.banner_width_share * shape[1] and box.height <= LARGEST_STRIP * shape[0]
    return found.kind == "banner" and found.score >= LOOKS.sure_confidence and at_edge and strip


def _on_original(original: NDArray[Any], bar: ScaleBar, measured: Bar | None) -> ScaleBar:
    """The bar as measured on the grey levels (H, W) of the file, which the stretch to 8 bits clips at the ends."""
    if original.dtype == np.uint8 or measured is None or measured.kind != "bar" or measured.vertical:
        return bar
    again = measure_bar(original, Candidate(measured.box, measured.bright))
    if again is None or again.ticks != measured.ticks:
        return bar
    ratio = again.length_px / measured.length_px
    if abs(ratio - 1) > LOOKS.same_length_share:
        return bar
    return replace(bar, length_px=bar.length_px * ratio, pixel_size_nm=bar.pixel_size_nm / ratio)


def _all_seen(known: Sequence[SeenBar], found: Sequence[Detection]) -> list[SeenBar]:
    """Bars and rulers of all looks; of those that overlap the latest, which was looked at closest."""
    fresh = [SeenBar(each.box, each.score, each.kind == "ruler") for each in found if each.kind in ("bar", "ruler")]
    return [*(bar for bar in known if not any(_same(bar.box, each.box) for each in fresh)), *fresh]


def _merged(known: list[PlacedLine], fresh: tuple[PlacedLine, ...]) -> list[PlacedLine]:
    """Lines of earlier looks that no new one covers, and the new ones."""
    return [*(line for line in known if not any(_same(line.box, each.box) for each in fresh)), *fresh]


def _same(first: Box, second: Box) -> bool:
    return max(first.share_in(second), second.share_in(first)) > 0.5


@contextmanager
def _timed(clock: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    clock[stage] += perf_counter() - start
