"""A drawn ring becomes the instance that it means, or goes to the edge nearby."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from uniaims.engine.snapping import filled, probability, snapped
from uniaims.flow_settings import FlowSettings
from uniaims.segmenter import Prediction, Segmenter, SegmenterSettings


@pytest.fixture(scope="module")
def seen(slope_model: Any, cones: Callable[..., Any]) -> tuple[Prediction, np.ndarray]:
    """What the stand-in says of cones, and their labels."""
    drawn = cones(120, 120)
    settings = SegmenterSettings(diameter_px=24.0, minimum_confidence=0.0)
    return Segmenter(slope_model, settings).predict(drawn.image), drawn.labels


def circle(y: float, x: float, radius: float) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.rint(np.stack([y + radius * np.sin(angles), x + radius * np.cos(angles)], 1)).astype(np.int32)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def whole(seen: tuple[Prediction, np.ndarray], ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of a ring, and what it snaps to, in the image."""
    prediction, labels = seen
    box, mask = filled(ring, labels.shape)
    found = snapped(prediction, box, mask, FlowSettings())
    drawn, after = np.zeros(labels.shape, bool), np.zeros(labels.shape, bool)
    drawn[box.window] = mask
    after[found.box.window] = found.labels > 0
    return drawn, after


def test_a_rough_ring_means_the_instance_below_it(seen: tuple[Prediction, np.ndarray]) -> None:
    truth = seen[1] == seen[1][45, 45]
    y, x = (float(each.mean()) for each in np.nonzero(truth))
    radius = float(np.sqrt(truth.sum() / np.pi))
    drawn, after = whole(seen, circle(y + 2, x - 2, radius - 2))
    assert iou(after, truth) > 0.9 > iou(drawn, truth)


def test_a_ring_around_several_goes_to_their_edge(seen: tuple[Prediction, np.ndarray]) -> None:
    prediction, labels = seen
    drawn, after = whole(seen, np.array([[-3, -3], [-3, 59], [59, 59], [59, -3]]))
    rim = after & ~drawn
    assert (probability(prediction, filled(np.array([[0, 0], [0, 119], [119, 119]]), labels.shape)[0]) >= 0).all()
    assert not rim.any() or (labels[rim] > 0).mean() > 0.9


def test_where_nothing_is_seen_the_ring_stays(seen: tuple[Prediction, np.ndarray]) -> None:
    prediction, labels = seen
    nothing = replace(prediction.fields, probability=np.zeros_like(prediction.fields.probability))
    empty = replace(prediction, fields=nothing)
    drawn, after = whole((empty, labels), circle(60, 60, 20))
    np.testing.assert_array_equal(after, drawn)


def test_a_ring_outside_holds_no_pixel() -> None:
    assert not filled(np.array([[500, 500], [500, 510], [510, 510]], np.int32), (100, 100))[1].any()
