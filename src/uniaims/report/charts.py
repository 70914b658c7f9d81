"""The charts of the report: size distribution, shape histograms, scatter plot, orientation rose.

Each function takes numbers in the units to be shown and gives one ``<svg>`` element as text.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.pages.charts import bar, padded_scale
from uniaims.pages.svg import (
    Scale,
    bottom_axis,
    dots,
    drawing,
    element,
    left_axis,
    left_room,
    line,
    polyline,
    round_up,
    text,
)
from uniaims.pages.units import OBJECT, Noun, number, percent, plain
from uniaims.statistics import Directions, Histogram, LognormalFit, histogram

CURVE_POINTS = 240
ROSE_SECTORS = 18
SIGNIFICANT = 0.05
"""A mean direction is drawn if the Rayleigh test gives a probability below this."""

WIDE_RATIO = 12
"""Sizes that differ by more than this factor are spread on a logarithmic axis in the scatter plot."""

MANY_POINTS = 1500
"""Above this many, points of a scatter plot are drawn smaller and paler."""

MOST_BINS = 80
"""Thinner bars than a histogram with these would be hard to hit."""


@dataclass(frozen=True)
class Axis:
    """A column of the table as an axis: what to print, and how to find the rows of a bar in the page's table.

    Attributes:
        label: with the unit, as printed: ``Equivalent diameter / µm``.
        unit: unit alone, empty for ratios.
        column: column of the table.
        table_factor: what shown values are multiplied with to be in the table's unit.
        noun: what is counted along it.
    """

    label: str
    unit: str
    column: str
    table_factor: float = 1.0
    noun: Noun = OBJECT


@dataclass(frozen=True)
class SizeDistribution:
    """What the size chart shows, all in the shown unit.

    Attributes:
        axis: the horizontal axis.
        values: (N,) finite positive sizes, sorted.
        quantiles: e.g. ``{"D50": 12.3}``; marked by a line each.
        law: the log-normal law to draw; ``None`` where none holds.
    """

    axis: Axis
    values: NDArray[np.float64]
    quantiles: Mapping[str, float]
    law: LognormalFit | None


def size_chart(sizes: SizeDistribution, logarithmic: bool, width: float = 774.0) -> Markup:
    """Draw the histogram with the log-normal law, the cumulative share (right axis) and the marked quantiles."""
    height, bottom, top = (392.0, 342.0, 30.0) if width > 600 else (300.0, 250.0, 30.0)
    counted_bins = bins(sizes.values, "log" if logarithmic else "linear")
    across = padded_scale(counted_bins.edges, 0.0, 1.0, logarithmic)
    fit = _fitted_counts(sizes, counted_bins, across)
    highest = max(float(counted_bins.counts.max(initial=1)), float(fit.max(initial=0)))
    up = Scale(0, round_up(highest * 1.02), bottom, top)
    across = replace(across, start=left_room(up, least=58.0, whole=True), end=width - 56)
    share = Scale(0, 100, bottom, top)
    parts = left_axis(up, across.start, f"{sizes.axis.noun.heading} per bin", grid_to=across.end, whole=True)
    parts += _bars(counted_bins, across, up, sizes.axis, len(sizes.values))
    parts += bottom_axis(across, bottom, sizes.axis.label, wanted=round(width / 86))
    parts += _right_axis(share, across.end)
    if fit.size:
        parts.append(polyline([across(x) for x in _curve_places(across)], [up(y) for y in fit], "fit"))
    parts.append(_cumulative_path(sizes.values, across, share))
    parts += _quantile_marks(sizes, across, bottom, top)
    many = sizes.axis.noun.counted(len(sizes.values))
    description = f"Histogram of {sizes.axis.label} of {many}, with cumulative share"
    return drawing(width, height, parts, description + (" and log-normal fit." if fit.size else "."))


def shape_chart(values: NDArray[np.float64], axis: Axis, width: float = 360.0) -> Markup:
    """Draw a small histogram of (N,) finite values with the median marked."""
    height, bottom, top = 232.0, 184.0, 24.0
    counted_bins = bins(values)
    up = Scale(0, round_up(float(counted_bins.counts.max(initial=1)) * 1.02), bottom, top)
    start = left_room(up, wanted=3, least=44.0, whole=True)
    across = padded_scale(counted_bins.edges, start, width - 10, logarithmic=False)
    parts = left_axis(up, across.start, axis.noun.heading, wanted=3, grid_to=across.end, whole=True)
    parts += _bars(counted_bins, across, up, axis, len(values))
    parts += bottom_axis(across, bottom, axis.label, wanted=5, edge=width)
    median = float(np.median(values))
    x = across(median)
    anchor = "start" if x < (across.start + across.end) / 2 else "end"
    parts += [
        line(x, bottom, x, top - 4, "marker"),
        text(x + (5 if anchor == "start" else -5), top - 2, f"median {number(median, 3)}", anchor, "strong"),
    ]
    return drawing(width, height, parts, f"Histogram of {axis.label} of {axis.noun.counted(len(values))}.")


@dataclass(frozen=True)
class ScatterChart:
    """A scatter plot, and whether its horizontal axis is logarithmic."""

    svg: Markup
    logarithmic: bool


def scatter_chart(
    x: NDArray[np.float64], y: NDArray[np.float64], x_axis: Axis, y_axis: Axis, width: float = 668.0
) -> ScatterChart:
    """Draw (N >= 1,) finite points; the root carries its scales, so that the page's script can find the points."""
    height, bottom, top = (420.0, 368.0, 12.0) if width > 500 else (270.0, 222.0, 12.0)
    logarithmic = float(x.min()) > 0 and float(x.max() / x.min()) > WIDE_RATIO
    up = padded_scale(y, bottom, top, logarithmic=False, share=0.03)
    across = padded_scale(x, left_room(up, least=58.0), width - 10, logarithmic, share=0.03)
    parts = left_axis(up, across.start, y_axis.label, grid_to=across.end)
    parts += bottom_axis(across, bottom, x_axis.label, grid_to=top, edge=width)
    px = np.array([across(value) for value in x])
    py = np.array([up(value) for value in y])
    parts.append(dots(px, py, "points" if len(px) > MANY_POINTS else "points few"))
    parts.append(element("g", " ", class_="choice"))
    description = f"Scatter plot of {y_axis.label} against {x_axis.label}, {x_axis.noun.counted(len(x))}."
    scales = json.dumps({"x": _scale_data(across), "y": _scale_data(up)})
    return ScatterChart(drawing(width, height, parts, description, data_scales=scales), logarithmic)


def bins(values: NDArray[np.float64], scale: Literal["linear", "log"] = "linear") -> Histogram:
    """Count (N,) values in bins by the rule of Freedman and Diaconis, in at most ``MOST_BINS``."""
    found = histogram(values, scale=scale)
    return found if len(found.counts) <= MOST_BINS else histogram(values, MOST_BINS, scale)


def orientation_rose(degrees: NDArray[np.float64], directions: Directions, noun: Noun = OBJECT) -> Markup:
    """Draw (N,) directions of axes as sectors of 10°, areas proportional to the counts, each shown at both ends.

    Args:
        degrees: counter-clockwise from the picture's horizontal, modulo 180.
        directions: their summary; the mean is drawn only if such an order is unlikely to be chance.
        noun: what has these directions.
    """
    width, height = 431.0, 420.0
    centre_x, centre_y, radius = width / 2, 190.0, 150.0
    edges = np.linspace(0, 180, ROSE_SECTORS + 1)
    counts, _ = np.histogram(np.mod(degrees, 180), edges)
    top = round_up(float(counts.max(initial=1)))
    parts = _rose_grid(centre_x, centre_y, radius)
    for low, high, amount in zip(edges[:-1], edges[1:], counts, strict=True):
        tip = f"{low:.0f}° – {high:.0f}°\n{noun.counted(int(amount))} ({percent(amount / max(len(degrees), 1))})"
        for turn in (0, 180):
            path = _sector(centre_x, centre_y, radius * math.sqrt(amount / top), low + turn, high + turn)
            parts.append(element("path", d=path, class_="bar-mark", data_tip=tip))
    parts += _rose_scale(centre_x, centre_y, radius, top)
    written = "no preferred direction can be told"
    if directions.p_value < SIGNIFICANT:
        parts += _mean_direction(centre_x, centre_y, radius, directions.mean)
        written = f"mean direction {number(directions.mean, 3)}°"
    written += f", order {number(directions.order, 2)}"
    parts.append(text(centre_x, height - 26, written, "middle", "title"))
    return drawing(width, height, parts, f"Rose of the orientation of {noun.counted(len(degrees))}, {written}.")


def _scale_data(scale: Scale) -> dict[str, float | bool]:
    return {"low": scale.low, "high": scale.high, "start": scale.start, "end": scale.end, "log": scale.logarithmic}


def _bars(counted_bins: Histogram, across: Scale, up: Scale, axis: Axis, total: int) -> list[str]:
    parts = []
    for low, high, amount in zip(counted_bins.edges[:-1], counted_bins.edges[1:], counted_bins.counts, strict=True):
        if not amount:
            continue
        unit = f" {axis.unit}" if axis.unit else ""
        many = axis.noun.counted(int(amount))
        tip = f"{number(low, 3)} – {number(high, 3)}{unit}\n{many} ({percent(amount / total)})"
        table = {"data_column": axis.column, "data_low": repr(float(low * axis.table_factor))}
        table["data_high"] = repr(float(high * axis.table_factor))
        parts.append(bar(across, up, (low, high), float(amount), data_tip=tip, **table))
    return parts


def _right_axis(share: Scale, x: float) -> list[str]:
    parts = [text(x + 8, share(tick) + 4, str(tick)) for tick in (0, 25, 50, 75, 100)]
    middle = (share.start + share.end) / 2
    label_x = x + 43
    return [
        *parts,
        text(label_x, middle, "Cumulative share / %", "middle", "title", f"rotate(90 {label_x:g} {middle:g})"),
    ]


def _curve_places(across: Scale) -> NDArray[np.float64]:
    if across.logarithmic:
        return np.geomspace(across.low, across.high, CURVE_POINTS)
    return np.linspace(across.low, across.high, CURVE_POINTS)


def _fitted_counts(sizes: SizeDistribution, counted_bins: Histogram, across: Scale) -> NDArray[np.float64]:
    """Expected count of a bin of the histogram's width around each place of the curve; empty where there is no fit."""
    if sizes.law is None:
        return np.empty(0)
    places = _curve_places(across)
    if across.logarithmic:
        half = math.sqrt(counted_bins.edges[1] / counted_bins.edges[0])
        ends = places / half, places * half
    else:
        half = (counted_bins.edges[1] - counted_bins.edges[0]) / 2
        ends = np.maximum(places - half, 1e-300), places + half
    below, above = (sizes.law.cumulative(end) for end in ends)
    return len(sizes.values) * (above - below)


def _cumulative_path(ordered: NDArray[np.float64], across: Scale, share: Scale) -> str:
    """Draw the share of values at or below each of at most ``CURVE_POINTS`` of them."""
    total = len(ordered)
    ranks = np.unique(np.linspace(0, total - 1, min(total, CURVE_POINTS)).round().astype(np.int64))
    steps = "".join(f"H{across(float(ordered[rank])):.1f}V{share(100 * (rank + 1) / total):.1f}" for rank in ranks)
    return element("path", d=f"M{across.start:.1f} {share(0):.1f}{steps}H{across.end:.1f}", class_="cumulative")


def _quantile_marks(sizes: SizeDistribution, across: Scale, bottom: float, top: float) -> list[str]:
    parts: list[str] = []
    named: list[float] = []
    middle_first = sorted(sizes.quantiles.items(), key=lambda item: item[0] != "D50")
    for name, value in middle_first:
        x = across(value)
        parts.append(line(x, bottom, x, top - 8, "marker"))
        if all(abs(x - other) > 30 for other in named):  # a label on another is left out; the table has the number
            parts.append(text(x, top - 13, name, "middle", "strong"))
            named.append(x)
    return parts


def _rose_grid(x: float, y: float, radius: float) -> list[str]:
    parts = [
        element("circle", cx=x, cy=y, r=radius * math.sqrt(share), class_="grid") for share in (0.25, 0.5, 0.75, 1)
    ]
    for degrees in range(0, 360, 45):
        sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        parts.append(line(x, y, x + radius * cosine, y - radius * sine, "grid"))
        anchor = "middle" if abs(cosine) < 0.1 else ("start" if cosine > 0 else "end")
        parts.append(text(x + (radius + 9) * cosine, y - (radius + 11) * sine + 4, f"{degrees % 180}°", anchor))
    return parts


def _rose_scale(x: float, y: float, radius: float, top: float) -> list[str]:
    """Write the counts of two of the circles beside them, below the bars' end so that bars don't hide them.

    Counts are whole: the inner circle is the first whose count is.
    """
    inner = next((share for share in (0.25, 0.5, 0.75) if float(share * top).is_integer()), 1.0)
    places = ((radius * math.sqrt(share), share * top) for share in dict.fromkeys((inner, 1.0)))
    angle = math.radians(-68)
    return [
        text(x + r * math.cos(angle) + 3, y - r * math.sin(angle) + 4, plain(amount, 3), "start", "strong")
        for r, amount in places
    ]


def _sector(x: float, y: float, radius: float, low: float, high: float) -> str:
    first, last = math.radians(low), math.radians(high)
    x1, y1 = x + radius * math.cos(first), y - radius * math.sin(first)
    x2, y2 = x + radius * math.cos(last), y - radius * math.sin(last)
    return f"M{x:.2f} {y:.2f}L{x1:.2f} {y1:.2f}A{radius:.2f} {radius:.2f} 0 0 0 {x2:.2f} {y2:.2f}Z"


def _mean_direction(x: float, y: float, radius: float, degrees: float) -> list[str]:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [line(x - radius * cosine, y + radius * sine, x + radius * cosine, y - radius * sine, "fit")]
