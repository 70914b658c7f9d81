"""What a comparison of groups of images holds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.measurements import Property
from uniaims.pages.units import PIXEL, LengthUnit, Noun, length_unit
from uniaims.statistics import GroupDifference, Picture, SampleFigure, VarianceShares

PICTURE, SPECIMEN = Noun("picture", "pictures"), Noun("specimen", "specimens")


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured in one image.

    Attributes:
        name: of its file.
        values: (n,) positive sizes of complete objects, in nm or px, areas in their squares.
        pixel_size_nm: ``None`` if unknown.
        median_px: of the same sizes in pixels of the image; NaN without objects.
    """

    name: str
    values: NDArray[np.float64]
    pixel_size_nm: float | None
    median_px: float


@dataclass(frozen=True, eq=False)
class ComparedUnit:
    """What counts as one sample of a group: a picture, or a specimen with all its pictures.

    Attributes:
        name: of the specimen or the picture.
        specimen: empty where none was told.
        picture: sizes of all its objects.
        images: that it consists of.
    """

    name: str
    specimen: str
    picture: Picture
    images: tuple[Measured, ...]


@dataclass(frozen=True, eq=False)
class ComparedGroup:
    """A group: its samples, percentile -> figure with interval, and how its pictures vary."""

    name: str
    units: tuple[ComparedUnit, ...]
    figures: Mapping[float, SampleFigure]
    variance: VarianceShares

    @property
    def object_count(self) -> int:
        """Complete objects."""
        return sum(len(unit.picture.values) for unit in self.units)

    @property
    def picture_count(self) -> int:
        """Images, however many samples they make."""
        return sum(len(unit.images) for unit in self.units)

    @property
    def sizes(self) -> NDArray[np.float64]:
        """All objects (n,), ordered."""
        return np.sort(np.concatenate([unit.picture.values for unit in self.units]))

    @property
    def median_px(self) -> float:
        """Median size in pixels of its images, of the median one; NaN without objects."""
        known = [image.median_px for unit in self.units for image in unit.images if len(image.values)]
        return float(np.median(known)) if known else math.nan


@dataclass(frozen=True, eq=False)
class ComparedGroups:
    """All of a comparison.

    Attributes:
        property_: what is compared.
        calibrated: whether sizes are in nm, else in px.
        percentile, confidence, margin: as the settings say.
        groups: in order.
        pairs: all of them.
        p_value: that the samples of three groups or more come from one law; NaN for two.
        left_out: images in no group.
        warnings: sentences that the reader should read.
        differing: what was not the same in all analyses: name -> group -> values.
    """

    property_: Property
    calibrated: bool
    percentile: float
    confidence: float
    margin: float
    groups: tuple[ComparedGroup, ...]
    pairs: tuple[GroupDifference, ...]
    p_value: float
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
    differing: Mapping[str, Mapping[str, str]]

    @property
    def unit(self) -> str:
        """Of the values: nm, nm², px or px²."""
        return self.property_.unit(calibrated=self.calibrated)

    @property
    def what(self) -> str:
        """The figure that is compared, as in a sentence."""
        label = self.property_.label[:1].lower() + self.property_.label[1:]
        if self.percentile == 50:
            return f"median {label}"
        return f"P{self.percentile:g} of the {label}"

    @property
    def symbol(self) -> str:
        """Of the figure, by number."""
        return f"x{self.percentile:g},0"

    @property
    def noun(self) -> Noun:
        """What the samples are."""
        return SPECIMEN if any(unit.specimen for group in self.groups for unit in group.units) else PICTURE

    @property
    def shown_unit(self) -> LengthUnit:
        """For the eye; areas stay in the unit of the table."""
        if self.property_.quantity != "length":
            return LengthUnit(self.unit, 1.0)
        if not self.calibrated:
            return PIXEL
        return length_unit(float(np.median([group.figures[50].estimate for group in self.groups])))

    @property
    def axis_label(self) -> str:
        """Of sizes."""
        return f"{self.property_.label} / {self.shown_unit.symbol}"
