"""Intervals of confidence, against scipy and against what they promise."""

import math

import numpy as np
import pytest
from scipy import stats

from uniaims.errors import SettingsError
from uniaims.statistics import (
    bootstrap,
    size_percentiles,
    weighted_percentile,
)

# --- intervals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("name", ["mean", "std"])
def test_intervals_of_moments_agree_with_scipy(sizes, name, method):
    function = np.mean if name == "mean" else lambda values, axis: np.std(values, axis=axis, ddof=1)
    reference = stats.bootstrap((sizes,), function, n_resamples=4000, method=method, rng=1).confidence_interval
    result = bootstrap(sizes, name, method=method, resamples=4000)
    width = reference.high - reference.low
    assert result.low == pytest.approx(reference.low, abs=0.07 * width)
    assert result.high == pytest.approx(reference.high, abs=0.07 * width)
    assert result.low < result.estimate < result.high


@pytest.mark.parametrize("percent", [0, 10, 50, 90, 100])
@pytest.mark.parametrize("count", [2, 5, 60])
def test_percentiles_without_drawing_have_the_distribution_of_drawing(sizes, percent, count):
    from uniaims.statistics.intervals import _resampled_percentiles

    random = np.random.default_rng(2)
    ordered = np.sort(sizes[:count])
    short_cut = _resampled_percentiles(ordered, percent, 20_000, random)
    drawn = np.percentile(ordered[random.integers(0, count, (20_000, count))], percent, axis=1)
    assert stats.ks_2samp(short_cut.round(9), drawn.round(9)).statistic < 0.02


def test_intervals_hold_the_true_value_as_often_as_they_say():
    random = np.random.default_rng(3)
    for name, truth in (
        ("median", math.exp(1)),
        ("mean", math.exp(1 + 0.32 / 2)),
        ("p90", math.exp(1 + 1.28155 * 0.4 * 2**0.5)),
    ):
        held = 0
        for _ in range(300):
            interval = bootstrap(random.lognormal(1, math.sqrt(0.32), 80), name, resamples=400)
            held += interval.low <= truth <= interval.high
        assert 0.9 < held / 300 < 0.99, name


def test_any_function_of_samples_can_be_bootstrapped(sizes):
    result = bootstrap(sizes, lambda rows: weighted_percentile(rows, 50, "volume"), resamples=500)
    assert result.estimate == size_percentiles(sizes, "volume").d50
    assert result.low < result.estimate < result.high


def test_the_seed_decides(sizes):
    assert bootstrap(sizes) == bootstrap(sizes)
    assert bootstrap(sizes) != bootstrap(sizes, seed=1)
    assert bootstrap(sizes, "p10") == bootstrap(sizes, "p10")


def test_more_confidence_is_wider(sizes):
    narrow, wide = (bootstrap(sizes, "median", confidence=confidence) for confidence in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_blocks_do_not_change_the_figure(sizes, monkeypatch):
    whole = bootstrap(sizes, "mean", resamples=300)
    monkeypatch.setattr("uniaims.statistics.intervals._BLOCK_VALUES", 7 * len(sizes))
    assert bootstrap(sizes, "mean", resamples=300).low == pytest.approx(whole.low, rel=0.01)


def test_a_constant_sample_has_an_interval_of_no_width():
    for name in ("mean", "std", "median"):
        interval = bootstrap([4.0] * 10, name)
        assert interval.low == interval.high == interval.estimate


def test_single_values_have_no_interval():
    assert math.isnan(bootstrap([3.0]).low)
    assert bootstrap([3.0]).estimate == 3
    assert math.isnan(bootstrap([]).estimate)


@pytest.mark.parametrize(
    "wrong", [{"confidence": 1}, {"confidence": 0}, {"resamples": 0}, {"statistic": "mode"}, {"statistic": "p101"}]
)
def test_wrong_settings_of_the_bootstrap(wrong):
    with pytest.raises(SettingsError):
        bootstrap([1, 2, 3], **wrong)


@pytest.mark.parametrize("statistic", ["mean", "std"])
def test_large_samples_give_the_interval_of_plain_resampling(statistic):
    values = np.random.default_rng(3).lognormal(1, 0.6, 20_000)
    quick = bootstrap(values, statistic)
    plain = bootstrap(values, {"mean": lambda s: s.mean(axis=-1), "std": lambda s: s.std(axis=-1, ddof=1)}[statistic])
    assert quick.estimate == pytest.approx(plain.estimate)
    assert quick.high - quick.low == pytest.approx(plain.high - plain.low, rel=0.08)
    assert quick.low == pytest.approx(plain.low, rel=0.003)
