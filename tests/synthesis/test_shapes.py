import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniaims.errors import SettingsError
from uniaims.synthesis import shapes
from uniaims.synthesis.relief import rasterise

from .body_measures import area


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


def test_an_unknown_shape_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'teapot'.*sphere"):
        shapes.shape_named("teapot")


def test_an_outline_has_its_area_and_a_flat_or_a_domed_top() -> None:
    square = np.array([[-20.0, -20], [-20, 20], [20, 20], [20, -20]])
    dome, plate = (rasterise(shapes.Outline(square, 16.0, rim), 0.0, 0.0) for rim in (1.0, 0.2))
    assert (dome.upper > -1e29).sum() == pytest.approx(1600, rel=0.06)
    for patch in (dome, plate):
        assert patch.upper[patch.middle, patch.middle] == pytest.approx(8, rel=0.02)
        assert patch.lower[patch.middle, patch.middle] == pytest.approx(-8, rel=0.02)
    assert plate.upper[plate.middle, plate.middle + 13] > dome.upper[dome.middle, dome.middle + 13] + 1
