"""What the compiled pass finds in a label image: raw shape and grey levels of every instance, in pixels.

Where pixels are not square, a length of 1 px is the side of the square of the same area: an area is the number of
pixels whatever their shape, and lengths, axes, directions are those that a ruler on the sample gives.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from uniaims._kernels import measure as kernels
from uniaims._kernels.threads import map_blocks, row_blocks, thread_count
from uniaims.boxes import Box, Boxes
from uniaims.labels import relabel
from uniaims.measurements.pixel_shape import pixel_shape

Floats = NDArray[np.float64]

_INSTANCES_PER_BLOCK = 512
_ROUNDING_SHARE = 1e-12


@dataclass(frozen=True)
class Axes:
    """The ellipses that have the second moments of the instances.

    Attributes:
        major: (N,) float64; full length of the long axis, px; 0 for a single pixel.
        minor: (N,) float64; full length of the short axis, px; 0 where the pixel centres lie on one line.
        degrees: (N,) float64; direction of the long axis, 0 <= degrees < 180, from the x axis counter-clockwise as seen
            on the screen; NaN where both axes are equal.
    """

    major: Floats
    minor: Floats
    degrees: Floats


@dataclass(frozen=True, eq=False)
class EdgeShapes:
    """What the edges in the grey levels enclose, in pixels; NaN where the outline of the labels stays.

    Attributes:
        area: (N,) float64, without holes and with all pieces of an object.
        perimeter, max_feret, min_feret: (N,) float64.
        reasons: (N,) text: why the outline of the labels stays; empty where it does not.
    """

    area: Floats
    perimeter: Floats
    max_feret: Floats
    min_feret: Floats
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class InstanceShapes:
    """Raw measurements of N instances in pixels, in the order of their labels.

    Attributes:
        labels: (N,) uint32, ascending.
        shapes: (N, SHAPE_COLUMNS) float64; columns as named in `uniaims._kernels.measure`.
        boxes: (N, 4) int32, see `uniaims.boxes`.
        region: the part of the image that shows the sample.
        intensities: (N, INTENSITY_COLUMNS) float64, or ``None`` without an image.
        confidence: (N,) float64, or ``None`` where it was not given.
        sides: height and width of a pixel, 1 and 1 where it is square.
        edges: where they were looked for; else every outline is that of the labels.
        under_writing: (N,) which go on under what is drawn into the picture; ``None``: none of them.
    """

    labels: NDArray[np.uint32]
    shapes: Floats
    boxes: Boxes
    region: Box
    intensities: Floats | None = None
    confidence: Floats | None = None
    sides: tuple[float, float] = (1.0, 1.0)
    edges: EdgeShapes | None = None
    under_writing: NDArray[np.bool_] | None = None

    @property
    def area(self) -> Floats:
        """(N,) number of pixels."""
        return self.shapes[:, kernels.AREA]

    @property
    def perimeter(self) -> Floats:
        """(N,) length of the outline of the labels, px."""
        return self.shapes[:, kernels.PERIMETER]

    def on_edge(self, name: str, of_labels: Floats) -> Floats:
        """(N,) a field of `EdgeShapes` where there is an edge, else what the labels give."""
        if self.edges is None:
            return of_labels
        found: Floats = getattr(self.edges, name)
        return np.where(np.isnan(found), of_labels, found)

    @property
    def diameter(self) -> Floats:
        """(N,) diameter of the circle of the area inside of the edge, else of the labels, px."""
        return np.sqrt(self.on_edge("area", self.area) * (4 / np.pi))

    @property
    def equivalent_diameter(self) -> Floats:
        """(N,) diameter of the circle of the same area, px."""
        return np.sqrt(self.area * (4 / np.pi))

    @property
    def centroids(self) -> Floats:
        """(N, 2) y, x in px; the centre of the first pixel is (0, 0)."""
        return self.shapes[:, [kernels.CENTROID_Y, kernels.CENTROID_X]]

    @cached_property
    def axes(self) -> Axes:
        """The ellipses of the same second moments: an ellipse's axis is 4 standard deviations long."""
        variance_y, variance_x = self.shapes[:, kernels.VARIANCE_Y], self.shapes[:, kernels.VARIANCE_X]
        covariance = self.shapes[:, kernels.COVARIANCE]
        mean = (variance_y + variance_x) / 2
        spread = np.hypot((variance_x - variance_y) / 2, covariance)
        large, small = mean + spread, mean - spread
        degrees = -np.rad2deg(np.arctan2(2 * covariance, variance_x - variance_y) / 2) % 180.0
        # -0.0 % 180 and tiny negative angles give 180.0 itself
        degrees[degrees >= 180.0] = 0.0
        degrees[spread <= _ROUNDING_SHARE * large] = np.nan
        small[small <= _ROUNDING_SHARE * large] = 0.0
        return Axes(4 * np.sqrt(large), 4 * np.sqrt(small), degrees)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide (N,) by (N,); NaN where the denominator is 0."""
    out: Floats = np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)
    return out


def trace_instances(
    labels: NDArray[np.uint32],
    region: Box,
    image: NDArray[np.generic] | None = None,
    aspect: float = 1.0,
) -> InstanceShapes:
    """Measure every instance of a label image.

    Args:
        labels: (H, W) uint32, checked; gaps between labels are fine.
        region: the part of the image that shows the sample.
        image: (H, W) grey levels of any real dtype.
        aspect: height / width of a pixel.
    """
    dense, values = _without_wide_gaps(labels)
    counts = np.zeros(int(dense.max(initial=0)) + 1, np.int64)
    kernels.count_runs(dense, counts)
    present = np.flatnonzero(counts).astype(np.uint32)
    starts = np.concatenate([[0], np.cumsum(counts[present])])
    runs = np.empty((int(starts[-1]), 3), np.int32)
    kernels.list_runs(dense, np.cumsum(counts) - counts, runs)
    shapes = np.empty((len(present), kernels.SHAPE_COLUMNS))
    boxes = np.empty((len(present), 4), np.int32)
    pixel = pixel_shape(aspect)
    intensities = None if image is None else np.empty((len(present), kernels.INTENSITY_COLUMNS))

    def work(start: int, stop: int) -> None:
        own = starts[start : stop + 1]
        kernels.measure_shapes(dense, present[start:stop], runs, own, pixel, shapes[start:stop], boxes[start:stop])
        if image is not None and intensities is not None:
            kernels.measure_intensities(image, runs, own, intensities[start:stop])

    threads = thread_count()
    map_blocks(work, row_blocks(len(present), threads, _INSTANCES_PER_BLOCK), threads)
    sides = (float(pixel[kernels.DOWN]), float(pixel[kernels.ACROSS]))
    return InstanceShapes(present if values is None else values, shapes, boxes, region, intensities, sides=sides)


def _without_wide_gaps(labels: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.uint32] | None]:
    """Renumber labels that are so large that a table over 0..largest label would not be worth its memory.

    Returns:
        The labels to work on, and the original label of each instance where they were renumbered.
    """
    if labels.max(initial=0) <= 4 * labels.size + 1024:
        return labels, None
    values = np.unique(labels)
    return relabel(labels), values[values > 0]
