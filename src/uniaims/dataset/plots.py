"""The few drawings of the statistics page, as SVG: histograms, and dots on two axes.

Colours are classes that the page's style sheet fills in, so that one drawing serves light and dark.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

MOST_BINS = 60
_QUANTILES = (("P10", 10, 8, "end"), ("P50", 50, 23, "middle"), ("P90", 90, 8, "start"))
"""Name, percentile, and where its label stands, so that none covers another."""


@dataclass(frozen=True)
class Axis:
    """A map from values to places in a drawing, linear or logarithmic, with its label."""

    label: str
    low: float
    high: float
    start: float
    end: float
    logarithmic: bool

    def __call__(self, value: float) -> float:
        """Place of a value."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-300))
        return self.start + (value - low) / max(high - low, 1e-12) * (self.end - self.start)

    def ticks(self, wanted: int) -> list[float]:
        """Some round values within the axis."""
        if self.logarithmic:
            return _log_ticks(self.low, self.high, wanted)
        rough = (self.high - self.low) / wanted
        power = 10.0 ** math.floor(math.log10(max(rough, 1e-12)))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.8)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [index * step for index in range(first, last + 1)]


def histogram(
    values: NDArray[np.float64], label: str, what: str, logarithmic: bool = True, width: float = 560.0
) -> Markup:
    """Draw how often values (N,), all finite and for a logarithmic axis positive, occur; P10, P50 and P90 are marked.

    Args:
        values: to be counted.
        label: of the horizontal axis, with the unit.
        what: is counted, as ``images``.
        logarithmic: whether equal ratios take equal lengths.
        width: of the drawing.
    """
    height, bottom, top = 280.0, 232.0, 40.0
    edges = _edges(values, logarithmic)
    counts, _ = np.histogram(values, edges)
    up = Axis(what.capitalize(), 0, float(counts.max(initial=1)) * 1.05, bottom, top, logarithmic=False)
    across = Axis(label, float(edges[0]), float(edges[-1]), _room(up), width - 12, logarithmic)
    parts = _axes(across, up)
    for count, low, high in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if count:
            tip = f"{short(low)} to {short(high)}: {count:,} {what}"
            x0, x1 = across(low), across(high)
            corner = f'x="{x0 + 0.4:.1f}" y="{up(count):.1f}" width="{max(x1 - x0 - 0.8, 0.5):.1f}"'
            parts.append(f'<rect class="bar-mark" {corner} height="{bottom - up(count):.1f}">{_title(tip)}</rect>')
    for name, percent, above, anchor in _QUANTILES:
        value = float(np.percentile(values, percent))
        parts.append(f'<path class="marker" d="M{across(value):.1f} {bottom}V{top - above + 5}"/>')
        parts.append(_text(across(value), top - above, f"{name} {short(value)}", anchor, "strong"))
    return _drawing(width, height, parts, f"Histogram: {label}, {len(values):,} {what}")


def dots(
    x: NDArray[np.float64], y: NDArray[np.float64], names: Sequence[str], labels: tuple[str, str]
) -> tuple[Markup, list[str]]:
    """Draw points (N >= 1,), all above 0, on two logarithmic axes, coloured by their names.

    Returns:
        The drawing, and the names in the order of the classes ``hue-0``, ``hue-1``, ... that colour them.
    """
    width, height, bottom, top = 560.0, 280.0, 232.0, 12.0
    up = Axis(labels[1], *_padded(y), bottom, top, logarithmic=True)
    across = Axis(labels[0], *_padded(x), _room(up), width - 12, logarithmic=True)
    parts = _axes(across, up)
    known, counts = np.unique(np.asarray(names, str), return_counts=True)
    ordered = [str(name) for name in known[np.argsort(-counts, kind="stable")]]
    for hue, name in enumerate(ordered):
        chosen = np.flatnonzero(np.asarray(names, str) == name)
        path = "".join(f"M{across(x[i]):.1f} {up(y[i]):.1f}h0" for i in chosen)
        parts.append(f'<path class="points hue-{min(hue, 6)}{" few" if len(x) < 400 else ""}" d="{path}"/>')
    return _drawing(width, height, parts, f"{labels[1]} against {labels[0]}, {len(x):,} images"), ordered


def spread(low: float, middle: float, high: float, axis: Axis) -> Markup:
    """Draw a row of a table: a bar from ``low`` to ``high`` with a mark at ``middle``, on a shared axis."""
    start, end, at = axis(low), axis(high), axis(middle)
    bar = f'<rect class="bar-mark" x="{start:.1f}" y="6" width="{max(end - start, 1):.1f}" height="8" rx="4"/>'
    mark = f'<circle class="dot" cx="{at:.1f}" cy="10" r="4"/>'
    return _drawing(axis.end + 8, 20, [bar, mark], f"{short(low)} to {short(high)}, median {short(middle)}")


def ruler(axis: Axis) -> Markup:
    """Draw the shared axis of `spread`, to stand above the rows."""
    parts = [_text(axis(tick), 12, short(tick), "middle") for tick in axis.ticks(5)]
    return _drawing(axis.end + 8, 18, parts, axis.label)


def short(value: float) -> str:
    """A number for the eye: three digits, thousands in groups."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _edges(values: NDArray[np.float64], logarithmic: bool) -> NDArray[np.float64]:
    """Edges of bins; on a logarithmic axis of small whole numbers none is narrower than the step between two."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    count = int(np.clip(2 * len(values) ** (1 / 3), 8, MOST_BINS))
    if not logarithmic:
        low, high = (low, high) if high > low else (low - 0.5, low + 0.5)
        return np.linspace(low, high, count + 1)
    low, high = (low, high) if high > low * 1.01 else (low / 1.5, high * 1.5)
    edges = np.geomspace(low, high * (1 + 1e-9), count + 1)
    if np.array_equal(values, np.rint(values)):
        edges = np.unique(np.concatenate([[low], np.ceil(edges[1:-1] - 0.5) + 0.5, [high * (1 + 1e-9)]]))
        edges = edges[np.concatenate([[True], np.diff(edges) > 0])]
    return edges


def _padded(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    pad = max((high / low) ** 0.04, 1.1)
    return low / pad, high * pad


def _room(up: Axis) -> float:
    """Where the vertical axis stands, so that its label and the longest of its numbers fit to its left."""
    return 32 + 6.8 * max((len(short(tick)) for tick in up.ticks(4)), default=1)


def _axes(across: Axis, up: Axis) -> list[str]:
    """Grid, numbers and labels of both axes."""
    parts = []
    for tick in up.ticks(4):
        y = up(tick)
        parts.append(f'<path class="grid" d="M{across.start} {y:.1f}H{across.end}"/>')
        parts.append(_text(across.start - 8, y + 4, short(tick), "end"))
    parts.append(f'<path class="axis" d="M{across.start} {up.start}H{across.end}"/>')
    parts += [
        _text(across(tick), up.start + 17, short(tick), "middle")
        for tick in across.ticks(round((across.end - across.start) / 68))
    ]
    parts.append(_text((across.start + across.end) / 2, up.start + 38, across.label, "middle", "title"))
    middle = (up.start + up.end) / 2
    turned = f'transform="rotate(-90 12 {middle:.1f})"'
    return [*parts, _text(12, middle, up.label, "middle", "title", turned)]


def _log_ticks(low: float, high: float, wanted: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for mantissas in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [m * 10.0**decade for decade in decades for m in mantissas]
        ticks = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(ticks) <= wanted + 1:
            return ticks
    return ticks[:: math.ceil(len(ticks) / wanted)]


def _text(x: float, y: float, content: str, anchor: str, class_: str = "", more: str = "") -> str:
    named = f' class="{class_}"' if class_ else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named} {more}>{escape(content)}</text>'


def _title(content: str) -> str:
    return f"<title>{escape(content)}</title>"


def _drawing(width: float, height: float, parts: Sequence[str], description: str) -> Markup:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img"'
    return Markup(f'{head} aria-label="{escape(description)}">{"".join(parts)}</svg>')  # noqa: S704 texts were escaped
