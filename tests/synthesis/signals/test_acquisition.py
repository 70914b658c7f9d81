from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.signals import RECORDERS, Acquisition, acquire

CLEAN = Acquisition(blur_px=0.3, dose=1e9, read_noise=0, smear=0, line_noise=0, shading=0)


def two_levels() -> np.ndarray:
    return np.repeat(np.array([[0.0], [1.0]], np.float32), 128, axis=0) * np.ones((1, 256), np.float32)


def spots() -> np.ndarray:
    rows, columns = np.indices((200, 200), dtype=np.float32)
    return ((np.mod(rows, 40) - 20) ** 2 + (np.mod(columns, 40) - 20) ** 2 < 100).astype(np.float32)


def recorded(signal: np.ndarray, seed: int = 0, **change: object) -> np.ndarray:
    return acquire(signal, replace(CLEAN, **change), np.random.default_rng(seed))  # type: ignore[arg-type]


def noise_of(image: np.ndarray) -> np.ndarray:
    noise = image[-120:-5].astype(float)
    return noise - noise.mean()


def test_a_clean_exposure_has_the_wanted_levels() -> None:
    image = recorded(two_levels(), black=0.2, white=0.8)
    assert image.dtype == np.uint8
    assert image[10, 10] == 51
    assert image[-10, 10] == 204


def test_an_absolute_exposure_keeps_the_signal() -> None:
    image = recorded(0.5 * two_levels() + 0.25, absolute=True, black=0.0, white=1.0)
    assert image[10, 10] == 64
    assert image[-10, 10] == 191


def test_shot_noise_follows_the_dose() -> None:
    image = recorded(two_levels(), dose=100, black=0.25, white=0.64) / 255
    assert image[5:120].std() == pytest.approx(0.05, rel=0.06)
    assert image[-120:-5].std() == pytest.approx(0.08, rel=0.06)


def test_smear_joins_neighbours_along_the_line_only() -> None:
    noise = noise_of(recorded(two_levels(), dose=100, smear=0.8, white=0.6))
    assert (noise[:, 1:] * noise[:, :-1]).mean() / noise.var() == pytest.approx(0.8 / 1.64, abs=0.08)
    assert abs((noise[1:] * noise[:-1]).mean() / noise.var()) < 0.05


@pytest.mark.parametrize("change", [{"noise_px": 0.8}, {"enlarged": 1.8}])
def test_processed_noise_hangs_together_both_ways(change: dict[str, float]) -> None:
    noise = noise_of(recorded(two_levels(), dose=100, white=0.6, **change))
    for shifted in (noise[1:] * noise[:-1], noise[:, 1:] * noise[:, :-1]):
        assert shifted.mean() / noise.var() > 0.3


@pytest.mark.parametrize("change", [{"denoised": 0.08}, {"enlarged": 2.0}])
def test_filters_take_noise_away(change: dict[str, float]) -> None:
    settings = {"dose": 300, "white": 0.6}
    assert (
        noise_of(recorded(two_levels(), **settings, **change)).std()
        < 0.75 * noise_of(recorded(two_levels(), **settings)).std()
    )


def test_drift_shears_the_picture() -> None:
    image = recorded(np.tile(np.arange(200, dtype=np.float32) > 100, (200, 1)).astype(np.float32), drift_px=10.0)
    edges = [int(np.argmax(row > 120)) for row in image]
    assert edges[5] - edges[-5] == pytest.approx(9.5, abs=1)


def test_vignetting_darkens_the_corners() -> None:
    image = recorded(np.ones((100, 100), np.float32), absolute=True, white=0.8, vignetting=0.5)
    assert image[0, 0] == pytest.approx(0.5 * image[50, 50], abs=2)


def test_a_contrast_curve_keeps_black_grey_and_white() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(32, 0)
    image = recorded(ramp, absolute=True, black=0.0, white=1.0, contrast=0.5)
    assert image[0, 0] == 0
    assert image[0, 128] == pytest.approx(128, abs=2)
    assert image[0, 64] < 56
    assert image[0, 192] > 200


@pytest.mark.parametrize(
    "change",
    [
        {"jitter_px": 0.5},
        {"charging": 0.3},
        {"line_noise": 0.05},
        {"shading": 0.3},
        {"jpeg": 40},
        {"astigmatism": 0.4},
        {"sharpened": 0.8},
        {"clipped": 5.0, "gamma": 1.2},
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_defect_changes_the_image_a_little(change: dict[str, float], channels: int) -> None:
    signal = spots() if channels == 1 else spots()[..., None] * np.array([1, 0.8, 0.6], np.float32)
    clean, changed = (recorded(signal, blur_px=1.5, **entry).astype(int) for entry in ({}, change))
    difference = np.abs(clean - changed)
    assert changed.shape == signal.shape
    assert difference.max() > 1
    assert difference.mean() < 25


def test_jpeg_keeps_colours_in_order() -> None:
    signal = np.ones((64, 64, 3), np.float32) * np.array([0.9, 0.5, 0.1], np.float32)
    image = recorded(signal, absolute=True, white=1.0, black=0.0, jpeg=90)
    np.testing.assert_allclose(image.mean(axis=(0, 1)), (230, 128, 26), atol=5)


def test_a_uniform_signal_gives_a_uniform_image() -> None:
    assert np.unique(recorded(np.ones((40, 40), np.float32), black=0.2)).tolist() == [51]


@pytest.mark.parametrize("change", [{"enlarged": 0.5}, {"clipped": 50.0}, {"dose": 0.0}])
def test_impossible_settings_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="wanted"):
        Acquisition(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize("recorder", RECORDERS)
def test_draws_depend_on_the_generator_only(recorder: str) -> None:
    one, same, other = (Acquisition.drawn(np.random.default_rng(seed), recorder) for seed in (5, 5, 7))
    assert one == same
    assert one != other or recorder == "map"
