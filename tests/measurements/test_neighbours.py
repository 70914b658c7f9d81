"""Distances and densities of neighbours, against scipy and areas of circles worked out by hand."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from uniaims._kernels import measure as kernels
from uniaims.boxes import Box
from uniaims.measurements.instances import InstanceShapes
from uniaims.measurements.neighbours import local_densities, nearest_distances

WIDE = Box(0, 0, 10_000, 10_000)


def instances_at(points, region=WIDE, sides=(1.0, 1.0)):
    """Instances of which only the centroids (N, 2) are known."""
    shapes = np.zeros((len(points), kernels.SHAPE_COLUMNS))
    shapes[:, [kernels.CENTROID_Y, kernels.CENTROID_X]] = points
    numbers = np.arange(1, len(points) + 1, dtype=np.uint32)
    return InstanceShapes(numbers, shapes, np.zeros((len(points), 4), np.int32), region, sides=sides)


def test_distances_are_those_of_all_pairs():
    points = np.random.default_rng(0).uniform(0, 100, (40, 2))
    apart = cdist(points, points) + np.diag(np.full(40, np.inf))
    assert nearest_distances(instances_at(points)) == pytest.approx(apart.min(axis=1))


def test_centroids_at_one_place_are_no_distance_apart():
    assert nearest_distances(instances_at([[5.0, 5], [5, 5], [9, 8]])).tolist() == [0, 0, 5]


def test_few_instances_have_neither():
    assert np.isnan(nearest_distances(instances_at([[1.0, 1]]))).all()
    assert np.isnan(local_densities(instances_at([[1.0, 1], [2, 2]]))).all()
    assert nearest_distances(instances_at(np.zeros((0, 2)))).shape == (0,)
    assert np.isnan(local_densities(instances_at([[1.0, 1]] * 3))).all()  # all at one place: there is no area


@pytest.mark.parametrize(
    ("middle", "share"),
    [((5000, 5000), 1.0), ((-0.5, 5000), 0.5), ((-0.5, -0.5), 0.25), ((9999.5, 5000), 0.5)],
    ids=["inside", "upper border", "corner", "lower border"],
)
def test_density_counts_the_part_of_the_circle_that_lies_in_the_picture(middle, share):
    """Two others at 30 and 40 px: (2 - 1) in the circle through the second."""
    y, x = middle
    points = [[y, x], [y, x + 30], [y, x + 40]]
    assert local_densities(instances_at(points))[0] == pytest.approx(1 / (share * math.pi * 40**2))


def test_a_strip_cuts_the_circle_at_both_sides():
    region, radius, half = Box(0, 0, 20, 1000), 40.0, 10.0
    points = [[9.5, 500.0], [9.5, 510.0], [9.5, 540.0]]
    inside = 2 * (half * math.sqrt(radius**2 - half**2) + radius**2 * math.asin(half / radius))
    assert local_densities(instances_at(points, region))[0] == pytest.approx(1 / inside)


def test_the_eighth_neighbour_decides_where_there_are_more():
    ring = [[5000 + (10 + k) * math.sin(k), 5000 + (10 + k) * math.cos(k)] for k in range(12)]
    density = local_densities(instances_at([[5000.0, 5000.0], *ring]))[0]
    assert density == pytest.approx(7 / (math.pi * 17**2))


def test_borders_lie_by_the_sides_of_the_pixels():
    tall = (math.sqrt(2), 1 / math.sqrt(2))
    points = [[-0.5 * tall[0], 300.0], [-0.5 * tall[0], 330.0], [-0.5 * tall[0], 340.0]]
    assert local_densities(instances_at(points, sides=tall))[0] == pytest.approx(1 / (0.5 * math.pi * 40**2))
