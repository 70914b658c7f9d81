"""Probes of a view: how large, how good, how many, and what lies outside what was seen before."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from uniaims.micrograph import Micrograph
from uniaims.segmenter import SegmenterSettings
from uniaims.segmenter.predictor import Predictor
from uniaims.segmenter.scale_search import OUTSIDE_PROBE_PX, PROBE_PX, ScaleSearch
from uniaims.segmenter.view import view_of


@pytest.fixture
def search_of(slope_model: Any) -> Callable[..., ScaleSearch]:
    def make(image: Any) -> ScaleSearch:
        view = view_of(Micrograph.from_array(image), slope_model.info.normalisation)
        return ScaleSearch(Predictor(slope_model, view, SegmenterSettings()))

    return make


@pytest.fixture
def two_sizes(cones: Callable[..., Any]) -> Any:
    """Two large cones above, 60 small ones below."""
    image = np.zeros((360, 300), np.uint8)
    image[:150, :300] = cones(150, 300, diameter=112).image
    image[180:, :] = cones(180, 300, diameter=24).image
    return image


def test_a_probe_says_how_large_and_how_many(search_of: Callable[..., ScaleSearch], cones: Callable[..., Any]) -> None:
    truth = cones(240, 240, diameter=48)
    search = search_of(truth.image)
    whole, half = search.probe(1.0), search.probe(0.5)
    assert whole.count == half.count == truth.labels.max()
    assert whole.diameter_px == pytest.approx(48, rel=0.15)
    assert half.diameter_px == pytest.approx(24, rel=0.2)
    assert 0.5 < half.expected_ap50 <= 1
    assert set(search.predictor._whole) == {1.0, 0.5}


def test_outside_large_objects_only_the_others_count(search_of: Callable[..., ScaleSearch], two_sizes: Any) -> None:
    search = search_of(two_sizes)
    search._seen[0.25] = search._see(0.25, PROBE_PX)
    coarse = search._seen[0.25]
    top = coarse.labels.copy()
    top[45:] = 0  # as a model would see it that misses what is small
    search._seen[0.25] = type(coarse)(coarse.part, top, coarse.confidence)
    outside, whole = search.probe_outside(1.0, 0.25), search.probe(1.0)
    assert (whole.count, outside.count) == (62, 60)
    assert outside.diameter_px < whole.diameter_px


def test_a_probe_outside_is_at_a_small_part(search_of: Callable[..., ScaleSearch], cones: Callable[..., Any]) -> None:
    search = search_of(cones(700, 900).image)
    search.probe(0.25)
    outside, whole = search.probe_outside(1.0, 0.25), search.probe(1.0)
    assert outside.count < whole.count * OUTSIDE_PROBE_PX / (700 * 900) * 1.1
    assert set(search.predictor._whole) == {0.25, 1.0}
