"""Plane scenes, what sections of solids share: labels without slivers, relief from a height, numbers of phases."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.relief import Float32, Relief, highest_points, pieces
from uniaims.synthesis.scenes.composition import scene_of
from uniaims.synthesis.scenes.scene import SMALLEST_AREA_PX, Scene

Labels = NDArray[np.int32]
_THINNEST_PX = 1.8


def without_slivers(labels: Labels) -> Labels:
    """Give pieces that are too small or too thin to the matrix (0)."""
    return np.where(slivers(labels), 0, labels).astype(np.int32)


def section(labels: Labels, height: Float32, diameter_px: float, numbers: NDArray[np.floating]) -> Scene:
    """Make a section of relief `height` (H, W), bodies `labels` (H, W) and atomic `numbers` (B + 1,), 0 the matrix.

    Thickness is 1 throughout and 0 in voids.
    """
    shape = (labels.shape[0], labels.shape[1])
    slopes = [np.asarray(slope, dtype=np.float32) for slope in np.gradient(height)]
    table = np.asarray(numbers, dtype=np.float32)
    relief = replace(
        Relief.flat(shape),
        height=height.astype(np.float32),
        slope_y=slopes[0],
        slope_x=slopes[1],
        thickness=np.where(table[labels] > 0, np.float32(diameter_px), np.float32(0)),
        labels=labels.astype(np.int32),
    )
    return replace(scene_of(relief, diameter_px), atomic_numbers=table)


def slivers(labels: Labels) -> NDArray[np.bool_]:
    """Pixels of pieces that are too small or too thin to be seen as grains."""
    parts = pieces(labels)
    sizes = np.bincount(parts.ravel())
    depth = distance_within(parts)
    deepest = highest_points(parts.astype(np.uint32), depth, len(sizes) - 1)
    thin = np.append(False, deepest < _THINNEST_PX)
    return np.asarray(((sizes < 2 * SMALLEST_AREA_PX) | thin)[parts] & (parts > 0))


def distance_within(labels: Labels) -> Float32:
    """Distance (H, W) of each pixel to the nearest one of another label, in pixels, about 0.5 beside a border."""
    depth = cv2.distanceTransform((~rim(labels)).astype(np.uint8), cv2.DIST_L2, 3) + 0.5
    return np.asarray(np.minimum(depth, sum(labels.shape)), dtype=np.float32)


def rim(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Pixels whose right or lower neighbour is another grain."""
    border = np.zeros(labels.shape, dtype=bool)
    border[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    border[:-1] |= labels[:-1] != labels[1:]
    return border
