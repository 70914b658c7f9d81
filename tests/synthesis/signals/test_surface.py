from dataclasses import replace

import numpy as np
import pytest

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals.surface import (
    borders,
    by_body,
    distance_to_border,
    gain_by_body,
    hollowness,
    level_by_body,
    shadow,
    smoothed,
)


def test_two_pieces_of_one_body_share_their_value(balls: Scene) -> None:
    bodies = balls.bodies.copy()
    bodies[1] = bodies[0]
    scene = replace(balls, bodies=bodies)
    for drawn in (gain_by_body, level_by_body):
        gains = drawn(scene, 0.5, np.random.default_rng(0))
        assert np.unique(gains[np.isin(scene.labels, (1, 2))]).size == 1
        assert np.unique(gains[np.isin(scene.labels, (1, 3))]).size == 2
        assert (gains[scene.labels == 0] == 1).all()


def test_values_by_body_start_with_the_substrate(balls: Scene) -> None:
    spread = by_body(balls, np.arange(10))
    np.testing.assert_array_equal(spread, balls.labels)


def test_hollows_are_below_their_surroundings(balls: Scene) -> None:
    hollow = hollowness(balls.relief.height, balls.diameter_px)
    assert hollow[balls.relief.height > 39].max() < 0.01
    beside = (balls.labels == 0) & (np.roll(balls.labels, 2, 0) > 0)
    assert hollow[beside].mean() > 0.3


def test_a_shadow_is_as_long_as_the_ray_is_low() -> None:
    height = np.zeros((40, 120), np.float32)
    height[:, 80:] = 10
    lengths = [int((shadow(height, 0.0, rise, 40.0)[20, :80] > 0.1).sum()) for rise in (0.5, 1.0)]
    assert lengths[0] == pytest.approx(20, abs=8)
    assert lengths[1] < 0.75 * lengths[0]
    assert shadow(height, np.pi, 0.5, 40.0)[20, :79].max() == 0


@pytest.mark.parametrize("sigma", [2.0, 12.0])
def test_smoothing_keeps_the_mean_and_blurs_as_told(sigma: float) -> None:
    image = np.zeros((201, 201), np.float32)
    image[100, 100] = 1000
    blurred = smoothed(image, sigma)
    assert blurred.sum() == pytest.approx(1000, rel=0.02)
    rows = np.arange(201) - 100
    assert np.sqrt((blurred.sum(axis=1) * rows**2).sum() / 1000) == pytest.approx(sigma, rel=0.1)


def test_borders_lie_between_labels(tiles: Scene) -> None:
    found = borders(tiles.labels)
    expected = (np.mod(tiles.relief.v, 48) == 47) & (tiles.relief.v < 191)
    expected |= (np.mod(tiles.relief.u, 48) == 47) & (tiles.relief.u < 191)
    np.testing.assert_array_equal(found, expected)
    assert distance_to_border(tiles.labels)[24, 24] == pytest.approx(23, abs=1)
