"""What a sample shows, where its recipe is silent: density, size range and caption, from its labels."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from uniaims.records import Attributes
from uniaims.synthesis.scalebars.lengths import plain_length

_DENSITIES = ((0.15, "sparse"), (0.5, "moderately dense"), (0.9, "dense"), (np.inf, "filling the picture"))
_SMALL_AND_LARGE = (10, 90)


def seen_in(labels: NDArray[np.uint32], pixel_size_nm: float, told: Attributes) -> Attributes:
    """What the recipe has told; where it is silent, density, size range and caption as ``labels`` (H, W) show them."""
    areas = np.bincount(labels.ravel())[1:]
    cover = float(areas.sum()) / labels.size
    density = next(name for limit, name in _DENSITIES if cover < limit)
    seen = replace(told, density=told.density or density)
    if len(areas):
        diameters_nm = 2 * np.sqrt(areas / np.pi) * pixel_size_nm
        small, large = (float(f"{value:.2g}") for value in np.percentile(diameters_nm, _SMALL_AND_LARGE))
        seen = replace(seen, size_range=seen.size_range or f"{plain_length(small)} to {plain_length(large)}")
    sentence = seen.sentence()
    return replace(seen, caption=told.caption or (sentence and f"Synthetic {_small_initial(sentence)}"))


def _small_initial(sentence: str) -> str:
    """A sentence to stand after a word: SEM keeps its capitals, Dense does not."""
    return sentence if sentence[:2].isupper() else f"{sentence[0].lower()}{sentence[1:]}"
