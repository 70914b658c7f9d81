import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from uniaims.boxes import Box
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import LabelsError
from uniaims.labels import run_lengths

LABEL_IMAGES = arrays(np.uint32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 4))
MASKS = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def ring() -> np.ndarray:
    labels = np.zeros((9, 11), np.uint32)
    labels[1:8, 2:9] = 5
    labels[3:6, 4:7] = 0
    return labels


@given(LABEL_IMAGES)
def test_labels_come_back(labels):
    assert np.array_equal(InstanceMasks.from_labels(labels).labels(), labels)


@given(LABEL_IMAGES)
def test_boxes_are_tight_and_masks_those_of_the_labels(labels):
    instances = InstanceMasks.from_labels(labels)
    for index, number in enumerate(instances.numbers):
        rows, columns = np.nonzero(labels == number)
        box = Box.of_row((rows.min(), columns.min(), rows.max() + 1, columns.max() + 1))
        assert instances.box(index) == box
        assert np.array_equal(instances.mask(index), (labels == number)[box.window])
        assert instances.areas_px[index] == rows.size


@given(LABEL_IMAGES)
def test_bytes_come_back(labels):
    there = InstanceMasks.from_labels(labels)
    back = InstanceMasks.from_encoded(there.shape, there.boxes, there.encoded(), there.numbers)
    assert np.array_equal(back.labels(), labels)
    assert np.array_equal(back.counts, there.counts)


@given(MASKS)
def test_masks_and_whole_image_runs_give_the_same_runs(mask):
    from_mask = InstanceMasks.from_masks(mask.shape, [(0, 0, mask)])
    counts = run_lengths(mask).counts_of(0) if mask.any() else []
    from_runs = InstanceMasks.from_coco_counts(mask.shape, [counts])
    assert np.array_equal(from_mask.counts, from_runs.counts)
    assert np.array_equal(from_mask.boxes, from_runs.boxes)
    if mask.any():
        assert from_mask.coco_counts(0) == counts


@settings(deadline=None)
@given(MASKS, st.integers(-3, 3), st.integers(-3, 3))
def test_rings_filled_give_the_mask_back(mask, top, left):
    instances = InstanceMasks.from_masks((14, 14), [(top, left, mask)])
    again = InstanceMasks.from_polygons((14, 14), [instances.rings(0)])
    assert np.array_equal(again.labels(), instances.labels())
    assert np.array_equal(again.boxes, instances.boxes)


def test_a_hole_is_a_ring_that_runs_the_other_way_round():
    outer, hole = InstanceMasks.from_labels(ring()).rings(0)
    area = [0.5 * np.sum(r[:, 0] * np.roll(r[:, 1], -1) - r[:, 1] * np.roll(r[:, 0], -1)) for r in (outer, hole)]
    assert area[0] > 0 > area[1]
    assert outer.min() == 1.0


def test_an_instance_over_whole_columns_wraps():
    labels = np.ones((4, 5), np.uint32)
    instances = InstanceMasks.from_labels(labels)
    assert instances.counts.tolist() == [0, 20]
    assert instances.coco_counts(0) == [0, 20]


def test_long_runs_keep_their_length_in_bytes():
    labels = np.zeros((300, 70000), np.uint32)
    labels[:, 5:] = 7
    instances = InstanceMasks.from_labels(labels)
    assert InstanceMasks.from_encoded(labels.shape, instances.boxes, instances.encoded()).areas_px[0] == 300 * 69995


def test_instances_may_overlap_and_the_later_one_is_drawn():
    square = np.ones((4, 4), bool)
    instances = InstanceMasks.from_masks((8, 8), [(0, 0, square), (2, 2, square)], ("a", "b"))
    assert instances.overlaps()
    assert instances.areas_px.tolist() == [16, 16]
    assert instances.labels()[3, 3] == 2
    assert instances.kind(1) == "b"
    assert not InstanceMasks.from_labels(instances.labels()).overlaps()


def test_what_lies_outside_is_cut_off():
    instances = InstanceMasks.from_polygons(
        (10, 10), [[[(-5, -5), (3, -5), (3, 2), (-5, 2)]], [[(20, 20), (30, 20), (30, 30)]]]
    )
    assert instances.areas_px.tolist() == [6, 0]
    assert instances.boxes[1].tolist() == [0, 0, 0, 0]


def test_a_polygon_holds_the_pixels_whose_centre_is_inside():
    instances = InstanceMasks.from_polygons((6, 6), [[[(1.4, 1.4), (4.6, 1.4), (4.6, 3.5), (1.4, 3.5)]]])
    expected = np.zeros((6, 6), np.uint32)
    expected[1:3, 1:5] = 1
    assert np.array_equal(instances.labels(), expected)


def test_many_instances_above_16_bit():
    labels = np.arange(1, 300 * 300 + 1, dtype=np.uint32).reshape(300, 300)
    assert np.array_equal(InstanceMasks.from_labels(labels).labels(), labels)


def test_no_instances():
    nothing = InstanceMasks.none((3, 4))
    assert len(nothing) == 0
    assert not nothing.labels().any()
    assert nothing.encoded() == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: InstanceMasks.from_encoded((4, 4), np.array([[0, 0, 9, 2]]), [b"\x00\x01"]),
        lambda: InstanceMasks.from_encoded((4, 4), np.array([[0, 0, 2, 2]]), [b"\x00\x05"]),
        lambda: InstanceMasks.from_encoded((4, 4), np.array([[2, 2, 0, 0]]), [b""]),
        lambda: InstanceMasks.from_coco_counts((4, 4), [[3, -1]]),
        lambda: InstanceMasks.from_coco_counts((4, 4), [[3, 15]]),
        lambda: InstanceMasks.from_polygons((4, 4), [[[(0, 0), (1, float("nan")), (1, 1)]]]),
        lambda: InstanceMasks.from_polygons((4, 4), [[[1, 2, 3]]]),
        lambda: InstanceMasks.from_masks((4, 4), [(0, 0, np.ones((2, 2), bool))], ("a", "b")),
        lambda: InstanceMasks.none((0, 4)),
    ],
)
def test_what_can_not_be_is_refused(make):
    with pytest.raises(LabelsError):
        make()


@pytest.mark.parametrize("far", [2.0**31, 2.0**63, 1e19, 1e300, 1.7e308])
def test_far_corners_are_cut_in_floats(far):
    square = np.array([[-far, -far], [far, -far], [far, far], [-far, far]])
    edge = np.array([[-far, 3.0], [far, 3.0], [far, 5.0], [-far, 5.0]])
    found = InstanceMasks.from_polygons((8, 10), [[square], [edge], [square, edge]])
    assert found.areas_px.tolist() == [80, 20, 60]
