"""The log-normal fit and histograms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from uniaims.errors import SettingsError
from uniaims.statistics import (
    fit_lognormal,
    histogram,
)

from .conftest import samples

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
