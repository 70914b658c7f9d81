"""Groups of pictures side by side: how much they differ, how sure that is, then what a test says.

Effect first. The picture is the unit, since objects of one picture resemble each other: tests that take objects for
independent find a "difference" between equal groups of pictures far more often than one time in twenty.

Sources: Welch 1947 (unequal spreads); permutation of units: Good, Permutation, parametric and bootstrap tests of
hypotheses, 2005; Kruskal & Wallis 1952; Holm 1979; two one-sided tests: Schuirmann 1987; probability of superiority:
Vargha & Delaney 2000.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from uniaims.errors import InputError, SettingsError
from uniaims.statistics.pictures import FEW_PICTURES, Picture, log_spread, pooled, resampled

Unit = Literal["objects", "pictures"]

EXACT_ARRANGEMENTS, DRAWN_ARRANGEMENTS = 20_000, 9_999
"""Up to so many ways to share out the pictures, all are tried; of more, so many are drawn."""


@dataclass(frozen=True)
class GroupDifference:
    """How the second of two groups differs from the first.

    Attributes:
        first, second: names of the groups.
        percent: the percentile that is compared; 50 is the median.
        ratio: that of the second by that of the first, all objects of a group together.
        low, high: ends of the ratio's interval; NaN where a group has no objects.
        confidence: share of such intervals that hold the true ratio.
        unit: "pictures", or "objects" where a single picture stands on each side: then the interval tells these two
            pictures apart, not what they were taken of.
        p_value: of no difference, by the same law as the interval.
        permutation_p_value: the share of ways to hand the pictures to two groups that part them as much; NaN where a
            single picture stands on each side.
        smallest_p_value: the least that `permutation_p_value` can be with so few pictures.
        superiority: probability that an object of the second is larger than one of the first (ties count half).
        adjusted_p_value: `p_value` after Holm for all pairs that were compared together.
    """

    first: str
    second: str
    percent: float
    ratio: float
    low: float
    high: float
    confidence: float
    unit: Unit
    p_value: float
    permutation_p_value: float
    smallest_p_value: float
    superiority: float
    adjusted_p_value: float

    @property
    def differs(self) -> bool:
        """Whether the interval of the ratio leaves out 1, and that is no chance among all pairs either."""
        return (self.low > 1 or self.high < 1) and self.adjusted_p_value < 1 - self.confidence

    def is_equivalent(self, margin: float) -> bool:
        """Whether the interval lies within a margin: 0.05 is a ratio of 1 / 1.05 to 1.05.

        With an interval of confidence 0.90 these are two one-sided tests at 5 %.

        Raises:
            SettingsError: where the margin is not above 0.
        """
        if not margin > 0:
            raise SettingsError(f"A margin of {margin} came. Give a share above 0, such as 0.05.")
        return self.low >= 1 / (1 + margin) and self.high <= 1 + margin


def compare_groups(
    groups: Mapping[str, Sequence[Picture]], percent: float = 50, *, confidence: float = 0.95, seed: int = 0
) -> tuple[GroupDifference, ...]:
    """Every pair of groups of pictures, in the order in which they came.

    With 5 pictures or more on both sides the interval comes from resampling pictures and objects; with fewer from
    Student's t (Welch) of the logarithms of the pictures' percentiles, where a side of a single picture is taken to
    vary from picture to picture as the other does.

    Args:
        groups: name -> pictures, of which those without objects are passed over.
        percent: above 0 and below 100; 50 is the median.
        confidence: 0 < confidence < 1.
        seed: of the random numbers; the same seed gives the same result.

    Raises:
        InputError: where there are fewer than two groups, or a group shows no object.
        SettingsError: where a setting is out of its range.
    """
    if not 0 < percent < 100 or not 0 < confidence < 1:
        raise SettingsError(f"percent = {percent}, confidence = {confidence} came. Give 0..100 and 0..1, without ends.")
    shown = {name: [each for each in pictures if len(each.values)] for name, pictures in groups.items()}
    empty = [name for name, pictures in shown.items() if not pictures]
    if len(shown) < 2 or empty:
        came = f'no object in "{empty[0]}"' if empty else f"{len(shown)} group"
        raise InputError(f"There is {came}. Two groups or more with objects can be compared.")
    pairs = [
        _difference((first, shown[first]), (second, shown[second]), percent, confidence, seed)
        for first, second in itertools.combinations(shown, 2)
    ]
    adjusted = holm([pair.p_value for pair in pairs])
    return tuple(replace(pair, adjusted_p_value=p) for pair, p in zip(pairs, adjusted, strict=True))


def kruskal_wallis(groups: Mapping[str, Sequence[Picture]], percent: float = 50) -> float:
    """Chance that the pictures' percentiles of all groups come from one law; NaN where no group has two pictures."""
    from scipy import stats  # here, because it takes longer to import than all the rest

    figures = [[each.percentile(percent) for each in pictures if len(each.values)] for pictures in groups.values()]
    if len(figures) < 2 or min(map(len, figures)) < 1 or max(map(len, figures)) < 2:
        return math.nan
    if len({figure for group in figures for figure in group}) == 1:
        return 1.0
    return float(stats.kruskal(*figures).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values that hold for all of several tests together (Holm 1979); NaN stays."""
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted = list(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        adjusted[place] = largest
    return adjusted


def _difference(
    first: tuple[str, Sequence[Picture]],
    second: tuple[str, Sequence[Picture]],
    percent: float,
    confidence: float,
    seed: int,
) -> GroupDifference:
    one, other = first[1], second[1]
    wholes = pooled(one), pooled(other)
    ratio = wholes[1].percentile(percent) / wholes[0].percentile(percent)
    counts = len(one), len(other)
    unit: Unit = "objects" if counts == (1, 1) else "pictures"
    if unit == "objects" or min(counts) >= FEW_PICTURES:
        low, high, p_value = _by_resampling(one, other, percent, confidence, seed)
    else:
        low, high, p_value = _by_student(one, other, percent, confidence, ratio)
    permutation, smallest = _permuted(one, other, percent, seed) if unit == "pictures" else (math.nan, math.nan)
    return GroupDifference(
        first[0], second[0], percent, ratio, low, high, confidence, unit, p_value, permutation, smallest,
        _superiority(*wholes), p_value,
    )  # fmt: skip


def _by_resampling(
    one: Sequence[Picture], other: Sequence[Picture], percent: float, confidence: float, seed: int
) -> tuple[float, float, float]:
    """Interval of the ratio and p-value of 1, from samples drawn of either group."""
    random = np.random.default_rng(seed)
    logs = -np.log(resampled(one, percent, random)) + np.log(resampled(other, percent, random))
    low, high = np.exp(np.quantile(logs, [(1 - confidence) / 2, (1 + confidence) / 2])).tolist()
    below, above = (1 + np.count_nonzero(logs <= 0)), (1 + np.count_nonzero(logs >= 0))
    return low, high, min(1.0, 2 * min(below, above) / (1 + len(logs)))


def _by_student(
    one: Sequence[Picture], other: Sequence[Picture], percent: float, confidence: float, ratio: float
) -> tuple[float, float, float]:
    """Interval of the ratio and p-value of 1, by Welch's t of logarithms of the pictures' percentiles."""
    if min(len(one), len(other)) > 1:
        (first, freedom), (second, other_freedom) = log_spread(one, percent), log_spread(other, percent)
        error = math.hypot(first, second)
        parts = first**4 / freedom + second**4 / other_freedom
        freedoms = error**4 / parts if parts else float(freedom + other_freedom)
    else:
        several = max(one, other, key=len)
        single = float(np.std(np.log([each.percentile(percent) for each in several]), ddof=1))
        error, freedoms = math.hypot(single, log_spread(several, percent)[0]), float(len(several) - 1)
    half = float(stdtrit(freedoms, (1 + confidence) / 2)) * error
    if error == 0:
        return ratio, ratio, 1.0 if ratio == 1 else 0.0
    p_value = 2 * float(stdtr(freedoms, -abs(math.log(ratio)) / error))
    return ratio * math.exp(-half), ratio * math.exp(half), p_value


def _permuted(one: Sequence[Picture], other: Sequence[Picture], percent: float, seed: int) -> tuple[float, float]:
    """Share of ways to hand out the pictures that part two groups as much, and the least that it can be."""
    logs = np.log([picture.percentile(percent) for picture in (*one, *other)])
    count, chosen = len(logs), len(one)
    ways = math.comb(count, chosen)
    if ways <= EXACT_ARRANGEMENTS:
        places = np.array(list(itertools.combinations(range(count), chosen)))
        smallest = (2 if 2 * chosen == count else 1) / ways
    else:
        random = np.random.default_rng(seed)
        places = random.permuted(np.tile(np.arange(count), (DRAWN_ARRANGEMENTS, 1)), axis=1)[:, :chosen]
        smallest = 1 / (DRAWN_ARRANGEMENTS + 1)
    sums = logs[places].sum(axis=1)
    parted = np.abs(sums / chosen - (logs.sum() - sums) / (count - chosen))
    seen = abs(float(logs[:chosen].mean() - logs[chosen:].mean()))
    as_much = int(np.count_nonzero(parted >= seen * (1 - 1e-9)))
    if ways <= EXACT_ARRANGEMENTS:
        return as_much / ways, smallest
    return (as_much + 1) / (DRAWN_ARRANGEMENTS + 1), smallest


def _superiority(one: Picture, other: Picture) -> float:
    """Chance that an object of the other is larger than one of the first, each counting by its weight."""
    shares = np.concatenate([[0.0], np.cumsum(one.weights)])
    below, up_to = (shares[np.searchsorted(one.values, other.values, side)] for side in ("left", "right"))
    weighted = float((other.weights * (below + up_to) / 2).sum())
    return weighted / (float(one.weights.sum()) * float(other.weights.sum()))
