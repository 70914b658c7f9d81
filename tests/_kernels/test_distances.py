"""Distances inside instances, against scipy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from uniaims._kernels import distances


@settings(max_examples=30, deadline=None, derandomize=True)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_distances_agree_with_scipy(inside):
    mask = np.pad(inside, 1).astype(np.uint8)
    squared = np.empty(mask.shape, np.int64)
    distances.squared_distances(mask, squared)
    np.testing.assert_array_equal(squared, np.rint(ndimage.distance_transform_edt(mask) ** 2))
