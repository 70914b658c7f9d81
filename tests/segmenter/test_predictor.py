"""Fields from a network: checked, mirrored, the same in one piece and in many."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from uniaims.errors import ModelError
from uniaims.micrograph import Micrograph
from uniaims.runtime import ModelInfo
from uniaims.segmenter.predictor import checked, mirrored, predict_fields
from uniaims.segmenter.view import view_of
from uniaims.tiling import Tiling


@dataclass(frozen=True)
class Broken:
    info: ModelInfo

    def predict(self, batch: np.ndarray) -> np.ndarray:
        return np.full((len(batch), 4, *batch.shape[2:]), np.nan, np.float32)


def test_values_that_are_no_numbers_are_refused(slope_model: Any) -> None:
    with pytest.raises(ModelError, match="no numbers"):
        checked(Broken(slope_model.info))(np.zeros((1, 1, 8, 8), np.float32))


def test_fields_are_compact_and_have_the_shape_of_the_view(slope_model: Any, cones: Callable[..., Any]) -> None:
    view = view_of(Micrograph.from_array(cones(70, 90).image), slope_model.info.normalisation)
    fields = predict_fields(slope_model, view.at(1.0), Tiling(64, 16), mirror=False)
    assert (fields.probability.shape, fields.probability.dtype) == ((70, 90), np.uint8)
    assert (fields.flow.shape, fields.flow.dtype) == ((2, 70, 90), np.int8)
    assert (fields.topography.shape, fields.topography.dtype) == ((70, 90), np.uint8)


def test_one_piece_and_many_tiles_give_the_same_fields(slope_model: Any, cones: Callable[..., Any]) -> None:
    view = view_of(Micrograph.from_array(cones(200, 230).image), slope_model.info.normalisation)
    whole = predict_fields(slope_model, view.at(1.0), Tiling(512, 16), mirror=False)
    tiled = predict_fields(slope_model, view.at(1.0), Tiling(64, 16), mirror=False)
    for one, many in ((whole.probability, tiled.probability), (whole.flow, tiled.flow)):
        difference = np.abs(one.astype(int) - many.astype(int))
        assert difference.max() <= 2
        assert (difference > 0).mean() < 0.01


def test_mirror_images_of_a_symmetric_model_agree_with_it(slope_model: Any, cones: Callable[..., Any]) -> None:
    """The stand-in treats left and right alike, so that averaging mirror images must change nothing."""
    tiles = (cones(64, 96).image / 255).astype(np.float32)[None, None]
    np.testing.assert_allclose(mirrored(slope_model.predict)(tiles), slope_model.predict(tiles), atol=1e-5)


def test_mirror_images_cancel_a_bias() -> None:
    """A model that always says "right" is averaged to "nowhere"; its probability stays."""

    def rightwards(tiles: np.ndarray) -> np.ndarray:
        fields = np.zeros((len(tiles), 4, *tiles.shape[2:]), np.float32)
        fields[:, 0], fields[:, 2] = 0.75, 1.0
        return fields

    mean = mirrored(rightwards)(np.zeros((2, 1, 8, 8), np.float32))
    assert (mean[:, 0] == 0.75).all()
    assert (mean[:, 1:3] == 0).all()
