"""The scale at which a model sees the objects of a micrograph at the size that it knows best."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
