"""Bodies: joined, wavy, filled, hollow, turned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniaims.synthesis import shapes
from uniaims.synthesis.relief import rasterise

from .body_measures import area


def test_waves_change_the_outline_but_not_by_more_than_the_reach() -> None:
    ball = shapes.ellipsoid((20.0, 20.0, 20.0))
    body = shapes.wavy(ball, 0.05, np.random.default_rng(1))
    plain, waved = (rasterise(entry, 0.0, 0.0).upper > -1e29 for entry in (ball, body))
    assert waved.sum() == pytest.approx(plain.sum(), rel=0.2)
    rows, columns = np.nonzero(waved)
    radii = np.hypot(rows - waved.shape[0] // 2, columns - waved.shape[1] // 2)
    assert radii.max() <= body.reach
    assert radii.max() > 20.5


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_rotations_are_rotations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for turn in (shapes.random_rotation(rng), shapes.lying_rotation(rng, 0.2)):
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1)


def test_lying_bodies_lie() -> None:
    turn = shapes.lying_rotation(np.random.default_rng(4), 0.0)
    np.testing.assert_allclose(turn[:, 2], [0, 0, 1], atol=1e-12)


def test_joined_bodies_keep_all_parts_in_reach() -> None:
    ball = shapes.ellipsoid((5.0, 5.0, 5.0))
    pair = shapes.joined([(ball, np.zeros(3)), (ball, np.array([0.0, 9.0, 0.0]))])
    assert area(pair) > 1.8 * area(ball)
    assert pair.reach == pytest.approx(14)


def mass_and_height(body: shapes.AnyBody) -> tuple[np.ndarray, np.ndarray]:
    patch = rasterise(body, 0.0, 0.0)
    return patch.mass, patch.upper


def test_a_hollow_ball_keeps_its_surface_and_loses_the_mass_of_its_void() -> None:
    shell, void = shapes.ellipsoid((20.0,) * 3), shapes.ellipsoid((15.0,) * 3)
    mass, upper = mass_and_height(shapes.filled(shell, [(void, np.zeros(3), -1.0)]))
    solid_mass, solid_upper = mass_and_height(shell)
    middle = mass.shape[0] // 2
    np.testing.assert_array_equal(upper, solid_upper)
    assert solid_mass[middle, middle] == pytest.approx(40)
    assert mass[middle, middle] == pytest.approx(10)
    assert mass[middle, middle + 17] == solid_mass[middle, middle + 17]


def test_a_core_is_heavier_by_its_contrast() -> None:
    core = shapes.ellipsoid((8.0,) * 3)
    mass, _ = mass_and_height(shapes.filled(shapes.ellipsoid((20.0,) * 3), [(core, np.zeros(3), 2.0)]))
    middle = mass.shape[0] // 2
    assert mass[middle, middle] == pytest.approx(40 + 2 * 16)


def test_an_open_void_shows_the_inner_wall_and_its_slope() -> None:
    hole = shapes.ellipsoid((6.0, 6.0, 6.0))
    void = shapes.ellipsoid((16.0,) * 3)
    opened = shapes.filled(
        shapes.ellipsoid((20.0,) * 3), [(void, np.zeros(3), -1.0), (hole, np.array([0, 0, 19.0]), -1.0)]
    )
    patch = rasterise(opened, 0.0, 0.0)
    middle = patch.middle
    assert patch.upper[middle, middle] == pytest.approx(-16)
    assert patch.upper[middle, middle + 4] == pytest.approx(-np.sqrt(256 - 16), rel=1e-4)
    assert patch.slope_x[middle, middle + 4] == pytest.approx(4 / np.sqrt(240), abs=0.02)
    assert patch.upper[middle, middle + 12] == pytest.approx(16)


def test_a_hole_right_through_shows_what_is_below() -> None:
    ring = shapes.filled(shapes.ellipsoid((20.0, 20.0, 5.0)), [(shapes.ellipsoid((8.0, 8.0, 30.0)), np.zeros(3), -1.0)])
    patch = rasterise(ring, 0.0, 0.0)
    assert patch.upper[patch.middle, patch.middle] < -1e29
    assert patch.upper[patch.middle, patch.middle + 12] > 0


def test_many_balls_at_once_are_those_one_by_one() -> None:
    centres, radii = np.array([[0.0, 0, 0], [0, 9, 2], [6, -4, 1]]), np.array([8.0, 5.0, 3.0])
    together = rasterise(shapes.balls(centres, radii), 0.2, 0.1)
    joined = shapes.joined([(shapes.ellipsoid((r,) * 3), c) for c, r in zip(centres, radii, strict=True)])
    one_by_one = rasterise(joined, 0.2, 0.1)
    np.testing.assert_array_equal(together.upper, one_by_one.upper)
    np.testing.assert_array_equal(together.slope_x, one_by_one.slope_x)
