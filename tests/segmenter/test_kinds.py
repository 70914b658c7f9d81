"""Kinds of instances: from the network's channels to a name for each instance."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.segmenter import Prediction, Segmenter, SegmenterSettings
from uniaims.segmenter.predictor import mirrored


@dataclass(frozen=True)
class KindModel:
    """The stand-in for a network, which calls dark pixels dirt and bright ones spheres with 3 : 1."""

    slope: Any
    info: Any

    def predict(self, batch):
        fields = self.slope.predict(batch)
        bright = np.where(batch > 0.18, 0.75, 0.25).astype(np.float32)
        return np.concatenate([fields, 1 - bright, bright], axis=1)


@pytest.fixture
def kind_model(slope_model):
    network = replace(slope_model.info.card.network, kinds=("dirt", "sphere"))
    return KindModel(slope_model, replace(slope_model.info, card=replace(slope_model.info.card, network=network)))


@pytest.fixture
def two_kinds(cones):
    """Cones of which those in the left half are dim."""
    image = cones(150, 240).image.copy()
    image[:, :120] //= 6
    return image


@pytest.mark.parametrize("diameter_px", [24.0, 48.0, 12.0])
@pytest.mark.parametrize("mirror", [False, True])
def test_each_instance_has_the_kind_of_most_of_its_pixels(kind_model, two_kinds, diameter_px, mirror):
    settings = SegmenterSettings(diameter_px=diameter_px, minimum_confidence=0, test_time_augmentation=mirror)
    found = Segmenter(kind_model, settings)(two_kinds)
    assert found.kind_scores.shape == (len(found), 2)
    np.testing.assert_allclose(found.kind_scores.sum(axis=1), 1, atol=0.01)
    for label, name in enumerate(found.kind_names, start=1):
        bright = two_kinds[found.labels == label].mean()
        if bright < 20 or bright > 90:
            assert name == ("sphere" if bright > 90 else "dirt")
    assert set(found.kind_names) == {"dirt", "sphere"}


def test_kinds_stay_with_their_instances(kind_model, two_kinds):
    settings = SegmenterSettings(diameter_px=24, minimum_confidence=0)
    whole = Segmenter(kind_model, settings)(two_kinds)
    kept = whole.without([Box(0, 0, 150, 120)])
    assert 0 < len(kept) == len(kept.kind_scores) < len(whole)
    numbers = [np.bincount(whole.labels[kept.labels == label]).argmax() for label in range(1, len(kept) + 1)]
    np.testing.assert_array_equal(kept.kind_scores, whole.kind_scores[np.array(numbers) - 1])
    least = float(np.median(whole.confidence))
    sure = Segmenter(kind_model, replace(settings, minimum_confidence=least))(two_kinds)
    np.testing.assert_array_equal(sure.kind_scores, whole.kind_scores[whole.confidence >= least])


def test_a_model_without_kinds_names_none(slope_model, two_kinds):
    found = Segmenter(slope_model, SegmenterSettings(minimum_confidence=0))(two_kinds)
    assert len(found) > 0
    assert found.kind_names == ()
    assert found.kind_scores.size == 0


def test_kinds_do_not_change_their_sign_in_mirror_images():
    ones = np.ones((1, 7, 4, 4), np.float32)
    mean = mirrored(lambda tiles: ones)(np.zeros((1, 1, 4, 4), np.float32))
    assert mean[0, :, 0, 0].tolist() == [1, 0, 0, 1, 1, 1, 1]


def test_predictions_keep_their_kinds_on_the_disk(kind_model, two_kinds, tmp_path):
    prediction = Segmenter(kind_model, SegmenterSettings(diameter_px=24)).predict(two_kinds)
    prediction.save(tmp_path / "kinds.prediction")
    back = Prediction.load(tmp_path / "kinds.prediction")
    np.testing.assert_array_equal(back.fields.kind_scores, prediction.fields.kind_scores)
