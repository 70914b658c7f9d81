"""Where half height lies on bodies that are not large against the blur.

Blur moves the half-height line of a round body inwards, by s² / 2R to first order (van Vliet & Verbeek, Proc. 9th
Scandinavian Conference on Image Analysis, 1995), and where the blur reaches the middle of a body the inner grey level
is too low, which moves it outwards again. Both are known for a disc and for a long strip, with the windows in which
`uniaims._kernels.profiles` takes its levels; other forms lie between.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, ndtr

from uniaims._kernels.profiles import GUARD_WIDTHS, QUARTERS, REACH_WIDTHS

Floats = NDArray[np.float64]

_WIDTHS = np.arange(0.04, 0.521, 0.02)
_PLACES = np.linspace(0.0, 4.0, 1601)
_ROUNDS = 25


@cache
def half_height_errors() -> Floats:
    """Table (S, 3): seen width of the edge, and how far outwards the true edge of a disc and of a strip lies.

    All in units of the radius of the disc, of the half width of the strip; the widths are at equal distances from 0.
    The disc's is without its first-order part, half of the square of the width.
    """
    found = np.array([[*_seen(_disc, width), *_seen(_strip, width)] for width in _WIDTHS])
    grid = np.linspace(0.0, 0.45, 46)
    disc = np.interp(grid, np.append(0, found[:, 0]), np.append(0, found[:, 1] - found[:, 0] ** 2 / 2))
    strip = np.interp(grid, np.append(0, found[:, 2]), np.append(0, found[:, 3]))
    return np.stack([grid, disc, strip], axis=1)


def _disc(places: Floats, width: float) -> Floats:
    """Grey level at distances from the middle of a disc of radius 1 and level 1, blurred by a Gaussian."""
    angles = (np.arange(120) + 0.5) * (math.pi / 120) - math.pi / 2
    chord, weights = np.cos(angles), np.cos(angles) * (math.pi / 120)
    across = np.exp(-0.5 * ((np.sin(angles) - places[:, None]) / width) ** 2) / (width * math.sqrt(2 * math.pi))
    return np.asarray((weights * across * erf(chord / (math.sqrt(2) * width))).sum(axis=1))


def _strip(places: Floats, width: float) -> Floats:
    return np.asarray(ndtr((places + 1) / width) - ndtr((places - 1) / width))


def _seen(body: Callable[[Floats, float], Floats], width: float) -> tuple[float, float]:
    """Width of the edge as it is seen, and how far outwards the true one lies, in units of where half height lies."""
    levels = body(_PLACES, width)
    half, seen = 1.0, width
    for _ in range(_ROUNDS):
        first = max(half - REACH_WIDTHS * seen, 0.0)
        inner = _mean(levels, first, max(half - GUARD_WIDTHS * seen, first + 0.05))
        outer = _mean(levels, half + GUARD_WIDTHS * seen, half + REACH_WIDTHS * seen)
        high, half, low = (
            float(np.interp(-(outer + share * (inner - outer)), -levels, _PLACES)) for share in (0.75, 0.5, 0.25)
        )
        seen = (low - high) / QUARTERS
    return seen / half, (1 - half) / half


def _mean(levels: Floats, first: float, last: float) -> float:
    start, stop = np.searchsorted(_PLACES, (first - 1e-9, last))
    return float(levels[start:stop].mean())
