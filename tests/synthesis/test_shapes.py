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
