"""Drawing of bars, along x or along y, on their exact ends."""

from collections.abc import Callable
from dataclasses import dataclass

from uniaims.synthesis.scalebars.canvas import Canvas, Ink, Rectangle, around


@dataclass(frozen=True)
class BarPlan:
    """A bar to draw.

    Attributes:
        kind: one of `looks.BAR_KINDS`.
        start: (x, y) of its first end, on its middle line.
        length_px, thickness_px: of the bar.
        tick_px: height of its ticks, diameter of its dots, length of its arrow heads.
        parts: intervals of a ruler, pieces of a segmented bar.
        gap_px: room for the label in the middle of a split bar.
        vertical: whether it runs downwards.
        snapped: whether inner ticks stand on whole pixels too.
        even: whether all marks of a ruler are alike; else the first, the middle and the last are larger.
    """

    kind: str
    start: tuple[float, float]
    length_px: float
    thickness_px: float
    tick_px: float = 0.0
    parts: int = 10
    gap_px: float = 0.0
    vertical: bool = False
    snapped: bool = False
    even: bool = False

    @property
    def end(self) -> tuple[float, float]:
        """(x, y) of the other end."""
        return self.point(self.length_px, 0.0)

    def point(self, along: float, across: float) -> tuple[float, float]:
        """(x, y) of a place given along the bar from its start and across it (down or right positive)."""
        x, y = self.start
        return (x + across, y + along) if self.vertical else (x + along, y + across)

    def box(self, along: float, across: float, along_to: float, across_to: float) -> Rectangle:
        """Rectangle between two such places."""
        return (*self.point(along, across), *self.point(along_to, across_to))


def draw_bar(canvas: Canvas, plan: BarPlan, ink: Ink, opposite: Ink, rim_px: float = 0.0) -> Rectangle:
    """Draw a bar with `ink`, with a rim of `opposite` if `rim_px` is above 0; the box of its ink (rim included)."""
    shapes = _SHAPES[plan.kind](plan)
    if rim_px > 0:
        for shape in shapes:
            shape.draw(canvas, opposite, rim_px)
    for shape in shapes:
        shape.draw(canvas, opposite if shape.inverse else ink, 0.0)
    return around([shape.box for shape in shapes if not shape.inverse], max(rim_px, 0.0))


def bar_extent(plan: BarPlan) -> Rectangle:
    """Box of the ink that `draw_bar` will draw, without rim."""
    return around([shape.box for shape in _SHAPES[plan.kind](plan) if not shape.inverse])


@dataclass(frozen=True)
class _Shape:
    """A rectangle, a disc that fills `box`, or a convex polygon; `inverse` ones are drawn in the opposite ink."""

    box: Rectangle
    round: bool = False
    corners: tuple[tuple[float, float], ...] = ()
    inverse: bool = False

    def draw(self, canvas: Canvas, ink: Ink, wider: float) -> None:
        """Draw it, wider by so many pixels on all sides."""
        left, top, right, bottom = self.box
        if self.round:
            canvas.disc((left + right) / 2, (top + bottom) / 2, (right - left) / 2 + wider, ink)
        elif self.corners and not wider:
            canvas.polygon(list(self.corners), ink)
        else:
            canvas.rectangle((left - wider, top - wider, right + wider, bottom + wider), ink)


def _plain(plan: BarPlan) -> list[_Shape]:
    half = plan.thickness_px / 2
    return [_Shape(plan.box(0, -half, plan.length_px, half))]


def _rounded(plan: BarPlan) -> list[_Shape]:
    half = min(plan.thickness_px, plan.length_px / 2) / 2
    ends = [_disc(plan, place, half) for place in (half, plan.length_px - half)]
    return [_Shape(plan.box(half, -half, plan.length_px - half, half)), *ends]


def _hollow(plan: BarPlan) -> list[_Shape]:
    half, line = plan.thickness_px / 2, max(1.0, round(plan.thickness_px / 6))
    inner = plan.box(line, line - half, plan.length_px - line, half - line)
    return [*_plain(plan), _Shape(inner, inverse=True)]


def _segmented(plan: BarPlan) -> list[_Shape]:
    """Pieces that are filled and hollow in turn; the first is filled."""
    half, line = plan.thickness_px / 2, max(1.0, plan.thickness_px / 6)
    step = plan.length_px / plan.parts
    holes = [
        _Shape(
            plan.box(index * step, line - half, min((index + 1) * step, plan.length_px - line), half - line),
            inverse=True,
        )
        for index in range(1, plan.parts, 2)
    ]
    return [*_plain(plan), *holes]


def _dashed(plan: BarPlan) -> list[_Shape]:
    """An odd number of pieces, every other one left out."""
    count = plan.parts + 1 - plan.parts % 2
    half, step = plan.thickness_px / 2, plan.length_px / count
    return [_Shape(plan.box(index * step, -half, (index + 1) * step, half)) for index in range(0, count, 2)]


def _striped(plan: BarPlan) -> list[_Shape]:
    """The upper half in ink, the lower in the opposite."""
    half = plan.thickness_px / 2
    return [*_plain(plan), _Shape(plan.box(0, 0, plan.length_px, half), inverse=True)]


def _ticked(plan: BarPlan) -> list[_Shape]:
    return [*_plain(plan), *_ticks(plan, (0.0, 1.0), plan.tick_px)]


def _graduated(plan: BarPlan) -> list[_Shape]:
    inner = tuple(index / plan.parts for index in range(1, plan.parts))
    return [*_ticked(plan), *_ticks(plan, inner, _shorter(plan, 0.55))]


def _bracket(plan: BarPlan) -> list[_Shape]:
    """A line with ticks to one side."""
    return [*_plain(plan), *_ticks(plan, (0.0, 1.0), plan.tick_px, one_sided=True)]


def _split(plan: BarPlan) -> list[_Shape]:
    half, arm = plan.thickness_px / 2, (plan.length_px - plan.gap_px) / 2
    return [_Shape(plan.box(0, -half, arm, half)), _Shape(plan.box(plan.length_px - arm, -half, plan.length_px, half))]


def _split_ticked(plan: BarPlan) -> list[_Shape]:
    return [*_split(plan), *_ticks(plan, (0.0, 1.0), plan.tick_px)]


def _arrow(plan: BarPlan) -> list[_Shape]:
    """A double arrow; its tips are its ends."""
    head, half = min(plan.tick_px, plan.length_px / 3), plan.thickness_px / 2
    wide = max(0.4 * head, 1.2 * plan.thickness_px)
    shaft = _Shape(plan.box(0.8 * head, -half, plan.length_px - 0.8 * head, half))
    return [shaft, _head(plan, 0.0, head, wide), _head(plan, plan.length_px, -head, wide)]


def _arrow_ticked(plan: BarPlan) -> list[_Shape]:
    """A double arrow between two ticks; their centres are its ends."""
    return [*_arrow(plan), *_ticks(plan, (0.0, 1.0), 1.4 * plan.tick_px)]


def _dots(plan: BarPlan) -> list[_Shape]:
    """Dots, the first, the middle and the last larger."""
    return [
        _disc(plan, plan.length_px * index / plan.parts, plan.tick_px * (0.5 if _major(index, plan) else 0.32))
        for index in range(plan.parts + 1)
    ]


def _ruler(plan: BarPlan) -> list[_Shape]:
    """Ticks that hang from one line, the first, the middle and the last longer."""
    places = range(plan.parts + 1)
    long = tuple(index / plan.parts for index in places if _major(index, plan))
    short = tuple(index / plan.parts for index in places if not _major(index, plan))
    return [
        *_hanging_ticks(plan, long, plan.tick_px),
        *_hanging_ticks(plan, short, _shorter(plan, 0.6)),
    ]


def _ruler_lined(plan: BarPlan) -> list[_Shape]:
    return [*_ruler(plan), *_plain(plan)]


def _ticks(plan: BarPlan, shares: tuple[float, ...], height: float, one_sided: bool = False) -> list[_Shape]:
    """Ticks as wide as the bar is thick, around places given as shares of its length."""
    half = plan.thickness_px / 2
    return _tick_shapes(plan, shares, (half - height, half) if one_sided else (-height / 2, height / 2))


def _shorter(plan: BarPlan, share: float) -> float:
    """Height of minor ticks; a whole number of pixels more than the bar is thick, on each side, if it is snapped."""
    height = share * plan.tick_px
    if not plan.snapped:
        return height
    return plan.thickness_px + 2 * max(0.0, float(round((height - plan.thickness_px) / 2)))


def _hanging_ticks(plan: BarPlan, shares: tuple[float, ...], height: float) -> list[_Shape]:
    half = plan.thickness_px / 2
    return _tick_shapes(plan, shares, (-half, height - half))


def _tick_shapes(plan: BarPlan, shares: tuple[float, ...], reach: tuple[float, float]) -> list[_Shape]:
    half = plan.thickness_px / 2
    places = [share * plan.length_px for share in shares]
    if plan.snapped:
        places = [float(round(place)) for place in places]
    return [_Shape(plan.box(place - half, reach[0], place + half, reach[1])) for place in places]


def _disc(plan: BarPlan, along: float, radius: float) -> _Shape:
    return _Shape(plan.box(along - radius, -radius, along + radius, radius), round=True)


def _head(plan: BarPlan, tip: float, length: float, half_width: float) -> _Shape:
    corners = (plan.point(tip, 0.0), plan.point(tip + length, -half_width), plan.point(tip + length, half_width))
    left, right = min(tip, tip + length), max(tip, tip + length)
    return _Shape(plan.box(left, -half_width, right, half_width), corners=corners)


def _major(index: int, plan: BarPlan) -> bool:
    return plan.even or index in {0, plan.parts} or 2 * index == plan.parts


_SHAPES: dict[str, Callable[[BarPlan], list[_Shape]]] = {
    "plain": _plain,
    "rounded": _rounded,
    "hollow": _hollow,
    "segmented": _segmented,
    "dashed": _dashed,
    "striped": _striped,
    "ticked": _ticked,
    "graduated": _graduated,
    "bracket": _bracket,
    "split": _split,
    "split ticked": _split_ticked,
    "arrow": _arrow,
    "arrow ticked": _arrow_ticked,
    "dots": _dots,
    "ruler": _ruler,
    "ruler lined": _ruler_lined,
}
