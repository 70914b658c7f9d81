"""Summaries and weighted percentiles; what all of them do with few or bad values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
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

from .conftest import samples

FUNCTIONS = [summarise, size_percentiles, bootstrap, fit_lognormal, histogram, summarise_directions]


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
