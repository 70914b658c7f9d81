"""Instrument strips: columns of text and a bar."""

from dataclasses import dataclass

import numpy as np

from uniaims.synthesis.scalebars.canvas import Canvas, Ink, Rectangle
from uniaims.synthesis.scalebars.groups import Group, choose_lettering, draw_group, draw_letters, plan_group
from uniaims.synthesis.scalebars.lengths import Length
from uniaims.synthesis.scalebars.looks import Column, LabelLook, StripLook, Style
from uniaims.synthesis.scalebars.truth import BarTruth, TextBox
from uniaims.synthesis.scalebars.typefaces import Faces, Lettering, Letters, letters

_PADDING_DIGIT_HEIGHTS = 0.9
"""Beside a column's text, over the height of the digits."""
_SMALLEST_PX = 5.0


@dataclass(frozen=True)
class StripTruth:
    """What was drawn in a strip: bar, texts and the strip's box."""

    bar: BarTruth
    texts: tuple[TextBox, ...]
    box: Rectangle


@dataclass(frozen=True, eq=False)
class _Cell:
    """A column with its texts drawn and its group, if it has one."""

    column: Column
    lines: tuple[Letters, ...]
    group: Group | None
    width: float


@dataclass(frozen=True)
class StripText:
    """The texts that a strip is filled with: the bar's label and the facts by name."""

    label: str
    facts: dict[str, str]


def strip_height(look: StripLook, width: int, rng: np.random.Generator) -> int:
    """Rows of a strip on an image `width` wide."""
    return max(16, round(float(rng.uniform(*look.height)) * width))


def draw_strip(
    canvas: Canvas,
    box: Rectangle,
    style: Style,
    length: Length,
    text: StripText,
    faces: Faces,
    rng: np.random.Generator,
) -> StripTruth:
    """Draw the strip of `style` into `box` of the canvas."""
    look = _look(style)
    height = box[3] - box[1]
    tone = int(rng.integers(len(look.ground))) if look.ground else int(rng.integers(len(look.inks)))
    ink = look.inks[tone % len(look.inks)]
    if look.ground:
        canvas.rectangle(box, look.ground[tone])
    lettering = choose_lettering(style.label, look.digits * height, faces, rng)
    cells = _fitting_cells(style, length, text, (box[2] - box[0], height), lettering, rng)
    edges = _edges(cells, box, look.spread)
    if look.rules is not None:
        _draw_rules(canvas, box, edges, look)
    bars: list[BarTruth] = []
    texts: list[TextBox] = []
    for cell, left, right in zip(cells, edges[:-1], edges[1:], strict=True):
        texts += _draw_lines(canvas, cell, (left, box[1], right, box[3]), ink, style)
        if cell.group is not None and cell.column.bar is not None:
            start = _start(cell.group, (left, box[1], right, box[3]), cell.column.bar, look.bar_align)
            bars.append(draw_group(canvas, cell.group, style, start, ink))
    return StripTruth(bars[0], tuple(texts), box)


def _look(style: Style) -> StripLook:
    if style.strip is None:
        raise ValueError(f"style {style.name} has no strip")
    return style.strip


def _fitting_cells(
    style: Style,
    length: Length,
    text: StripText,
    size: tuple[float, float],
    lettering: Lettering,
    rng: np.random.Generator,
) -> list[_Cell]:
    """Cells whose texts are shrunk until all of them fit side by side; those that never will are left out."""
    look, (width, height) = _look(style), size
    digits = look.digits * height
    cells: list[_Cell] = []
    for _ in range(4):
        cells = [_cell(column, style, length, text, (digits, width), lettering, rng) for column in look.columns]
        used = sum(cell.width for cell in cells)
        if used <= width or digits <= _SMALLEST_PX:
            break
        fixed = sum(cell.width for cell in cells if cell.group is not None or cell.column.share is not None)
        digits = max(_SMALLEST_PX, 0.97 * digits * max(0.3, (width - fixed) / max(1.0, used - fixed)))
    return _without_the_widest(cells, width)


def _without_the_widest(cells: list[_Cell], width: float) -> list[_Cell]:
    """Leave out columns of text, the widest first, until the others fit."""
    while sum(cell.width for cell in cells) > width and any(cell.group is None for cell in cells):
        widest = max((cell for cell in cells if cell.group is None), key=lambda cell: cell.width)
        cells = [cell for cell in cells if cell is not widest]
    return cells


def _cell(
    column: Column,
    style: Style,
    length: Length,
    text: StripText,
    size: tuple[float, float],
    lettering: Lettering,
    rng: np.random.Generator,
) -> _Cell:
    digits, whole = size
    lines = tuple(letters(row.format(**text.facts), column.size * digits, lettering) for row in column.rows)
    group = None
    if column.bar is not None:
        group = plan_group(style, length, text.label, digits, lettering, rng)
    needed = max([line.width for line in lines] + ([0.0] if group is None else [group.box[2] - group.box[0]]))
    padded = needed + 2 * _PADDING_DIGIT_HEIGHTS * digits
    return _Cell(column, lines, group, padded if column.share is None else max(column.share * whole, padded))


def _edges(cells: list[_Cell], box: Rectangle, spread: bool) -> list[float]:
    free = max(0.0, box[2] - box[0] - sum(cell.width for cell in cells)) if spread else 0.0
    widths = [cell.width + free / len(cells) for cell in cells]
    return [float(round(edge)) for edge in box[0] + np.concatenate([[0.0], np.cumsum(widths)])]


def _draw_lines(canvas: Canvas, cell: _Cell, box: Rectangle, ink: Ink, style: Style) -> list[TextBox]:
    """Texts of a column, top to bottom, each with its baseline at two thirds of its row."""
    drawn: list[TextBox] = []
    left, top, right, bottom = box
    column = cell.column
    first, last = top + column.rows_from * (bottom - top), top + column.rows_to * (bottom - top)
    row_height = (last - first) / max(1, len(cell.lines))
    digits = _look(style).digits * (bottom - top) * column.size
    for index, line in enumerate(cell.lines):
        if not line.text.strip():
            continue
        spare = right - left - line.width
        indent = {
            "left": min(_PADDING_DIGIT_HEIGHTS * digits, max(1.0, spare / 2)),
            "centre": spare / 2,
            "right": spare - _PADDING_DIGIT_HEIGHTS * digits,
        }
        baseline = first + (index + 0.5) * row_height + digits / 2
        corner = (round(left + indent[column.align]), round(baseline) - line.baseline)
        look = LabelLook(outline=style.label.outline, shadow=style.label.shadow)
        placed = draw_letters(canvas, line, corner, ink, look)
        if placed[2] <= canvas.width and placed[0] >= 0:
            drawn.append(TextBox(line.text, placed))
    return drawn


def _start(group: Group, box: Rectangle, centre: float, align: str) -> tuple[float, float]:
    """Where the bar of a group starts so that the group stands in its cell."""
    left, top, right, bottom = box
    wide, high = group.box[2] - group.box[0], group.box[3] - group.box[1]
    spare = max(0.0, right - left - wide)
    indent = {"left": min(spare, 0.2 * (bottom - top)), "centre": spare / 2, "right": spare - min(spare, 6.0)}[align]
    over = min(max(top + centre * (bottom - top) - high / 2, top + 1), max(top + 1, bottom - high - 1))
    return left + indent - group.box[0], over - group.box[1]


def _draw_rules(canvas: Canvas, box: Rectangle, edges: list[float], look: StripLook) -> None:
    if look.rules is None:
        return
    for edge in edges[1:-1]:
        canvas.rectangle((edge - 1, box[1], edge, box[3]), look.rules)
    if look.frame:
        canvas.frame(box, look.rules)
