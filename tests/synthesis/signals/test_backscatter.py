from dataclasses import replace

import numpy as np
import pytest

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import Backscatter, backscattered_electrons
from uniaims.synthesis.signals.backscatter import backscatter_yield

PLAIN = Backscatter(spread=0, groove=0, mottling=0)


def seen(scene: Scene, **change: object) -> np.ndarray:
    return backscattered_electrons(scene, replace(PLAIN, **change), np.random.default_rng(0))  # type: ignore[arg-type]


def test_the_yield_is_that_of_the_tables() -> None:
    """Carbon 0.06, silicon 0.165, copper 0.31, gold 0.50 (Reimer 1998, figure 4.4), to 0.02; voids give nothing."""
    found = backscatter_yield(np.array([6, 14, 29, 79, 0]))
    np.testing.assert_allclose(found, [0.06, 0.165, 0.31, 0.50, 0], atol=0.02)
    assert (np.diff(backscatter_yield(np.arange(1, 93))) >= 0).mean() > 0.95


def test_heavier_bodies_are_brighter(balls: Scene) -> None:
    numbers = np.array([6, *[29] * 4, *[79] * 5], np.float32)
    signal = seen(replace(balls, atomic_numbers=numbers))
    levels = [signal[balls.labels == label].mean() for label in (0, 1, 9)]
    assert levels[2] / levels[1] == pytest.approx(backscatter_yield(79) / backscatter_yield(29), rel=0.01)
    assert levels[0] < 0.3 * levels[1]


def test_grains_have_one_grey_level_each_and_dark_grooves(tiles: Scene) -> None:
    signal = seen(tiles, spread=0.3, groove=0.6, groove_px=1.0)
    middle = (np.abs(np.mod(tiles.relief.v, 48) - 24) < 18) & (np.abs(np.mod(tiles.relief.u, 48) - 24) < 18)
    for label in range(1, 17):
        levels = signal[middle & (tiles.labels == label)]
        assert np.ptp(levels) < 1e-3 * levels.mean()
    groove = np.mod(tiles.relief.v, 48) == 47
    assert signal[groove][:48].mean() < 0.6 * signal[middle].mean()


def test_grains_differ_but_without_outliers(tiles: Scene) -> None:
    levels = np.unique(seen(tiles, spread=0.3).round(5))
    assert len(levels) == 16
    assert levels.max() / levels.min() < np.exp(2 * 1.75 * 0.3) + 0.01


def test_a_lone_body_has_no_groove(balls: Scene) -> None:
    np.testing.assert_array_equal(seen(balls, groove=0.8), seen(balls))


@pytest.mark.parametrize("change", [{"scratches": 30}, {"pores": 800.0}])
def test_polishing_leaves_marks_on_few_places(tiles: Scene, change: dict[str, float]) -> None:
    differs = np.abs(seen(tiles, **change) - seen(tiles)) > 0.05
    assert 0.0003 < differs.mean() < 0.25


def test_one_side_faces_the_detector(balls: Scene) -> None:
    signal = seen(balls, topography=0.2, side_angle=np.pi / 2)
    assert signal[balls.relief.slope_y < -0.5].mean() > 1.2 * signal[balls.relief.slope_y > 0.5].mean()
