from dataclasses import replace

import numpy as np
import pytest

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import DarkField

PLAIN = DarkField(thickness_power=1.0, spread=0, mottling=0, film=0)


def seen(scene: Scene, **change: object) -> np.ndarray:
    return replace(PLAIN, **change).render(scene, np.random.default_rng(0))  # type: ignore[arg-type]


@pytest.mark.parametrize("power", [0.7, 1.0])
def test_signal_goes_with_thickness(balls: Scene, power: float) -> None:
    expected = (balls.relief.thickness / balls.diameter_px) ** power
    np.testing.assert_allclose(seen(balls, thickness_power=power), expected, rtol=1e-4, atol=1e-6)


def test_signal_goes_with_the_atomic_number(balls: Scene) -> None:
    numbers = np.array([6, *[29] * 8, 79], np.float32)
    signal = seen(replace(balls, atomic_numbers=numbers), number_power=1.7)
    ratio = signal[balls.labels == 9].mean() / signal[balls.labels == 1].mean()
    assert ratio == pytest.approx((79 / 29) ** 1.7, rel=1e-3)


def test_the_film_is_faint_and_grainy(balls: Scene) -> None:
    ground = seen(balls, film=0.1)[balls.labels == 0]
    assert ground.mean() == pytest.approx(0.1, rel=0.2)
    assert ground.std() > 0.01


def test_tails_spread_light_beside_bodies(balls: Scene) -> None:
    beside = (balls.labels == 0) & (np.roll(balls.labels, 3, 0) > 0)
    assert seen(balls)[beside].max() == 0
    assert seen(balls, tails=0.2, tail_px=5.0)[beside].mean() > 0.01


def test_columns_have_the_wanted_spacing(tiles: Scene) -> None:
    signal = seen(tiles, lattice=0.5, lattice_px=6.0)[4:44, 4:44]
    power = np.abs(np.fft.rfft2(signal - signal.mean(), s=(256, 256)))
    row, column = np.unravel_index(power.argmax(), power.shape)
    frequency = np.hypot(min(row, 256 - row), column) / 256
    assert 1 / frequency == pytest.approx(6.0, rel=0.3)
