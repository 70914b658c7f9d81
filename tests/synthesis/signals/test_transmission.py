from dataclasses import replace

import numpy as np
import pytest

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import Transmission, transmission
from uniaims.synthesis.signals.transmission import bright_field

PLAIN = Transmission(
    absorption=1.2, contrast_spread=0, mottling=0, film=0, cloud=0, phase=0, defocus_px=0, envelope_px=0
)


def seen(scene: Scene, **change: object) -> np.ndarray:
    return transmission(scene, replace(PLAIN, **change), np.random.default_rng(0))  # type: ignore[arg-type]


def test_it_falls_exponentially_with_thickness(balls: Scene) -> None:
    signal = seen(balls)
    np.testing.assert_allclose(signal, np.exp(-1.2 * balls.relief.thickness / balls.diameter_px), rtol=1e-5)
    assert signal[balls.labels == 0].min() == 1


def test_the_transfer_function_is_the_textbook_one() -> None:
    """A weak phase grating of frequency k shows contrast 2 a sin(chi(k)), a weak absorption grating a cos(chi(k))."""
    frequency, amplitude = 1 / 8, 0.01
    wave = amplitude * np.cos(2 * np.pi * frequency * np.arange(256, dtype=np.float32))[None].repeat(64, 0)
    nothing = np.zeros_like(wave)
    look = replace(PLAIN, defocus_px=3.0, spherical_px=1.2)
    chi = np.pi * 9 * frequency**2 + np.pi / 2 * 1.2**4 * frequency**4
    inside = slice(64, 192)

    def contrast(image: np.ndarray) -> float:
        return float(2 * (image[32, inside] * wave[32, inside] / amplitude).mean())

    assert contrast(bright_field(nothing, wave, look)) == pytest.approx(2 * amplitude * np.sin(chi), rel=0.03)
    assert contrast(bright_field(wave, nothing, look)) == pytest.approx(-amplitude * np.cos(chi), rel=0.03)


def test_the_envelope_takes_fine_detail_away() -> None:
    wave = 0.01 * np.cos(np.pi * 0.5 * np.arange(128, dtype=np.float32))[None].repeat(64, 0)
    sharp, soft = (
        bright_field(np.zeros_like(wave), wave, replace(PLAIN, defocus_px=1.4, envelope_px=width)).std()
        for width in (0.0, 2.0)
    )
    assert soft < 0.6 * sharp


def test_a_fresnel_fringe_follows_the_outline_and_turns_with_the_focus(balls: Scene) -> None:
    outside = np.hypot(np.mod(balls.relief.v, 64) - 32, np.mod(balls.relief.u, 64) - 32) - 20
    at = (outside > 0.5) & (outside < 2.5)
    under, over = (seen(balls, phase=0.8, defocus_px=sign * 2.5)[at].mean() for sign in (1, -1))
    assert abs(under - over) > 0.05
    far = outside > 11
    assert seen(balls, phase=0.8, defocus_px=2.5)[far].mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("change", [{"bend": 0.5}, {"fringes": 0.3}, {"lattice": 0.2}])
def test_crystals_show_contrast_inside_only(balls: Scene, change: dict[str, float]) -> None:
    difference = np.abs(seen(balls, **change) - seen(balls))
    assert difference[balls.labels > 0].mean() > 0.005
    assert difference[balls.labels == 0].max() == 0


def test_negative_stain_makes_bodies_brighter_than_what_is_around(balls: Scene) -> None:
    signal = seen(balls, absorption=0.1, stain=1.0)
    assert signal[balls.labels > 0].mean() > 1.3 * signal[balls.labels == 0].mean()


def test_holes_are_brighter_than_the_film(balls: Scene) -> None:
    signal = seen(balls, holes=0.4)
    ground = signal[balls.labels == 0]
    assert 0.2 < (ground > 1.2).mean() < 0.6
    assert np.median(ground[ground > 1.2]) == pytest.approx(np.exp(0.25), rel=0.02)
