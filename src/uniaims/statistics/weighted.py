"""Figures of samples whose values do not all count alike.

Two weights meet here: what an object counts by because the border hides others of its size
(`uniaims.measurements.border.size_weights`), and what it counts by in a distribution by number, area or volume.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from uniaims.errors import InputError, SettingsError
from uniaims.statistics.samples import Floats
from uniaims.statistics.summaries import POWERS, Weighting, percentile_of_ordered, percentiles_of_ordered

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


@dataclass(frozen=True, eq=False)
class SizeIntervals:
    """Figures of a sample of weighted sizes with what a resampling says of them.

    Attributes:
        figures: name -> value: percentiles by number ``x50_0`` and by volume ``x50_3``, the means ``d_1_0``, ``d_3_2``,
            ``d_4_3``, the deviation ``std_0``, ``span_0`` and ``span_3``; NaN where the sample does not carry them.
        replicates: name -> (R,) what they come to in samples drawn from this one.
        effective_count: of equally weighted sizes that would say as much.
        largest_share: part 0..1 of the whole volume that the largest object has.
    """

    figures: Mapping[str, float]
    replicates: Mapping[str, Floats]
    effective_count: float
    largest_share: float

    def ends(self, name: str, confidence: float) -> tuple[float, float]:
        """The ends of an interval of a figure; wider for few sizes, as Student's t is than the normal law."""
        value, drawn = self.figures[name], self.replicates[name]
        if not math.isfinite(value) or self.effective_count < 2:
            return math.nan, math.nan
        low, high = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
        wider = float(stdtrit(self.effective_count - 1, (1 + confidence) / 2) / ndtri((1 + confidence) / 2))
        return value - wider * (value - low), value + wider * (high - value)

    def relative_uncertainty(self, name: str) -> float:
        """Standard uncertainty of a figure / the figure; NaN where nothing tells it."""
        low, high = self.ends(name, TWO_DEVIATIONS)
        return max(0.0, high - low) / 4 / abs(self.figures[name]) if self.figures[name] else math.nan


SHOWN_PERCENTS = (5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0)
VOLUME_PERCENTS = (10.0, 50.0, 90.0)
TWO_DEVIATIONS = 0.9545
"""Share of a normal law within two standard deviations."""
RESAMPLES = 1000
_MOST_GROUPS = 2048
FEWEST_FOR_DEVIATION = 10
"""Effective objects from which on the deviation is given; the span needs x10 and x90."""


def size_intervals(values: ArrayLike, weights: ArrayLike, seed: int = 0) -> SizeIntervals:
    """Figures of weighted sizes, and of samples drawn from them with replacement.

    Args:
        values: (n,) above 0.
        weights: (n,) finite, above 0: for how many each object stands.
        seed: of the random numbers.

    Raises:
        InputError: if sizes and weights do not go together.
    """
    sizes, border = _checked(values, weights)
    order = np.argsort(sizes, kind="stable")
    sizes, border = sizes[order], border[order]
    count = len(sizes)
    starts = np.unique(np.arange(min(_MOST_GROUPS, count)) * count // max(1, min(_MOST_GROUPS, count)))
    counts = np.diff(starts, append=count)
    grouped = tuple(np.add.reduceat(each, starts) / counts for each in (sizes, border)) if count else (sizes, border)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(count, counts / count, RESAMPLES) if count else np.zeros((1, 0))
    return SizeIntervals(
        _carried(size_figures_of(sizes, border[None]), sizes, border),
        size_figures_of(grouped[0], drawn * grouped[1]),
        effective_count(border),
        float((border * sizes**3).max() / (border * sizes**3).sum()) if count else math.nan,
    )


def size_figures_of(sizes: Floats, weights: Floats) -> dict[str, Floats]:
    """The figures of `SizeIntervals` (R,) of ordered sizes (n,) under each row of weights (R, n)."""
    rows, figures = len(weights), dict[str, Floats]()
    if not len(sizes):
        names = (
            *(f"x{percent:g}_0" for percent in SHOWN_PERCENTS),
            *(f"x{percent:g}_3" for percent in VOLUME_PERCENTS),
        )
        return dict.fromkeys((*names, *_MEANS, "std_0", "span_0", "span_3"), np.full(rows, math.nan))
    for power, percents in ((0, SHOWN_PERCENTS), (3, VOLUME_PERCENTS)):
        found = _percentiles(sizes, weights * sizes**power, percents)
        figures |= {f"x{percent:g}_{power}": column for percent, column in zip(percents, found.T, strict=True)}
    with np.errstate(invalid="ignore", divide="ignore"):  # a row may have no weight at all
        moments = {power: weights @ sizes**power for power in range(5)}
        figures |= {name: moments[high] / moments[low] for name, (high, low) in _MEANS.items()}
        total = weights.sum(axis=1)
        squares = np.maximum(moments[2] / moments[0] - figures["d_1_0"] ** 2, 0)
        figures["std_0"] = np.sqrt(squares / (1 - (weights**2).sum(axis=1) / total**2))
        for power in (0, 3):
            low, middle, high = (figures[f"x{percent}_{power}"] for percent in (10, 50, 90))
            figures[f"span_{power}"] = (high - low) / middle
    return figures


_MEANS = {"d_1_0": (1, 0), "d_3_2": (3, 2), "d_4_3": (4, 3)}
"""Name of a mean size -> powers of the two moments whose ratio it is (ISO 9276-2)."""


def _percentiles(sizes: Floats, weights: Floats, percents: Sequence[float]) -> Floats:
    """Percentiles (R, P) of ordered sizes (n,) under each row of weights (R, n); NaN for rows without weight."""
    found = np.full((len(weights), len(percents)), math.nan)
    for row, own in enumerate(weights):
        known = own > 0
        if known.any():
            found[row] = percentiles_of_ordered(sizes[known], own[known], percents)
    return found


def _carried(figures: Mapping[str, Floats], sizes: Floats, border: Floats) -> dict[str, float]:
    """Those of the figures that the sample carries; the others NaN."""
    known = {name: float(value[0]) for name, value in figures.items()}
    for power, percents in ((0, SHOWN_PERCENTS), (3, VOLUME_PERCENTS)):
        effective = effective_count(border * sizes**power)
        for percent in percents:
            if not carries(effective, percent):
                known[f"x{percent:g}_{power}"] = math.nan
        low, middle, high = (known[f"x{percent}_{power}"] for percent in (10, 50, 90))
        known[f"span_{power}"] = (high - low) / middle
    if effective_count(border) < FEWEST_FOR_DEVIATION:
        known["std_0"] = math.nan
    return known


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
