import math

import numpy as np
import pytest
from skimage.measure import moments_coords_central

from uniaims._kernels import rings
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


# --- rings, compiled against plain ------------------------------------------------------------------------------------


def test_resampled_points_lie_at_equal_distances():
    box = np.array([[0.0, 0], [6, 0], [6, 2], [0, 2]])
    found = np.empty((32, 2))
    rings.resample(box, rings.length_of(box), found)
    assert np.hypot(*np.diff(found, axis=0).T) == pytest.approx(np.full(31, 0.5))


def test_smoothing_keeps_the_area():
    points = ring(200, 8, 5)
    area = rings.area_of(points)
    rings.smooth_ring(points, 6.0, area)
    assert rings.area_of(points) == pytest.approx(area, rel=1e-3)


def test_curvatures_add_up_to_a_turn_and_are_those_of_a_circle():
    points = ring(300, 9, 4)
    step = rings.length_of(points) / 300
    assert (rings.curvatures(points, 2.0) * step).sum() == pytest.approx(2 * math.pi)
    assert rings.curvatures(ring(), 2.0) == pytest.approx(np.full(400, 0.1), rel=1e-3)


def test_periodic_signals_against_plain_loops():
    values = np.random.default_rng(0).normal(size=40)
    kernel = rings.gaussian(2.0, 40)
    out = np.empty(40)
    rings.convolve(values, kernel, out)
    full = np.zeros(40)
    full[: len(kernel)] = kernel
    full[-len(kernel) + 1 :] += kernel[:0:-1]
    assert out == pytest.approx(np.fft.ifft(np.fft.fft(values) * np.fft.fft(full)).real)
    medians = rings.running_median(values, 7, 64)
    assert medians == pytest.approx([np.median(np.take(values, range(i - 3, i + 4), mode="wrap")) for i in range(40)])


def test_gaps_are_bridged_around_the_end():
    values = np.array([math.nan, 1.0, math.nan, 3.0, math.nan])
    assert rings.fill_gaps(values)
    assert values == pytest.approx([5 / 3, 1, 2, 3, 7 / 3])
    assert not rings.fill_gaps(np.full(3, math.nan))


def test_the_spline_keeps_the_mean_and_passes_slow_waves():
    kernel = rings.spline(3.0, 200)
    assert 2 * kernel.sum() - kernel[0] == pytest.approx(1)
    places = np.arange(200) * 2 * math.pi / 200
    out = np.empty(200)
    rings.convolve(np.cos(2 * places), kernel, out)
    assert out == pytest.approx(np.cos(2 * places), abs=0.01)
