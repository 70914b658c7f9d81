import numpy as np
import pytest

from uniaims.synthesis.textures import cell_texture, derivatives, fractal_texture, grainy_texture, smooth_line


def test_textures_are_standardised_and_float32() -> None:
    rng = np.random.default_rng(0)
    for texture in (fractal_texture((64, 96), 20, 2.5, rng), grainy_texture((64, 96), 2, rng)):
        assert texture.shape == (64, 96)
        assert texture.dtype == np.float32
        assert texture.mean() == pytest.approx(0, abs=1e-5)
        assert texture.std() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("texture", [fractal_texture((128, 128), 30, 4.0, np.random.default_rng(1))])
def test_noise_repeats_without_a_seam(texture: np.ndarray) -> None:
    seam = np.abs(texture[0] - texture[-1]).mean()
    inside = np.abs(np.diff(texture, axis=0)).mean()
    assert seam < 2 * inside


def test_steeper_noise_is_smoother() -> None:
    rough, smooth = (fractal_texture((128, 128), 60, power, np.random.default_rng(2)) for power in (1.0, 4.0))
    assert np.abs(np.diff(smooth)).mean() < 0.5 * np.abs(np.diff(rough)).mean()


def test_grain_size_sets_the_scale() -> None:
    fine, coarse = (grainy_texture((256, 256), grain, np.random.default_rng(3)) for grain in (1.0, 4.0))
    assert np.abs(np.diff(coarse)).mean() < 0.6 * np.abs(np.diff(fine)).mean()


def test_cells_have_borders_interiors_and_no_seam() -> None:
    cells = cell_texture(128, 16, np.random.default_rng(4))
    assert cells.shape == (128, 128)
    assert cells.min() == 0
    assert cells.max() == 1
    assert 0.03 < (cells == 0).mean() < 0.35
    assert np.abs(cells[0] - cells[-1]).mean() < 3 * np.abs(np.diff(cells, axis=0)).mean()


def test_derivatives_are_those_of_a_wave() -> None:
    angle = 2 * np.pi * np.arange(64) / 64
    wave = np.tile(np.sin(angle), (64, 1)).astype(np.float32)
    along_y, along_x = derivatives(wave)
    np.testing.assert_allclose(along_y, 0, atol=1e-6)
    np.testing.assert_allclose(along_x[0], np.cos(angle) * np.sin(2 * np.pi / 64), atol=1e-6)


@pytest.mark.parametrize("width", [1.0, 6.0, 40.0])
def test_a_smooth_line_is_stationary_with_variance_one(width: float) -> None:
    rng = np.random.default_rng(5)
    lines = np.stack([smooth_line(50, width, rng) for _ in range(800)])
    assert lines.shape == (800, 50)
    np.testing.assert_allclose(lines[:, [0, 25, 49]].std(axis=0), 1, atol=0.1)
    assert np.abs(np.diff(lines)).mean() < 1.3 / max(width, 1)
