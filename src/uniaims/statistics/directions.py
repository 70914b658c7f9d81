"""Directions of axes, where 0 and 180 degrees are the same (Mardia & Jupp, Directional statistics, 2000)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from uniaims.statistics.samples import known_values


@dataclass(frozen=True)
class Directions:
    """Directions of axes (0 and 180 degrees are the same).

    Attributes:
        mean: mean direction, 0 <= degrees < 180; NaN if all cancel out.
        order: order parameter <2 cos²(angle - mean) - 1>: 0 without preferred direction, 1 if all are parallel.
        std: circular standard deviation in degrees.
        p_value: probability of such an order if all directions were equally likely (Rayleigh).
        count, excluded: directions that count; those left out because they are NaN.
    """

    mean: float
    order: float
    std: float
    p_value: float
    count: int
    excluded: int


def summarise_directions(degrees: ArrayLike) -> Directions:
    """Mean direction and order of axes, by doubling the angles.

    Args:
        degrees: (n,) directions of axes; 0 and 180 are the same.

    Raises:
        InputError: if the values are not a list of finite numbers and NaN.
    """
    known, excluded = known_values(degrees)
    if not len(known):
        return Directions(math.nan, math.nan, math.nan, math.nan, 0, excluded)
    doubled = np.deg2rad(2 * known)
    cosine, sine = float(np.cos(doubled).mean()), float(np.sin(doubled).mean())
    order = min(1.0, math.hypot(cosine, sine))
    if order < 1e-12:
        return Directions(math.nan, 0.0, math.inf, 1.0, len(known), excluded)
    n, resultant = len(known), order * len(known)
    mean = math.degrees(math.atan2(sine, cosine)) / 2 % 180
    p_value = math.exp(min(0.0, math.sqrt(1 + 4 * n + 4 * (n * n - resultant * resultant)) - (1 + 2 * n)))
    std = math.degrees(math.sqrt(-2 * math.log(order))) / 2
    return Directions(mean if mean < 180 else 0.0, order, std, p_value, n, excluded)
