"""How many, how dense, how much of the area: the counts that a report opens with."""

import math
from dataclasses import dataclass

import numpy as np

from uniaims.boxes import Box
from uniaims.measurements import Measurements
from uniaims.report.content import ReportContent


@dataclass(frozen=True)
class ImageCounts:
    """Counts of one image.

    Attributes:
        total: all objects.
        cut: those that the border of the content cuts.
        complete: those that statistics of size and shape rest on.
        content: the part that shows the sample.
        content_area: its area, in nm² if the pixel size is known, else px².
        covered_fraction: share of it that objects cover, 0..1.
    """

    total: int
    cut: int
    content: Box
    content_area: float
    covered_fraction: float
    complete: int

    @property
    def density(self) -> float:
        """All objects per area of the content, 1/nm² or 1/px²; NaN for an empty content."""
        return self.total / self.content_area if self.content_area else math.nan


def content_area(measurements: Measurements, content: Box | None) -> float:
    """Area of the part that shows the sample, in nm² if the pixel size is known, else px²."""
    box = content or Box.whole(measurements.shape)
    pixel_nm = measurements.pixel_size.nm if measurements.pixel_size else 1.0
    return box.area * pixel_nm**2


def image_counts(content: ReportContent) -> ImageCounts:
    """Count objects and covered pixels inside the content of the image."""
    measurements, labels = content.measurements, content.labels
    box = content.content or Box.whole(labels.shape)
    covered = int(np.count_nonzero(labels[box.window]))
    return ImageCounts(
        len(measurements),
        int(np.count_nonzero(~measurements.complete)),
        box,
        content_area(measurements, content.content),
        covered / box.area if box.area else math.nan,
        int(np.count_nonzero(measurements.kept)),
    )
