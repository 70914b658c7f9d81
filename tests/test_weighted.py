import math

import numpy as np
import pytest

from uniaims.errors import InputError, SettingsError
from uniaims.statistics import size_percentiles
from uniaims.statistics.weighted import carries, effective_count, weighted_sizes

SIZES = np.random.default_rng(0).lognormal(3, 0.3, 400)


@pytest.mark.parametrize("weighting", ["number", "area", "volume"])
def test_without_weights_it_is_the_plain_distribution(weighting):
    found, plain = weighted_sizes(SIZES, weighting=weighting), size_percentiles(SIZES, weighting)
    assert found.values == pytest.approx((plain.d10, plain.d50, plain.d90))
    assert found.mean == pytest.approx(plain.mean)


def test_a_weight_of_two_is_an_object_twice():
    weights = np.where(SIZES > 20, 2.0, 1.0)
    found, twice = weighted_sizes(SIZES, weights), weighted_sizes(np.concatenate([SIZES, SIZES[SIZES > 20]]))
    assert found.values == pytest.approx(twice.values, rel=0.01)
    assert found.mean == pytest.approx(twice.mean)
    assert found.effective_count < twice.count


def test_effective_counts():
    assert effective_count([1, 1, 1, 1]) == 4
    assert effective_count([1, 0, 0]) == 1
    assert effective_count([3, 1]) == pytest.approx(1.6)
    assert effective_count([]) == 0


@pytest.mark.parametrize(
    ("count", "percent", "told"), [(50, 10, True), (49, 10, False), (10, 50, True), (9, 50, False), (500, 99, True)]
)
def test_percentiles_only_where_the_sample_carries_them(count, percent, told):
    assert carries(count, percent) is told
    value = weighted_sizes(np.linspace(1, 2, count), percents=(percent,)).percentile(percent)
    assert math.isnan(value) is not told


def test_one_giant_leaves_no_volume_percentiles():
    found = weighted_sizes(np.append(np.ones(200), 100.0), weighting="volume")
    assert found.largest_share > 0.99
    assert np.isnan(found.values).all()


def test_what_does_not_count_is_told():
    found = weighted_sizes([1.0, math.nan, 2.0, 3.0], [1.0, 1.0, 0.0, 1.0])
    assert (found.count, found.excluded) == (2, 2)
    nothing = weighted_sizes([math.nan])
    assert (nothing.count, nothing.excluded, nothing.effective_count) == (0, 1, 0)
    assert np.isnan([*nothing.values, nothing.mean]).all()


@pytest.mark.parametrize(
    ("sizes", "weights"),
    [([1.0], [1.0, 2.0]), ([-1.0], [1.0]), ([1.0], [-1.0]), ([1.0], [math.inf]), ([math.inf], [1.0])],
)
def test_odd_input_is_refused(sizes, weights):
    with pytest.raises(InputError):
        weighted_sizes(sizes, weights)


def test_unknown_words_are_refused():
    with pytest.raises(SettingsError, match="number"):
        weighted_sizes([1.0], weighting="mass")
    with pytest.raises(InputError, match="10, 50, 90"):
        weighted_sizes([1.0]).percentile(25)
