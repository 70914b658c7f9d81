"""Several pictures of one sample: objects of a picture resemble each other, so the picture is the unit.

Sources:

- Two-stage bootstrap: Davison & Hinkley, Bootstrap methods and their application, 1997, section 3.8.
- Variance between and within pictures, intraclass correlation with unequal counts: Searle, Casella & McCulloch,
  Variance components, 1992, section 3.6. Effective number of objects: Kish, Survey sampling, 1965, section 5.4.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from uniaims.errors import InputError, SettingsError
from uniaims.statistics.samples import Floats, known_values
from uniaims.statistics.summaries import percentile_of_ordered

Level = Literal["none", "objects", "pictures", "pictures, then objects"]

FEW_PICTURES = 5
"""Below so many pictures resampling them gives intervals that are too narrow; Student's t of the logarithms holds."""
RESAMPLES = 2000
_GROUPS, _LEAST_GROUPS = 4096, 64
"""Objects that lie close together are resampled in groups: so many in all, and at least so many of each picture."""
_BLOCK_COUNTS = 1 << 21


@dataclass(frozen=True)
class Picture:
    """What was measured in one picture.

    Attributes:
        values: (n,) float64, positive and finite: sizes in one unit.
        weights: (n,) float64, positive: for how many each object stands, such as against the border's selection.
    """

    values: Floats
    weights: Floats

    @classmethod
    def of(cls, values: ArrayLike, weights: ArrayLike | None = None) -> "Picture":
        """Check and order the sizes of a picture; NaN is left out with its weight.

        Raises:
            InputError: where sizes are not positive finite numbers, or weights do not fit them.
        """
        sizes = np.asarray(values, np.float64)
        shares = np.ones(sizes.shape) if weights is None else np.asarray(weights, np.float64)
        if shares.shape != sizes.shape:
            raise InputError(f"{sizes.shape} values and {shares.shape} weights came. Give a weight for each value.")
        known, _ = known_values(sizes)
        shares = shares[~np.isnan(sizes)]
        if len(known) and (known.min() <= 0 or not np.isfinite(shares).all() or shares.min() <= 0):
            raise InputError("Sizes and weights that are not all positive came. Only positive ones can be compared.")
        order = np.argsort(known, kind="stable")
        return cls(known[order], shares[order])

    def percentile(self, percent: float) -> float:
        """Size up to which ``percent`` of the weight lies; NaN without objects."""
        return percentile_of_ordered(self.values, self.weights, percent) if len(self.values) else math.nan


@dataclass(frozen=True)
class SampleFigure:
    """A percentile of a sample that several pictures show, with its interval.

    Attributes:
        estimate: of all objects together, in the unit of the values.
        low, high: ends of the interval; NaN where nothing tells how sure the figure is.
        confidence: share of such intervals that hold the true figure.
        level: what the interval counts as independent: "objects" of the only picture (it speaks of that picture),
            "pictures" (Student's t of their logarithms), "pictures, then objects" (resampled in two stages), "none".
        pictures, objects: how many entered.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    level: Level
    pictures: int
    objects: int


@dataclass(frozen=True)
class VarianceShares:
    """How much pictures differ from each other beside how much objects within one do, for logarithms of sizes.

    Attributes:
        between: standard deviation of the pictures' means, about relative: 0.05 are 5 %.
        within: standard deviation of objects within a picture, likewise.
        correlation: intraclass correlation, the share of the variance between pictures, 0..1.
        effective_objects: independent objects that would tell as much as all of these.
    """

    between: float
    within: float
    correlation: float
    effective_objects: float


def sample_percentile(
    pictures: Sequence[Picture], percent: float = 50, *, confidence: float = 0.95, seed: int = 0
) -> SampleFigure:
    """A percentile of all objects of a sample with an interval that knows of pictures.

    Args:
        pictures: of one sample; those without objects are passed over.
        percent: 0 to 100; 50 is the median.
        confidence: 0 < confidence < 1.
        seed: of the random numbers; the same seed gives the same interval.

    Raises:
        SettingsError: where a setting is out of its range.
    """
    _check(percent, confidence)
    shown = [picture for picture in pictures if len(picture.values)]
    objects = sum(len(picture.values) for picture in shown)
    estimate = pooled(shown).percentile(percent)
    if objects < 2:
        return SampleFigure(estimate, math.nan, math.nan, confidence, "none", len(shown), objects)
    if 1 < len(shown) < FEW_PICTURES:
        spread, freedom = log_spread(shown, percent)
        half = float(stdtrit(freedom, (1 + confidence) / 2)) * spread
        ends = estimate * math.exp(-half), estimate * math.exp(half)
        return SampleFigure(estimate, *ends, confidence, "pictures", len(shown), objects)
    replicates = resampled(shown, percent, np.random.default_rng(seed))
    low, high = np.quantile(replicates, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    level: Level = "objects" if len(shown) == 1 else "pictures, then objects"
    return SampleFigure(estimate, low, high, confidence, level, len(shown), objects)


def log_spread(pictures: Sequence[Picture], percent: float) -> tuple[float, int]:
    """Standard error of the logarithm of a pooled percentile, and its degrees of freedom, from two pictures or more.

    From how the pictures' own percentiles differ: a picture counts in the pool by the weight of its objects.
    """
    logs = np.log([picture.percentile(percent) for picture in pictures])
    shares = np.array([picture.weights.sum() for picture in pictures])
    shares /= shares.sum()
    return float(np.std(logs, ddof=1) * math.sqrt(float((shares**2).sum()))), len(pictures) - 1


def variance_shares(pictures: Sequence[Picture]) -> VarianceShares:
    """Variance between and within pictures, by analysis of variance of logarithms; NaN below two pictures of two."""
    logs = [np.log(picture.values) for picture in pictures if len(picture.values)]
    counts = np.array([len(each) for each in logs], np.float64)
    total = float(counts.sum())
    if len(logs) < 2 or total <= len(logs):
        return VarianceShares(math.nan, math.nan, math.nan, math.nan)
    means = np.array([each.mean() for each in logs])
    centre = float((counts * means).sum() / total)
    squares = sum(float(((each - mean) ** 2).sum()) for each, mean in zip(logs, means, strict=True))
    within = squares / (total - len(logs))
    between_square = float((counts * (means - centre) ** 2).sum()) / (len(logs) - 1)
    size = (total - float((counts**2).sum()) / total) / (len(logs) - 1)
    between = max(0.0, (between_square - within) / size)
    correlation = between / (between + within) if between + within > 0 else 0.0
    design = 1 + (float((counts**2).sum()) / total - 1) * correlation
    return VarianceShares(math.sqrt(between), math.sqrt(within), correlation, total / design)


def pooled(pictures: Sequence[Picture]) -> Picture:
    """All objects of several pictures as those of one."""
    if not pictures:
        return Picture(np.empty(0), np.empty(0))
    values = np.concatenate([picture.values for picture in pictures])
    order = np.argsort(values, kind="stable")
    return Picture(values[order], np.concatenate([picture.weights for picture in pictures])[order])


def resampled(
    pictures: Sequence[Picture], percent: float, random: np.random.Generator, resamples: int = RESAMPLES
) -> Floats:
    """Percentile (resamples,) of samples drawn in two stages: pictures, then objects within each; of one, its objects.

    In the second stage a picture's objects are drawn as often as it was drawn times how many it has.
    """
    groups = [_grouped(picture, max(_LEAST_GROUPS, _GROUPS // len(pictures))) for picture in pictures]
    values = np.concatenate([group.values for group in groups])
    order = np.argsort(values, kind="stable")
    values, weights = values[order], np.concatenate([group.weights for group in groups])[order]
    drawn = random.multinomial(len(pictures), np.full(len(pictures), 1 / len(pictures)), resamples)
    found = np.empty(resamples)
    block = max(1, _BLOCK_COUNTS // len(values))
    for start in range(0, resamples, block):
        times = drawn[start : start + block]
        counts = [
            random.multinomial(times[:, number] * int(group.counts.sum()), group.counts / group.counts.sum())
            for number, group in enumerate(groups)
        ]
        for turn, row in enumerate(np.concatenate(counts, axis=1)[:, order], start):
            kept = row > 0
            found[turn] = percentile_of_ordered(values[kept], weights[kept] * row[kept], percent)
    return found


@dataclass(frozen=True)
class _Groups:
    """Neighbours in the order of a picture's objects: mean size, mean weight of an object and count, each (g,)."""

    values: Floats
    weights: Floats
    counts: NDArray[np.int64]


def _grouped(picture: Picture, most: int) -> _Groups:
    """Objects in at most so many groups of neighbours, whose spread is neglected; singly if they are few."""
    count = len(picture.values)
    starts = np.unique(np.arange(min(most, count)) * count // min(most, count))
    counts = np.diff(starts, append=count)
    return _Groups(
        np.add.reduceat(picture.values, starts) / counts, np.add.reduceat(picture.weights, starts) / counts, counts
    )


def _check(percent: float, confidence: float) -> None:
    if not 0 <= percent <= 100 or not 0 < confidence < 1:
        raise SettingsError(
            f"percent = {percent}, confidence = {confidence} came. Give 0 <= percent <= 100, 0 < confidence < 1."
        )
