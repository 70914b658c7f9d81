"""What the compiled pass has to know of pixels that are not square: their sides, and what their outline counts."""

import math

import numpy as np
from numpy.typing import NDArray

from uniaims._kernels import measure as kernels

Floats = NDArray[np.float64]

_DIRECTION_COUNT = 1024
"""Directions of a straight outline, over a quarter turn, for which the perimeter is made right."""


def pixel_shape(aspect: float) -> Floats:
    """Row (PIXEL_COLUMNS,) for the kernel of pixels with height / width = ``aspect``; their area is 1."""
    pixel = np.empty(kernels.PIXEL_COLUMNS)
    pixel[kernels.DOWN], pixel[kernels.ACROSS] = math.sqrt(aspect), 1 / math.sqrt(aspect)
    square = np.array([kernels.NONE_STRAIGHT, kernels.ONE_STRAIGHT, kernels.BOTH_STRAIGHT])
    level, upright = (square, square) if aspect == 1.0 else _crack_lengths(aspect)
    pixel[kernels.HORIZONTAL : kernels.VERTICAL], pixel[kernels.VERTICAL :] = level, upright
    return pixel


def _crack_lengths(aspect: float) -> tuple[Floats, Floats]:
    """What horizontal and vertical cracks count, (3,) each: with neither, one, both ends straight.

    A straight outline of slope 0, 1/2, 1, 2 or infinity in pixels has one length per step whatever its place, and
    between these slopes the sum over its cracks is linear. The lengths are right along the sides of a pixel and of
    least squared relative error over all directions, times what Vossepoel & Smeulders' lengths are to the same fit for
    square pixels.
    """
    none, one, both = kernels.NONE_STRAIGHT, kernels.ONE_STRAIGHT, kernels.BOTH_STRAIGHT
    known = np.array([both, one + none / 2, 2 * none, one + none / 2, both])
    level, between, diagonal, steep, upright = _step_lengths(aspect) * (known / _step_lengths(1.0))
    return (
        np.array([diagonal / 2, between - diagonal / 4, level]),
        np.array([diagonal / 2, steep - diagonal / 4, upright]),
    )


def _step_lengths(aspect: float) -> Floats:
    """Lengths (5,) per step at slopes of 0, 1/2, 1, 2, infinity: the first and the last are the sides of a pixel.

    The others are fitted to straight lines of all directions.
    """
    angles = (np.arange(_DIRECTION_COUNT) + 0.5) * (np.pi / 2 / _DIRECTION_COUNT)
    steps_across, steps_down = np.cos(angles) * math.sqrt(aspect), np.sin(angles) / math.sqrt(aspect)
    flat = steps_down <= steps_across
    most, least = np.maximum(steps_across, steps_down), np.minimum(steps_across, steps_down)
    # how far along the knots 0, 1, 2 (slope 0, 1/2, 1), from the flat or from the steep end
    place = 2 * least / most
    place = np.where(flat, place, 4 - place)
    shares = np.maximum(1 - np.abs(place[:, None] - np.arange(5)), 0) * most[:, None]
    along, down = 1 / math.sqrt(aspect), math.sqrt(aspect)
    missing = 1 - shares[:, 0] * along - shares[:, 4] * down
    return np.array([along, *np.linalg.lstsq(shares[:, 1:4], missing, rcond=None)[0], down])
