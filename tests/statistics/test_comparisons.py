"""Comparisons of two samples."""

import math

import numpy as np
import pytest
from scipy import stats

from uniaims.statistics import (
    compare,
)

# --- comparison -------------------------------------------------------------------------------------------------------


def test_superiority_is_the_share_of_pairs():
    random = np.random.default_rng(6)
    first, second = random.integers(0, 20, 60), random.integers(3, 25, 80)
    larger = (second[:, None] > first).mean() + (second[:, None] == first).mean() / 2
    result = compare(first, second)
    assert result.superiority == pytest.approx(larger)
    assert compare(second, first).superiority == pytest.approx(1 - larger)
    assert result.ks_distance == pytest.approx(stats.ks_2samp(first, second).statistic)
    assert result.mann_whitney_p_value == pytest.approx(stats.mannwhitneyu(first, second, method="asymptotic").pvalue)


@pytest.mark.parametrize(("shift", "effect"), [(0, "negligible"), (0.4, "small"), (0.65, "medium"), (1.5, "large")])
def test_effects_are_graded(shift, effect):
    quantiles = stats.norm.ppf((np.arange(1000) + 0.5) / 1000)
    result = compare(quantiles, quantiles + shift)
    assert result.effect == compare(quantiles + shift, quantiles).effect == effect
    assert f"a {effect} difference" in result.text
    if shift:
        assert "from the second sample is larger" in result.text
        assert "from the first sample is larger" in compare(quantiles + shift, quantiles).text


def test_comparing_with_nothing_says_so():
    result = compare([1, 2, 3], [math.nan])
    assert result.effect == "unknown"
    assert "too few" in result.text
    assert result.second.excluded == 1


def test_equal_constants_do_not_differ():
    result = compare([2, 2, 2], [2, 2])
    assert (result.superiority, result.mann_whitney_p_value, result.ks_distance) == (0.5, 1.0, 0.0)
