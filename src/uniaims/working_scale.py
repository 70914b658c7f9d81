"""The scale at which a model sees the objects of a micrograph at the size that it knows best."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError

LADDER_STEP = math.sqrt(0.5)
SMALLEST_SIDE_PX = 96
"""The coarsest look at a micrograph still has this many pixels on its shorter side."""
LARGEST_SCALE = 2.0
LARGEST_ENLARGED_PX = 2**24
"""A micrograph is enlarged only up to so many pixels: beyond, the time it takes outweighs what small objects gain."""
ENOUGH = 0.85
"""Objects that look at least this large, relative to the model's nominal diameter, are large enough."""

Probe = Callable[[float], float]
"""Scale -> characteristic diameter, in pixels at that scale, of the objects found there; 0 if there are none."""


@dataclass(frozen=True)
class WorkingScale:
    """The chosen scale (working pixels per image pixel) and the object diameter in image pixels behind it."""

    scale: float
    diameter_px: float | None
    chosen: bool
    """Whether it was chosen by looking, not given by the user."""


def scale_of_diameter(diameter_px: float, nominal_diameter_px: float) -> WorkingScale:
    """The scale for objects of a known diameter.

    Raises:
        SettingsError: if the diameter is not a positive number.
    """
    if not (math.isfinite(diameter_px) and diameter_px > 0):
        raise SettingsError(f"diameter {diameter_px} px: wanted a number above 0, the usual object size in pixels.")
    return WorkingScale(nominal_diameter_px / diameter_px, diameter_px, chosen=False)


def find_scale(probe: Probe, shape: tuple[int, int], nominal_diameter_px: float) -> WorkingScale:
    """Look at the micrograph (H, W) from coarse to fine until its objects look large enough.

    Seen too coarsely, objects are missed or come out small; seen too finely, their texture falls apart into many small
    pieces. So the first scale, from the coarse side, at which the objects reach the nominal size is the right one, and
    it is also the cheapest. Where no scale shows them that large, the one that shows them largest is taken.
    """
    looks: list[tuple[float, float]] = []
    for scale in scale_ladder(shape):
        diameter = probe(scale)
        looks.append((scale, diameter))
        if diameter >= ENOUGH * nominal_diameter_px:
            break
    scale, diameter = max(looks, key=lambda look: look[1])
    if diameter == 0:
        return WorkingScale(1.0, None, chosen=True)
    return WorkingScale(scale, diameter / scale, chosen=True)


def scale_ladder(shape: tuple[int, int]) -> tuple[float, ...]:
    """The scales to look at, coarse to fine, each finer by the square root of 2; 1 is always among them."""
    coarsest = min(1.0, SMALLEST_SIDE_PX / max(1, min(shape)))
    finest = min(LARGEST_SCALE, max(1.0, math.sqrt(LARGEST_ENLARGED_PX / max(1, shape[0] * shape[1]))))
    below, above = (math.floor(math.log(end) / math.log(LADDER_STEP) + 1e-9) for end in (coarsest, 1 / finest))
    return tuple(LADDER_STEP**rung for rung in range(below, -above - 1, -1))


def characteristic_diameter_px(labels: NDArray[Any]) -> float:
    """The object size that sets the working scale, in pixels; 0 without objects.

    Geometric mean of the median diameter by number and the median by area, so that neither a crowd of specks
    nor one giant decides alone.
    """
    areas = np.bincount(np.asarray(labels).ravel())[1:]
    diameters = np.sort(2 * np.sqrt(areas[areas > 0] / np.pi))
    if not diameters.size:
        return 0.0
    weights = np.cumsum(diameters**2)
    by_area = diameters[np.searchsorted(weights, weights[-1] / 2)]
    return float(math.sqrt(np.median(diameters) * by_area))
