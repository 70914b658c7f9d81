"""Runs joined to components, small pieces and holes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from uniaims._kernels import components
from uniaims.flows import (
    FlowSettings,
    fields_from_labels,
    labels_from_fields,
)

from ..shapes import EIGHT, canvas, ring


@settings(max_examples=30, deadline=None, derandomize=True)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.integers(0, 2)))
def test_runs_join_to_connected_components(labels):
    runs = components.find_runs(labels)
    parent = components.join_runs(*runs, labels.shape[1])
    found = np.empty(labels.shape, np.int64)
    components.paint_runs(runs[0], runs[1], parent, 0, len(labels), found)
    for label, structure in ((0, None), (1, EIGHT), (2, EIGHT)):
        pieces, count = ndimage.label(labels == label, structure)
        pairs = np.unique(np.stack([pieces[pieces > 0], found[pieces > 0]]), axis=1)
        assert pairs.shape[1] == count == len(np.unique(pairs[1]))


def test_small_pieces_go_and_small_holes_are_filled():
    labels = np.zeros((80, 80), np.uint32)
    labels[5:45, 5:45] = 1
    labels[60:63, 60:63] = 2
    fields = fields_from_labels(labels)
    fields.probability[20:23, 20:23] = 0
    found = labels_from_fields(fields)
    assert found.max() == 1
    assert found[21, 21] == 1
    assert labels_from_fields(fields, FlowSettings(hole_share=0))[21, 21] == 0
    assert labels_from_fields(fields, FlowSettings(minimum_area_px=9)).max() == 2


def test_large_holes_and_nested_instances_are_left_alone():
    labels = canvas(ring)
    labels[60:68, 60:68] = 2
    found = labels_from_fields(fields_from_labels(labels), FlowSettings(hole_share=0.9))
    np.testing.assert_array_equal(found > 0, labels > 0)
