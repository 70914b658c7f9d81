"""What a sample shows, in words: the texts of a dataset's schema, some told by the recipe and some by the sample."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scalebars.lengths import plain_length

_DENSITIES = ((0.15, "sparse"), (0.5, "moderately dense"), (0.9, "dense"), (np.inf, "filling the picture"))
_SMALL_AND_LARGE = (10, 90)


@dataclass(frozen=True)
class Attributes:
    """Texts about a sample; empty: nobody has said.

    `modality`, `signal`, `structure` and `material_class` come from the vocabularies of the dataset's schema; the
    others are free: `material`, `morphology` (shape), `surface`, `density` (how many), `distribution` (where they
    lie), `layering` (how they lie on each other), `size_range`, `background`; `caption` is a sentence.
    """

    modality: str = ""
    signal: str = ""
    structure: str = ""
    material_class: str = ""
    material: str = ""
    morphology: str = ""
    surface: str = ""
    density: str = ""
    distribution: str = ""
    layering: str = ""
    size_range: str = ""
    background: str = ""
    caption: str = ""

    def seen_in(self, labels: NDArray[np.uint32], pixel_size_nm: float) -> "Attributes":
        """The same with density, size range and caption as `labels` (H, W) show them, where the recipe is silent."""
        areas = np.bincount(labels.ravel())[1:]
        cover = float(areas.sum()) / labels.size
        density = next(name for limit, name in _DENSITIES if cover < limit)
        told = replace(self, density=self.density or density)
        if len(areas):
            diameters_nm = 2 * np.sqrt(areas / np.pi) * pixel_size_nm
            small, large = (float(f"{value:.2g}") for value in np.percentile(diameters_nm, _SMALL_AND_LARGE))
            told = replace(told, size_range=self.size_range or f"{plain_length(small)} to {plain_length(large)}")
        return replace(told, caption=self.caption or told.sentence())

    def sentence(self) -> str:
        """One sentence from what is known."""
        what = ", ".join(part for part in (self.material, self.morphology) if part) or self.structure
        subject = what and f"{self.modality or 'microscopy'} image of {what}"
        behind = self.background and f"{self.background} background"
        parts = (subject, self.surface, self.density, self.distribution, self.layering, self.size_range, behind)
        sentence = ", ".join(part for part in parts if part)
        return f"Synthetic {sentence}." if sentence else ""
