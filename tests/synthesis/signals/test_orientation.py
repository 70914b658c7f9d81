from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.signals import OrientationMap
from uniaims.synthesis.signals.orientation import inverse_pole_figure_colours

PLAIN = OrientationMap(quality=0, misorientation=0, unindexed=0, unindexed_at_borders=0)
PART = st.floats(-1, 1)


def seen(scene: Scene, **change: object) -> np.ndarray:
    return replace(PLAIN, **change).render(scene, np.random.default_rng(0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("direction", "colour"), [((0, 0, 1), (1, 0, 0)), ((1, 0, 1), (0, 1, 0)), ((1, 1, 1), (0, 0, 1))]
)
def test_the_corners_are_red_green_and_blue(direction: tuple[int, ...], colour: tuple[int, ...]) -> None:
    np.testing.assert_allclose(inverse_pole_figure_colours(np.array(direction, float)), colour, atol=1e-4)


@given(st.tuples(PART, PART, PART), st.permutations([0, 1, 2]), st.tuples(*[st.sampled_from([-1, 1])] * 3))
def test_symmetric_directions_have_one_colour(
    direction: tuple[float, ...], order: list[int], signs: tuple[int, ...]
) -> None:
    one = np.array(direction)
    other = one[order] * np.array(signs)
    np.testing.assert_allclose(inverse_pole_figure_colours(one), inverse_pole_figure_colours(other), atol=1e-6)


def test_every_grain_has_one_colour_of_its_own(tiles: Scene) -> None:
    image = seen(tiles)
    colours = [np.unique(image[tiles.labels == label].round(4), axis=0) for label in range(1, 17)]
    assert all(len(colour) == 1 for colour in colours)
    assert len(np.unique(np.concatenate(colours), axis=0)) == 16


def test_points_fail_mostly_on_boundaries(tiles: Scene) -> None:
    clean, failed = seen(tiles), seen(tiles, unindexed=0.01, unindexed_at_borders=0.4, wrong=0.0)
    black = (failed.max(axis=-1) == 0) & (clean.max(axis=-1) > 0)
    border = (np.mod(tiles.relief.v, 48) >= 46) | (np.mod(tiles.relief.u, 48) >= 46)
    assert black[border].mean() > 0.1
    assert 0.003 < black[~border].mean() < 0.03


def test_a_wrong_solution_has_a_colour(tiles: Scene) -> None:
    image = seen(tiles, unindexed=0.2, unindexed_at_borders=0.0, wrong=1.0)
    assert (image.max(axis=-1) == 0).mean() < 0.001
    assert np.abs(image - seen(tiles)).max(axis=-1).astype(bool).mean() == pytest.approx(0.2, abs=0.03)


def test_pattern_quality_is_grey(tiles: Scene) -> None:
    image = seen(tiles, colour=0.0)
    np.testing.assert_array_equal(image[..., 0], image[..., 2])


def test_a_coarse_map_shows_squares(tiles: Scene) -> None:
    image = seen(tiles, step_px=2, unindexed=0.1)
    np.testing.assert_array_equal(image[::2, ::2], image[1::2, 1::2])
