"""Outlines and polygons, against their plain meaning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from uniaims.errors import LabelsError
from uniaims.labels import (
    outlines,
    polygons,
)

ANY_LABELS = hnp.arrays(np.uint32, st.tuples(st.integers(1, 16), st.integers(1, 16)), elements=st.integers(0, 3))


@given(ANY_LABELS)
def test_outlines_agree_with_their_plain_meaning(labels):
    wanted = np.zeros(labels.shape, bool)
    height, width = labels.shape
    for y, x in np.ndindex(labels.shape):
        for near_y, near_x in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= near_y < height and 0 <= near_x < width and labels[near_y, near_x] != labels[y, x] != 0:
                wanted[y, x] = True
    np.testing.assert_array_equal(outlines(labels), wanted)


def rasterised(polygon, shape):
    """Pixels whose centre lies inside the polygon, by the even-odd rule."""
    y, x = np.indices(shape) + 0.5
    inside = np.zeros(shape, bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        if y0 != y1:
            crosses = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_a_polygon_rasterises_to_its_largest_piece_without_holes(inside):
    pieces, count = ndimage.label(inside, np.ones((3, 3)))
    if count == 0:
        assert polygons(inside) == []
        return
    areas = ndimage.sum_labels(inside, pieces, np.arange(1, count + 1))
    largest = ndimage.binary_fill_holes(pieces == 1 + int(np.argmax(areas)))
    (polygon,) = polygons(inside)
    assert polygon.dtype == np.float32
    np.testing.assert_array_equal(rasterised(polygon, inside.shape), largest)


def test_polygons_come_in_label_order_clockwise_from_the_upper_left_corner():
    labels = np.array([[0, 3, 0], [0, 3, 0], [1, 0, 0]])
    first, gap, last = polygons(labels)
    assert first.tolist() == [[0.5, 2], [1, 2.5], [0.5, 3], [0, 2.5]]
    assert gap.shape == (0, 2)
    assert last.tolist() == [[1.5, 0], [2, 0.5], [2, 1.5], [1.5, 2], [1, 1.5], [1, 0.5]]


def test_polygons_of_absurd_numbers_are_refused():
    with pytest.raises(LabelsError, match="relabel"):
        polygons([[0, 10**9]])


def test_polygons_of_nothing():
    assert polygons(np.zeros((4, 4), int)) == []
    assert polygons(np.zeros((0, 4), int)) == []
