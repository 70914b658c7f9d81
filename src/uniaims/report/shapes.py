"""The shape section: three small histograms, a scatter plot with free axes, a rose of orientations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.pages.units import counted, number
from uniaims.report.charts import orientation_rose, scatter_chart, shape_chart
from uniaims.report.columns import Column, find
from uniaims.report.sizes import probability
from uniaims.statistics import summarise, summarise_directions

SHAPE_PROPERTIES = ("aspect_ratio", "circularity", "solidity")
FIRST_SHAPE_FIGURE = 3
ELONGATED_FROM = 1.2
"""Aspect ratio from which on an orientation means something: below, the pixel grid decides it."""


@dataclass(frozen=True)
class ChartView:
    """A chart as the template shows it: ``name`` names its downloads."""

    name: str
    number: int
    svg: Markup
    caption: str


@dataclass(frozen=True)
class ScatterView:
    """The scatter plot with the columns that it opens with."""

    number: int
    svg: Markup
    caption: str
    x: str
    y: str
    logarithmic: bool


def shape_views(columns: Sequence[Column], complete: NDArray[np.bool_]) -> list[ChartView]:
    """Draw a histogram of each shape property of the complete objects that have a value."""
    views: list[ChartView] = []
    for name in SHAPE_PROPERTIES:
        column = find(columns, name)
        values = column.shown_values()[complete] if column else np.empty(0)
        values = values[np.isfinite(values)]
        if column is None or not len(values):
            continue
        figure = FIRST_SHAPE_FIGURE + len(views)
        svg = shape_chart(values, column.axis)
        views.append(ChartView(name.replace("_", "-"), figure, svg, _shape_caption(column, values)))
    return views


def scatter_view(columns: Sequence[Column], complete: NDArray[np.bool_], figure: int) -> ScatterView | None:
    """Draw shape against size of the complete objects; ``None`` where no object has both."""
    x, y = find(columns, "equivalent_diameter"), find(columns, "aspect_ratio")
    if x is None or y is None:
        return None
    x_values, y_values = x.shown_values()[complete], y.shown_values()[complete]
    both = np.isfinite(x_values) & np.isfinite(y_values)
    if not both.any():
        return None
    chart = scatter_chart(x_values[both], y_values[both], x.axis, y.axis)
    caption = f"{y.label} against {x.label.lower()} of {counted(int(both.sum()), 'complete object')}, one point each."
    return ScatterView(figure, chart.svg, caption, x.name, y.name, chart.logarithmic)


def rose_view(columns: Sequence[Column], complete: NDArray[np.bool_], figure: int) -> ChartView | None:
    """Draw the orientations of the elongated complete objects; ``None`` where there are none."""
    orientation, ratio = find(columns, "orientation"), find(columns, "aspect_ratio")
    if orientation is None or ratio is None:
        return None
    degrees = orientation.shown_values()[complete]
    degrees = degrees[np.isfinite(degrees) & (ratio.shown_values()[complete] >= ELONGATED_FROM)]
    if not len(degrees):
        return None
    directions = summarise_directions(degrees)
    caption = (
        f"Orientation of the major axis of {counted(len(degrees), 'complete object')} with an aspect ratio of "
        f"{ELONGATED_FROM:g} or more, counter-clockwise from the picture's horizontal; each shown at both ends. "
        "Areas are proportional to counts. Order is 0 without a preferred direction and 1 if all are parallel; "
        f"Rayleigh test: p {probability(directions.p_value)}."
    )
    return ChartView("orientation", figure, orientation_rose(degrees, directions), caption)


def _shape_caption(column: Column, values: NDArray[np.float64]) -> str:
    summary = summarise(values)
    spread = f"half of the objects lie between {number(summary.p25, 3)} and {number(summary.p75, 3)}"
    return f"{column.label} of {counted(len(values), 'complete object')}; {spread}."
