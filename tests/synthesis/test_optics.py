from dataclasses import replace

import numpy as np
import pytest

from uniaims.synthesis.optics import (
    Acquisition,
    Backscatter,
    Secondary,
    Transmission,
    acquire,
    backscattered_electrons,
    secondary_electrons,
    transmission,
)
from uniaims.synthesis.scenes import Packing, Scene, SizeLaw, grains, heap
from uniaims.synthesis.shapes import Body, Generator, ellipsoid

PLAIN = Secondary(edge=0, hollow=0, depth=0, side=0, jitter=0, substrate_texture=0, roughness=0)
CLEAN = Acquisition(blur_px=0.3, dose=1e9, read_noise=0, smear=0, line_noise=0, shading=0)


def ball(diameter: float, rng: Generator) -> Body:
    return ellipsoid((diameter / 2, diameter / 2, diameter / 2))


@pytest.fixture(scope="module")
def balls() -> Scene:
    return heap((200, 200), (ball,), SizeLaw(40, 0.0), Packing(0.4, 4), np.random.default_rng(1))


def rim_and_middle(scene: Scene, signal: np.ndarray) -> tuple[float, float]:
    height = scene.relief.height
    on_body = scene.labels > 0
    return float(signal[on_body & (height < 26)].mean()), float(signal[on_body & (height > 39)].mean())


def test_secondary_electrons_rise_with_tilt_up_to_the_cap(balls: Scene) -> None:
    signal = secondary_electrons(balls, PLAIN, np.random.default_rng(0))
    rim, middle = rim_and_middle(balls, signal)
    assert middle == pytest.approx(1.0, abs=0.03)
    assert rim > 1.5
    assert signal.max() <= PLAIN.tilt_cap + 1e-5
    assert signal[balls.labels == 0] == pytest.approx(PLAIN.substrate)


def test_the_substrate_is_darkest_beside_a_body(balls: Scene) -> None:
    signal = secondary_electrons(balls, replace(PLAIN, hollow=1.0), np.random.default_rng(0))
    ground = balls.labels == 0
    beside = ground & (np.roll(balls.labels, 2, 0) > 0)
    assert signal[beside].mean() < 0.85 * signal[ground].max()


def test_one_side_faces_the_detector(balls: Scene) -> None:
    signal = secondary_electrons(balls, replace(PLAIN, side=0.3, side_angle=0.0), np.random.default_rng(0))
    right, left = balls.relief.slope_x < -0.5, balls.relief.slope_x > 0.5
    assert signal[right].mean() > 1.3 * signal[left].mean()


def test_skin_texture_stays_on_the_bodies(balls: Scene) -> None:
    rough = replace(PLAIN, roughness=0.5, mottling=0.2, cells=True)
    plain, textured = (secondary_electrons(balls, look, np.random.default_rng(0)) for look in (PLAIN, rough))
    on_body = balls.labels > 0
    assert np.abs(textured - plain)[on_body].mean() > 0.03
    np.testing.assert_array_equal(textured[~on_body], plain[~on_body])


def test_transmission_falls_exponentially_with_thickness(balls: Scene) -> None:
    look = Transmission(absorption=1.2, contrast_spread=0, mottling=0, fringe=0, film=0, cloud=0)
    signal = transmission(balls, look, np.random.default_rng(0))
    expected = np.exp(-1.2 * balls.relief.thickness / balls.diameter_px)
    np.testing.assert_allclose(signal, expected, rtol=1e-5)
    assert signal[balls.labels == 0].min() == 1


def test_grains_have_one_grey_level_each_and_dark_grooves() -> None:
    scene = grains((150, 150), SizeLaw(40, 0.1), np.random.default_rng(0))
    signal = backscattered_electrons(scene, Backscatter(0.3, 0.6, 1.0, 0.0), np.random.default_rng(0))
    inner, groove = scene.relief.height > 3.5, scene.relief.height < 0.5
    for number in np.unique(scene.labels):
        levels = signal[inner & (scene.labels == number)]
        if levels.size:
            assert np.ptp(levels) < 1e-3 * levels.mean()
    assert signal[groove].mean() < 0.6 * signal[inner].mean()


def two_levels() -> np.ndarray:
    return np.repeat(np.array([[0.0], [1.0]], np.float32), 128, axis=0) * np.ones((1, 256), np.float32)


def test_a_clean_exposure_has_the_wanted_levels() -> None:
    image = acquire(two_levels(), replace(CLEAN, black=0.2, white=0.8), np.random.default_rng(0))
    assert image.dtype == np.uint8
    assert image[10, 10] == 51
    assert image[-10, 10] == 204


def test_shot_noise_follows_the_dose() -> None:
    image = acquire(two_levels(), replace(CLEAN, dose=100, black=0.25, white=0.64), np.random.default_rng(0)) / 255
    assert image[5:120].std() == pytest.approx(0.05, rel=0.06)
    assert image[-120:-5].std() == pytest.approx(0.08, rel=0.06)


def test_smear_joins_neighbours_along_the_line_only() -> None:
    image = acquire(two_levels(), replace(CLEAN, dose=100, smear=0.8, white=0.6), np.random.default_rng(0))
    noise = image[-120:-5].astype(float)
    noise -= noise.mean()
    along_line = (noise[:, 1:] * noise[:, :-1]).mean() / noise.var()
    across = (noise[1:] * noise[:-1]).mean() / noise.var()
    assert along_line == pytest.approx(0.8 / 1.64, abs=0.08)
    assert abs(across) < 0.05


@pytest.mark.parametrize(
    "change",
    [{"jitter_px": 0.5}, {"charging": 0.3}, {"line_noise": 0.05}, {"shading": 0.3}, {"jpeg": 40}, {"astigmatism": 0.4}],
)
def test_each_defect_of_the_instrument_changes_the_image_a_little(balls: Scene, change: dict[str, float]) -> None:
    signal = secondary_electrons(balls, PLAIN, np.random.default_rng(0))
    base = replace(CLEAN, blur_px=1.5)
    clean, changed = (
        acquire(signal, entry, np.random.default_rng(0)).astype(int) for entry in (base, replace(base, **change))
    )
    difference = np.abs(clean - changed)
    assert difference.max() > 1
    assert difference.mean() < 25


def test_a_uniform_signal_gives_a_uniform_image() -> None:
    image = acquire(np.ones((40, 40), np.float32), replace(CLEAN, black=0.2), np.random.default_rng(0))
    assert np.unique(image).tolist() == [51]


def test_drawn_looks_depend_on_the_generator_only() -> None:
    for draw in (lambda rng: Secondary.drawn(30, rng), Transmission.drawn, Backscatter.drawn, Acquisition.drawn):
        assert draw(np.random.default_rng(5)) == draw(np.random.default_rng(5))
        assert draw(np.random.default_rng(5)) != draw(np.random.default_rng(6))
