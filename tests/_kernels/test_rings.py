"""Closed lines of equally spaced points, and periodic signals along them: compiled against plain."""

import math

import numpy as np
import pytest

from uniaims._kernels import rings

BOX = np.array([[0.0, 0], [6, 0], [6, 2], [0, 2]])


def ring(count=400, long=10.0, short=10.0):
    """An ellipse, clockwise on the screen."""
    places = np.arange(count) * (2 * math.pi / count)
    return np.stack([30 + long * np.cos(places), 20 + short * np.sin(places)], axis=1)


def test_length_and_area_of_a_box():
    assert rings.length_of(BOX) == 16
    assert rings.area_of(BOX) == 12
    assert rings.area_of(BOX[::-1]) == -12
    assert rings.area_of(BOX[:2]) == 0
    assert rings.lengths_of(np.concatenate([BOX, BOX / 2]), np.array([0, 4, 4, 8])).tolist() == [16, 0, 8]


def test_normals_point_outside():
    points = ring()
    assert rings.normals_of(points) == pytest.approx((points - [30, 20]) / 10, abs=1e-12)


def test_medians_leave_out_what_is_not_known():
    assert rings.median_of(np.array([math.nan, 4.0, 1.0, 2.0])) == 2
    assert math.isnan(rings.median_of(np.full(3, math.nan)))


def test_resampled_points_lie_at_equal_distances():
    found = np.empty((32, 2))
    rings.resample(BOX, rings.length_of(BOX), found)
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
