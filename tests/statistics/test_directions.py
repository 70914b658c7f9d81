"""Statistics of directions without a sense."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from uniaims.statistics import (
    summarise_directions,
)

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
