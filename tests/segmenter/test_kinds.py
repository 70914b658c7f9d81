"""Kinds of pixels: from the network's further channels to maps beside the fields."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from uniaims.micrograph import Micrograph
from uniaims.segmenter.prediction import KindFields, mirrored, predict_fields
from uniaims.segmenter.view import view_of
from uniaims.tiles import Tiling


@dataclass(frozen=True)
class KindModel:
    """The stand-in for a network, which calls dark pixels dirt and bright ones spheres with 3 : 1."""

    slope: Any
    info: Any

    def predict(self, batch):
        fields = self.slope.predict(batch)
        bright = np.where(batch > 0.5, 0.75, 0.25).astype(np.float32)
        return np.concatenate([fields, 1 - bright, bright], axis=1)


@pytest.fixture
def kind_model(slope_model):
    network = replace(slope_model.info.card.network, kinds=("dirt", "sphere"))
    return KindModel(slope_model, replace(slope_model.info, card=replace(slope_model.info.card, network=network)))


@pytest.mark.parametrize("mirror", [False, True])
def test_maps_of_kinds_lie_beside_the_fields(kind_model, slope_model, cones, mirror):
    image = cones(90, 150).image
    view = view_of(Micrograph.from_array(image), slope_model.info.normalisation)
    found = predict_fields(kind_model, view.at(1.0), Tiling(64, 16), mirror)
    plain = predict_fields(slope_model, view.at(1.0), Tiling(64, 16), mirror)
    assert isinstance(found, KindFields)
    assert not isinstance(plain, KindFields)
    np.testing.assert_array_equal(found.flow, plain.flow)
    np.testing.assert_array_equal(found.probability, plain.probability)
    assert found.kinds.shape == (2, *plain.probability.shape)
    np.testing.assert_allclose(found.kinds.sum(axis=0, dtype=int), 255, atol=1)
    bright = view.at(1.0)[:, :] > 0.5
    np.testing.assert_array_equal(found.kinds[1] > 127, bright)


def test_kinds_do_not_change_their_sign_in_mirror_images():
    ones = np.ones((1, 7, 4, 4), np.float32)
    mean = mirrored(lambda tiles: ones)(np.zeros((1, 1, 4, 4), np.float32))
    assert mean[0, :, 0, 0].tolist() == [1, 0, 0, 1, 1, 1, 1]
