from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import Fluorescence, NerveTissue, Stained

GLOWING = Fluorescence(spread=0, chromatin=0, nucleoli=0, glow=0, background=0, autofluorescence=0, rim_px=0.3)
DYED = Stained(spread=0, chromatin=0, surroundings=0, rim=0, shift=0, gaps=0, softness_px=0.3)
NERVE = NerveTissue(organelles=0, fibrils=0, lamellae=0, spread=0)


def seen(scene: Scene, look: Fluorescence | Stained | NerveTissue, **change: object) -> np.ndarray:
    return replace(look, **change).render(scene, np.random.default_rng(0))  # type: ignore[arg-type]


def test_nuclei_glow_on_black(balls: Scene) -> None:
    image = seen(balls, GLOWING)
    away = np.hypot(np.mod(balls.relief.v, 64) - 32, np.mod(balls.relief.u, 64) - 32)
    assert image[away > 23].max() < 1e-3
    assert image[away < 10].min() > 0.9


def test_light_out_of_focus_reaches_the_surroundings(balls: Scene) -> None:
    ground = balls.labels == 0
    assert seen(balls, GLOWING, glow=0.3, glow_px=12.0)[ground].mean() > 0.02 + seen(balls, GLOWING)[ground].mean()


@pytest.mark.parametrize("flatness", [0.0, 1.0])
def test_brightness_follows_thickness_unless_flat(balls: Scene, flatness: float) -> None:
    image = seen(balls, GLOWING, flatness=flatness)
    middle, half = balls.relief.thickness > 39, np.abs(balls.relief.thickness - 20) < 3
    assert image[half].mean() / image[middle].mean() == pytest.approx(0.96 if flatness else 0.5, abs=0.06)


def test_dyes_follow_beer_and_lambert(balls: Scene) -> None:
    image = seen(balls, DYED, nuclei=1.0)
    middle = balls.relief.thickness > 30
    light = np.median(image[balls.labels == 0], axis=0)
    np.testing.assert_allclose(-np.log(image[middle].mean(axis=0) / light), (0.65, 0.70, 0.29), atol=0.02)


def test_eosin_leaves_the_surroundings_pink(balls: Scene) -> None:
    red, green, blue = seen(balls, DYED, surroundings=0.4)[balls.labels == 0].mean(axis=0)
    assert green < 0.8 * red
    assert green < 0.8 * blue


def test_an_unknown_stain_is_refused() -> None:
    with pytest.raises(SettingsError, match="Giemsa"):
        Stained(stain="ink")


def test_sheaths_are_as_wide_as_told(balls: Scene) -> None:
    image = seen(balls, NERVE, sheath=1.0, axon=0.1, matrix=0.4, sheath_width=0.4)
    away = np.hypot(np.mod(balls.relief.v, 64) - 32, np.mod(balls.relief.u, 64) - 32)
    assert image[away < 17].mean() == pytest.approx(0.1, abs=0.02)
    assert image[(away > 23) & (away < 25)].mean() > 0.85
    assert image[(away > 31) & (away < 33)].mean() == pytest.approx(0.4, abs=0.05)
