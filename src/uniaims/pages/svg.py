"""Small drawings: scales, ticks, and the few SVG elements that charts are made of.

Colours and line widths are classes styled by ``templates/page.css``, so that one drawing serves light, dark and print.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from uniaims.pages.units import grouped, number

TICK_LENGTH = 4
CHARACTER_WIDTH, WIDE_CHARACTER_WIDTH = 6.6, 12.5
"""Of the numbers and names in drawings, about; the latter of Chinese, Japanese and Korean signs."""


@dataclass(frozen=True)
class Scale:
    """A map from data to drawing coordinates.

    Attributes:
        low, high: ends in data units; ``low < high``, and ``low > 0`` where logarithmic.
        start, end: where they lie in the drawing.
        logarithmic: equal ratios take equal lengths.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """Map one value; values outside the ends map outside."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-300))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def ticks(self, wanted: int) -> list[float]:
        """Choose about ``wanted`` round values between the ends."""
        return (
            _log_ticks(self.low, self.high, wanted) if self.logarithmic else _linear_ticks(self.low, self.high, wanted)
        )


def round_up(value: float) -> float:
    """Give the next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten; 1 for anything not positive."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if value <= step * power * (1 + 1e-9):
            return step * power
    return 10 * power


def element(name: str, content: str = "", **attributes: object) -> str:
    """Write one element. ``class_`` becomes ``class``, ``_`` becomes ``-``, ``None`` is left out, values are escaped.

    ``content`` is markup, not text: text goes through ``text``.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(
    x: float, y: float, content: str, anchor: str = "start", class_: str | None = None, transform: str | None = None
) -> str:
    """Write one line of text, escaped, with ``anchor`` start, middle or end at (x, y)."""
    return element("text", str(escape(content)), x=x, y=y, text_anchor=anchor, class_=class_, transform=transform)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """Write a straight line."""
    return element("path", d=f"M{_value(x1)} {_value(y1)}L{_value(x2)} {_value(y2)}", class_=class_)


def polyline(x: Iterable[float], y: Iterable[float], class_: str, close: bool = False) -> str:
    """Write a line through points."""
    points = "L".join(f"{_value(px)} {_value(py)}" for px, py in zip(x, y, strict=True))
    return element("path", d=f"M{points}{'Z' if close else ''}", class_=class_)


def drawing(width: float, height: float, parts: Sequence[str], description: str, **attributes: object) -> Markup:
    """Put parts together into one ``<svg>`` with an accessible description; templates take it as it is."""
    written = element(
        "svg",
        "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        role="img",
        aria_label=description,
        **attributes,
    )
    return Markup(written)  # noqa: S704 text and attributes were escaped by the functions above


def text_width(content: str) -> float:
    """About how wide a line of text will be."""
    return sum(WIDE_CHARACTER_WIDTH if east_asian_width(sign) in "WF" else CHARACTER_WIDTH for sign in content)


def bottom_axis(
    scale: Scale, y: float, label: str, wanted: int = 7, grid_to: float | None = None, edge: float = math.inf
) -> list[str]:
    """Draw a horizontal axis at ``y`` with ticks, numbers and label; grid lines up to ``grid_to``.

    No number reaches over ``edge``, the right end of the drawing.
    """
    parts = [line(scale.start, y, scale.end, y, "axis")]
    ticks = scale.ticks(wanted)
    for x in map(scale, ticks):
        if grid_to is not None:
            parts.append(line(x, y, x, grid_to, "grid"))
        parts.append(line(x, y, x, y + TICK_LENGTH, "axis"))
    parts += numbers_below(scale, ticks, y + 17, edge)
    return [*parts, text((scale.start + scale.end) / 2, y + 36, label, "middle", "title")]


def numbers_below(scale: Scale, ticks: Sequence[float], y: float, edge: float = math.inf) -> list[str]:
    """Write ticks in a line at ``y``, within the drawing; one that would lie on another is left out."""
    parts: list[str] = []
    taken = 0.0
    for tick, written in zip(ticks, tick_labels(ticks, scale.logarithmic), strict=True):
        half = text_width(written) / 2
        x = max(min(scale(tick), edge - half), half)
        if x - half >= taken:
            parts.append(text(x, y, written, "middle"))
            taken = x + half + CHARACTER_WIDTH / 2
    return parts


def left_room(scale: Scale, wanted: int = 5, least: float = 0.0, *, whole: bool = False) -> float:
    """How much room a left axis needs for its numbers and its label."""
    labels = tick_labels(_ticks(scale, wanted, whole), scale.logarithmic)
    return max(least, 34 + max(map(text_width, labels), default=0.0))


def _ticks(scale: Scale, wanted: int, whole: bool) -> list[float]:
    return [tick for tick in scale.ticks(wanted) if not whole or math.isclose(tick, round(tick), abs_tol=1e-9)]


def left_axis(
    scale: Scale, x: float, label: str, wanted: int = 5, grid_to: float | None = None, *, whole: bool = False
) -> list[str]:
    """Draw a vertical axis at ``x`` with numbers (for counts only whole ones) and a turned label."""
    parts: list[str] = []
    ticks = _ticks(scale, wanted, whole)
    labels = tick_labels(ticks, scale.logarithmic)
    for tick, written in zip(ticks, labels, strict=True):
        y = scale(tick)
        parts.append(
            line(
                x, y, grid_to if grid_to is not None else x - TICK_LENGTH, y, "grid" if grid_to is not None else "axis"
            )
        )
        parts.append(text(x - 7, y + 4, written, "end"))
    middle = (scale.start + scale.end) / 2
    label_x = x - 20 - max(map(text_width, labels), default=0.0)
    return [*parts, text(label_x, middle, label, "middle", "title", f"rotate(-90 {_value(label_x)} {_value(middle)})")]


def tick_labels(ticks: Sequence[float], logarithmic: bool = False) -> list[str]:
    """Write ticks with as few decimals as tell them apart: the same for all on a linear axis, else each its own."""
    decimals = [_decimals(tick) for tick in ticks]
    if not logarithmic:
        decimals = [max(decimals, default=0)] * len(ticks)
    large = any(abs(tick) >= 1e7 for tick in ticks)
    return [number(tick, 2) if large else grouped(tick, places) for tick, places in zip(ticks, decimals, strict=True)]


def dots(x: NDArray[np.float64], y: NDArray[np.float64], class_: str, layers: int = 8) -> str:
    """Draw many points as few paths of zero-length strokes: a tenth of the bytes of circles.

    Points of one path don't darken each other; spread over ``layers`` paths they do, which shows where they crowd.
    """
    places = np.stack([x, y], axis=1).round(1)
    paths = []
    for layer in range(min(layers, len(places))):
        path = "".join(f"M{px:g} {py:g}h0" for px, py in places[layer::layers])
        paths.append(element("path", d=path, class_=class_))
    return "".join(paths)


def _value(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(escape(value))


def _decimals(tick: float) -> int:
    """Decimals that a round number needs."""
    return next(
        (places for places in range(9) if math.isclose(round(tick, places), tick, rel_tol=1e-6, abs_tol=1e-12)), 9
    )


def _linear_ticks(low: float, high: float, wanted: int) -> list[float]:
    rough = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.85)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(low: float, high: float, wanted: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for mantissas in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [m * 10.0**decade for decade in decades for m in mantissas]
        ticks = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(ticks) <= wanted + 1:
            return ticks if len(ticks) >= 2 else _linear_ticks(low, high, wanted)
    return ticks[:: math.ceil(len(ticks) / wanted)]
