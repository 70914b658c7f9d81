"""Figures of samples whose values do not all count alike.

Two weights meet here: what an object counts by because the border hides others of its size
(`uniaims.measurements.border.size_weights`), and what it counts by in a distribution by number, area or volume.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from uniaims.errors import InputError, SettingsError
from uniaims.statistics.samples import Floats
from uniaims.statistics.summaries import POWERS, Weighting, percentile_of_ordered

FEWEST_BEYOND = 5
"""A percentile is given where at least so many values lie beyond it."""


@dataclass(frozen=True)
class WeightedSizes:
    """Percentiles of a distribution of sizes, as far as the sample carries them.

    Attributes:
        weighting: what an object counts by, beside its border weight.
        percents: (P,) which percentiles.
        values: (P,) sizes up to which so much of the weight lies; NaN where fewer than 5 effective values lie beyond.
        mean: D[1,0] (number), D[3,2] (area), D[4,3] (volume).
        count: sizes that count.
        excluded: sizes left out: NaN, or of weight 0.
        effective_count: of equally weighted values that would say as much (Kish, Survey sampling, 1965).
        largest_share: share 0..1 of the whole weight that one object has.
    """

    weighting: Weighting
    percents: tuple[float, ...]
    values: tuple[float, ...]
    mean: float
    count: int
    excluded: int
    effective_count: float
    largest_share: float

    def percentile(self, percent: float) -> float:
        """The size of one of the percents.

        Raises:
            InputError: if it was not asked for.
        """
        if percent not in self.percents:
            raise InputError(
                f"percentile {percent:g} is not there: {', '.join(f'{each:g}' for each in self.percents)}."
            )
        return self.values[self.percents.index(percent)]


def effective_count(weights: ArrayLike) -> float:
    """Number of equally weighted values that say as much: (sum w)² / sum w²; 0 without weight."""
    known = np.asarray(weights, np.float64)
    squares = float((known**2).sum())
    return float(known.sum()) ** 2 / squares if squares else 0.0


def carries(count: float, percent: float) -> bool:
    """Whether a sample of so many effective values carries a percentile: n min(p, 1 - p) is 5 or more."""
    return count * min(percent, 100 - percent) / 100 >= FEWEST_BEYOND


def weighted_sizes(
    sizes: ArrayLike,
    weights: ArrayLike | None = None,
    weighting: Weighting = "number",
    percents: Sequence[float] = (10.0, 50.0, 90.0),
) -> WeightedSizes:
    """Percentiles and mean of sizes, each with its weight.

    Each size stands in the middle of its weight and the curve is straight between (Hyndman & Fan 1996, type 5,
    weighted); where all weights are equal it is the plain percentile (type 7), as elsewhere in this package.

    Args:
        sizes: (n,) 0 or more, any unit; NaN is left out.
        weights: (n,) finite, 0 or more; None: all alike.
        weighting: "number", "area" or "volume".
        percents: 0 to 100.

    Raises:
        InputError: if sizes and weights do not go together, or are negative or infinite.
        SettingsError: if the weighting is unknown.
    """
    if weighting not in POWERS:
        raise SettingsError(f"weighting = {weighting!r} is unknown. There are: {', '.join(POWERS)}.")
    values, border = _checked(sizes, weights)
    known = ~np.isnan(values) & (border > 0)
    order = np.argsort(values[known], kind="stable")
    values, border = values[known][order], border[known][order]
    whole = border * values ** POWERS[weighting]
    total, effective = float(whole.sum()), effective_count(whole)
    if total == 0:
        nothing = (math.nan,) * len(percents)
        return WeightedSizes(weighting, tuple(percents), nothing, math.nan, 0, len(known), 0.0, math.nan)
    found = tuple(
        percentile_of_ordered(values, whole, percent) if carries(effective, percent) else math.nan
        for percent in percents
    )
    return WeightedSizes(
        weighting,
        tuple(percents),
        found,
        float((whole * values).sum()) / total,
        len(values),
        int(len(known) - len(values)),
        effective,
        float(whole.max()) / total,
    )


def _checked(sizes: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    values = np.asarray(sizes, np.float64)
    border = np.ones(values.shape) if weights is None else np.asarray(weights, np.float64)
    if values.ndim != 1 or values.shape != border.shape:
        raise InputError(f"{values.shape} sizes and {border.shape} weights came. Give one weight for each size.")
    if np.isinf(values).any() or not np.isfinite(border).all():
        raise InputError("Infinite sizes or weights came. Leave out objects that fill the field.")
    if (values < 0).any() or (border < 0).any():
        raise InputError("Negative sizes or weights came. Both are 0 or more.")
    return values, border
