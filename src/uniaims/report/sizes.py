"""What is known of the sizes of the complete objects: percentiles, mean, deviation, law, each with its interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.pages.units import NO_BREAK, NOTHING
from uniaims.report.columns import Column, find
from uniaims.statistics import (
    Interval,
    LognormalFit,
    fit_lognormal,
)
from uniaims.statistics.weighted import size_intervals

SIZE_PROPERTIES = (("diameter", "equivalent_diameter"), ("max_feret",), ("min_feret",))
PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
VOLUME_PERCENTILES = (10, 50, 90)
KEY_PERCENTILES = (10, 50, 90)
RESAMPLES = 1000
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
        volume: per cent -> percentile weighted by volume, with its interval.
        span: relative width (x90 - x10) / x50; NaN where the sample does not carry it.
        largest_share: part 0..1 of the whole volume that the largest has.
    """

    column: Column
    values: NDArray[np.float64]
    percentiles: Mapping[int, Interval]
    mean: Interval
    deviation: Interval
    fit: LognormalFit
    volume: Mapping[int, Interval]
    span: float
    largest_share: float

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


def size_figures(columns: Sequence[Column], weights: NDArray[np.float64]) -> list[SizeFigures]:
    """Compute the figures of each size property over the complete objects; empty where there is no size at all.

    Args:
        columns: of the table.
        weights: (N,) for how many each object stands; 0 for those that do not count.
    """
    found = [
        next(iter(there)) for names in SIZE_PROPERTIES if (there := [c for name in names if (c := find(columns, name))])
    ]
    figures = []
    for column in found:
        values = column.shown_values()
        rows = np.flatnonzero(np.isfinite(values) & (values > 0) & (weights > 0))
        rows = rows[np.argsort(values[rows], kind="stable")]
        if len(rows):
            figures.append(_figures(column, values[rows], weights[rows]))
    return figures


def _figures(column: Column, values: NDArray[np.float64], weights: NDArray[np.float64]) -> SizeFigures:
    found = size_intervals(values, weights)

    def with_interval(name: str) -> Interval:
        low, high = found.ends(name, CONFIDENCE)
        return Interval(found.figures[name], low, high, CONFIDENCE, "percentile", RESAMPLES, len(values), 0)

    return SizeFigures(
        column=column,
        values=values,
        percentiles={percent: with_interval(f"x{percent}_0") for percent in PERCENTILES},
        mean=with_interval("d_1_0"),
        deviation=with_interval("std_0"),
        fit=fit_lognormal(values),
        volume={percent: with_interval(f"x{percent}_3") for percent in VOLUME_PERCENTILES},
        span=found.figures["span_0"],
        largest_share=found.largest_share,
    )


def probability(p_value: float) -> str:
    """Write a probability after ``p``: ``= 0.031`` or ``< 0.001``."""
    if not math.isfinite(p_value):
        return NOTHING
    return f"<{NO_BREAK}0.001" if p_value < 0.001 else f"={NO_BREAK}{p_value:.2g}"
