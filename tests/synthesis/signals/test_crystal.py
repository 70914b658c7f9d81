import numpy as np
import pytest

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals.crystal import (
    bend_contours,
    lattice_fringes,
    random_orientations,
    thickness_fringes,
)


def test_bend_contours_are_bands_inside_bodies(tiles: Scene, balls: Scene) -> None:
    bands = bend_contours(tiles, 24.0, np.random.default_rng(0))
    assert 0.03 < (bands > 0.5).mean() < 0.4
    assert bend_contours(balls, 20.0, np.random.default_rng(0))[balls.labels == 0].max() == 0


def test_thickness_fringes_repeat_with_the_extinction_distance(balls: Scene) -> None:
    fringes = thickness_fringes(balls, 10.0)
    inside = balls.labels > 0
    np.testing.assert_allclose(fringes[inside], np.cos(2 * np.pi * balls.relief.thickness[inside] / 10), atol=1e-4)


@pytest.mark.parametrize("crossed", [False, True])
def test_lattice_fringes_have_their_own_direction_in_each_grain(tiles: Scene, crossed: bool) -> None:
    waves = lattice_fringes(tiles, 5.0, crossed, np.random.default_rng(0))
    assert np.abs(waves).max() <= 1 + 1e-5
    peaks = set()
    for label in (1, 6, 11, 16):
        grain = np.where(tiles.labels == label, waves, 0)
        peaks.add(int(np.abs(np.fft.rfft2(grain)).argmax()))
    assert len(peaks) == 4


def test_orientations_are_rotations() -> None:
    matrices = random_orientations(50, np.random.default_rng(0))
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), np.eye(3)[None].repeat(50, 0), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(matrices), 1)
    assert abs(matrices[:, 2, 2].mean()) < 0.25
