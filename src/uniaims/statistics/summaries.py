"""Figures of one sample: moments, percentiles, sizes weighted by number, area or volume."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from uniaims.errors import InputError, SettingsError
from uniaims.statistics.samples import Floats, known_values

Weighting = Literal["number", "area", "volume"]

POWERS: dict[Weighting, int] = {"number": 0, "area": 2, "volume": 3}


@dataclass(frozen=True)
class Summary:
    """The usual figures of a sample, in the unit of its values. NaN where there are too few values.

    Attributes:
        count: number of values that count.
        excluded: number of values left out because they are NaN.
        mean: arithmetic mean.
        std: standard deviation of the sample (divisor n - 1).
        minimum, p10, p25, median, p75, p90, maximum: order statistics; `maximum` is P100.
    """

    count: int
    excluded: int
    mean: float
    std: float
    minimum: float
    p10: float
    p25: float
    median: float
    p75: float
    p90: float
    maximum: float

    @property
    def standard_error(self) -> float:
        """Standard error of the mean: std / sqrt(n)."""
        return self.std / math.sqrt(self.count) if self.count else math.nan

    @property
    def coefficient_of_variation(self) -> float:
        """Relative width: std / mean; NaN for a mean of 0."""
        return self.std / self.mean if self.mean else math.nan


@dataclass(frozen=True)
class SizePercentiles:
    """Where a distribution of sizes lies and how wide it is.

    Attributes:
        weighting: "number": each object counts once; "area", "volume": by its diameter squared, cubed (spheres).
        d10, d50, d90: 10, 50, 90 % of the weight are in sizes up to here.
        mean: D[1,0] (number), D[3,2] (area: Sauter mean), D[4,3] (volume: De Brouckere mean).
        count, excluded: values that count; values left out because they are NaN.
    """

    weighting: Weighting
    d10: float
    d50: float
    d90: float
    mean: float
    count: int
    excluded: int

    @property
    def span(self) -> float:
        """Relative width (D90 - D10) / D50."""
        return (self.d90 - self.d10) / self.d50 if self.d50 else math.nan


def summarise(values: ArrayLike) -> Summary:
    """Summarise a sample.

    Raises:
        InputError: if the values are not a list of finite numbers and NaN.
    """
    known, excluded = known_values(values)
    if not len(known):
        return Summary(0, excluded, *[math.nan] * 9)
    std = float(np.std(known, ddof=1)) if len(known) > 1 else math.nan
    order = np.percentile(known, [0, 10, 25, 50, 75, 90, 100]).tolist()
    return Summary(len(known), excluded, float(np.mean(known)), std, *order)


def size_percentiles(diameters: ArrayLike, weighting: Weighting = "number") -> SizePercentiles:
    """D10, D50, D90 and mean of a distribution of sizes.

    Args:
        diameters: (n,) in any unit, 0 or more.
        weighting: what an object counts by: "number", "area" or "volume" (of the sphere of its diameter).

    Raises:
        InputError: if the values are not a list of finite numbers and NaN, or some are negative.
        SettingsError: if the weighting is unknown.
    """
    known, excluded = known_values(diameters)
    power = _power(weighting)
    if len(known) and known.min() < 0:
        raise InputError(f"A diameter of {known.min():g} came. Sizes are 0 or more.")
    if not len(known):
        return SizePercentiles(weighting, math.nan, math.nan, math.nan, math.nan, 0, excluded)
    d10, d50, d90 = (float(weighted_percentile(known, p, weighting)) for p in (10, 50, 90))
    total = float((known**power).sum())
    mean = float((known ** (power + 1)).sum()) / total if total else math.nan
    return SizePercentiles(weighting, d10, d50, d90, mean, len(known), excluded)


def weighted_percentile(diameters: Floats, percent: float, weighting: Weighting = "number") -> Floats:
    """Size up to which ``percent`` of the weight lies, along the last axis of (..., n); for `bootstrap` too.

    Each size stands in the middle of its own weight and the curve is linear between (Hyndman & Fan type 5, weighted);
    unweighted, it is the plain percentile (type 7).

    Raises:
        SettingsError: if the weighting is unknown.
    """
    power = _power(weighting)
    if power == 0:
        return np.asarray(np.percentile(diameters, percent, axis=-1))
    samples = np.sort(diameters, axis=-1).reshape(-1, np.shape(diameters)[-1])
    found = [percentile_of_ordered(sizes, sizes**power, percent) for sizes in samples]
    return np.asarray(found).reshape(np.shape(diameters)[:-1])


def percentile_of_ordered(values: Floats, weights: Floats, percent: float) -> float:
    """Value up to which ``percent`` of the weight lies, of ordered values (n >= 1,) with their weights (n,).

    Each stands in the middle of its own weight and the curve is linear between (type 5, weighted); where all weights
    are alike it is the plain percentile (type 7).
    """
    return float(percentiles_of_ordered(values, weights, (percent,))[0])


def percentiles_of_ordered(values: Floats, weights: Floats, percents: Sequence[float]) -> Floats:
    """Several percentiles (P,) of ordered values; see `percentile_of_ordered`."""
    if weights[0] == weights[-1] and np.ptp(weights) == 0:
        return np.asarray(np.percentile(values, percents), np.float64)
    places = np.cumsum(weights) - weights / 2
    return np.asarray(np.interp(weights.sum() * (np.asarray(percents) / 100), places, values), np.float64)


def _power(weighting: Weighting) -> int:
    if weighting not in POWERS:
        raise SettingsError(f"weighting = {weighting!r} is unknown. There are: {', '.join(POWERS)}.")
    return POWERS[weighting]
