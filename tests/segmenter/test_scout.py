"""Looks at a view: how large, how good, how many, and what lies beside what was seen before."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from uniaims.flows import FlowSettings
from uniaims.micrograph import Micrograph
from uniaims.segmenter.prediction import predict_fields
from uniaims.segmenter.scout import BESIDE_PX, LOOK_PX, Scout
from uniaims.segmenter.view import view_of
from uniaims.tiles import Tiling


@pytest.fixture
def scout_of(slope_model: Any) -> Callable[..., Scout]:
    def make(image: Any) -> Scout:
        view = view_of(Micrograph.from_array(image), slope_model.info.normalisation)

        def fields(view: Any, scale: float, part: Any) -> Any:
            return predict_fields(slope_model, view.at(scale, part), Tiling(), mirror=False)

        return Scout(view, FlowSettings(), fields)

    return make


@pytest.fixture
def two_sizes(cones: Callable[..., Any]) -> Any:
    """Two large cones above, 60 small ones below."""
    image = np.zeros((360, 300), np.uint8)
    image[:150, :300] = cones(150, 300, diameter=112).image
    image[180:, :] = cones(180, 300, diameter=24).image
    return image


def test_a_look_says_how_large_and_how_many(scout_of: Callable[..., Scout], cones: Callable[..., Any]) -> None:
    truth = cones(240, 240, diameter=48)
    scout = scout_of(truth.image)
    whole, half = scout.look(1.0), scout.look(0.5)
    assert whole.count == half.count == truth.labels.max()
    assert whole.diameter_px == pytest.approx(48, rel=0.15)
    assert half.diameter_px == pytest.approx(24, rel=0.2)
    assert 0.5 < half.quality <= 1
    assert set(scout.whole) == {1.0, 0.5}


def test_beside_large_objects_only_the_others_count(scout_of: Callable[..., Scout], two_sizes: Any) -> None:
    scout = scout_of(two_sizes)
    scout._seen[0.25] = scout._see(0.25, LOOK_PX)
    coarse = scout._seen[0.25]
    top = coarse.labels.copy()
    top[45:] = 0  # as a model would see it that misses what is small
    scout._seen[0.25] = type(coarse)(coarse.part, top, coarse.confidence)
    beside, whole = scout.beside(1.0, 0.25), scout.look(1.0)
    assert (whole.count, beside.count) == (62, 60)
    assert beside.diameter_px < whole.diameter_px


def test_a_look_beside_is_at_a_small_part(scout_of: Callable[..., Scout], cones: Callable[..., Any]) -> None:
    scout = scout_of(cones(700, 900).image)
    scout.look(0.25)
    beside, whole = scout.beside(1.0, 0.25), scout.look(1.0)
    assert beside.count < whole.count * BESIDE_PX / (700 * 900) * 1.1
    assert set(scout.whole) == {0.25, 1.0}
