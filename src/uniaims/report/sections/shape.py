"""The shape section: three small histograms, a scatter plot with free axes, a rose of orientations."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from uniaims.measurements import PROPERTIES
from uniaims.pages.units import number
from uniaims.report import wording
from uniaims.report.charts import orientation_rose, scatter_chart, shape_chart
from uniaims.report.columns import Column, find
from uniaims.report.findings import Findings
from uniaims.report.section import Chart, Section
from uniaims.report.sizes import probability
from uniaims.statistics import summarise, summarise_directions

SHAPE_PROPERTIES = ("aspect_ratio", "circularity", "solidity")
ELONGATED_FROM = 1.2
"""Aspect ratio from which on an orientation means something: below, the pixel grid decides it."""


@dataclass(frozen=True)
class ScatterView:
    """The scatter plot with the columns that it opens with."""

    chart: Chart
    x: str
    y: str
    logarithmic: bool


def section(findings: Findings) -> Section:
    """The charts; where there is no complete object, why."""
    shapes, scatter, rose = shape_charts(findings), scatter_view(findings), rose_chart(findings)
    numeric = [column for column in findings.columns[1:] if column.kind == "number"]
    details = {"shape_count": len(shapes), "scatter": scatter, "numeric_columns": numeric}
    return Section(
        "shape", "Shape and orientation", "Shape",
        lead=f"Complete {findings.noun.plural} only." if shapes else "",
        sentences=_why_fewer(findings, shapes),
        figures=(*shapes, *([scatter.chart] if scatter else []), *([rose] if rose else [])),
        details=details, partial="sections/shape.html.j2",
    )  # fmt: skip


def _why_fewer(findings: Findings, shapes: list[Chart]) -> tuple[str, ...]:
    """Say which charts are missing because no object is large enough for them; empty where none is."""
    if not findings.sample.sized.any():
        return (wording.nothing_complete(findings),)
    drawn, missing = {chart.name for chart in shapes}, dict[float, list[str]]()
    for name in SHAPE_PROPERTIES:
        column = find(findings.columns, name)
        if column and name.replace("_", "-") not in drawn and not _large_enough(findings, name).any():
            missing.setdefault(PROPERTIES[name].smallest_px, []).append(column.label.lower())
    return tuple(
        f"No chart of {' and '.join(names)}: no {findings.noun.singular} in the statistics is {least:g} px or more "
        "across, and smaller ones have too few pixels for it."
        for least, names in missing.items()
    )


def shape_charts(findings: Findings) -> list[Chart]:
    """Draw a histogram of each shape property of the complete objects that have a value."""
    charts: list[Chart] = []
    for name in SHAPE_PROPERTIES:
        column = find(findings.columns, name)
        values = column.shown_values()[_large_enough(findings, name)] if column else np.empty(0)
        values = values[np.isfinite(values)]
        if column is None or not len(values):
            continue
        drawn = partial(shape_chart, values, column.axis)
        caption, data = _shape_caption(column, values), {column.axis.label: values}
        charts.append(Chart(name.replace("_", "-"), drawn(), caption, data=data, drawn=drawn))
    return charts


def _large_enough(findings: Findings, name: str) -> NDArray[np.bool_]:
    """The rows (N,) in the statistics that are large enough for a property to mean something."""
    size = findings.content.measurements.pixel_size
    least = PROPERTIES[name].smallest_px * (size.nm if size else 1.0)
    return np.asarray(findings.complete & ~(findings.sample.diameters < least))


def scatter_view(findings: Findings) -> ScatterView | None:
    """Draw shape against size of the complete objects; ``None`` where no object has both."""
    x, y = find(findings.columns, "diameter"), find(findings.columns, "aspect_ratio")
    if x is None or y is None:
        return None
    x_values, y_values = (column.shown_values()[findings.complete] for column in (x, y))
    both = np.isfinite(x_values) & np.isfinite(y_values)
    if not both.any():
        return None
    chart = scatter_chart(x_values[both], y_values[both], x.axis, y.axis)
    many = findings.noun.counted(int(both.sum()), "complete")
    caption = f"{y.label} against {x.label.lower()} of {many}, one point each."
    data = {x.axis.label: x_values[both], y.axis.label: y_values[both]}
    scatter = Chart(
        "scatter", chart.svg, caption, data=data,
        drawn=lambda width: scatter_chart(x_values[both], y_values[both], x.axis, y.axis, width).svg,
    )  # fmt: skip
    return ScatterView(scatter, x.name, y.name, chart.logarithmic)


def rose_chart(findings: Findings) -> Chart | None:
    """Draw the orientations of the elongated complete objects; ``None`` where there are none."""
    orientation, ratio = find(findings.columns, "orientation"), find(findings.columns, "aspect_ratio")
    if orientation is None or ratio is None:
        return None
    complete = _large_enough(findings, "orientation")
    degrees = orientation.shown_values()[complete]
    degrees = degrees[np.isfinite(degrees) & (ratio.shown_values()[complete] >= ELONGATED_FROM)]
    if not len(degrees):
        return None
    directions = summarise_directions(degrees)
    caption = (
        f"Orientation of the major axis of {findings.noun.counted(len(degrees), 'complete')} with an aspect ratio of "
        f"{ELONGATED_FROM:g} or more, counter-clockwise from the picture's horizontal; each shown at both ends. "
        "Areas are proportional to counts. Order is 0 without a preferred direction and 1 if all are parallel; "
        f"Rayleigh test: p {probability(directions.p_value)}."
    )
    data = {orientation.axis.label: degrees}
    return Chart("orientation", orientation_rose(degrees, directions, findings.noun), caption, data=data)


def _shape_caption(column: Column, values: NDArray[np.float64]) -> str:
    summary = summarise(values)
    noun = column.noun
    spread = f"half of the {noun.plural} lie between {number(summary.p25, 3)} and {number(summary.p75, 3)}"
    least = f" of {PROPERTIES[column.property_name].smallest_px:g} px or more"
    return f"{column.label} of {noun.counted(len(values), 'complete')}{least}; {spread}."
