"""Pixels that are not square: every figure is that of the sample, whatever the grid it was sampled on."""

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, KDTree

from uniaims._kernels import measure as kernels
from uniaims.measurements import PROPERTIES, Measurements, measure
from uniaims.measurements.instances import trace_instances
from uniaims.micrograph import PixelSize

Shape = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]

masks = arrays(np.uint32, (9, 11), elements=st.integers(0, 3))
aspects = st.floats(0.05, 20.0)
SIZES = ["perimeter", "equivalent_diameter", "max_feret", "min_feret", "major_axis", "minor_axis"]
SHAPES = ["circularity", "sphericity", "form_factor", "solidity", "convexity", "smoothness", "eccentricity"]
TOLERANCE = {"form_factor": 0.06, "eccentricity": 0.2}
"""What is not steady: the square of the perimeter; the eccentricity of what is nearly round."""


def rectangle(width: float, height: float, degrees: float) -> Shape:
    """Full sides in nm, turned counter-clockwise as seen on the screen, around (0, 0)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda y, x: (abs(x * cosine - y * sine) <= width / 2) & (abs(x * sine + y * cosine) <= height / 2)


def ellipse(width: float, height: float, degrees: float) -> Shape:
    """Full axes in nm, turned counter-clockwise as seen on the screen, around (0, 0)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda y, x: (x * cosine - y * sine) ** 2 / width**2 + (x * sine + y * cosine) ** 2 / height**2 <= 0.25


def triangle(width: float, height: float, degrees: float) -> Shape:
    """Isosceles, with its base at right angles to ``degrees``."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def inside(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.bool_]:
        along, across = x * cosine - y * sine + width / 2, x * sine + y * cosine
        return (along >= 0) & (abs(across) <= height / 2 * (1 - along / width))

    return inside


DRAWN: dict[str, Callable[[float], Shape]] = {
    "square": lambda degrees: rectangle(300, 300, degrees),
    "rectangle": lambda degrees: rectangle(400, 160, degrees),
    "ellipse": lambda degrees: ellipse(400, 160, degrees),
    "triangle": lambda degrees: triangle(400, 160, degrees),
}


def seen(shape: Shape, size: PixelSize, shift: tuple[float, float] = (0.0, 0.0), reach_nm: float = 260) -> Measurements:
    """A shape on a grid of such pixels, measured."""
    rows, columns = int(2 * reach_nm / size.height_nm), int(2 * reach_nm / size.width_nm)
    y = (np.arange(rows) - rows / 2 + shift[0]) * size.height_nm
    x = (np.arange(columns) - columns / 2 + shift[1]) * size.width_nm
    return measure(shape(y[:, None], x[None]).astype(np.uint32), size)


def test_a_square_of_300_nm_is_square() -> None:
    labels = np.zeros((160, 220), np.uint32)
    labels[20:120, 30:180] = 1  # 100 rows of 3 nm, 150 columns of 2 nm
    measured = measure(labels, "2 x 3 nm")
    assert measured.values("aspect_ratio")[0] == pytest.approx(1, abs=1e-4)
    assert measured.values("area")[0] == pytest.approx(90_000)
    assert measured.values("equivalent_diameter")[0] == pytest.approx(math.sqrt(360_000 / math.pi))
    assert measured.values("min_feret")[0] == pytest.approx(300, rel=0.002)
    assert measured.values("max_feret")[0] == pytest.approx(300 * math.sqrt(2), rel=0.01)
    assert measured.values("perimeter")[0] == pytest.approx(1200, rel=0.03)
    assert measured.values("centroid_y")[0] == pytest.approx(69.5 * 3)
    assert measured.values("centroid_x")[0] == pytest.approx(104.5 * 2)
    assert measured.values("bounding_box_bottom")[0] == 120


@pytest.mark.parametrize("sides", [(2.0, 3.0), (3.0, 2.0), (1.5, 4.5), (4.2, 4.0)])
@pytest.mark.parametrize("degrees", [0, 20, 45, 77, 120])
@pytest.mark.parametrize("name", DRAWN)
def test_a_shape_is_the_same_on_a_fine_square_grid(name: str, degrees: float, sides: tuple[float, float]) -> None:
    drawn = DRAWN[name](degrees)
    fine, oblong = seen(drawn, PixelSize(1.0), (0.45, 0.38)), seen(drawn, PixelSize.of_sides(*sides), (0.31, 0.17))
    wide = 1.6 if max(sides) / min(sides) > 2 else 1.0
    for each in SIZES:
        assert oblong.values(each)[0] == pytest.approx(fine.values(each)[0], rel=0.03 * wide), each
    assert oblong.values("area")[0] == pytest.approx(fine.values("area")[0], rel=0.015)
    for each in SHAPES:
        assert oblong.values(each)[0] == pytest.approx(fine.values(each)[0], abs=TOLERANCE.get(each, 0.03) * wide), each
    assert oblong.values("aspect_ratio")[0] == pytest.approx(fine.values("aspect_ratio")[0], rel=0.015 * wide)
    if fine.values("aspect_ratio")[0] > 1.1:
        assert oblong.values("orientation")[0] == pytest.approx(fine.values("orientation")[0], abs=1) or degrees == 0
        assert math.cos(math.radians(2 * (oblong.values("orientation")[0] - degrees))) == pytest.approx(1, abs=0.003)


@pytest.mark.parametrize("aspect", [1.05, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("diameter_px", [16, 40])
def test_perimeter_of_discs_is_right_in_the_mean_and_one_by_one(aspect: float, diameter_px: int) -> None:
    size = PixelSize(1.0, "given", aspect)
    shifts = np.random.default_rng(0).random((40, 2))
    disc = ellipse(diameter_px, diameter_px, 0)
    lengths = [seen(disc, size, tuple(shift), diameter_px).values("perimeter")[0] for shift in shifts]
    errors = np.array(lengths) / (math.pi * diameter_px) - 1
    assert abs(errors.mean()) < (0.006 if aspect <= 2 else 0.012)
    assert errors.std() < 0.02


@settings(max_examples=60, deadline=None)
@given(masks, aspects)
def test_turning_picture_and_pixels_together_changes_nothing(labels: NDArray[np.uint32], aspect: float) -> None:
    upright = measure(labels, PixelSize(1.0, "given", aspect))
    lying = measure(labels.T, PixelSize(1.0, "given", 1 / aspect))
    for name in (*SIZES, *SHAPES, "area", "aspect_ratio", "nearest_neighbour_distance", "local_density"):
        np.testing.assert_allclose(upright.values(name), lying.values(name), rtol=1e-6, atol=2e-6, err_msg=name)


@settings(max_examples=60, deadline=None)
@given(masks, aspects)
def test_widths_and_circle_are_those_of_the_outline(labels: NDArray[np.uint32], aspect: float) -> None:
    size = PixelSize(1.0, "given", aspect)
    measured, traced = measure(labels, size), trace_instances(labels, (0, 0, *labels.shape), aspect=aspect)
    for row, label in enumerate(measured.table["label"]):
        points = _outline_points(labels == label, size)
        pairs = np.hypot(*(points[:, None] - points[None]).T)
        assert measured.values("max_feret")[row] == pytest.approx(pairs.max())
        assert measured.values("min_feret")[row] == pytest.approx(_narrowest(points))
        circle = traced.shapes[row, kernels.CIRCUMCIRCLE]
        assert circle == pytest.approx(2 * cv2.minEnclosingCircle(points.astype(np.float32))[1], rel=1e-3)
        assert circle >= pairs.max() * (1 - 1e-9)
        ring = ConvexHull(points)
        convexity = min(1.0, ring.area / measured.values("perimeter")[row])
        assert measured.values("convexity")[row] == pytest.approx(convexity)


def _outline_points(mask: NDArray[np.bool_], size: PixelSize) -> NDArray[np.float64]:
    """Midpoints of the sides of all pixels of an object, (P, 2) y, x in nm."""
    centres = np.argwhere(mask)
    midpoints = np.concatenate([centres + step for step in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5))])
    return midpoints * (size.height_nm, size.width_nm)


def _narrowest(points: NDArray[np.float64]) -> float:
    """Least extent of points at right angles to a side of their hull."""
    normals = ConvexHull(points).equations[:, :2]
    return float(np.ptp(points @ normals.T, axis=0).min())


@pytest.mark.parametrize("aspect", [1.2, 1.5, 3.0])
def test_perimeter_along_the_sides_of_pixels_is_as_with_square_ones(aspect: float) -> None:
    lengths = {}
    for each in (1.0, aspect):
        size, shifts = PixelSize(1.0, "given", each), np.random.default_rng(0).random((40, 2))
        flat = rectangle(60, 40, 0)
        lengths[each] = np.mean([seen(flat, size, tuple(shift), 50).values("perimeter")[0] for shift in shifts])
    assert lengths[aspect] == pytest.approx(lengths[1.0], rel=0.006)


def test_neighbours_are_near_on_the_sample() -> None:
    labels = np.zeros((200, 300), np.uint32)
    places = np.random.default_rng(3).permutation(200 * 300)[:150]
    labels.ravel()[places] = np.arange(1, 151)
    size = PixelSize.of_sides(2, 5)
    measured = measure(labels, size)
    centres = np.column_stack([measured.values("centroid_y"), measured.values("centroid_x")])
    nearest = KDTree(centres).query(centres, k=2)[0][:, 1]
    np.testing.assert_allclose(measured.values("nearest_neighbour_distance"), nearest)
    expected = 150 / (200 * 5 * 300 * 2 / 1e6)
    assert np.median(measured.values("local_density")) == pytest.approx(expected, rel=0.15)


def test_orientation_is_that_on_the_sample() -> None:
    labels = np.eye(100, dtype=np.uint32)[::-1].copy()  # a diagonal in pixels, rising to the right
    assert measure(labels, "2 nm").values("orientation")[0] == pytest.approx(45)
    assert measure(labels, "1 x 3 nm").values("orientation")[0] == pytest.approx(math.degrees(math.atan(3)), abs=1e-6)


def test_noise_in_the_sides_counts_as_square() -> None:
    labels = np.zeros((40, 40), np.uint32)
    labels[5:30, 8:30] = 1
    noisy, plain = measure(labels, PixelSize.of_sides(2.0, 2.0002)), measure(labels, "2 nm")
    assert noisy.pixel_size == plain.pixel_size
    assert noisy.table.equals(plain.table)
    assert PixelSize.of_sides(2.0, 2.02).aspect == pytest.approx(1.01)


def test_every_property_is_looked_at() -> None:
    given_elsewhere = {"diameter", "orientation", "area", "aspect_ratio", "nearest_neighbour_distance", "local_density"}
    in_rows_and_columns = {name for name, each in PROPERTIES.items() if each.quantity in {"position", "flag", "text"}}
    in_rows_and_columns -= {"outline"}  # needs edges
    places = {"centroid_y", "centroid_x"}
    known = {*SIZES, *SHAPES, *given_elsewhere, *in_rows_and_columns, *places}
    assert {name for name, each in PROPERTIES.items() if each.needs is None} == known
