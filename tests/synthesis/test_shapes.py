import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniaims.errors import SettingsError
from uniaims.synthesis import shapes
from uniaims.synthesis.relief import rasterise


def area(body: shapes.Body) -> int:
    patch = rasterise(body, 0.0, 0.0)
    return int((patch.upper > -1e29).sum())


def test_a_ball_is_a_disc_with_the_height_of_its_radius() -> None:
    body = shapes.ellipsoid((20.0, 20.0, 20.0))
    patch = rasterise(body, 0.0, 0.0)
    assert area(body) == pytest.approx(np.pi * 400, rel=0.01)
    assert patch.upper[patch.middle, patch.middle] == pytest.approx(20)
    assert patch.lower[patch.middle, patch.middle] == pytest.approx(-20)
    assert patch.upper[patch.middle + 12, patch.middle] == pytest.approx(16)
    assert patch.slope_y[patch.middle + 12, patch.middle] == pytest.approx(-12 / 16)
    assert patch.slope_x[patch.middle, patch.middle - 16] == pytest.approx(16 / 12)


def test_a_turned_ellipsoid_keeps_its_outline() -> None:
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    patch = rasterise(shapes.ellipsoid((8.0, 20.0, 5.0), quarter), 0.0, 0.0)
    rows, columns = np.nonzero(patch.upper > -1e29)
    assert np.ptp(rows) == pytest.approx(40, abs=2)
    assert np.ptp(columns) == pytest.approx(16, abs=2)


def test_a_sharp_cube_is_a_square_with_a_flat_top_and_roundness_takes_its_corners() -> None:
    normals = np.vstack([np.eye(3), -np.eye(3)])
    sharp = shapes.polyhedron(normals, np.full(6, 10.0), np.eye(3))
    patch = rasterise(sharp, 0.1, 0.1)
    inside = patch.upper > -1e29
    assert inside.sum() == 400
    np.testing.assert_allclose(patch.upper[inside], 10.0, rtol=1e-5)
    assert sharp.reach == pytest.approx(np.sqrt(300))
    assert area(shapes.polyhedron(normals, np.full(6, 10.0), np.eye(3), roundness=1.0)) < np.pi * 105


def test_a_rod_has_round_caps_and_its_length_from_tip_to_tip() -> None:
    patch = rasterise(shapes.capsule(60.0, 6.0, np.eye(3)), 0.3, 0.3)
    inside = patch.upper > -1e29
    rows, columns = np.nonzero(inside)
    assert np.ptp(columns) == pytest.approx(60, abs=2)
    assert np.ptp(rows) == pytest.approx(12, abs=2)
    assert inside.sum() == pytest.approx(48 * 12 + np.pi * 36, rel=0.06)


@pytest.mark.parametrize("name", sorted(shapes.SHAPES))
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), diameter=st.floats(8, 60))
def test_every_shape_lies_inside_its_patch_and_has_about_its_size(name: str, seed: int, diameter: float) -> None:
    body = shapes.SHAPES[name](diameter, np.random.default_rng(seed))
    patch = rasterise(body, 0.3, -0.4)
    inside = patch.upper > -1e29
    edges = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
    assert not edges.any(), "the body is cut by its patch"
    assert (patch.upper[inside] >= patch.lower[inside]).all()
    extent = max(np.ptp(axis) + 1 for axis in np.nonzero(inside))
    longest = 10 if name in {"rod", "stub", "tube"} else 2.4
    assert 0.4 * diameter <= extent <= longest * diameter + 2


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


def test_an_unknown_shape_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'teapot'.*sphere"):
        shapes.shape_named("teapot")


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


def test_an_outline_has_its_area_and_a_flat_or_a_domed_top() -> None:
    square = np.array([[-20.0, -20], [-20, 20], [20, 20], [20, -20]])
    dome, plate = (rasterise(shapes.Outline(square, 16.0, rim), 0.0, 0.0) for rim in (1.0, 0.2))
    assert (dome.upper > -1e29).sum() == pytest.approx(1600, rel=0.06)
    for patch in (dome, plate):
        assert patch.upper[patch.middle, patch.middle] == pytest.approx(8, rel=0.02)
        assert patch.lower[patch.middle, patch.middle] == pytest.approx(-8, rel=0.02)
    assert plate.upper[plate.middle, plate.middle + 13] > dome.upper[dome.middle, dome.middle + 13] + 1


def test_many_balls_at_once_are_those_one_by_one() -> None:
    centres, radii = np.array([[0.0, 0, 0], [0, 9, 2], [6, -4, 1]]), np.array([8.0, 5.0, 3.0])
    together = rasterise(shapes.balls(centres, radii), 0.2, 0.1)
    joined = shapes.joined([(shapes.ellipsoid((r,) * 3), c) for c, r in zip(centres, radii, strict=True)])
    one_by_one = rasterise(joined, 0.2, 0.1)
    np.testing.assert_array_equal(together.upper, one_by_one.upper)
    np.testing.assert_array_equal(together.slope_x, one_by_one.slope_x)
