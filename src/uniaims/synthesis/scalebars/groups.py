"""A bar and its label as one thing: sizes first, then where it goes, then ink."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scalebars.bars import BarPlan, bar_extent, draw_bar
from uniaims.synthesis.scalebars.canvas import Canvas, Ink, Rectangle, around, shifted
from uniaims.synthesis.scalebars.lengths import Length
from uniaims.synthesis.scalebars.looks import BLACK, WHITE, BarLook, LabelLook, Range, Style
from uniaims.synthesis.scalebars.truth import BarTruth
from uniaims.synthesis.scalebars.typefaces import Faces, Lettering, Letters, letters

_CENTRED_TICKS = frozenset({"ticked", "graduated", "bracket", "split ticked", "ruler", "ruler lined", "arrow ticked"})
"""Kinds whose ends are centres of ticks: on whole pixels, an odd width puts them on half ones."""
_SMALLEST_LABEL_PX = 7.0
_LEAST_CONTRAST = 45.0
"""Grey levels by which an ink differs from what it is drawn on, at least."""
_DOTTED_ROWS = 7
"""Rows of dots of which old instruments make their digits."""
_BOLD_WEIGHT = 0.1
"""What bold strokes are wider by, where the fonts have no bold face."""


@dataclass(frozen=True, eq=False)
class Group:
    """A bar that starts at (0, 0) and its label, ready to be put somewhere.

    Attributes:
        bar: the bar.
        length: what it stands for.
        letters: the label; None if it has none.
        label_at: (left, top) of the label.
        inside: whether the label stands on the bar.
        box: of all ink.
        rim_px: width of the bar's rim.
    """

    bar: BarPlan
    length: Length
    letters: Letters | None
    label_at: tuple[int, int]
    inside: bool
    box: Rectangle
    rim_px: float

    @property
    def grid(self) -> tuple[float, float]:
        """Fractions of a pixel that start's x and y need, so that a snapped bar's edges lie between pixels."""
        half = self.bar.thickness_px / 2 % 1
        along = half if self.bar.kind in _CENTRED_TICKS else 0.0
        return (half, along) if self.bar.vertical else (along, half)


def plan_group(
    style: Style, length: Length, text: str, digits_px: float, lettering: Lettering, rng: np.random.Generator
) -> Group:
    """Size a bar and its label, with digits `digits_px` high."""
    drawn = letters(text, max(_SMALLEST_LABEL_PX, digits_px), lettering)
    place = str(rng.choice(style.label.places))
    if not _has_room(place, style.bar.kind, drawn, length.length_px, digits_px):
        place = "above"
    drawn = _turned(drawn) if style.bar.vertical and place in {"left", "right"} and rng.random() < 0.5 else drawn
    bar = _plan_bar(style.bar, length.length_px, digits_px, place, rng)
    bar = replace(bar, gap_px=drawn.width + 0.9 * digits_px) if place == "split" else bar
    extent = bar_extent(bar)
    gap = _between(style.label.gap, rng) * digits_px + 1
    corner = _label_corner(place, drawn, extent, gap)
    rim = max(1.0, round(0.08 * digits_px)) if style.bar.outline else 0.0
    boxes = [extent] if place == "none" else [extent, (*corner, corner[0] + drawn.width, corner[1] + drawn.height)]
    labelled = None if place == "none" else drawn
    return Group(bar, length, labelled, corner, place == "inside", around(boxes, rim), rim)


def draw_group(canvas: Canvas, group: Group, style: Style, start: tuple[float, float], ink: Ink) -> BarTruth:
    """Draw a group with its bar's start at `start` and say what was drawn; `start` is moved onto the group's grid."""
    if not style.bar.sub_pixel:
        start = (math.floor(start[0]) + group.grid[0], math.floor(start[1]) + group.grid[1])
    plan = replace(group.bar, start=start)
    opposite = opposite_ink(ink)
    box = bar_extent(plan)
    if not style.barless:
        box = draw_bar(canvas, plan, ink, opposite, group.rim_px)
    truth = BarTruth(plan.kind, start, plan.end, box, group.length.length_nm)
    if group.letters is None:
        return truth
    corner = (round(group.label_at[0] + start[0]), round(group.label_at[1] + start[1]))
    text_box = draw_letters(canvas, group.letters, corner, opposite if group.inside else ink, style.label)
    named = replace(truth, text=group.letters.text, text_box=text_box)
    return replace(named, value=group.length.value, unit=group.length.unit)


def draw_letters(
    canvas: Canvas, drawn: Letters, corner: tuple[int, int], ink: Ink, look: LabelLook, opacity: float = 1.0
) -> Rectangle:
    """Draw letters with their left top `corner`, with rim or shadow if `look` says so; the box of their ink."""
    opposite = opposite_ink(ink)
    reach = max(1, round(drawn.height / 14))
    if look.outline:
        rim = cv2.dilate(np.pad(drawn.mask, reach), _cross(reach))
        canvas.stamp(rim, corner[0] - reach, corner[1] - reach, opposite)
    if look.shadow:
        canvas.stamp(drawn.mask, corner[0] + reach, corner[1] + reach, opposite)
    canvas.stamp(drawn.mask, corner[0], corner[1], ink, opacity)
    return (*_floats(corner), float(corner[0] + drawn.width), float(corner[1] + drawn.height))


def choose_lettering(look: LabelLook, digits_px: float, faces: Faces, rng: np.random.Generator) -> Lettering:
    """A face for `look` and what is done to it."""
    bold = bool(rng.random() < look.bold)
    face = faces.choose(str(rng.choice(look.roles)), bold, rng)
    plain = face.source == "bitmap"
    heavier = _BOLD_WEIGHT if bold and not face.bold else 0.0
    return Lettering(
        face,
        weight=0.0 if plain else heavier + _between(look.weight, rng),
        stretch=1.0 if plain else _between(look.stretch, rng),
        slant=_between(look.slant, rng),
        monospaced=look.monospaced and face.role != "mono" and not plain,
        grain_px=_grain_px(look, digits_px, plain),
        dotted=look.dotted,
    )


def _grain_px(look: LabelLook, digits_px: float, plain: bool) -> int:
    """Side of the square dots of letters: a ninth of the digits, or a seventh and two where the dots stand apart."""
    if look.dotted:
        return max(2, round(digits_px / _DOTTED_ROWS))
    return max(1, round(digits_px / 9)) if look.grain and not plain else 0


def ink_for(inks: tuple[Ink, ...], level: float, rng: np.random.Generator) -> Ink:
    """An ink that is seen on grey `level`: mostly the one with most contrast, at times another that can be read.

    Where none can be told from the level in grey, as red on a middle grey, black or white takes its place.
    """
    ordered = sorted(inks, key=lambda ink: -abs(luminance(ink) - level))
    if abs(luminance(ordered[0]) - level) < _LEAST_CONTRAST:
        return opposite_ink((round(level),) * 3)
    readable = [ink for ink in ordered if abs(luminance(ink) - level) > 70]
    if len(readable) > 1 and rng.random() < 0.25:
        return readable[int(rng.integers(len(readable)))]
    return ordered[0]


def luminance(ink: Ink) -> float:
    """Grey level of an ink."""
    return float(0.299 * ink[0] + 0.587 * ink[1] + 0.114 * ink[2])


def opposite_ink(ink: Ink) -> Ink:
    """Black for a bright ink, white for a dark one."""
    return BLACK if luminance(ink) > 110 else WHITE


def moved(group: Group, start: tuple[float, float]) -> Rectangle:
    """Box of a group's ink when its bar starts at `start`."""
    return shifted(group.box, *start)


def _plan_bar(look: BarLook, length_px: float, digits_px: float, place: str, rng: np.random.Generator) -> BarPlan:
    thickness, tick = _between(look.thickness, rng) * digits_px, _between(look.tick, rng) * digits_px
    kind = look.kind
    if place == "inside":
        thickness = max(thickness, float(rng.uniform(1.6, 2.4)) * digits_px)
    if kind.startswith("split") and place != "split":
        kind = "ticked" if kind == "split ticked" else "plain"
    if kind == "hollow":
        thickness = max(thickness, 4.0)
    if not look.sub_pixel:
        thickness, length_px = max(1.0, round(thickness)), float(max(2, round(length_px)))
        tick = thickness + 2 * max(1, round((tick - thickness) / 2)) if kind != "dots" else max(2.0, tick)
    thickness = max(1.0, thickness)
    return BarPlan(
        kind,
        (0.0, 0.0),
        length_px,
        thickness,
        max(tick, 2.0),
        look.parts,
        vertical=look.vertical,
        snapped=not look.sub_pixel,
        even=look.even,
    )


def _has_room(place: str, kind: str, drawn: Letters, length_px: float, digits_px: float) -> bool:
    """Whether a label may stand there: in a gap only where the bar has one, in it only if it is long enough."""
    if place == "split":
        return kind.startswith("split") and length_px >= drawn.width + 3.0 * digits_px
    return place != "inside" or length_px >= drawn.width + digits_px


def _label_corner(place: str, drawn: Letters, extent: Rectangle, gap: float) -> tuple[int, int]:
    left, top, right, bottom = extent
    centred = (left + right - drawn.width) / 2
    middle = (top + bottom - drawn.height) / 2
    corner = {
        "above": (centred, top - gap - drawn.height),
        "below": (centred, bottom + gap),
        "left": (left - gap - drawn.width, middle),
        "right": (right + gap, middle),
        "under right": (right - drawn.width, bottom + gap),
        "under left": (left, bottom + gap),
        "over left": (left, top - gap - drawn.height),
    }.get(place, (centred, middle))
    return round(corner[0]), round(corner[1])


def _turned(drawn: Letters) -> Letters:
    """Text that runs upwards."""
    mask: NDArray[np.uint8] = np.ascontiguousarray(np.rot90(drawn.mask))
    return Letters(mask, mask.shape[0], drawn.text)


def _between(span: Range, rng: np.random.Generator) -> float:
    return float(rng.uniform(*span)) if span[1] > span[0] else span[0]


def _cross(reach: int) -> NDArray[np.uint8]:
    """What a rim grows by: a disc, which for one pixel is a cross."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)), dtype=np.uint8)


def _floats(corner: tuple[int, int]) -> tuple[float, float]:
    return float(corner[0]), float(corner[1])
