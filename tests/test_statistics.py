import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from uniaims.errors import InputError, SettingsError
from uniaims.statistics import (
    bootstrap,
    compare,
    fit_lognormal,
    histogram,
    size_percentiles,
    summarise,
    summarise_directions,
    weighted_percentile,
)

samples = arrays(np.float64, st.integers(2, 40), elements=st.floats(0.1, 1000))
FUNCTIONS = [summarise, size_percentiles, bootstrap, fit_lognormal, histogram, summarise_directions]


@pytest.fixture(scope="module")
def sizes():
    return np.random.default_rng(0).lognormal(3, 0.4, 500)


# --- summaries --------------------------------------------------------------------------------------------------------


@given(samples)
def test_summary_is_numpys(values):
    summary = summarise(values)
    assert summary.count == len(values)
    assert summary.mean == pytest.approx(np.mean(values))
    assert summary.std == pytest.approx(np.std(values, ddof=1), abs=1e-9)
    expected = np.percentile(values, [0, 10, 25, 50, 75, 90, 100])
    found = [summary.minimum, summary.p10, summary.p25, summary.median, summary.p75, summary.p90, summary.maximum]
    assert found == pytest.approx(expected.tolist())


def test_derived_figures():
    summary = summarise([1, 2, 3, 4])
    assert summary.standard_error == pytest.approx(stats.sem([1, 2, 3, 4]))
    assert summary.coefficient_of_variation == pytest.approx(stats.variation([1, 2, 3, 4], ddof=1))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nan_is_left_out_and_counted(function, sizes):
    clean, dirty = function(sizes), function(np.append(sizes, [np.nan, np.nan]))
    assert dirty.excluded == clean.excluded + 2 == 2
    assert repr(dirty).replace("excluded=2", "excluded=0") == repr(clean)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("few", [[], [math.nan], [5.0], [5.0, 5.0, 5.0]])
def test_few_values_give_nan_and_no_error(function, few):
    result = function(few)
    assert result.excluded == sum(map(math.isnan, few))


@pytest.mark.parametrize(
    "function", [*FUNCTIONS, lambda values: compare(values, [1, 2]), lambda values: compare([1], values)]
)
@pytest.mark.parametrize("bad", [[[1, 2], [3, 4]], [1, math.inf], ["many"], 5])
def test_what_is_no_sample_is_refused(function, bad):
    with pytest.raises(InputError, match=r"Give (a list of numbers|finite numbers)"):
        function(bad)


# --- sizes ------------------------------------------------------------------------------------------------------------


def test_weighted_sizes_of_a_lognormal_law_follow_hatch_and_choate():
    mu, sigma = 2.0, 0.3
    law = np.exp(mu + sigma * stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000))
    for weighting, power in (("number", 0), ("area", 2), ("volume", 3)):
        result = size_percentiles(law, weighting)
        assert result.d50 == pytest.approx(math.exp(mu + power * sigma**2), rel=2e-3)
        assert result.d10 == pytest.approx(math.exp(mu + power * sigma**2 - 1.28155 * sigma), rel=2e-3)
        assert result.mean == pytest.approx(math.exp(mu + (power + 0.5) * sigma**2), rel=2e-3)
        assert result.span == pytest.approx(2 * math.sinh(1.28155 * sigma), rel=5e-3)


def test_one_large_particle_holds_most_of_the_volume():
    result = size_percentiles([1] * 99 + [10], "volume")
    assert result.d50 > 5
    assert result.mean == pytest.approx((99 + 10_000) / (99 + 1_000))
    assert size_percentiles([1] * 99 + [10]).d50 == 1


@given(samples, st.floats(0, 100))
def test_weighted_percentiles_stay_in_range_and_grow_with_the_weighting(values, percent):
    number, area, volume = (float(weighted_percentile(values, percent, w)) for w in ("number", "area", "volume"))
    assert values.min() <= min(number, area, volume) <= max(number, area, volume) <= values.max()
    assert area <= volume * (1 + 1e-12)


def test_weighted_percentile_works_on_many_samples_at_once(sizes):
    rows = sizes.reshape(5, 100)
    together = weighted_percentile(rows, 30, "area")
    assert together == pytest.approx([float(weighted_percentile(row, 30, "area")) for row in rows])


def test_bad_sizes_and_weightings_are_refused():
    with pytest.raises(InputError, match="0 or more"):
        size_percentiles([1, -2])
    with pytest.raises(SettingsError, match="volume"):
        size_percentiles([1, 2], "mass")
    assert math.isnan(size_percentiles([0.0, 0.0], "area").mean)


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


# --- distributions ----------------------------------------------------------------------------------------------------


def test_lognormal_fit_is_that_of_the_logarithms(sizes):
    fit = fit_lognormal(sizes)
    logs = np.log(sizes)
    assert (fit.mu, fit.sigma) == pytest.approx((logs.mean(), logs.std(ddof=1)))
    assert fit.geometric_mean == pytest.approx(stats.gmean(sizes))
    assert fit.geometric_std == pytest.approx(stats.gstd(sizes))
    law = stats.lognorm(fit.sigma, scale=fit.geometric_mean)
    assert fit.ks_distance == pytest.approx(stats.kstest(sizes, law.cdf).statistic)
    assert fit.density([5, 20]) == pytest.approx(law.pdf([5, 20]))
    assert fit.cumulative([5, 20]) == pytest.approx(law.cdf([5, 20]))


@pytest.mark.parametrize("count", [15, 60, 400])
def test_p_values_of_a_true_law_are_uniform(count):
    random = np.random.default_rng(4)
    p_values = [fit_lognormal(random.lognormal(0, 1, count)).p_value for _ in range(800)]
    assert np.percentile(p_values, [5, 25, 50, 75]) == pytest.approx([0.05, 0.25, 0.5, 0.75], abs=0.06)


def test_another_law_is_found_out():
    random = np.random.default_rng(5)
    assert fit_lognormal(np.concatenate([random.normal(10, 1, 200), random.normal(30, 1, 200)])).p_value < 0.001


def test_sizes_of_zero_have_no_logarithm():
    fit = fit_lognormal([0, -1, math.nan, 1, 2, 3, 4])
    assert (fit.count, fit.excluded) == (4, 3)
    assert math.isnan(fit_lognormal([1, 1, 2, 2, 3, 3]).mu)


@given(samples, st.sampled_from(["linear", "log"]), st.none() | st.integers(1, 30))
def test_histograms_count_every_value_once(values, scale, bins):
    result = histogram(values, bins, scale)
    assert result.counts.sum() == len(values)
    assert result.fractions.sum() == pytest.approx(1)
    assert result.cumulative[-1] == pytest.approx(1)
    assert (result.density * np.diff(result.edges)).sum() == pytest.approx(1)
    assert (np.diff(result.edges) > 0).all()
    assert len(result.edges) == len(result.counts) + 1
    if bins is not None:
        assert len(result.counts) == bins


def test_bins_by_freedman_and_diaconis(sizes):
    assert histogram(sizes).edges == pytest.approx(np.histogram_bin_edges(sizes, "fd"))
    logs = histogram(sizes, scale="log").edges
    assert np.log(logs) == pytest.approx(np.histogram_bin_edges(np.log(sizes), "fd"))


def test_outliers_do_not_make_endless_bins():
    assert len(histogram(np.append(np.random.default_rng(0).normal(size=5000), 1e6)).counts) == 200


def test_values_that_are_mostly_equal_still_get_bins():
    assert histogram([1] * 50 + [2, 3]).counts.tolist()[0] == 50


def test_log_bins_leave_out_what_has_no_logarithm():
    result = histogram([-1, 0, math.nan, 1, 10, 100], 2, "log")
    assert result.excluded == 3
    assert result.edges == pytest.approx([1, 10, 100])


def test_an_empty_histogram_is_drawable():
    result = histogram([])
    assert result.counts.tolist() == [0]
    assert result.cumulative.tolist() == [0]


def test_wrong_settings_of_the_histogram():
    for wrong in ({"bins": 0}, {"scale": "cubic"}):
        with pytest.raises(SettingsError):
            histogram([1, 2], **wrong)


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


# --- directions -------------------------------------------------------------------------------------------------------


def test_mean_direction_crosses_zero():
    result = summarise_directions([175, 5])
    assert min(result.mean, 180 - result.mean) == pytest.approx(0, abs=1e-9)
    assert result.order == pytest.approx(math.cos(math.radians(10)))


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 180)), st.floats(0, 360))
def test_turning_all_turns_the_mean(degrees, turn):
    here, there = summarise_directions(degrees), summarise_directions(degrees + turn)
    assert there.order == pytest.approx(here.order, abs=1e-9)
    if here.order > 1e-6:
        assert abs((there.mean - here.mean - turn + 90) % 180 - 90) < 1e-3
        assert 0 <= here.mean < 180


def test_order_parameter_is_the_mean_over_the_director():
    degrees = np.random.default_rng(7).normal(40, 20, 300)
    result = summarise_directions(degrees)
    assert result.order == pytest.approx(np.mean(2 * np.cos(np.deg2rad(degrees - result.mean)) ** 2 - 1))
    assert result.std == pytest.approx(20, rel=0.1)
    assert result.p_value < 1e-6


def test_no_preferred_direction():
    result = summarise_directions(np.arange(0, 180, 10))
    assert result.order == 0
    assert math.isnan(result.mean)
    assert result.p_value == 1
    random = np.random.default_rng(8)
    p_values = [summarise_directions(random.uniform(0, 180, 50)).p_value for _ in range(1500)]
    assert np.percentile(p_values, [10, 50, 90]) == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


@pytest.mark.parametrize("statistic", ["mean", "std"])
def test_large_samples_give_the_interval_of_plain_resampling(statistic):
    values = np.random.default_rng(3).lognormal(1, 0.6, 20_000)
    quick = bootstrap(values, statistic)
    plain = bootstrap(values, {"mean": lambda s: s.mean(axis=-1), "std": lambda s: s.std(axis=-1, ddof=1)}[statistic])
    assert quick.estimate == pytest.approx(plain.estimate)
    assert quick.high - quick.low == pytest.approx(plain.high - plain.low, rel=0.08)
    assert quick.low == pytest.approx(plain.low, rel=0.003)
