"""Labels to fields and back: shapes that break others, noise, and results that depend on nothing but the input."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from uniaims.errors import InputError, LabelsError
from uniaims.flows import (
    CompactFields,
    Fields,
    FlowSettings,
    fields_from_labels,
    flow_errors,
    labels_from_fields,
)
from uniaims.matching import evaluate

from .shapes import EIGHT, EXACT, SHAPES, canvas, discs, spoilt


def pieces_of(labels):
    """Give each 8-connected piece of each label its own number."""
    out = np.zeros(labels.shape, np.uint32)
    for label in np.unique(labels[labels > 0]):
        pieces, _ = ndimage.label(labels == label, EIGHT)
        out[pieces > 0] = pieces[pieces > 0] + out.max()
    return out


@pytest.mark.parametrize("name", SHAPES)
def test_any_shape_comes_back(name):
    labels = pieces_of(canvas(SHAPES[name]))
    found = labels_from_fields(fields_from_labels(labels), EXACT)
    assert evaluate(labels, found).true_positives[8] == labels.max() == found.max()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.integers(0, 3)))
def test_fields_keep_their_promises_on_any_labels(labels):
    fields = fields_from_labels(labels)
    inside = labels > 0
    assert fields.flow.dtype == fields.topography.dtype == fields.probability.dtype == np.float32
    np.testing.assert_array_equal(fields.probability, inside)
    np.testing.assert_array_equal(fields.topography > 0, inside)
    length = np.hypot(*fields.flow)
    assert np.all((length == 0) | (np.abs(length - 1) < 1e-5))
    assert np.all(length[~inside] == 0)
    pieces = pieces_of(labels)
    if pieces.max():
        peaks = ndimage.maximum(fields.topography, pieces, np.arange(1, pieces.max() + 1))
        np.testing.assert_allclose(peaks, 1)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.integers(0, 3)))
def test_an_instance_does_not_see_its_neighbours(labels):
    together = fields_from_labels(labels)
    for label in range(1, 4):
        alone = fields_from_labels(labels == label)
        inside = labels == label
        np.testing.assert_array_equal(together.flow[:, inside], alone.flow[:, inside])
        np.testing.assert_array_equal(together.topography[inside], alone.topography[inside])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 95), st.integers(0, 95), st.integers(3, 30), st.integers(3, 30)), max_size=8))
def test_rectangles_come_back_however_they_overlap(boxes):
    labels = np.zeros((96, 96), np.uint32)
    for number, (top, left, height, width) in enumerate(boxes, 1):
        labels[top : top + height, left : left + width] = number
    labels = pieces_of(labels)
    found = labels_from_fields(fields_from_labels(labels), EXACT)
    np.testing.assert_array_equal(found > 0, labels > 0)
    score = evaluate(labels, found)
    assert score.true_positives[0] >= score.true_count - 1


def test_dense_blobs_come_back_exactly():
    labels = discs(512, pitch=26)
    score = evaluate(labels, labels_from_fields(fields_from_labels(labels)))
    assert score.ap50 >= 0.999
    assert score.average_precisions[8] >= 0.99


def test_more_instances_than_16_bits_hold():
    labels = np.zeros((600, 600), np.uint32)
    labels[::2, ::2] = np.arange(1, 90_001).reshape(300, 300)
    found = labels_from_fields(fields_from_labels(labels), EXACT)
    np.testing.assert_array_equal(found, labels)


def test_numbers_may_be_huge():
    labels = np.zeros((20, 20), np.uint32)
    labels[2:9, 2:9] = 4_000_000_000
    labels[10:18, 3:12] = 7
    np.testing.assert_array_equal(fields_from_labels(labels).flow, fields_from_labels(pieces_of(labels)).flow)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (0, 5), (40, 30)])
def test_empty_images_give_nothing(shape):
    fields = fields_from_labels(np.zeros(shape, np.uint8))
    assert fields.flow.shape == (2, *shape)
    found = labels_from_fields(fields)
    assert found.shape == shape
    assert found.dtype == np.uint32
    assert not found.any()


def test_one_by_one_image_that_is_an_instance():
    assert labels_from_fields(fields_from_labels([[1]]), EXACT).tolist() == [[1]]


def test_results_do_not_depend_on_threads_or_on_the_kind_of_fields():
    fields = spoilt(fields_from_labels(discs(700, 30), threads=1), 0.4)
    one = labels_from_fields(fields, threads=1)
    for threads in (2, 3, 7):
        np.testing.assert_array_equal(labels_from_fields(fields, threads=threads), one)
    np.testing.assert_array_equal(labels_from_fields(fields.compact()), one)
    clean = fields_from_labels(one, threads=1)
    np.testing.assert_array_equal(fields_from_labels(one, threads=5).flow, clean.flow)


def test_both_ways_work_from_several_threads_at_a_time():
    images = [discs(200, seed=seed) for seed in range(8)]

    def there_and_back(labels):
        return labels_from_fields(fields_from_labels(labels, threads=2), threads=2)

    wanted = [there_and_back(labels) for labels in images]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(there_and_back, images), wanted, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_thin_rods_side_by_side_stay_apart_when_blurred():
    y, x = np.indices((120, 120)) - 60.0
    angle = np.radians(25)
    along, across = y * np.cos(angle) - x * np.sin(angle), x * np.cos(angle) + y * np.sin(angle)
    labels = np.where((np.abs(across) < 20) & (np.abs(along) < 35), (across + 20) // 8 + 1, 0).astype(np.uint32)
    fields = fields_from_labels(labels)
    blurred = Fields(
        cv2.GaussianBlur(fields.probability, (0, 0), 2.5),
        np.stack([cv2.GaussianBlur(part, (0, 0), 2.5) for part in fields.flow]),
        cv2.GaussianBlur(fields.topography, (0, 0), 2.5),
    )
    assert evaluate(labels, labels_from_fields(blurred)).ap50 == 1
    assert labels_from_fields(blurred, FlowSettings(divergence_threshold=1e9)).max() < 5


def test_nan_counts_as_nothing():
    fields = fields_from_labels(discs(64))
    fields.probability[:32] = np.nan
    fields.flow[:, :, 40:] = np.nan
    found = labels_from_fields(fields)
    assert not found[:32].any()
    assert found[32:].any()


def test_flow_errors_score_each_instance():
    labels = discs(128)
    labels[labels == 3] = 0
    fields = fields_from_labels(labels)
    errors = flow_errors(labels, fields)
    assert errors.shape == (labels.max(),)
    assert np.isnan(errors[2])
    assert np.nanmax(errors) == 0
    assert np.nanmax(flow_errors(labels, fields.compact())) < 1e-3
    wrong = Fields(fields.probability, np.where(labels == 5, -1, 1) * fields.flow, fields.topography)
    np.testing.assert_allclose(flow_errors(labels, wrong)[4], 4, rtol=0.02)
    still = Fields(fields.probability, np.zeros_like(fields.flow), fields.topography)
    np.testing.assert_allclose(flow_errors(labels, still)[4], 1, rtol=0.02)


def test_a_merged_pair_scores_worse_than_its_parts():
    labels = np.zeros((40, 80), np.uint32)
    labels[5:35, 5:40], labels[5:35, 40:75] = 1, 2
    fields = fields_from_labels(labels)
    assert flow_errors(labels > 0, fields)[0] > 0.3 + flow_errors(labels, fields).max()


def test_fields_that_do_not_belong_together_are_refused():
    flat = np.zeros((4, 5), np.float32)
    with pytest.raises(InputError, match=r"give \(H, W\), \(2, H, W\)"):
        Fields(flat, flat, flat)
    with pytest.raises(InputError, match="compact"):
        CompactFields(flat, np.zeros((2, 4, 5), np.float32), flat)
    with pytest.raises(InputError, match="one image"):
        flow_errors(np.zeros((3, 3)), Fields(flat, np.zeros((2, 4, 5), np.float32), flat))
    with pytest.raises(InputError, match="relabel"):
        flow_errors(np.full((4, 5), 10**6), Fields(flat, np.zeros((2, 4, 5), np.float32), flat))


def test_labels_that_are_none_are_refused():
    with pytest.raises(LabelsError, match="whole numbers"):
        fields_from_labels([[0.5]])
