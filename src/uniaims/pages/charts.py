"""Charts that several pages draw: bars of counts, dots on two axes, ranges on a shared axis; each is one ``<svg>``."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.pages.svg import (
    Scale,
    bottom_axis,
    drawing,
    element,
    left_axis,
    left_room,
    line,
    numbers_below,
    round_up,
    text,
    text_width,
)
from uniaims.pages.units import counted, number

MOST_BINS = 60
HUES = 7
"""Classes ``hue-0`` to ``hue-6`` have colours of their own; what comes after shares the last."""
FEW_POINTS = 400
"""Up to this many points are drawn larger and stronger."""
_QUANTILES = (("P10", 10, 8, "end"), ("P50", 50, 23, "middle"), ("P90", 90, 8, "start"))
"""Name, percentile, and where its label stands, so that none covers another."""


def padded_scale(
    values: NDArray[np.float64], start: float, end: float, logarithmic: bool, share: float = 0.02
) -> Scale:
    """Make a scale over the range of ``values`` with a margin, never below zero where all values are positive."""
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        ratio = max(high / low, 1.02) ** share
        return Scale(low / ratio, high * ratio, start, end, logarithmic=True)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    margin = (high - low) * share
    padded_low = low - margin
    if low >= 0 > padded_low or 0 <= low < 0.25 * high:
        padded_low = 0.0
    return Scale(padded_low, high + margin, start, end)


def bar(across: Scale, up: Scale, ends: tuple[float, float], amount: float, **attributes: object) -> str:
    """Draw the bar of a histogram, between two ends, as high as ``amount``; attributes as `svg.element` takes them."""
    x, width, y = across(ends[0]), across(ends[1]) - across(ends[0]), up(amount)
    place: dict[str, object] = {"x": x + 0.5, "y": y, "width": max(width - 1, 0.75), "height": up.start - y}
    return element("rect", "", **place, class_="bar-mark", **attributes)


def histogram_chart(
    values: NDArray[np.float64], label: str, what: str, logarithmic: bool = True, width: float = 560.0
) -> Markup:
    """Draw how often values (N,), all finite and for a logarithmic axis positive, occur; P10, P50 and P90 are marked.

    Args:
        values: to be counted.
        label: of the horizontal axis, with the unit.
        what: is counted, in the plural, as ``images``.
        logarithmic: whether equal ratios take equal lengths.
        width: of the drawing.
    """
    height, bottom, top = 280.0, 232.0, 40.0
    edges = _edges(values, logarithmic)
    counts, _ = np.histogram(values, edges)
    up = Scale(0, round_up(float(counts.max(initial=1)) * 1.02), bottom, top)
    start = left_room(up, wanted=4, least=58.0, whole=True)
    across = Scale(float(edges[0]), float(edges[-1]), start, width - 12, logarithmic)
    parts = left_axis(up, across.start, what.capitalize(), wanted=4, grid_to=across.end, whole=True)
    for amount, low, high in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if amount:
            tip = f"{number(low, 3)} – {number(high, 3)}\n{counted(amount, what.removesuffix('s'), what)}"
            parts.append(bar(across, up, (low, high), amount, data_tip=tip))
    parts += bottom_axis(across, bottom, label, wanted=round((across.end - across.start) / 68), edge=width)
    for name, percent, above, anchor in _QUANTILES:
        value = float(np.percentile(values, percent))
        x = across(value)
        parts.append(line(x, bottom, x, top - above + 5, "marker"))
        written = f"{name} {number(value, 3)}"
        reach = {"start": (0.0, 1.0), "middle": (0.5, 0.5), "end": (1.0, 0.0)}[anchor]
        room = text_width(written) * 1.1  # it is bold
        x = min(max(x, room * reach[0]), width - room * reach[1])
        parts.append(text(x, top - above, written, anchor, "strong"))
    return drawing(width, height, parts, f"Histogram: {label}, {counted(len(values), what.removesuffix('s'), what)}")


def named_dots(
    x: NDArray[np.float64], y: NDArray[np.float64], names: Sequence[str], labels: tuple[str, str]
) -> tuple[Markup, list[str]]:
    """Draw points (N >= 1,), all above 0, on two logarithmic axes, coloured by their names.

    Returns:
        The drawing, and the names in the order of the classes ``hue-0``, ``hue-1``, ... that colour them.
    """
    width, height, bottom, top = 560.0, 280.0, 232.0, 12.0
    up = padded_scale(y, bottom, top, logarithmic=True, share=0.04)
    across = padded_scale(x, left_room(up, wanted=4, least=58.0), width - 12, logarithmic=True, share=0.04)
    parts = left_axis(up, across.start, labels[1], wanted=4, grid_to=across.end)
    parts += bottom_axis(across, bottom, labels[0], edge=width)
    known, counts = np.unique(np.asarray(names, str), return_counts=True)
    ordered = [str(name) for name in known[np.argsort(-counts, kind="stable")]]
    few = " few" if len(x) < FEW_POINTS else ""
    for hue, name in enumerate(ordered):
        chosen = np.flatnonzero(np.asarray(names, str) == name)
        path = "".join(f"M{across(x[i]):.1f} {up(y[i]):.1f}h0" for i in chosen)
        parts.append(element("path", d=path, class_=f"points hue-{min(hue, HUES - 1)}{few}"))
    return drawing(width, height, parts, f"{labels[1]} against {labels[0]}, {counted(len(x), 'image')}"), ordered


def range_bar(low: float, middle: float, high: float, scale: Scale) -> Markup:
    """Draw a row of a table: a bar from ``low`` to ``high`` with a mark at ``middle``, on a shared scale."""
    start, end = scale(low), scale(high)
    span = element("rect", x=start, y=6, width=max(end - start, 1.0), height=8, rx=4, class_="bar-mark")
    mark = element("circle", cx=scale(middle), cy=10, r=4, class_="dot")
    description = f"{number(low, 3)} to {number(high, 3)}, median {number(middle, 3)}"
    return drawing(scale.end + 8, 20, [span, mark], description)


def ruler(scale: Scale, label: str) -> Markup:
    """Draw the shared scale of `range_bar`, to stand above the rows."""
    width = scale.end + 8
    return drawing(width, 18, numbers_below(scale, scale.ticks(5), 12, width), label)


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
