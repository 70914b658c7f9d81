"""Samples: one axis of numbers, NaN counted and left out."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uniaims.errors import InputError

Floats = NDArray[np.float64]


def known_values(values: ArrayLike) -> tuple[Floats, int]:
    """Give the values without NaN as float64 (n,), and how many NaN there were."""
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"Values that are no numbers came ({error}). Give a list of numbers.") from error
    if array.ndim != 1:
        raise InputError(f"Values of shape {array.shape} came. Give a list of numbers: one axis.")
    known = array[~np.isnan(array)]
    if not np.isfinite(known).all():
        raise InputError("Infinite values came. Give finite numbers, or NaN for what was not measured.")
    return known, len(array) - len(known)
