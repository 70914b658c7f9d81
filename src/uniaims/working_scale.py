"""The scale at which a model sees the objects of a micrograph at the size that it knows best."""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from uniaims.deprecation import old_names
from uniaims.errors import SettingsError

LADDER_STEP = math.sqrt(0.5)
SMALLEST_SIDE_PX = 96
"""The coarsest probe of a micrograph still has this many pixels on its shorter side."""
LARGEST_SCALE = 2.0
LARGEST_ENLARGED_PX = 2**24
"""A micrograph is enlarged only up to so many pixels: beyond, the time it takes outweighs what small objects gain."""
LARGE_ENOUGH = 0.85
"""Objects that look at least this large, relative to the model's nominal diameter, are large enough."""

SUITED_RATIO = 4.0
"""Objects up to so many times smaller or larger than the model's nominal diameter are seen about as well as those of
exactly that size (`benchmarks/sizes.py`)."""

DOUBTFUL_AP50 = 0.8
"""Where the AP50 to expect is lower, a finer look is taken too."""
CLEARLY_BETTER_AP50 = 0.05
"""Another scale is taken only if it promises an AP50 that is higher by this."""


FEW_OBJECTS, MANY_OBJECTS = 40, 20
"""Where few objects were found, at least many more outside them at a finer scale are the ones that matter."""
LARGE_PROBE_PX = 1_000_000
"""A probe of so many pixels is dear enough that looking for smaller objects too costs next to nothing."""
FINER_OUTSIDE = 4.0


@dataclass(frozen=True)
class ScaleProbe:
    """What was seen at a scale.

    Attributes:
        diameter_px: characteristic diameter of the objects, in pixels at that scale; 0 if there are none.
        expected_ap50: share of them that is likely to be right, 0..1; 0 if there are none.
        count: how many there are.
    """

    diameter_px: float
    expected_ap50: float
    count: int = 0


class Prober(Protocol):
    """Looks at a micrograph at any scale."""

    def probe(self, scale: float) -> ScaleProbe:
        """What is seen at a scale."""

    def probe_briefly(self, scale: float) -> ScaleProbe:
        """The same for comparison only: it may be at less of the micrograph."""

    def probe_outside(self, scale: float, coarse: float) -> ScaleProbe:
        """What is seen at a scale outside the objects that were seen at a coarser one; a small part will do."""


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


def find_scale(prober: Prober, shape: tuple[int, int], nominal_diameter_px: float) -> WorkingScale:
    """Look at the micrograph (H, W) from coarse to fine until its objects look large enough.

    Seen too coarsely, objects are missed or come out small; seen too finely, their texture falls apart into many small
    pieces. So the first scale, from the coarse side, at which the objects reach the nominal size is the right one, and
    it is also the cheapest. Where no scale shows them that large, the one that shows them largest is taken. Two doubts
    are looked into:

    - Few large objects may hide that there are many small ones. If many are seen outside them four times as finely, the
      scale becomes the one that shows these at half of the nominal size, at which both are seen.
    - If few of the objects are likely to be right, a scale twice as fine is looked at too, and the best of all that
      was seen is taken if it is clearly better.
    """
    probes: dict[float, ScaleProbe] = {}
    ladder = scale_ladder(shape)
    for scale in ladder:
        probes[scale] = prober.probe(scale)
        if probes[scale].diameter_px >= LARGE_ENOUGH * nominal_diameter_px:
            break
    chosen = max(probes, key=lambda scale: probes[scale].diameter_px)
    if probes[chosen].diameter_px == 0:
        return WorkingScale(1.0, None, chosen=True)
    worth_it = probes[chosen].count <= FEW_OBJECTS or shape[0] * shape[1] * chosen**2 >= LARGE_PROBE_PX
    smaller = _scale_of_smaller(prober, chosen, ladder[-1], nominal_diameter_px) if worth_it else None
    if smaller is not None:
        return smaller
    chosen = _better(prober, chosen, ladder[-1], probes)
    return WorkingScale(chosen, probes[chosen].diameter_px / chosen, chosen=True)


def _scale_of_smaller(prober: Prober, coarse: float, finest: float, nominal_diameter_px: float) -> WorkingScale | None:
    """The scale for many small objects outside those seen at ``coarse``; ``None`` if there are none."""
    fine = min(FINER_OUTSIDE * coarse, finest)
    if fine < 2 * coarse:
        return None
    seen = prober.probe_outside(fine, coarse)
    if seen.count < MANY_OBJECTS or seen.expected_ap50 < DOUBTFUL_AP50:
        return None
    scale = min(finest, fine * nominal_diameter_px / 2 / seen.diameter_px)
    return WorkingScale(max(scale, coarse), seen.diameter_px / fine, chosen=True)


def _better(prober: Prober, chosen: float, finest: float, probes: dict[float, ScaleProbe]) -> float:
    """The scale of the best AP50 to expect among ``probes`` and a finer one, if clearly better than ``chosen``."""
    if probes[chosen].expected_ap50 >= DOUBTFUL_AP50:
        return chosen
    finer = min(2 * chosen, finest)
    if finer not in probes:
        probes[finer] = prober.probe_briefly(finer)
    best = max(probes, key=lambda scale: probes[scale].expected_ap50)
    return best if probes[best].expected_ap50 >= probes[chosen].expected_ap50 + CLEARLY_BETTER_AP50 else chosen


def scale_ladder(shape: tuple[int, int]) -> tuple[float, ...]:
    """The scales to look at, coarse to fine, each finer by the square root of 2; 1 is always among them."""
    coarsest = min(1.0, SMALLEST_SIDE_PX / max(1, min(shape)))
    finest = min(LARGEST_SCALE, max(1.0, math.sqrt(LARGEST_ENLARGED_PX / max(1, shape[0] * shape[1]))))
    below, above = (math.floor(math.log(end) / math.log(LADDER_STEP) + 1e-9) for end in (coarsest, 1 / finest))
    return tuple(LADDER_STEP**rung for rung in range(below, -above - 1, -1))


def suited_size_fraction(labels: NDArray[Any], scale: float, nominal_diameter_px: float) -> float:
    """Share 0..1 of the instances of ``labels`` (H, W) whose size suits the scale; NaN without instances.

    Suitable is an equivalent diameter that at ``scale`` is at most ``SUITED_RATIO`` times smaller or larger than
    nominal.
    """
    seen = diameters_px(labels) * scale / nominal_diameter_px
    return float(np.mean((seen >= 1 / SUITED_RATIO) & (seen <= SUITED_RATIO))) if seen.size else math.nan


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


__getattr__ = old_names(__name__, {"share_seen_well": f"{__name__}.suited_size_fraction"})
