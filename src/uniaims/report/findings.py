"""What is computed of one image before anything is told: counts, columns, sizes, outlines; each when asked for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import LabelsError
from uniaims.labels import polygons, relabel
from uniaims.pages.units import OBJECT, LengthUnit, Noun
from uniaims.report.columns import Column, display_unit, table_columns
from uniaims.report.content import ReportContent
from uniaims.report.estimates import Sample, estimates
from uniaims.report.image_counts import ImageCounts, image_counts
from uniaims.report.kinds import kind_order
from uniaims.report.sizes import SizeFigures, size_figures
from uniaims.statistics.budget import Estimate


@dataclass(frozen=True, eq=False)
class Findings:
    """What headline figures, sentences and sections are made of.

    Attributes:
        content: the analysed image.
        noun: what its objects are called.
        size: the property whose median decides the unit of lengths for the eye.
    """

    content: ReportContent
    noun: Noun = OBJECT
    size: str = "diameter"

    @cached_property
    def counts(self) -> ImageCounts:
        """How many, on which area."""
        return image_counts(self.content)

    @cached_property
    def columns(self) -> list[Column]:
        """Of the table."""
        return table_columns(self.content.measurements, self.content.known_kinds, self.noun, self.size)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """The rows (N,) that size and shape statistics rest on: those that are not left out."""
        return self.content.measurements.kept

    @cached_property
    def sizes(self) -> list[SizeFigures]:
        """Of the complete objects; empty where there is none."""
        return size_figures(self.columns, self.sample.size_weights)

    @cached_property
    def sample(self) -> Sample:
        """The objects with their weights."""
        return Sample(self.content, self.counts.content)

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """The figures of the image by name, with their uncertainties, in the units of the table."""
        return estimates(self.sample)

    @property
    def exclusions(self) -> dict[str, int]:
        """Reason -> how many are left out of the statistics for it; candidates below the least confidence too."""
        return self.sample.exclusions

    @property
    def candidates(self) -> int:
        """How many were below the least confidence: no row of the table, no object of the picture."""
        return self.exclusions["below confidence"]

    @property
    def left_out(self) -> dict[str, int]:
        """Those of the exclusions that are rows of the table, as far as there are any."""
        return {name: number for name, number in self.exclusions.items() if number and name != "below confidence"}

    @cached_property
    def outlines(self) -> list[NDArray[np.float32]]:
        """The outline (K, 2) of each object, x and y in pixels, in the order of the table's rows.

        Raises:
            LabelsError: if image, labels and measurements do not belong together.
        """
        content = self.content
        if content.image.shape[:2] != content.labels.shape:
            raise LabelsError(
                f"The image is {content.image.shape[:2]} and the labels are {content.labels.shape} (height, width). "
                "Give labels made from this image."
            )
        numbers = content.measurements.table["label"]
        dense = not len(numbers) or numbers[-1] == len(numbers)
        found = polygons(content.labels if dense else relabel(content.labels))
        if len(found) != len(content.measurements):
            raise LabelsError(
                f"The labels hold {len(found)} instances and the measurements {len(content.measurements)}. "
                "Give the measurements of these labels."
            )
        return found

    @property
    def known_kinds(self) -> tuple[str, ...]:
        """The kinds of objects that there may be, in order."""
        return kind_order(self.content.measurements, self.content.known_kinds)

    @property
    def unit(self) -> LengthUnit:
        """Of lengths for the eye."""
        return display_unit(self.content.measurements, self.size)
