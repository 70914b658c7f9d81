from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import Secondary, secondary_electrons

PLAIN = Secondary(edge=0, hollow=0, depth=0, side=0, jitter=0, substrate_texture=0, roughness=0)


def seen(scene: Scene, **change: object) -> np.ndarray:
    return secondary_electrons(scene, replace(PLAIN, **change), np.random.default_rng(0))  # type: ignore[arg-type]


def ring(scene: Scene, inner: float, outer: float) -> np.ndarray:
    """Pixels of the bodies whose distance from the ball's middle is in that range."""
    away = np.hypot(np.mod(scene.relief.v, 64) - 32, np.mod(scene.relief.u, 64) - 32)
    return (away >= inner) & (away < outer)


def test_yield_rises_with_tilt_up_to_the_cap(balls: Scene) -> None:
    signal = seen(balls)
    assert signal[ring(balls, 0, 3)].mean() == pytest.approx(1.0, abs=0.02)
    away = 15.0
    cosine = np.sqrt(1 - (away / 20) ** 2)
    assert signal[ring(balls, away - 0.5, away + 0.5)].mean() == pytest.approx(cosine**-0.8, rel=0.03)
    assert signal.max() <= PLAIN.tilt_cap + 1e-5
    assert signal[balls.labels == 0] == pytest.approx(PLAIN.substrate)


def test_the_substrate_is_darkest_beside_a_body(balls: Scene) -> None:
    signal = seen(balls, hollow=1.0)
    assert signal[ring(balls, 20.5, 23)].mean() < 0.85 * signal[balls.labels == 0].max()


def test_one_side_faces_the_detector(balls: Scene) -> None:
    signal = seen(balls, side=0.3, side_angle=0.0)
    assert signal[balls.relief.slope_x < -0.5].mean() > 1.3 * signal[balls.relief.slope_x > 0.5].mean()


def test_skin_texture_stays_on_the_bodies(balls: Scene) -> None:
    plain, textured = seen(balls), seen(balls, roughness=0.5, mottling=0.2, cells=True)
    on_body = balls.labels > 0
    assert np.abs(textured - plain)[on_body].mean() > 0.03
    np.testing.assert_array_equal(textured[~on_body], plain[~on_body])


def test_a_rim_glows_inside_the_outline(balls: Scene) -> None:
    added = seen(balls, rim=0.8, rim_px=2.0) - seen(balls)
    assert added[ring(balls, 18, 20)].mean() > 0.3
    assert added[ring(balls, 0, 8)].max() < 0.02
    assert added[balls.labels == 0].max() == 0


def test_shadows_fall_away_from_the_detector(balls: Scene) -> None:
    lit = seen(balls) - seen(balls, shadow=0.6, side_angle=0.0)
    right = np.mod(balls.relief.u, 64) > 32
    beside = ring(balls, 21, 25)
    assert lit[beside & ~right].mean() > 0.08
    assert lit[beside & right].mean() < 0.5 * lit[beside & ~right].mean()


@pytest.mark.parametrize("halo", [-0.4, 0.25])
def test_charge_shows_beside_bodies_only(balls: Scene, halo: float) -> None:
    change = seen(balls, halo=halo, halo_px=4.0) / seen(balls) - 1
    assert change[ring(balls, 20.5, 22)].mean() == pytest.approx(halo * np.exp(-0.35), rel=0.25)
    assert np.abs(change[balls.labels > 0]).max() == 0


def test_high_voltage_softens_the_relief(balls: Scene) -> None:
    sharp, soft = seen(balls, softness_px=0), seen(balls, softness_px=3.0)
    assert soft[ring(balls, 18, 20)].std() < sharp[ring(balls, 18, 20)].std()


@pytest.mark.parametrize("change", [{"dust": 400.0}, {"scratches": 20}])
def test_dirt_lies_on_few_places(balls: Scene, change: dict[str, float]) -> None:
    differs = np.abs(seen(balls, **change) - seen(balls)) > 0.02
    assert 0.0005 < differs.mean() < 0.2


def test_a_saturated_detector_never_exceeds_its_limit(balls: Scene) -> None:
    signal = seen(balls, highlight=1.5)
    assert signal.max() < 1.5
    assert signal[balls.labels == 0].mean() == pytest.approx(1.5 * np.tanh(0.4 / 1.5), rel=1e-4)


def test_an_unknown_ground_is_refused() -> None:
    with pytest.raises(SettingsError, match="carbon tape"):
        Secondary(ground="mud")
