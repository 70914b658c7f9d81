"""Grey-level profiles across outlines, against pictures and edges whose values are known."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from uniaims._kernels import profiles, rings
from uniaims._kernels.profiles import STEP

MIDDLE = 20
PLACES = (np.arange(2 * MIDDLE + 1) - MIDDLE) * STEP
"""Of a profile, px from its middle."""
BLUR = 1.5
EDGE = ndtr(-PLACES / BLUR)
"""Mean profile of a blurred step: 1 inside, 0 outside."""


def circle(count=160, radius=10.0):
    places = np.arange(count) * (2 * math.pi / count)
    return np.stack([20 + radius * np.cos(places), 20 + radius * np.sin(places)], axis=1)


def whole(values):
    """Profiles (M, T) all along a ring, with their ends."""
    count = len(values)
    return np.tile(EDGE, (count, 1)) * values[:, None], np.tile([0, 2 * MIDDLE], (count, 1))


def test_profiles_of_a_plane_have_its_levels():
    image = np.tile(np.arange(40) + 0.5, (40, 1))  # the level of a place is its x
    ring = circle()
    limits = np.full((len(ring), 2), 3.0)
    limits[0, 1] = 0.0  # something touches there
    taken, ends = profiles.take_profiles(image, ring, limits, np.zeros(len(ring)), MIDDLE)
    expected = ring[:, :1] + PLACES * rings.normals_of(ring)[:, :1]
    inside = np.abs(PLACES) <= 3
    assert taken[1:, inside] == pytest.approx(expected[1:, inside], abs=1e-9)
    assert np.isnan(taken[:, ~inside]).all()
    assert ends[0].tolist() == [MIDDLE - 6, MIDDLE]
    assert ends[1].tolist() == [MIDDLE - 6, MIDDLE + 6]


def test_profiles_end_with_the_picture():
    ring = circle(radius=18.0)
    reach = np.full((len(ring), 2), 10.0)
    taken, _ = profiles.take_profiles(np.ones((40, 40)), ring, reach, np.zeros(len(ring)), MIDDLE)
    assert np.isnan(taken[0, PLACES > 2]).all()
    assert (taken[0, PLACES <= 1.5] == 1).all()


@pytest.mark.parametrize(("gap", "outwards"), [(0, 0.0), (6, 3.0), (40, 12.0)])
def test_edges_are_looked_for_half_way_to_what_is_next(gap, outwards):
    labels = np.zeros((40, 90), np.uint32)
    labels[10:30, 10:30] = 1
    labels[10:30, 30 + gap : 80] = 2
    point, right = np.array([[30.0, 20.0]]), np.array([[1.0, 0.0]])
    (found,) = profiles.limits_of(labels, 1, point, right, 12.0)
    assert found == pytest.approx([10.25, outwards])  # the other side, 20 px away, is left at the step after it


def test_averages_are_those_of_the_neighbours_that_are_known():
    values = np.random.default_rng(0).normal(size=(9, 3))
    values[4, 1] = math.nan
    found = profiles.average_along(values, 2)
    near = [np.take(values, range(i - 2, i + 3), axis=0, mode="wrap") for i in range(9)]
    expected = np.array([np.nanmean(each, axis=0) for each in near])
    expected[4, 1] = math.nan
    assert found == pytest.approx(expected, nan_ok=True)
    assert profiles.average_along(values, 0) is values


def test_levels_and_noise_of_both_sides():
    random = np.random.default_rng(0)
    seen, ends = whole(np.full(400, 60.0))
    seen = seen + 100 + random.normal(0, 2.0, seen.shape)
    levels, noise = profiles.side_levels(seen, ends, 8)
    assert levels.mean(axis=0) == pytest.approx([160, 100], abs=0.5)
    assert noise == pytest.approx(2, rel=0.15)


def test_profiles_that_end_before_the_guard_tell_no_outer_level():
    seen, ends = whole(np.full(32, 60.0))
    ends[:, 1] = MIDDLE + 4
    levels, _ = profiles.side_levels(seen, ends, 8)
    assert np.isnan(levels[:, 1]).all()
    assert levels[:, 0] == pytest.approx(np.full(32, 60.0), rel=1e-3)


@pytest.mark.parametrize("contrast", [50.0, -50.0])
@pytest.mark.parametrize("place", [-2.2, 0.0, 1.3])
def test_half_height_is_found_between_samples(contrast, place):
    seen = 100 + contrast * ndtr(-(PLACES - place) / BLUR)[None]
    levels, ends = np.array([[100 + contrast, 100.0]]), np.array([[0, 2 * MIDDLE]])
    assert profiles.crossings(seen, ends, levels) == pytest.approx([place], abs=0.01)


def test_the_crossing_nearest_to_the_middle_counts_and_touched_points_have_none():
    seen = np.ones((2, 2 * MIDDLE + 1))
    seen[:, MIDDLE + 3 :] = 0
    seen[:, MIDDLE - 12] = 0  # a dark spot deep inside
    ends = np.array([[0, 2 * MIDDLE], [0, MIDDLE]])
    found = profiles.crossings(seen, ends, np.tile([1.0, 0.0], (2, 1)))
    assert found == pytest.approx([2.5 * STEP, math.nan], nan_ok=True)


def test_what_jumps_away_is_dropped():
    shifts = np.sin(np.arange(96) * 2 * math.pi / 96)
    shifts[40] += 5
    profiles.drop_jumps(shifts)
    assert np.flatnonzero(np.isnan(shifts)).tolist() == [40]


def test_touched_points_move_like_the_rest():
    shifts, touched = np.full(200, 0.7), np.zeros(200, bool)
    shifts[50:80], touched[50:80] = 9.0, True
    shifts[120] = math.nan
    assert profiles.settled(shifts, touched, 0.05) == pytest.approx(np.full(200, 0.7))


def test_the_mean_edge_runs_from_one_to_nought_whatever_the_contrast():
    seen, ends = whole(np.linspace(20, 200, 64))
    levels = np.stack([np.linspace(20, 200, 64), np.zeros(64)], axis=1)
    ends[:5, 1] = MIDDLE  # something touches: these do not count
    seen[:5] = 1e6
    assert profiles.mean_edge(seen, ends, levels, 4) == pytest.approx(EDGE)


def test_the_blur_of_a_step_is_its_width_and_it_has_no_rim():
    assert profiles.place_of(EDGE, 0.5) == pytest.approx(0, abs=1e-9)
    assert math.isnan(profiles.place_of(EDGE, 2.0))
    assert profiles.edge_width(EDGE) == pytest.approx(BLUR, rel=0.02)
    assert profiles.rim_height(EDGE, BLUR) == pytest.approx(0, abs=1e-9)
    bright = EDGE + 0.3 * np.exp(-(((PLACES + 2 * BLUR) / BLUR / 0.4) ** 2))
    assert profiles.rim_height(bright, BLUR) == pytest.approx(0.3, abs=0.01)
    assert profiles.rim_height(EDGE[MIDDLE - 2 : MIDDLE + 3], BLUR) == 0.0


def test_half_height_of_a_blurred_disc_lies_inside_by_its_curvature():
    """To first order s² / 2R: van Vliet & Verbeek 1995."""
    ring = circle(400, 16.0)
    no_rest = np.stack([np.linspace(0, 0.45, 46), np.zeros(46), np.zeros(46)], axis=1)
    shifts = profiles.blur_shifts(no_rest, 2.0, ring, 16.0)
    assert shifts == pytest.approx(np.full(400, 2.0**2 / 2 / 16), rel=0.01)
    rest = no_rest + np.array([0, 0.01, 0.05])
    assert profiles.blur_shifts(rest, 2.0, ring, 16.0) - shifts == pytest.approx(np.full(400, 0.16), rel=0.01)
