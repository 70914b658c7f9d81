"""The size section: for each size property two charts (linear, logarithmic) and a table of figures with intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from uniaims.pages.units import NO_BREAK, NOTHING, counted, interval, number
from uniaims.report.charts import SizeDistribution, size_chart
from uniaims.report.columns import Column, find
from uniaims.statistics import (
    Interval,
    LognormalFit,
    SizePercentiles,
    bootstrap,
    fit_lognormal,
    size_percentiles,
    summarise,
)

SIZE_PROPERTIES = ("equivalent_diameter", "max_feret", "min_feret")
PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
KEY_PERCENTILES = (10, 50, 90)
RESAMPLES = 2000
CONFIDENCE = 0.95
FEWEST_FOR_LAW = 30
"""With fewer sizes a law could be neither told from others nor refused."""
LEAST_LAW_PROBABILITY, LARGEST_LAW_DISTANCE = 0.05, 0.05
"""A law holds if it can't be refused, or if its cumulative curve is nowhere farther than this from that of the sizes.

The second counts in samples of thousands, where the test refuses what no eye can see."""
NO_FIT = "does not fit"


@dataclass(frozen=True)
class SizeFigures:
    """What is known of one size property of the complete objects, in the unit for the eye.

    Attributes:
        column: the property.
        values: (n,) finite positive sizes, ascending.
        percentiles: per cent -> percentile with its interval.
        mean, deviation: with their intervals.
        fit: the nearest log-normal law, whether it holds or not; see `why_no_law`.
        volume: percentiles weighted by volume.
    """

    column: Column
    values: NDArray[np.float64]
    percentiles: Mapping[int, Interval]
    mean: Interval
    deviation: Interval
    fit: LognormalFit
    volume: SizePercentiles

    @property
    def unit(self) -> str:
        """Unit for the eye."""
        return self.column.shown_unit

    @property
    def why_no_law(self) -> str:
        """Why no log-normal law is shown; empty where it holds."""
        if len(self.values) < FEWEST_FOR_LAW:
            return f"fewer than {FEWEST_FOR_LAW} sizes"
        if not self.fit.sigma > 0:
            return "fewer than 4 different sizes"
        if self.fit.p_value >= LEAST_LAW_PROBABILITY or self.fit.ks_distance <= LARGEST_LAW_DISTANCE:
            return ""
        return NO_FIT

    @property
    def span(self) -> float:
        """Relative width (D90 - D10) / D50."""
        low, middle, high = (self.percentiles[percent].estimate for percent in KEY_PERCENTILES)
        return (high - low) / middle


@dataclass(frozen=True)
class FigureRow:
    """One row of the table of figures; ``opens`` draws a rule above it, ``key`` makes it bold."""

    name: str
    value: str
    interval: str = ""
    key: bool = False
    opens: bool = False


@dataclass(frozen=True)
class SizeView:
    """One size property as the template shows it."""

    name: str
    label: str
    unit: str
    linear: Markup
    logarithmic: Markup
    caption: str
    rows: tuple[FigureRow, ...]


def size_figures(columns: Sequence[Column], complete: NDArray[np.bool_]) -> list[SizeFigures]:
    """Compute the figures of each size property over the complete objects; empty where there is no size at all.

    Args:
        columns: of the table.
        complete: (N,) rows that count.
    """
    found = [column for name in SIZE_PROPERTIES if (column := find(columns, name))]
    figures = []
    for column in found:
        values = column.shown_values()[complete]
        values = np.sort(values[np.isfinite(values) & (values > 0)])
        if len(values):
            figures.append(_figures(column, values))
    return figures


def size_view(figures: SizeFigures) -> SizeView:
    """Draw the charts and fill the table of one size property."""
    quantiles = {f"D{percent}": figures.percentiles[percent].estimate for percent in KEY_PERCENTILES}
    law = None if figures.why_no_law else figures.fit
    sizes = SizeDistribution(figures.column.axis, figures.values, quantiles, law)
    linear, logarithmic = (size_chart(sizes, scale) for scale in (False, True))
    label = figures.column.label
    rows = (*_percentile_rows(figures), *_moment_rows(figures), *_law_rows(figures), *_volume_rows(figures))
    if len(figures.values) == 1:  # one object has no spread
        rows = (FigureRow("The only complete object", number(figures.values[0]), key=True),)
    return SizeView(figures.column.property_name, label, figures.unit, linear, logarithmic, _caption(figures), rows)


def _figures(column: Column, values: NDArray[np.float64]) -> SizeFigures:
    def with_interval(statistic: str) -> Interval:
        return bootstrap(values, statistic, confidence=CONFIDENCE, resamples=RESAMPLES)

    return SizeFigures(
        column=column,
        values=values,
        percentiles={percent: with_interval(f"p{percent}") for percent in PERCENTILES},
        mean=with_interval("mean"),
        deviation=with_interval("std"),
        fit=fit_lognormal(values),
        volume=size_percentiles(values, "volume"),
    )


def _percentile_rows(figures: SizeFigures) -> list[FigureRow]:
    names = {50: "D50, median"}
    return [
        FigureRow(
            names.get(percent, f"D{percent}"),
            number(found.estimate),
            interval(found.low, found.high),
            percent in KEY_PERCENTILES,
        )
        for percent, found in figures.percentiles.items()
    ]


def _moment_rows(figures: SizeFigures) -> list[FigureRow]:
    summary = summarise(figures.values)
    mean, deviation = figures.mean, figures.deviation
    return [
        FigureRow("Mean", number(mean.estimate), interval(mean.low, mean.high), opens=True),
        FigureRow("Standard deviation", number(deviation.estimate), interval(deviation.low, deviation.high)),
        FigureRow("Smallest", number(summary.minimum)),
        FigureRow("Largest", number(summary.maximum)),
        FigureRow("Span", number(figures.span, 3), "(D90 − D10) / D50"),
    ]


def _law_rows(figures: SizeFigures) -> list[FigureRow]:
    fit, missing = figures.fit, figures.why_no_law
    distance = FigureRow("Distance to the law", number(fit.ks_distance, 2), f"p {probability(fit.p_value)}")
    if missing:
        row = FigureRow("Log-normal law", NOTHING, missing, opens=True)
        return [row, distance] if missing == NO_FIT else [row]
    return [
        FigureRow("Log-normal median", number(fit.geometric_mean), opens=True),
        FigureRow("Geometric deviation", number(fit.geometric_std, 4)),
        distance,
    ]


def _volume_rows(figures: SizeFigures) -> list[FigureRow]:
    volume = figures.volume
    return [
        FigureRow("D10, by volume", number(volume.d10), opens=True),
        FigureRow("D50, by volume", number(volume.d50)),
        FigureRow("D90, by volume", number(volume.d90)),
    ]


def probability(p_value: float) -> str:
    """Write a probability after ``p``: ``= 0.031`` or ``< 0.001``."""
    if not math.isfinite(p_value):
        return NOTHING
    return f"<{NO_BREAK}0.001" if p_value < 0.001 else f"={NO_BREAK}{p_value:.2g}"


def _caption(figures: SizeFigures) -> str:
    curve = "Bars: objects per bin. Dotted: cumulative share (right axis)."
    missing = figures.why_no_law
    if missing == NO_FIT:
        missing = f"the sizes are up to {number(figures.fit.ks_distance, 2)} of their number away from it"
    line = " Line: log-normal law fitted to the sizes, as objects per bin."
    curve += f" No log-normal law is drawn: {missing}." if missing else line
    return f"{figures.column.label} of {counted(len(figures.values), 'complete object')}. {curve}"
