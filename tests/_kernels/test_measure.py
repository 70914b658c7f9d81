"""Shapes and grey levels of instances from their runs, against values worked out by hand and by numpy."""

import math

import numpy as np
import pytest

from uniaims._kernels import measure
from uniaims._kernels.measure import BOTH_STRAIGHT, NONE_STRAIGHT, ONE_STRAIGHT

SQUARE = [1.0, 1.0, *2 * [NONE_STRAIGHT, ONE_STRAIGHT, BOTH_STRAIGHT]]
TALL = [2.0, 1.0, *SQUARE[2:]]


def runs_of(labels):
    """Runs (R, 3) and where those of each label begin (N + 1,)."""
    counts = np.zeros(int(labels.max()) + 1, np.int64)
    measure.count_runs(labels, counts)
    runs = np.empty((counts.sum(), 3), np.int32)
    measure.list_runs(labels, np.cumsum(counts) - counts, runs)
    return runs, np.concatenate([[0], np.cumsum(counts[1:])])


def shape_of(mask, pixel=SQUARE):
    """The row of one instance, and its box."""
    labels = np.asarray(mask, np.uint32)
    runs, starts = runs_of(labels)
    shapes, boxes = np.empty((1, measure.SHAPE_COLUMNS)), np.empty((1, 4), np.int32)
    measure.measure_shapes(labels, np.array([1], np.uint32), runs, starts, np.array(pixel), shapes, boxes)
    return shapes[0], boxes[0].tolist()


def test_runs_are_ordered_by_label_then_row_then_column():
    labels = np.array([[1, 1, 0, 2], [0, 1, 2, 2], [1, 0, 1, 1]], np.uint32)
    runs, starts = runs_of(labels)
    assert starts.tolist() == [0, 4, 6]
    assert runs.tolist() == [[0, 0, 1], [1, 1, 1], [2, 0, 0], [2, 2, 3], [0, 3, 3], [1, 2, 3]]


def test_moments_are_those_of_the_pixels():
    mask = np.random.default_rng(0).random((13, 17)) < 0.4
    shape, box = shape_of(mask)
    y, x = np.nonzero(mask)
    (yy, xy), (_, xx) = np.cov(y, x, bias=True)
    columns = [measure.AREA, measure.CENTROID_Y, measure.CENTROID_X, measure.VARIANCE_Y, measure.VARIANCE_X]
    assert shape[columns] == pytest.approx([mask.sum(), y.mean(), x.mean(), yy, xx])
    assert shape[measure.COVARIANCE] == pytest.approx(xy)
    assert box == [y.min(), x.min(), y.max() + 1, x.max() + 1]


def test_a_rectangle_by_hand():
    shape, box = shape_of(np.pad(np.ones((2, 3)), ((1, 0), (2, 1))))
    assert box == [1, 2, 3, 5]
    assert shape[measure.PERIMETER] == pytest.approx(8 * ONE_STRAIGHT + 2 * BOTH_STRAIGHT)
    assert shape[measure.HULL_AREA] == 6
    assert shape[measure.HULL_PERIMETER] == pytest.approx(2 * (1 + 2) + 2 * math.sqrt(2))
    assert shape[measure.MAX_FERET] == pytest.approx(math.hypot(1, 3))
    assert shape[measure.MIN_FERET] == pytest.approx(2)


def test_pixels_twice_as_high_as_wide():
    shape, _ = shape_of(np.ones((2, 3)), TALL)
    assert shape[measure.AREA] == 6
    assert shape[measure.VARIANCE_Y] == pytest.approx(4 * 0.25)
    assert shape[measure.HULL_PERIMETER] == pytest.approx(2 * (2 + 2) + 2 * math.sqrt(5))
    assert shape[measure.MAX_FERET] == pytest.approx(math.hypot(4, 2))
    assert shape[measure.MIN_FERET] == pytest.approx(3)


def test_a_single_pixel_is_a_diamond():
    shape, _ = shape_of(np.ones((1, 1)))
    assert shape[measure.PERIMETER] == pytest.approx(4 * NONE_STRAIGHT)
    assert shape[[measure.MAX_FERET, measure.CIRCUMCIRCLE]] == pytest.approx([1, 1])
    assert shape[measure.MIN_FERET] == pytest.approx(math.sqrt(0.5))


@pytest.mark.parametrize(
    ("rows", "diameter"),
    [
        (["1...1"], 5),
        (["111", "111", "111"], 2 * math.hypot(1, 1.5)),
        (["1....", ".....", ".....", "....1"], math.hypot(3, 5)),
    ],
    ids=["far apart on a line", "square", "far apart and askew"],
)
def test_the_smallest_circle_by_hand(rows, diameter):
    mask = [[sign == "1" for sign in row] for row in rows]
    assert shape_of(mask)[0][measure.CIRCUMCIRCLE] == pytest.approx(diameter)


def test_the_hull_counts_pixels_in_a_hollow_but_not_outside():
    shape, _ = shape_of([[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1]])
    assert (shape[measure.AREA], shape[measure.HULL_AREA]) == (8, 12)
    shape, _ = shape_of(np.tri(4))
    assert (shape[measure.AREA], shape[measure.HULL_AREA]) == (10, 10)


def test_grey_levels_that_are_not_finite_are_left_out():
    labels = np.array([[1, 1, 1, 1, 2, 3, 3]], np.uint32)
    image = np.array([[1e8, 1e8 + 1, math.nan, math.inf, -math.inf, 5, 8]])
    found = np.empty((3, measure.INTENSITY_COLUMNS))
    measure.measure_intensities(image, *runs_of(labels), found)
    assert found[0].tolist() == [1e8 + 0.5, 0.5, 1e8, 1e8 + 1]  # exact though the spread is small against the mean
    assert np.isnan(found[1]).all()
    assert found[2].tolist() == [6.5, 1.5, 5, 8]
