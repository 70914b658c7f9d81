"""What stands in figures beside a scale bar: panel letters, notes, arrows, measured distances, rings, frames.

Some look like a bar or a strip and are none: underlined notes, plates, crop marks, axes, seams between panels.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from uniaims.synthesis.scalebars.canvas import Canvas, Ink, Rectangle, around, overlap
from uniaims.synthesis.scalebars.groups import choose_lettering, draw_letters, ink_for
from uniaims.synthesis.scalebars.looks import BLACK, CYAN, GREEN, RED, WHITE, YELLOW, LabelLook
from uniaims.synthesis.scalebars.truth import Distractor, TextBox
from uniaims.synthesis.scalebars.typefaces import Faces, letters

_LETTER_FORMS = ("a", "(a)", "a)", "A", "(A)", "A)", "a.", "{a}", "a1", "A'", "(ii)", "iv", "Fig. 2a")
_NOTES = (
    "Au", "SiO2", "d = 0.24 nm", "[011]", "(111)", "10 min", "2 h", "x 5,000", "pH 7", "600 C", "core", "shell", "void",
    "200 kV", "1 wt %", "29.7 ± 2.7°", "n = 240", "MOF-5", "crack", "0.35 nm", "D50 = 85", "t = 0 s", "Sample 1", "SEM",
    "TEM", "R1", "500", "25 mg", "5 mM", "Ni", "100 %", "2 um beads", "12 V", "EDS", "1", "2", "3", "20", "top",
)  # fmt: skip
_MEASURES = ("{:.1f} nm", "{:.0f} nm", "{:.2f} µm", "d={:.1f} nm", "{:.0f}", "L = {:.1f} um")
_INKS = (*((WHITE, BLACK),) * 10, (RED,), (YELLOW,), (GREEN,), (CYAN,))
_MOST_TRIES = 12


@dataclass(frozen=True, eq=False)
class Scatter:
    """Where distractors may go: a canvas, the part of it that is free for them, and the boxes that are taken."""

    canvas: Canvas
    area: Rectangle
    faces: Faces
    taken: list[Rectangle] = field(default_factory=list)

    def free_box(self, wide: float, high: float, rng: np.random.Generator) -> Rectangle | None:
        """A place of that size that is not taken; None if none was found."""
        left, top, right, bottom = self.area
        if right - left <= wide or bottom - top <= high:
            return None
        for _ in range(_MOST_TRIES):
            x, y = float(rng.uniform(left, right - wide)), float(rng.uniform(top, bottom - high))
            box = (x, y, x + wide, y + high)
            if not any(overlap(box, other) for other in self.taken):
                return box
        return None


@dataclass(frozen=True)
class Drawing:
    """A distractor and its text, if it has one."""

    thing: Distractor
    text: TextBox | None = None


def add_distractors(scatter: Scatter, count: int, rng: np.random.Generator) -> list[Drawing]:
    """Draw up to `count` distractors, none over what is taken; their boxes are taken then too."""
    drawn: list[Drawing] = []
    names = sorted(_KINDS)
    shares = np.array([_KINDS[name][0] for name in names])
    for name in rng.choice(names, count, p=shares / shares.sum()):
        drawing = _KINDS[str(name)][1](scatter, rng)
        if drawing is not None:
            scatter.taken.append(around([drawing.thing.box], 3))
            drawn.append(drawing)
    return drawn


def draw_text(
    scatter: Scatter, text: str, corner: str, digits_px: float, ink: Ink | None, rng: np.random.Generator
) -> TextBox | None:
    """Write `text` into a corner of the area (`anywhere` for a free place); None if it would cover something."""
    look = LabelLook(roles=("sans", "sans", "serif"), bold=0.5, shadow=bool(rng.random() < 0.1))
    drawn = letters(text, digits_px, choose_lettering(look, digits_px, scatter.faces, rng))
    left, top, right, bottom = scatter.area
    margin = float(rng.uniform(0.3, 1.2)) * digits_px
    if corner == "anywhere":
        place = scatter.free_box(drawn.width + 2, drawn.height + 2, rng)
    else:
        x = right - margin - drawn.width if "right" in corner else left + margin
        y = bottom - margin - drawn.height if "bottom" in corner else top + margin
        place = (x, y, x + drawn.width, y + drawn.height)
    if place is None or place[2] > right or any(overlap(place, other) for other in scatter.taken):
        return None
    chosen = ink or ink_for(_inks(rng), scatter.canvas.level(place)[0], rng)
    if rng.random() < 0.08:
        backing = WHITE if chosen != WHITE else BLACK
        scatter.canvas.rectangle(around([place], 0.25 * digits_px), backing)
    box = draw_letters(scatter.canvas, drawn, (round(place[0]), round(place[1])), chosen, look)
    return TextBox(drawn.text, box)


def _letter(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """A panel letter."""
    form = str(rng.choice(_LETTER_FORMS))
    shift = int(rng.integers(8))
    text = "".join(chr(ord(c) + shift) if c in "aA" and "Fig" not in form else c for c in form)
    size = float(rng.uniform(0.03, 0.09)) * _height(scatter)
    corner = str(rng.choice(["top left", "top left", "top left", "top right", "bottom left"]))
    return _texted("letter", draw_text(scatter, text, corner, max(7.0, size), None, rng))


def _note(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    size = max(7.0, float(rng.uniform(0.02, 0.05)) * _height(scatter))
    corner = str(rng.choice(["anywhere", "anywhere", "top right", "top left", "bottom left"]))
    return _texted("note", draw_text(scatter, str(rng.choice(_NOTES)), corner, size, None, rng))


def _arrow(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    ends = _ends(scatter, rng, (0.04, 0.2))
    if ends is None:
        return None
    start, stop = ends
    width = float(rng.uniform(0.003, 0.012)) * _height(scatter) + 1
    ink = _local_ink(scatter, around([(*start, *start), (*stop, *stop)], 2), rng)
    box = _pointed_line(scatter.canvas, start, stop, ink, width, both=False)
    return Drawing(Distractor("arrow", box))


def _measure(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """A measured distance: a slanted line or double arrow with a number beside it. It looks like a bar and is none."""
    ends = _ends(scatter, rng, (0.05, 0.25), slanted=True)
    if ends is None:
        return None
    start, stop = ends
    ink = _local_ink(scatter, around([(*start, *start), (*stop, *stop)], 2), rng)
    box = _pointed_line(scatter.canvas, start, stop, ink, float(rng.uniform(1, 3)), both=bool(rng.random() < 0.7))
    text = str(rng.choice(_MEASURES)).format(float(rng.uniform(2, 300)))
    size = max(7.0, float(rng.uniform(0.018, 0.035)) * _height(scatter))
    near = Scatter(scatter.canvas, _beside(box, scatter.area, 6 * size), scatter.faces, [*scatter.taken, box])
    written = draw_text(near, text, "anywhere", size, ink, rng)
    whole = box if written is None else around([box, written.box])
    return Drawing(Distractor("measure", whole), written)


def _line(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """A straight line without a number: a section, an axis, an underline."""
    ends = _ends(scatter, rng, (0.1, 0.5), slanted=True)
    if ends is None:
        return None
    start, stop = ends
    box = around([(*start, *start), (*stop, *stop)], 2)
    pieces = int(rng.choice([1, 1, 9]))
    ink, width = _local_ink(scatter, box, rng), float(rng.uniform(1, 3))
    for piece in range(0, pieces, 2):
        parts = [_along(start, stop, piece / pieces), _along(start, stop, (piece + 1) / pieces)]
        scatter.canvas.line(parts[0], parts[1], ink, width)
    return Drawing(Distractor("line", box))


def _ring(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    diameter = float(rng.uniform(0.05, 0.25)) * _height(scatter)
    box = scatter.free_box(diameter, diameter, rng)
    if box is None:
        return None
    middle, ink = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), _local_ink(scatter, box, rng)
    angles = np.linspace(0, 2 * np.pi, 41)
    points = [(middle[0] + np.cos(a) * diameter / 2, middle[1] + np.sin(a) * diameter / 2) for a in angles]
    width, dashes = float(rng.uniform(1, 3)), int(rng.choice([1, 2]))
    for one, other in list(pairwise(points))[::dashes]:
        scatter.canvas.line(one, other, ink, width)
    return Drawing(Distractor("ring", around([box], width)))


def _frame(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """A frame around a region, or a filled label plate."""
    wide, high = (float(rng.uniform(0.05, 0.3)) * _height(scatter) for _ in range(2))
    box = scatter.free_box(wide, high, rng)
    if box is None:
        return None
    scatter.canvas.frame(box, _local_ink(scatter, box, rng), float(rng.uniform(1, 3)))
    return Drawing(Distractor("frame", box))


def _underline(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """A note with a line below: a label over a bar to the eye, but it tells no length."""
    drawing = _note(scatter, rng)
    if drawing is None:
        return None
    left, _, right, bottom = drawing.thing.box
    thickness = max(1.0, float(rng.uniform(0.04, 0.12)) * (bottom - drawing.thing.box[1]))
    line = (left, bottom + thickness, right, bottom + 2 * thickness)
    scatter.canvas.rectangle(line, _local_ink(scatter, line, rng))
    return Drawing(Distractor("underline", around([drawing.thing.box, line])), drawing.text)


def _plate(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """A filled rectangle, too high or too square for a bar."""
    high = float(rng.uniform(0.04, 0.2)) * _height(scatter)
    box = scatter.free_box(high * float(rng.uniform(0.6, 2.0)), high, rng)
    if box is None:
        return None
    level = int(rng.choice([0, 30, 128, 200, 255]))
    scatter.canvas.rectangle(box, (level, level, level), float(rng.choice([1.0, 1.0, 0.6])))
    return Drawing(Distractor("plate", box))


def _crop_marks(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """The corners of a region, without its sides."""
    wide, high = (float(rng.uniform(0.1, 0.35)) * _height(scatter) for _ in range(2))
    box = scatter.free_box(wide, high, rng)
    if box is None:
        return None
    ink, width, arm = _local_ink(scatter, box, rng), float(rng.uniform(1, 3)), float(rng.uniform(0.1, 0.3))
    for x, inward in ((box[0], 1), (box[2], -1)):
        for y, down in ((box[1], 1), (box[3], -1)):
            scatter.canvas.line((x, y), (x + inward * arm * wide, y), ink, width)
            scatter.canvas.line((x, y), (x, y + down * arm * high), ink, width)
    return Drawing(Distractor("crop marks", around([box], width)))


def _axis(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """A line through the whole picture, level or upright, whole or dashed: a section, a cross-hair, an axis."""
    thickness, pieces = float(rng.uniform(1, 4)), int(rng.choice([1, 1, 21, 41]))
    box = _crossing(scatter, thickness, rng)
    if box is None:
        return None
    level = box[2] - box[0] > box[3] - box[1]
    ink = _local_ink(scatter, box, rng)
    edges = np.linspace(box[0], box[2], pieces + 1) if level else np.linspace(box[1], box[3], pieces + 1)
    for low, high in list(pairwise(edges.tolist()))[::2]:
        scatter.canvas.rectangle((low, box[1], high, box[3]) if level else (box[0], low, box[2], high), ink)
    return Drawing(Distractor("axis", box))


def _seam(scatter: Scatter, rng: np.random.Generator) -> Drawing | None:
    """The gap between two panels."""
    box = _crossing(scatter, float(rng.uniform(0.004, 0.03)) * _height(scatter) + 2, rng)
    if box is None:
        return None
    scatter.canvas.rectangle(box, WHITE if rng.random() < 0.7 else BLACK)
    return Drawing(Distractor("seam", box))


def _crossing(scatter: Scatter, thickness: float, rng: np.random.Generator) -> Rectangle | None:
    """A free stripe from side to side of the area, level or upright."""
    left, top, right, bottom = scatter.area
    level = rng.random() < 0.7
    for _ in range(_MOST_TRIES):
        share = float(rng.uniform(0.05, 0.95))
        x, y = round(left + share * (right - left)), round(top + share * (bottom - top))
        box = (left, y, right, y + thickness) if level else (x, top, x + thickness, bottom)
        if not any(overlap(box, other) for other in scatter.taken):
            return box
    return None


_KINDS: dict[str, tuple[float, Callable[[Scatter, np.random.Generator], Drawing | None]]] = {
    "letter": (5.0, _letter),
    "note": (2.0, _note),
    "arrow": (1.5, _arrow),
    "measure": (1.2, _measure),
    "line": (0.8, _line),
    "ring": (0.6, _ring),
    "frame": (0.6, _frame),
    "underline": (0.8, _underline),
    "plate": (0.6, _plate),
    "crop marks": (0.4, _crop_marks),
    "axis": (0.5, _axis),
    "seam": (0.4, _seam),
}


def _texted(kind: str, text: TextBox | None) -> Drawing | None:
    return None if text is None else Drawing(Distractor(kind, text.box), text)


def _height(scatter: Scatter) -> float:
    return scatter.area[3] - scatter.area[1]


def _inks(rng: np.random.Generator) -> tuple[Ink, ...]:
    return _INKS[int(rng.integers(len(_INKS)))]


def _local_ink(scatter: Scatter, box: Rectangle, rng: np.random.Generator) -> Ink:
    return ink_for(_inks(rng), scatter.canvas.level(box)[0], rng)


def _ends(
    scatter: Scatter, rng: np.random.Generator, reach: tuple[float, float], slanted: bool = False
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Two points inside a free place; `slanted` ones are never level, as a bar would be."""
    length = float(rng.uniform(*reach)) * _height(scatter)
    angle = float(rng.uniform(0.12, 0.88) * np.pi) if slanted else float(rng.uniform(0, 2 * np.pi))
    run, rise = length * np.cos(angle), length * np.sin(angle)
    place = scatter.free_box(abs(run) + 12, abs(rise) + 12, rng)
    if place is None:
        return None
    x, y = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
    return (x - run / 2, y - rise / 2), (x + run / 2, y + rise / 2)


def _pointed_line(
    canvas: Canvas, start: tuple[float, float], stop: tuple[float, float], ink: Ink, width: float, both: bool
) -> Rectangle:
    """A line with a head at `stop`, and at `start` if `both`; the box of its ink."""
    length = max(float(np.hypot(stop[0] - start[0], stop[1] - start[1])), 1.0)
    head = min(4.0 * width + 2, 0.45 * length)
    share = 0.8 * head / length
    canvas.line(_along(start, stop, share if both else 0.0), _along(start, stop, 1 - share), ink, width)
    for tip, tail in ((stop, start), *(((start, stop),) if both else ())):
        neck = _along(tip, tail, head / length)
        across = ((neck[1] - tip[1]) * 0.45, (tip[0] - neck[0]) * 0.45)
        canvas.polygon(
            [tip, (neck[0] + across[0], neck[1] + across[1]), (neck[0] - across[0], neck[1] - across[1])], ink
        )
    return around([(*start, *start), (*stop, *stop)], 0.5 * head)


def _along(start: tuple[float, float], stop: tuple[float, float], share: float) -> tuple[float, float]:
    return start[0] + share * (stop[0] - start[0]), start[1] + share * (stop[1] - start[1])


def _beside(box: Rectangle, area: Rectangle, reach: float) -> Rectangle:
    near = around([box], reach)
    return max(near[0], area[0]), max(near[1], area[1]), min(near[2], area[2]), min(near[3], area[3])
