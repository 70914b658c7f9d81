"""Samples that the tests of statistics share."""

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

samples = arrays(np.float64, st.integers(2, 40), elements=st.floats(0.1, 1000))


@pytest.fixture(scope="module")
def sizes():
    return np.random.default_rng(0).lognormal(3, 0.4, 500)
