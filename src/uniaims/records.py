"""What an image shows, in words: the attributes that a dataset's records, recipes and samples have in common.

The nine text attributes are those of UniEM-3M: modality, material, morphology, surface, density, distribution,
layering, size range and background; a caption is made from them. Vocabularies are closed where users select by them
and open where they describe; an empty text means that nobody has said.
"""

from dataclasses import dataclass, field, fields
from typing import Any

OTHER = "other"
TEXT_ATTRIBUTES = (
    "modality", "material", "morphology", "surface", "density", "distribution", "layering", "size_range", "background",
)  # fmt: skip
"""The nine text attributes of UniEM-3M."""


def one_of(*words: str) -> Any:
    """A field that holds one of some words, or an empty text."""
    return field(default="", metadata={"words": words})


@dataclass(frozen=True)
class Attributes:
    """What an image shows; empty: nobody has said.

    Attributes:
        modality: instrument family.
        signal: what was recorded.
        structure: kind of structure that the instances are.
        material_class: class of material.
        material: the material itself, ``Al2O3``.
        morphology: shape of the instances, ``faceted cubes``.
        surface: surface or texture, ``rough``.
        density: how many there are, ``dense``.
        distribution: where they lie, ``clustered``.
        layering: how they lie on each other, ``stacked in several layers``.
        size_range: spread of sizes, ``20 to 80 nm``.
        background: colour and grey level of the background, ``dark, smooth``.
        caption: a sentence about the image; see `sentence`.
    """

    modality: str = one_of("SEM", "TEM", "STEM", "FIB", "OM", "AFM", OTHER)
    signal: str = one_of(
        "secondary electrons", "backscattered electrons", "EBSD", "EDS", "cathodoluminescence", "bright field",
        "dark field", "HAADF", "phase contrast", "ion beam", "light", "fluorescence", "topography", OTHER,
    )  # fmt: skip
    structure: str = one_of(
        "particle", "nanowire", "fibre", "film", "pore", "grain", "cross-section", "cluster", "crack", "atom column",
        "cell", OTHER,
    )  # fmt: skip
    material_class: str = one_of(
        "alloy", "biological", "carbon", "battery", "ceramic", "composite", "geological", "magnetic", "metal",
        "polymer", "semiconductor", OTHER,
    )  # fmt: skip
    material: str = ""
    morphology: str = ""
    surface: str = ""
    density: str = ""
    distribution: str = ""
    layering: str = ""
    size_range: str = ""
    background: str = ""
    caption: str = ""

    def sentence(self) -> str:
        """One sentence from what is known; empty if nothing is."""
        what = ", ".join(part for part in (self.material, self.morphology) if part) or self.structure
        subject = what and f"{self.modality or 'microscopy'} image of {what}"
        behind = self.background and f"{self.background} background"
        parts = (subject, self.surface, self.density, self.distribution, self.layering, self.size_range, behind)
        sentence = ", ".join(part for part in parts if part)
        return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def vocabularies_of(record: type) -> dict[str, tuple[str, ...]]:
    """The fields of a record that hold one of some words (see `one_of`), with these words."""
    return {item.name: item.metadata["words"] for item in fields(record) if "words" in item.metadata}
