"""How close the next instances are, and how dense they lie."""

import numpy as np
from scipy.spatial import KDTree

from uniaims.measurements.instances import Floats, InstanceShapes, ratio

NEIGHBOUR_COUNT = 8
"""Neighbours that the local density looks at; fewer where the image holds fewer."""


def nearest_distances(instances: InstanceShapes) -> Floats:
    """Distance (N,) in px from each centroid to the nearest other one; NaN for a single instance."""
    return _distances_to_neighbour(instances.centroids, 1)


def local_densities(instances: InstanceShapes) -> Floats:
    """Instances per area of a pixel (N,) around each centroid; NaN with fewer than 3 instances.

    (k - 1) / A with A the area of the circle through the k-th nearest centroid, as far as it lies in the region; k = 8.
    k - 1 makes it unbiased for randomly placed points.
    """
    neighbours = min(NEIGHBOUR_COUNT, len(instances.labels) - 1)
    if neighbours < 2:
        return np.full(len(instances.labels), np.nan)
    radii = _distances_to_neighbour(instances.centroids, neighbours)
    areas = _disc_areas_inside(instances, radii)
    return ratio(np.full(len(areas), neighbours - 1.0), areas)


def _distances_to_neighbour(points: Floats, rank: int) -> Floats:
    if len(points) <= rank:
        return np.full(len(points), np.nan)
    # the nearest point to each point is itself
    distances: Floats = KDTree(points).query(points, k=[rank + 1])[0][:, 0]
    return distances


def _disc_areas_inside(instances: InstanceShapes, radii: Floats) -> Floats:
    """Area (N,) of the part of the disc around each centroid that lies in the region."""
    centres, region, (high, wide) = instances.centroids, instances.region, instances.sides
    up, down = centres[:, 0] - (region.top - 0.5) * high, (region.bottom - 0.5) * high - centres[:, 0]
    before, behind = centres[:, 1] - (region.left - 0.5) * wide, (region.right - 0.5) * wide - centres[:, 1]
    total = np.zeros(len(radii))
    for height in (up, down):
        for width in (before, behind):
            total += _quarter_area(np.clip(height, 0, radii), np.clip(width, 0, radii), radii)
    return total


def _quarter_area(height: Floats, width: Floats, radius: Floats) -> Floats:
    """Area of 0 <= y <= height, 0 <= x <= width, x² + y² <= radius²; height and width at most the radius."""
    flat = np.minimum(width, np.sqrt(np.maximum(radius**2 - height**2, 0)))
    return flat * height + _under_arc(width, radius) - _under_arc(flat, radius)


def _under_arc(x: Floats, radius: Floats) -> Floats:
    """Integral of sqrt(radius² - t²) over t = 0..x."""
    sine = ratio(x, radius)
    area: Floats = (x * np.sqrt(np.maximum(radius**2 - x**2, 0)) + radius**2 * np.arcsin(np.minimum(sine, 1))) / 2
    return area
