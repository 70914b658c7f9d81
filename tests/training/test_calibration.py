from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from uniaims.dataset import Sample
from uniaims.micrograph import Micrograph
from uniaims.networks.card import ModelCard, NetworkSettings
from uniaims.networks.flownet import FlowNet
from uniaims.networks.weights import load_weights, save_weights
from uniaims.segmenter import expected_ap50
from uniaims.training.calibration import Judged, calibrate, calibrated_card, calibration_error, fit, joined, judge


def overconfident(count, seed=0):
    """Objects that are right half as often as they say."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0, 1, count)
    return Judged(confidence, rng.random(count) < confidence / 2)


@given(st.integers(100, 400), st.integers(0, 50))
def test_points_rise(count, seed):
    points = np.array(fit(overconfident(count, seed)))
    assert (np.diff(points, axis=0) >= 0).all()
    assert ((points >= 0) & (points <= 1)).all()


def test_calibrated_confidences_are_shares_of_right_objects():
    card = replace(ModelCard("a"), calibration=fit(overconfident(4000)))
    judged = overconfident(4000, seed=1)
    calibrated = Judged(card.calibrated(judged.confidence.astype(np.float32)).astype(float), judged.right)
    assert calibration_error(judged) > 0.2
    assert calibration_error(calibrated) < 0.05


def test_a_calibration_travels_in_the_card():
    card = replace(ModelCard("a"), calibration=((0.2, 0.1), (0.9, 0.8)))
    assert ModelCard.from_json(card.to_json()) == card
    np.testing.assert_allclose(card.calibrated(np.array([0.0, 0.55, 1.0], np.float32)), [0.1, 0.45, 0.8], atol=1e-6)
    assert ModelCard("a").calibrated(np.float32([0.3])) == np.float32(0.3)


def test_few_objects_give_no_calibration():
    assert fit(overconfident(99)) == ()
    assert np.isnan(calibration_error(joined([])))


def test_found_objects_are_judged_by_the_truth(slope_model, cones):
    whole = cones(150, 150)
    half = np.where(np.arange(150) < 75, whole.labels, 0)
    known = np.ones((150, 150), bool)
    right = judge(slope_model, Sample("a", Micrograph(whole.image), whole.labels, known))
    wrong = judge(slope_model, Sample("a", Micrograph(whole.image), half, known))
    assert right.right.all()
    assert 0 < wrong.right.mean() < 1
    assert len(wrong.confidence) == len(right.confidence) == len(wrong.right)


def test_a_finished_model_is_calibrated_in_place(tmp_path, cones):
    class File:
        stem = "a"

        def read(self):
            whole = cones(64, 64)
            return Sample("a", Micrograph(whole.image), whole.labels, np.ones((64, 64), bool))

    network = NetworkSettings(widths=(8, 16), depths=(1, 1))
    path = tmp_path / "a.safetensors"
    save_weights(path, FlowNet(network).eval(), replace(ModelCard("a", network), calibration=((0.1, 0.2), (0.3, 0.4))))
    card = calibrate(path, [File()])
    assert load_weights(path)[1] == card
    assert card.calibration == ()  # too few objects, and the old points are gone


def test_the_card_is_that_of_the_model(slope_model, cones):
    class File:
        def read(self):
            whole = cones(400, 400)
            return Sample("a", Micrograph(whole.image), whole.labels, np.ones((400, 400), bool))

    card = calibrated_card(slope_model.info.card, slope_model, [File()])
    assert card.calibration[-1][1] > 0.8


def test_expected_ap50_is_the_share_of_right_among_found_and_missed():
    confidence = np.array([1.0, 1.0, 0.5, 0.25], np.float32)
    assert expected_ap50(confidence, 0.5) == pytest.approx(2.5 / 3.25)
    assert expected_ap50(confidence, 0.0) == pytest.approx(2.75 / 4)
    assert np.isnan(expected_ap50(np.zeros(0, np.float32), 0.5))
    assert np.isnan(expected_ap50(np.zeros(2, np.float32), 0.5))
