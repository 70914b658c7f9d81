"""Confidence intervals by resampling (Efron & Tibshirani, An introduction to the bootstrap, 1993)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from uniaims.errors import SettingsError
from uniaims.statistics.samples import Floats, known_values

Statistic = Callable[[Floats], Floats]

_BLOCK_VALUES = 1 << 21

_JACKKNIFE_GROUPS = 400

_GROUPED_FROM = 5_000
"""Samples this large are resampled by groups of values that lie close together, for mean and standard deviation."""
_GROUP_COUNT = 256
_SINGLE_VALUES = 128
"""The largest values, which stay single since they weigh most."""


@dataclass(frozen=True)
class Interval:
    """A figure with its bootstrap confidence interval.

    Attributes:
        estimate: the figure from the sample itself.
        low, high: ends of the interval; NaN with fewer than 2 values.
        confidence: share of such intervals that hold the true figure, e.g. 0.95.
        method: "bca" (bias-corrected and accelerated) or "percentile".
        resamples: number of bootstrap samples.
        count, excluded: values that count; values left out because they are NaN.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    method: Literal["bca", "percentile"]
    resamples: int
    count: int
    excluded: int


def bootstrap(
    values: ArrayLike,
    statistic: str | Statistic = "mean",
    *,
    confidence: float = 0.95,
    method: Literal["bca", "percentile"] = "bca",
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Confidence interval of a figure of a sample, without a law assumed for it.

    Percentiles take a short cut that has exactly the distribution of resampling: the k-th smallest of n values drawn
    with replacement is the value at rank ceil(n U); U, the k-th smallest of n uniform numbers, is beta distributed.

    Args:
        values: (n,) numbers.
        statistic: "mean", "std", "median", "p10" (any p0..p100), or a function from samples (B, n) to figures (B,).
        confidence: 0 < confidence < 1.
        method: "bca" corrects bias and skewness (percentiles: bias only, the jackknife does not hold for them).
        resamples: number of bootstrap samples.
        seed: of the random numbers; the same seed gives the same interval.

    Raises:
        InputError: if the values are not a list of finite numbers and NaN.
        SettingsError: if a setting is out of its range.
    """
    if not 0 < confidence < 1 or resamples < 1:
        raise SettingsError(
            f"confidence = {confidence}, resamples = {resamples} came. Give 0 < confidence < 1 and at least 1 resample."
        )
    known, excluded = known_values(values)
    percent = _percent_of(statistic)
    compute = _statistic(statistic, percent)
    estimate = float(compute(known[None])[0]) if len(known) else math.nan
    low = high = math.nan
    if len(known) > 1:
        random = np.random.default_rng(seed)
        if isinstance(statistic, str) and percent is None and len(known) >= _GROUPED_FROM:
            replicates = _resampled_moments(np.sort(known), statistic, resamples, random)
        elif percent is None:
            replicates = _resampled(known, compute, resamples, random)
        else:
            replicates = _resampled_percentiles(np.sort(known), percent, resamples, random)
        tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
        if method == "bca":
            acceleration = _acceleration(known, compute) if percent is None else 0.0
            tails = _corrected_tails(tails, replicates, estimate, acceleration)
        low, high = np.quantile(replicates, tails).tolist()
    return Interval(estimate, low, high, confidence, method, resamples, len(known), excluded)


def _percent_of(statistic: str | Statistic) -> float | None:
    """Give the percent of a percentile's name; ``None`` for other statistics."""
    if statistic == "median":
        return 50.0
    if isinstance(statistic, str) and statistic[:1] == "p" and statistic[1:].replace(".", "", 1).isdigit():
        percent = float(statistic[1:])
        return percent if percent <= 100 else None
    return None


def _statistic(statistic: str | Statistic, percent: float | None) -> Statistic:
    if not isinstance(statistic, str):
        return statistic
    if percent is not None:
        return lambda samples: np.asarray(np.percentile(samples, percent, axis=-1))
    if statistic == "mean":
        return lambda samples: np.asarray(samples.mean(axis=-1))
    if statistic == "std":
        return _deviations
    raise SettingsError(f'statistic = {statistic!r} is unknown. Give "mean", "std", "median", "p10" or a function.')


def _deviations(samples: Floats) -> Floats:
    """Standard deviation along the last axis (divisor n - 1); NaN for single values."""
    if samples.shape[-1] < 2:
        return np.full(samples.shape[:-1], math.nan)
    return np.asarray(samples.std(axis=-1, ddof=1))


def _resampled(known: Floats, compute: Statistic, resamples: int, random: np.random.Generator) -> Floats:
    """Figures (resamples,) of samples drawn with replacement, some at a time so that memory stays bounded."""
    block = max(1, _BLOCK_VALUES // len(known))
    parts = []
    for start in range(0, resamples, block):
        drawn = random.integers(0, len(known), (min(block, resamples - start), len(known)), np.int32)
        parts.append(compute(known[drawn]))
    return np.concatenate(parts)


def _resampled_moments(ordered: Floats, statistic: str, resamples: int, random: np.random.Generator) -> Floats:
    """Mean or standard deviation (resamples,) of samples drawn with replacement from ``ordered`` (n,), by groups.

    How often each group is drawn is multinomial. Only the spread within the groups, all of them narrow, is neglected.
    """
    n = len(ordered)
    centred = ordered - ordered.mean()
    edges = np.unique(np.linspace(0, n - _SINGLE_VALUES, _GROUP_COUNT + 1).astype(np.int64))
    starts = np.concatenate([edges[:-1], np.arange(edges[-1], n)])
    counts = np.diff(starts, append=n)
    moments = np.stack([np.add.reduceat(centred**power, starts) / counts for power in (1, 2)], axis=1)
    drawn = random.multinomial(n, counts / n, resamples) @ moments / n
    if statistic == "mean":
        return np.asarray(drawn[:, 0] + ordered.mean())
    return np.asarray(np.sqrt(np.maximum(drawn[:, 1] - drawn[:, 0] ** 2, 0) * n / (n - 1)))


def _resampled_percentiles(ordered: Floats, percent: float, resamples: int, random: np.random.Generator) -> Floats:
    """Percentile (resamples,) of samples drawn with replacement from ``ordered`` (n,), without drawing them."""
    n = len(ordered)
    place = (n - 1) * percent / 100
    rank = math.floor(place)
    lower = random.beta(rank + 1, n - rank, resamples)
    below = ordered[np.minimum((lower * n).astype(np.int64), n - 1)]
    if rank + 1 >= n:
        return below
    # given the k-th smallest of n uniform numbers, the next is the smallest of n - k on what remains
    upper = lower + (1 - lower) * random.beta(1, n - rank - 1, resamples)
    above = ordered[np.minimum((upper * n).astype(np.int64), n - 1)]
    result: Floats = below + (place - rank) * (above - below)
    return result


def _acceleration(known: Floats, compute: Statistic) -> float:
    """Skewness of the figure by leaving out one value, or one of 400 groups of values, at a time."""
    groups = min(len(known), _JACKKNIFE_GROUPS)
    left_out = np.array([compute(np.delete(known, np.s_[i::groups])[None])[0] for i in range(groups)])
    deviation = left_out.mean() - left_out
    scale = float((deviation**2).sum()) ** 1.5
    return float((deviation**3).sum()) / (6 * scale) if scale > 0 else 0.0


def _corrected_tails(tails: Floats, replicates: Floats, estimate: float, acceleration: float) -> Floats:
    """Shares at which to cut the replicates, by BCa (Efron & Tibshirani 1993, equation 14.10)."""
    below = float((replicates < estimate).mean() + (replicates == estimate).mean() / 2)
    if not 0 < below < 1:
        return tails
    bias = ndtri(below)
    shifted = bias + ndtri(tails)
    corrected: Floats = ndtr(bias + shifted / (1 - acceleration * shifted))
    return corrected
