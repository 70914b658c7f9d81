"""The scale at which a model sees the objects of a micrograph at the size that it knows best."""

import math
from dataclasses import dataclass
from typing import Any, Protocol

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

SEEN_WELL = 4.0
"""Objects up to so many times smaller or larger than the model's nominal diameter are seen about as well as those of
exactly that size (`benchmarks/sizes.py`)."""

DOUBTFUL = 0.8
"""Where the quality to expect is lower, a finer look is taken too."""
CLEARLY = 0.05
"""Another scale is taken only if it promises a quality that is higher by this."""


FEW, MANY = 40, 20
"""Where few objects were found, at least many more beside them at a finer scale are the ones that matter."""
LARGE_LOOK_PX = 1_000_000
"""A look at so many pixels is dear enough that looking for smaller objects beside costs next to nothing."""
FINER_BESIDE = 4.0


@dataclass(frozen=True)
class Look:
    """What was seen at a scale.

    Attributes:
        diameter_px: characteristic diameter of the objects, in pixels at that scale; 0 if there are none.
        quality: share of them that is likely to be right, 0..1; 0 if there are none.
        count: how many there are.
    """

    diameter_px: float
    quality: float
    count: int = 0


class Viewer(Protocol):
    """Looks at a micrograph at any scale."""

    def look(self, scale: float) -> Look:
        """What is seen at a scale."""

    def glance(self, scale: float) -> Look:
        """The same for comparison only: it may be at less of the micrograph."""

    def beside(self, scale: float, coarse: float) -> Look:
        """What is seen at a scale beside the objects that were seen at a coarser one; a small part will do."""


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


def find_scale(viewer: Viewer, shape: tuple[int, int], nominal_diameter_px: float) -> WorkingScale:
    """Look at the micrograph (H, W) from coarse to fine until its objects look large enough.

    Seen too coarsely, objects are missed or come out small; seen too finely, their texture falls apart into many small
    pieces. So the first scale, from the coarse side, at which the objects reach the nominal size is the right one, and
    it is also the cheapest. Where no scale shows them that large, the one that shows them largest is taken. Two doubts
    are looked into:

    - Few large objects may hide that there are many small ones. If many are seen beside them four times as finely, the
      scale becomes the one that shows these at half of the nominal size, at which both are seen.
    - If few of the objects are likely to be right, a scale twice as fine is looked at too, and the best of all that
      was seen is taken if it is clearly better.
    """
    looks: dict[float, Look] = {}
    ladder = scale_ladder(shape)
    for scale in ladder:
        looks[scale] = viewer.look(scale)
        if looks[scale].diameter_px >= ENOUGH * nominal_diameter_px:
            break
    chosen = max(looks, key=lambda scale: looks[scale].diameter_px)
    if looks[chosen].diameter_px == 0:
        return WorkingScale(1.0, None, chosen=True)
    worth_it = looks[chosen].count <= FEW or shape[0] * shape[1] * chosen**2 >= LARGE_LOOK_PX
    smaller = _scale_of_smaller(viewer, chosen, ladder[-1], nominal_diameter_px) if worth_it else None
    if smaller is not None:
        return smaller
    chosen = _better(viewer, chosen, ladder[-1], looks)
    return WorkingScale(chosen, looks[chosen].diameter_px / chosen, chosen=True)


def _scale_of_smaller(viewer: Viewer, coarse: float, finest: float, nominal_diameter_px: float) -> WorkingScale | None:
    """The scale for many small objects beside those seen at ``coarse``; ``None`` if there are none."""
    fine = min(FINER_BESIDE * coarse, finest)
    if fine < 2 * coarse:
        return None
    seen = viewer.beside(fine, coarse)
    if seen.count < MANY or seen.quality < DOUBTFUL:
        return None
    scale = min(finest, fine * nominal_diameter_px / 2 / seen.diameter_px)
    return WorkingScale(max(scale, coarse), seen.diameter_px / fine, chosen=True)


def _better(viewer: Viewer, chosen: float, finest: float, looks: dict[float, Look]) -> float:
    """The scale of the best quality among ``looks`` and a finer one, if it is clearly better than that ``chosen``."""
    if looks[chosen].quality >= DOUBTFUL:
        return chosen
    finer = min(2 * chosen, finest)
    if finer not in looks:
        looks[finer] = viewer.glance(finer)
    best = max(looks, key=lambda scale: looks[scale].quality)
    return best if looks[best].quality >= looks[chosen].quality + CLEARLY else chosen


def scale_ladder(shape: tuple[int, int]) -> tuple[float, ...]:
    """The scales to look at, coarse to fine, each finer by the square root of 2; 1 is always among them."""
    coarsest = min(1.0, SMALLEST_SIDE_PX / max(1, min(shape)))
    finest = min(LARGEST_SCALE, max(1.0, math.sqrt(LARGEST_ENLARGED_PX / max(1, shape[0] * shape[1]))))
    below, above = (math.floor(math.log(end) / math.log(LADDER_STEP) + 1e-9) for end in (coarsest, 1 / finest))
    return tuple(LADDER_STEP**rung for rung in range(below, -above - 1, -1))


def share_seen_well(labels: NDArray[Any], scale: float, nominal_diameter_px: float) -> float:
    """Share 0..1 of the instances of ``labels`` (H, W) whose size suits the scale; NaN without instances.

    Suitable is an equivalent diameter that at ``scale`` is at most ``SEEN_WELL`` times smaller or larger than nominal.
    """
    seen = diameters_px(labels) * scale / nominal_diameter_px
    return float(np.mean((seen >= 1 / SEEN_WELL) & (seen <= SEEN_WELL))) if seen.size else math.nan


def diameters_px(labels: NDArray[Any]) -> NDArray[np.float64]:
    """Equivalent diameters (N,) in pixels of the instances of ``labels`` (H, W), in the order of their numbers."""
    areas = np.bincount(np.asarray(labels).ravel())[1:]
    diameters: NDArray[np.float64] = 2 * np.sqrt(areas[areas > 0] / np.pi)
    return diameters


def characteristic_diameter_px(labels: NDArray[Any]) -> float:
    """The object size that sets the working scale, in pixels; 0 without objects.

    Geometric mean of the median diameter by number and the median by area, so that neither a crowd of specks
    nor one giant decides alone.
    """
    diameters = np.sort(diameters_px(labels))
    if not diameters.size:
        return 0.0
    weights = np.cumsum(diameters**2)
    by_area = diameters[np.searchsorted(weights, weights[-1] / 2)]
    return float(math.sqrt(np.median(diameters) * by_area))
