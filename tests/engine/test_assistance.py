"""Proposals: what the network said of an image, asked again at a point, in a box, of one instance."""

from dataclasses import replace

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.engine import assistance
from uniaims.engine.assistance import Proposal
from uniaims.engine.layers.instances import measured_rows
from uniaims.flow_settings import FlowSettings
from uniaims.segmenter import Segmenter, SegmenterSettings

FLOW = FlowSettings()
SETTINGS = SegmenterSettings(diameter_px=24.0, minimum_confidence=0.0, flow=FLOW)


@pytest.fixture(scope="module")
def prediction(slope_model, cones):
    return Segmenter(slope_model, SETTINGS).predict(cones(150, 180).image)


@pytest.fixture(scope="module")
def whole(prediction):
    """What is found in the whole image."""
    return Segmenter.instances(prediction).labels


def _middle(labels, number):
    row = measured_rows(labels)[number - 1]
    return int(row["rep_y"]), int(row["rep_x"])


def _in_image(found, shape):
    labels = np.zeros(shape, bool)
    labels[found.box.window] = found.labels > 0
    return labels


def test_a_click_gives_the_instance_under_it(prediction, whole):
    for number in (1, int(whole.max()) // 2, int(whole.max())):
        found = assistance.click(prediction, *_middle(whole, number), FLOW)
        assert len(found) == 1
        np.testing.assert_array_equal(_in_image(found, whole.shape), whole == number)


def test_where_the_usual_threshold_finds_none_a_lower_one_does(prediction, whole):
    faint = replace(prediction.fields, probability=prediction.fields.probability // 3)
    doubtful = replace(prediction, fields=faint)
    assert not assistance.window(doubtful, Box.whole(whole.shape), FLOW).labels.any()
    assert len(assistance.click(doubtful, *_middle(whole, 1), FLOW)) == 1


def test_in_the_dark_there_is_none(prediction, whole):
    assert len(assistance.click(prediction, 0, 0, FLOW)) == whole[0, 0] == 0


def test_a_box_gives_those_whose_middle_it_holds(prediction, whole):
    box = Box(0, 0, 75, 180)
    rows = measured_rows(whole)
    own = rows["number"][(rows["rep_y"] < 75)]
    found = assistance.instances_in(prediction, box, FLOW)
    np.testing.assert_array_equal(_in_image(found, whole.shape), np.isin(whole, own))
    assert len(assistance.instances_in(prediction, box, FLOW, 1.0)) == (found.confidence >= 1.0).sum()


def test_two_that_were_merged_part_again(prediction, whole):
    rows = measured_rows(whole)
    first, second = 1, 2
    mask = (whole == first) | (whole == second)
    top, left = (int(rows[each][:2].min()) for each in ("top", "left"))
    box = Box(top, left, *(int(rows[each][:2].max()) for each in ("bottom", "right")))
    parts = assistance.split(prediction, box, mask[box.window], FLOW)
    assert len(parts) == 2
    np.testing.assert_array_equal(parts.labels > 0, mask[box.window])
    assert len(set(np.unique(parts.labels[whole[box.window] == first]))) == 1


def test_a_proposal_is_drawn_over_others_or_beside_them():
    found = Proposal(Box(0, 0, 1, 4), np.array([[1, 1, 2, 0]], np.uint32), np.array([0.9, 0.8], np.float32))
    now = np.array([[0, 7, 7, 7]], np.uint32)
    assert found.merged(now, 20, "over").tolist() == [[20, 20, 21, 7]]
    assert found.merged(now, 20, "below").tolist() == [[20, 7, 7, 7]]
    assert found.chosen([2]).labels.tolist() == [[0, 0, 1, 0]]
    assert found.chosen([2, 1]).confidence.tolist() == pytest.approx([0.8, 0.9])


def test_the_most_alike_come_first():
    labels = np.zeros((60, 60), np.uint32)
    for number, (top, height, width) in enumerate([(0, 5, 5), (10, 6, 6), (20, 9, 9), (30, 25, 25)], 1):
        labels[top : top + height, 2 : 2 + width] = number
    rows = measured_rows(labels)
    numbers, distances = assistance.similar(rows, [1], 2)
    assert numbers.tolist() == [2, 3]
    assert distances[0] < distances[1]
    assert len(assistance.similar(rows, [99], 5)[0]) == 0
