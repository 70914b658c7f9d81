import math

import numpy as np
import pytest
from skimage.measure import moments_coords_central

from uniaims.structures import polygon_figures


def figures(*polygons):
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in polygons])])
    return polygon_figures(np.concatenate(polygons).astype(np.float32), offsets)


def ring(count=400, long=10.0, short=10.0, degrees=0.0, middle=(30.0, 20.0)):
    """An ellipse as a polygon, clockwise on the screen; degrees as seen there."""
    places = np.arange(count) * (2 * math.pi / count)
    x, y, turn = long * np.cos(places), short * np.sin(places), math.radians(-degrees)
    return np.stack([x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)], 1) + middle


def test_a_rectangle():
    box = np.array([[2, 3], [8, 3], [8, 13], [2, 13]])
    found = figures(box)
    assert found.area[0] == 60
    assert found.perimeter[0] == 32
    assert found.max_feret[0] == pytest.approx(math.hypot(6, 10))
    assert found.min_feret[0] == pytest.approx(6)
    assert found.centroid[0].tolist() == [8, 5]
    assert found.aspect_ratio[0] == pytest.approx(10 / 6)
    assert found.degrees[0] == pytest.approx(90)
    assert found.form_factor[0] == pytest.approx(4 * math.pi * 60 / 32**2)


@pytest.mark.parametrize("degrees", [0, 30, 135])
def test_an_ellipse(degrees):
    found = figures(ring(long=12, short=5, degrees=degrees))
    assert found.equivalent_diameter[0] == pytest.approx(2 * math.sqrt(60), rel=1e-4)
    assert found.major_axis[0] == pytest.approx(24, rel=1e-4)
    assert found.minor_axis[0] == pytest.approx(10, rel=1e-4)
    assert found.max_feret[0] == pytest.approx(24, rel=1e-3)
    assert found.min_feret[0] == pytest.approx(10, rel=1e-3)
    assert (found.degrees[0] - degrees + 90) % 180 - 90 == pytest.approx(0, abs=0.01)


def test_hollows_count_in_area_but_not_in_feret_diameters():
    star = np.array([[0, 0], [5, 4], [10, 0], [6, 5], [10, 10], [5, 6], [0, 10], [4, 5]], float)
    found = figures(star)
    assert found.area[0] == pytest.approx(20)
    assert found.max_feret[0] == pytest.approx(math.hypot(10, 10))
    assert found.min_feret[0] == pytest.approx(10)


def test_moments_equal_those_of_scikit_image_on_a_fine_grid():
    star = np.array([[0, 0], [5, 4], [10, 0], [6, 5], [10, 10], [5, 6], [0, 10], [1, 5]], float)
    places = (np.arange(400) + 0.5) / 40
    x, y = (each.ravel() for each in np.meshgrid(places, places))
    following = np.roll(star, -1, axis=0)
    crossed = np.zeros(len(x), bool)
    for (ax, ay), (bx, by) in zip(star, following, strict=True):
        crossed ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay + 1e-30) + ax)
    moments = moments_coords_central(np.stack([y, x], axis=1)[crossed], order=2) / crossed.sum()
    large = np.linalg.eigvalsh([[moments[2, 0], moments[1, 1]], [moments[1, 1], moments[0, 2]]])
    found = figures(star)
    assert [found.minor_axis[0], found.major_axis[0]] == pytest.approx(4 * np.sqrt(large), rel=0.003)


def test_the_form_factor_is_not_cut_and_too_few_points_have_no_figures():
    found = figures(ring(), np.zeros((0, 2)), ring(3))
    assert found.form_factor[0] == pytest.approx(1, abs=1e-4)
    assert np.isnan(found.area).tolist() == [False, True, False]
