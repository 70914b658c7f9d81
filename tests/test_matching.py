import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from uniaims.errors import InputError, LabelsError, SettingsError
from uniaims.matching import THRESHOLDS, combine, evaluate, match

small_labels = arrays(np.uint32, (7, 9), elements=st.integers(0, 6))


def iou_matrix(true, predicted):
    """The plain definition, (N, M)."""
    return np.array(
        [
            [
                ((true == t) & (predicted == p)).sum() / ((true == t) | (predicted == p)).sum()
                for p in labels_of(predicted)
            ]
            for t in labels_of(true)
        ]
    ).reshape(len(labels_of(true)), len(labels_of(predicted)))


def labels_of(labels):
    return np.unique(labels[labels > 0])


def squares(count, side=8, gap=2):
    """Squares in a row, labels 1..count."""
    labels = np.zeros((side + gap, count * (side + gap)), np.uint32)
    for i in range(count):
        labels[:side, i * (side + gap) : i * (side + gap) + side] = i + 1
    return labels


@settings(max_examples=60, deadline=None)
@given(small_labels, small_labels, st.sampled_from([0.05, 0.2, 0.5, 0.75, 1.0]))
def test_matching_is_the_optimum_of_the_dense_assignment(true, predicted, threshold):
    ious = iou_matrix(true, predicted)
    allowed = ious >= threshold
    rows, columns = linear_sum_assignment(-(allowed * (1 + ious / (2 * max(1, min(ious.shape))))))
    kept = allowed[rows, columns]
    matching = match(true, predicted, threshold)
    assert matching.true_positives == kept.sum()
    assert matching.ious.sum() == pytest.approx(ious[rows, columns][kept].sum())


@settings(max_examples=40, deadline=None)
@given(small_labels, small_labels, st.sampled_from([0.1, 0.5]))
def test_each_instance_is_used_once_and_all_are_accounted_for(true, predicted, threshold):
    matching = match(true, predicted, threshold)
    ious = iou_matrix(true, predicted)
    for (t, p), iou in zip(matching.pairs, matching.ious, strict=True):
        assert iou == pytest.approx(ious[labels_of(true) == t, labels_of(predicted) == p][0])
        assert iou >= threshold
    assert sorted([*matching.pairs[:, 0], *matching.unmatched_true]) == list(labels_of(true))
    assert sorted([*matching.pairs[:, 1], *matching.unmatched_predicted]) == list(labels_of(predicted))


@settings(max_examples=20, deadline=None)
@given(small_labels, small_labels)
def test_swapping_the_sides_swaps_false_positives_and_negatives(true, predicted):
    there, back = match(true, predicted, 0.3), match(predicted, true, 0.3)
    assert there.true_positives == back.true_positives
    assert there.false_positives == back.false_negatives
    assert there.ious.sum() == pytest.approx(back.ious.sum())


def test_same_labels_match_perfectly_whatever_their_numbers():
    true = squares(5)
    predicted = np.where(true > 0, 4_000_000_000 - 7 * true.astype(np.int64), 0)
    evaluation = evaluate(true, predicted)
    assert evaluation.true_positives == (5,) * len(THRESHOLDS)
    assert evaluation.mean_ap == evaluation.f1 == evaluation.panoptic_quality == 1
    assert evaluation.size_error == evaluation.count_error == 0


def test_numbers_worked_out_by_hand():
    true = np.zeros((10, 40), np.uint32)
    true[:, :10], true[:, 10:20], true[:, 30:] = 1, 2, 3
    predicted = np.zeros_like(true)
    predicted[:, :8] = 5  # 80 of 100 pixels: IoU 0.8
    predicted[:, 10:26] = 6  # 100 shared of 160: IoU 0.625
    predicted[:5, 30:] = 7  # IoU 0.5 exactly: counts at threshold 0.5
    predicted[5:, 30:33] = 8  # no partner
    evaluation = evaluate(true, predicted)
    assert evaluation.true_positives == (3, 2, 2, 1, 1, 1, 1, 0, 0, 0)
    assert evaluation.ap50 == pytest.approx(3 / 4)
    assert evaluation.ap75 == pytest.approx(1 / 6)
    assert evaluation.mean_ap == pytest.approx((3 / 4 + 2 * (2 / 5) + 4 * (1 / 6)) / 10)
    assert evaluation.f1 == pytest.approx(6 / 7)
    assert evaluation.panoptic_quality == pytest.approx((0.8 + 0.625 + 0.5) / 3.5)
    assert evaluation.count_error == pytest.approx(1 / 3)
    errors = np.sqrt([0.8, 1.6, 0.5]) - 1
    assert evaluation.size_error == pytest.approx(np.abs(errors).mean())
    assert evaluation.size_bias == pytest.approx(errors.mean())


def test_a_tie_at_one_half_is_used_once():
    true = np.array([[1, 1, 1, 1]])
    matching = match(true, np.array([[1, 1, 2, 2]]))
    assert matching.true_positives == 1
    assert matching.false_positives == 1
    assert matching.ious == pytest.approx([0.5])


def test_two_pairs_go_before_one_better_pair():
    true = np.array([[1, 1, 1, 1, 1, 1, 2, 2]])
    predicted = np.array([[2, 2, 1, 1, 1, 1, 1, 1]])
    matching = match(true, predicted, 0.3)  # IoU (1, 1) = 1/2, (1, 2) = (2, 1) = 1/3
    assert matching.pairs.tolist() == [[1, 2], [2, 1]]
    assert match(true, predicted, 0.4).pairs.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("true_count", "predicted_count", "score", "count_error"),
    [(0, 0, 1.0, 0.0), (0, 3, 0.0, math.nan), (3, 0, 0.0, 1.0)],
)
def test_images_without_instances(true_count, predicted_count, score, count_error):
    blank = np.zeros((10, 30), np.uint32)
    true, predicted = (squares(3) if count else blank for count in (true_count, predicted_count))
    evaluation = evaluate(true, predicted)
    assert evaluation.ap50 == evaluation.mean_ap == evaluation.f1 == evaluation.panoptic_quality == score
    assert evaluation.count_error == pytest.approx(count_error, nan_ok=True)
    assert math.isnan(evaluation.size_error)
    assert evaluation.as_dict()["size_error"] is None
    matching = match(true, predicted)
    assert matching.average_precision == matching.f1 == matching.panoptic_quality == score
    assert math.isnan(matching.mean_iou)
    assert math.isnan(matching.precision) == (predicted_count == 0)
    assert math.isnan(matching.recall) == (true_count == 0)


def test_an_array_without_pixels_has_no_instances():
    assert evaluate(np.zeros((0, 5), int), np.zeros((0, 5), int)).ap50 == 1


def test_matching_and_evaluation_agree():
    true, predicted = squares(6), np.roll(squares(6), 2, axis=1)
    matching, evaluation = match(true, predicted), evaluate(true, predicted)
    assert matching.average_precision == evaluation.ap50
    assert matching.f1 == evaluation.f1
    assert matching.panoptic_quality == pytest.approx(evaluation.panoptic_quality)
    assert matching.panoptic_quality == pytest.approx(matching.f1 * matching.mean_iou)


def test_a_set_has_means_over_images_and_pooled_counts():
    few, many = squares(1), squares(9)
    missed = evaluate(few, np.zeros_like(few))
    found = evaluate(many, many)
    nothing = evaluate(np.zeros_like(few), np.zeros_like(few))
    result = combine([missed, found, nothing])
    assert result.image_count == 3
    assert result.mean.ap50 == pytest.approx(2 / 3)
    assert result.mean.size_error == 0  # only one image has pairs
    assert result.pooled.ap50 == pytest.approx(9 / 10)
    assert result.pooled.true_count == 10
    assert result.as_dict()["pooled"]["ap50"] == result.pooled.ap50
    assert list(result.as_dict()["mean"]) == list(result.mean.as_dict())


def test_a_mean_of_nothing_known_is_nan():
    blank = np.zeros((4, 4), int)
    assert math.isnan(combine([evaluate(blank, blank)]).mean.size_error)


def test_seams_between_strips_leave_no_trace(monkeypatch):
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 4, (2, 40, 30)).repeat(3, axis=1)
    whole = evaluate(true, predicted)
    monkeypatch.setattr("uniaims.matching._STRIP_PX", 7 * 30)
    assert evaluate(true, predicted) == whole


def test_100_000_instances_need_no_matrix():
    side = 6
    numbers = np.arange(1, 317 * 317 + 1).reshape(317, 317)
    true = np.kron(numbers, np.ones((side, side), int))
    matching = match(true, np.roll(true, 2, axis=1), 0.1)
    assert matching.true_positives == 317 * 317  # one column wraps around the image's edge and still overlaps most
    assert matching.ious.max() == pytest.approx(0.5)


def test_bad_input_is_refused_with_the_remedy():
    with pytest.raises(LabelsError, match="one shape"):
        match(np.zeros((3, 4), int), np.zeros((4, 3), int))
    with pytest.raises(LabelsError):
        match(np.zeros((3, 4)) - 1, np.zeros((3, 4), int))
    for threshold in (0, -0.1, 1.1, math.nan):
        with pytest.raises(SettingsError, match="IoU threshold"):
            match(np.zeros((3, 4), int), np.zeros((3, 4), int), threshold)
    with pytest.raises(InputError, match="at least one"):
        combine([])
