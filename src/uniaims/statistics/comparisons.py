"""Two samples of the same measurement side by side."""

import math
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from uniaims.statistics.samples import known_values
from uniaims.statistics.summaries import Summary, summarise


@dataclass(frozen=True)
class Comparison:
    """Two samples side by side.

    Attributes:
        first, second: their summaries.
        ks_distance, ks_p_value: largest distance of the cumulative curves (any difference of the distributions).
        mann_whitney_p_value: two-sided; do values of one tend to be larger?
        superiority: probability that a value from the second is larger than one from the first (ties count half).
    """

    first: Summary
    second: Summary
    ks_distance: float
    ks_p_value: float
    mann_whitney_p_value: float
    superiority: float

    @property
    def effect(self) -> Literal["unknown", "negligible", "small", "medium", "large"]:
        """Grade of the difference by Vargha & Delaney: 0.56, 0.64, 0.71 are where small, medium and large begin."""
        distance = abs(self.superiority - 0.5)
        if math.isnan(distance):
            return "unknown"
        if distance < 0.06:
            return "negligible"
        if distance < 0.14:
            return "small"
        return "medium" if distance < 0.21 else "large"

    @property
    def text(self) -> str:
        """The result in one sentence."""
        if self.effect == "unknown":
            return "There are too few values to compare."
        larger = "second" if self.superiority >= 0.5 else "first"
        other = "first" if larger == "second" else "second"
        share = max(self.superiority, 1 - self.superiority)
        p_value = self.mann_whitney_p_value
        chance = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
        return (
            f"A value from the {larger} sample is larger than one from the {other} in {share:.0%} of cases: "
            f"a {self.effect} difference ({chance}, Mann-Whitney)."
        )


def compare(first: ArrayLike, second: ArrayLike) -> Comparison:
    """Compare two samples of the same measurement.

    Raises:
        InputError: if the values are not lists of finite numbers and NaN.
    """
    one, other = known_values(first)[0], known_values(second)[0]
    summaries = summarise(first), summarise(second)
    if not len(one) or not len(other):
        return Comparison(*summaries, math.nan, math.nan, math.nan, math.nan)
    from scipy import stats  # here, because it takes longer to import than all the rest of a report

    smirnov = stats.ks_2samp(one, other, method="asymp")
    ranks = stats.mannwhitneyu(other, one, alternative="two-sided", method="asymptotic")
    p_value = float(ranks.pvalue)
    return Comparison(
        *summaries,
        ks_distance=float(smirnov.statistic),
        ks_p_value=float(smirnov.pvalue),
        # all values equal: no rank differs, the test has no variance
        mann_whitney_p_value=1.0 if math.isnan(p_value) else p_value,
        superiority=float(ranks.statistic) / (len(one) * len(other)),
    )
