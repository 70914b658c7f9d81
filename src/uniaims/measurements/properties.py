"""The measured properties: each is one entry, a description with its function.

The short names of sources:

- ISO 9276-6: ISO 9276-6:2008, Representation of results of particle size analysis, part 6: descriptive and
  quantitative representation of particle shape and morphology.
- Vossepoel & Smeulders 1982: Vector code probability and metrication error in the representation of straight lines of
  finite length, Computer Graphics and Image Processing 20, 347-364.
- Wadell 1935: Volume, shape and roundness of quartz particles, The Journal of Geology 43, 250-280.
- Kuo & Freeman 2000: Imaging indices for quantification of shape, angularity, and surface texture of aggregates,
  Transportation Research Record 1721, 57-65.
- Mack & Rosenblatt 1979: Multivariate k-nearest neighbor density estimates, Journal of Multivariate Analysis 9, 1-15.
- Clark & Evans 1954: Distance to nearest neighbor as a measure of spatial relationships in populations, Ecology 35,
  445-453.
- ISO 13322-1:2014: Particle size analysis, image analysis methods, part 1: static image analysis methods.
- ImageJ: Ferreira & Rasband, ImageJ user guide, section 30.7 (shape descriptors).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from uniaims._kernels import measure as kernels
from uniaims.boxes import BOTTOM, LEFT, RIGHT, TOP
from uniaims.errors import InputError
from uniaims.measurements.figure import Figure
from uniaims.measurements.instances import Floats, InstanceShapes, ratio
from uniaims.measurements.neighbours import local_densities, nearest_distances
from uniaims.measurements.units import QUANTITIES

Function = Callable[[InstanceShapes], NDArray[np.generic]]

LINE = "the object is a straight line one pixel wide: its width is not resolved"
SINGLE_PIXEL = "the object is a single pixel"
NO_DIRECTION = "the object is as long as wide: it has no direction"
ALONE = "there is no other object in the image"
FEW = "there are fewer than 3 objects in the image, or all lie at one place"
EDGE = "edge"
BORDER, UNDER_WRITING, TOO_SMALL = "border", "under writing", "too small to resolve"
REASONS = (
    BORDER, UNDER_WRITING, TOO_SMALL, "below confidence", "hidden too much", "filtered by user", "removed by hand"
)  # fmt: skip
"""Why an object is not in the statistics of size and shape; the list is closed, the first that holds is told."""
SMALLEST_SIZE_PX, SMALLEST_RATIO_PX, SMALLEST_SHAPE_PX = 6.0, 12.0, 30.0
"""Diameters from which on a size, the ratio of the axes, and all figures of shape mean something."""
NOT_FINITE = "no pixel of the object has a finite grey level"
NOT_GIVEN = "the confidence that came is NaN"


@dataclass(frozen=True)
class Property(Figure):
    """A measured property of an instance: a figure, and how it is had.

    Attributes:
        function: instances in pixels -> (N,) values in pixels; NaN where it can't be measured.
        undefined: the reason for a NaN; empty if there is a value for every instance.
        needs: what has to be given beside the labels.
    """

    function: Function = field(repr=False, compare=False)
    undefined: str = ""
    needs: Literal["image", "confidence", "edges"] | None = None

    def measure(self, instances: InstanceShapes, pixel_size_nm: float | None) -> NDArray[np.generic]:
        """Values (N,) in the unit of the column: nm where the pixel size is known, else px."""
        values = self.function(instances)
        factor = 1.0 if pixel_size_nm is None else QUANTITIES[self.quantity].factor(pixel_size_nm)
        if factor == 1.0:
            return values
        scaled: Floats = np.asarray(values, np.float64) * factor
        return scaled


def _at_most_one(values: Floats) -> Floats:
    """Cut a ratio that can't be above 1 for a shape, but is for its pixels: its two parts are measured differently."""
    return np.minimum(values, 1.0)


def _or_nan(values: Floats) -> Floats:
    """Turn a 0 that stands for "not resolved" into NaN."""
    resolved: Floats = np.where(values > 0, values, np.nan)
    return resolved


def _aspect_ratio(instances: InstanceShapes) -> Floats:
    return ratio(instances.axes.major, instances.axes.minor)


def _eccentricity(instances: InstanceShapes) -> Floats:
    eccentricity: Floats = np.sqrt(1 - ratio(instances.axes.minor, instances.axes.major) ** 2)
    return eccentricity


def _form_factor(instances: InstanceShapes) -> Floats:
    area, perimeter = instances.on_edge("area", instances.area), instances.on_edge("perimeter", instances.perimeter)
    return np.asarray(4 * np.pi * area / perimeter**2)


def _smoothness(instances: InstanceShapes) -> Floats:
    """Perimeter of the equivalent ellipse by Ramanujan's second approximation (1914), exact to 0.01 % up to 20:1."""
    aspect_ratio = _aspect_ratio(instances)
    long = np.sqrt(instances.area / np.pi * aspect_ratio)
    short = long / aspect_ratio
    h = ((long - short) / (long + short)) ** 2
    ellipse = np.pi * (long + short) * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h)))
    smoothness: Floats = ellipse / instances.perimeter
    return smoothness


def _outline(instances: InstanceShapes) -> NDArray[np.str_]:
    if instances.edges is None:
        raise InputError("Edges were not looked for. Give edges=... to measure().")
    return np.array([reason or EDGE for reason in instances.edges.reasons], str)


def _excluded(instances: InstanceShapes) -> NDArray[np.str_]:
    hidden = instances.under_writing if instances.under_writing is not None else np.zeros(len(instances.labels), bool)
    small = instances.diameter < SMALLEST_SIZE_PX
    conditions = [_touches_border(instances), hidden, small]
    return np.select(conditions, [BORDER, UNDER_WRITING, TOO_SMALL], "")


def _touches_border(instances: InstanceShapes) -> NDArray[np.bool_]:
    region, boxes = instances.region, instances.boxes
    at_start = (boxes[:, TOP] <= region.top) | (boxes[:, LEFT] <= region.left)
    return at_start | (boxes[:, BOTTOM] >= region.bottom) | (boxes[:, RIGHT] >= region.right)


def _shape(column: int) -> Function:
    return lambda instances: instances.shapes[:, column]


def _box(column: int) -> Function:
    return lambda instances: instances.boxes[:, column]


def _intensity(column: int) -> Function:
    def function(instances: InstanceShapes) -> Floats:
        if instances.intensities is None:
            raise InputError("Intensities can't be measured without an image. Give image=... to measure().")
        return instances.intensities[:, column]

    return function


def _confidence(instances: InstanceShapes) -> Floats:
    if instances.confidence is None:
        raise InputError("No confidence came with the labels. Give confidence=... to measure().")
    return instances.confidence


_ENTRIES = (
    Property(
        "area",
        "Area",
        "area",
        "size",
        "Number of pixels times the area of a pixel. Holes do not count.",
        "ISO 9276-6",
        lambda instances: instances.area,
    ),
    Property(
        "perimeter",
        "Perimeter",
        "length",
        "size",
        "Length of the outline, holes included: 0.980 per straight step, 1.406 per diagonal step, -0.091 per change "
        "between the two. Within 0.5 % for discs of 10 px and more across. Where `outline` says edge, length of that "
        "polygon.",
        "Vossepoel & Smeulders 1982",
        lambda instances: instances.on_edge("perimeter", instances.perimeter),
    ),
    Property(
        "equivalent_diameter",
        "Equivalent diameter",
        "length",
        "size",
        "Diameter of the circle of the same area: sqrt(4 area / pi).",
        "ISO 9276-6 (area-equivalent diameter)",
        lambda instances: instances.equivalent_diameter,
    ),
    Property(
        "diameter",
        "Diameter",
        "length",
        "size",
        "Diameter of the circle of the same area: inside of the edge where `outline` says so, else of the pixels, "
        "equivalent_diameter. Statistics of size rest on it.",
        "ISO 9276-6 (area-equivalent diameter)",
        lambda instances: instances.diameter,
        symbol="d",
    ),
    Property(
        "max_feret",
        "Maximum Feret diameter",
        "length",
        "size",
        "Largest distance of two parallel lines that touch the outline from outside: its longest chord.",
        "ISO 9276-6",
        lambda instances: instances.on_edge("max_feret", instances.shapes[:, kernels.MAX_FERET]),
    ),
    Property(
        "min_feret",
        "Minimum Feret diameter",
        "length",
        "size",
        "Smallest distance of two parallel lines that touch the outline from outside: its width.",
        "ISO 9276-6",
        lambda instances: instances.on_edge("min_feret", instances.shapes[:, kernels.MIN_FERET]),
    ),
    Property(
        "major_axis",
        "Major axis",
        "length",
        "size",
        "Full length of the long axis of the ellipse that has the same second moments as the pixel centres.",
        "ISO 9276-6 (Legendre ellipse of inertia); scikit-image",
        lambda instances: _or_nan(instances.axes.major),
        SINGLE_PIXEL,
    ),
    Property(
        "minor_axis",
        "Minor axis",
        "length",
        "size",
        "Full length of the short axis of the same ellipse.",
        "ISO 9276-6 (Legendre ellipse of inertia); scikit-image",
        lambda instances: _or_nan(instances.axes.minor),
        LINE,
    ),
    Property(
        "aspect_ratio",
        "Aspect ratio",
        "ratio",
        "shape",
        "major_axis / minor_axis, 1 or more: length over width, exact for ellipses and rectangles. Carries the same "
        "information as eccentricity. ISO 9276-6 gives this name to min_feret / max_feret, which is at most 1.",
        "ImageJ (AR)",
        _aspect_ratio,
        LINE,
        smallest_px=SMALLEST_RATIO_PX,
    ),
    Property(
        "orientation",
        "Orientation",
        "angle",
        "shape",
        "Direction of the major axis: 0 to 180 degrees from the horizontal, counter-clockwise as seen in the picture.",
        "ImageJ (Angle)",
        lambda instances: instances.axes.degrees,
        NO_DIRECTION,
        smallest_px=SMALLEST_RATIO_PX,
    ),
    Property(
        "circularity",
        "Circularity",
        "ratio",
        "shape",
        "Perimeter of the circle of the same area / perimeter: sqrt(4 pi area) / perimeter, the square root of "
        "form_factor. 1 for a circle; above it by noise only. ImageJ gives this name to form_factor.",
        "ISO 9276-6 (circularity)",
        lambda instances: np.sqrt(_form_factor(instances)),
        smallest_px=SMALLEST_SHAPE_PX,
    ),
    Property(
        "sphericity",
        "Sphericity",
        "ratio",
        "shape",
        "equivalent_diameter / diameter of the smallest circle around the outline. 1 for a circle; cut at 1. Depends "
        "on elongation, hardly on roughness.",
        "Wadell 1935 (projection sphericity)",
        lambda instances: _at_most_one(ratio(instances.equivalent_diameter, instances.shapes[:, kernels.CIRCUMCIRCLE])),
        smallest_px=SMALLEST_SHAPE_PX,
    ),
    Property(
        "form_factor",
        "Form factor",
        "ratio",
        "shape",
        "4 pi area / perimeter², both of the edge where `outline` says so. 1 for a circle; above it by noise only. "
        "Depends on elongation and on roughness.",
        "ISO 9276-6 (form factor)",
        _form_factor,
        smallest_px=SMALLEST_SHAPE_PX,
    ),
    Property(
        "solidity",
        "Solidity",
        "ratio",
        "shape",
        "Number of pixels / number of pixels whose centre lies in the convex hull of the pixel centres. 1 for every "
        "digitally convex shape, whatever its size.",
        "ISO 9276-6 (solidity)",
        lambda instances: ratio(instances.area, instances.shapes[:, kernels.HULL_AREA]),
        smallest_px=SMALLEST_SHAPE_PX,
    ),
    Property(
        "convexity",
        "Convexity",
        "ratio",
        "shape",
        "Perimeter of the convex hull of the outline / perimeter of the labels. 1 for a convex shape; cut at 1. "
        "Depends on roughness and notches, not on elongation.",
        "ISO 9276-6 (convexity)",
        lambda instances: _at_most_one(ratio(instances.shapes[:, kernels.HULL_PERIMETER], instances.perimeter)),
        smallest_px=SMALLEST_SHAPE_PX,
    ),
    Property(
        "smoothness",
        "Smoothness",
        "ratio",
        "shape",
        "Perimeter of the ellipse of the same area and aspect_ratio / perimeter: circularity with the elongation taken "
        "out. 1 for an ellipse, 0.89 for a square, less for rough, notched or angular shapes.",
        "Kuo & Freeman 2000: 1 / sqrt(angularity index x texture index)",
        _smoothness,
        LINE,
        smallest_px=SMALLEST_SHAPE_PX,
    ),
    Property(
        "eccentricity",
        "Eccentricity",
        "ratio",
        "shape",
        "sqrt(1 - (minor_axis / major_axis)²) of the ellipse of the same second moments. 0 for a circle, 1 for a line.",
        "scikit-image",
        _eccentricity,
        SINGLE_PIXEL,
        smallest_px=SMALLEST_RATIO_PX,
    ),
    Property(
        "bounding_box_top",
        "Bounding box, top",
        "position",
        "position",
        "First row of the object, counted from 0.",
        "scikit-image",
        _box(TOP),
    ),
    Property(
        "bounding_box_left",
        "Bounding box, left",
        "position",
        "position",
        "First column of the object, counted from 0.",
        "scikit-image",
        _box(LEFT),
    ),
    Property(
        "bounding_box_bottom",
        "Bounding box, bottom",
        "position",
        "position",
        "Row behind the last one of the object.",
        "scikit-image",
        _box(BOTTOM),
    ),
    Property(
        "bounding_box_right",
        "Bounding box, right",
        "position",
        "position",
        "Column behind the last one of the object.",
        "scikit-image",
        _box(RIGHT),
    ),
    Property(
        "centroid_y",
        "Centroid y",
        "length",
        "position",
        "Mean row of the pixels; the centre of the top left pixel of the image is 0.",
        "scikit-image",
        _shape(kernels.CENTROID_Y),
    ),
    Property(
        "centroid_x",
        "Centroid x",
        "length",
        "position",
        "Mean column of the pixels; the centre of the top left pixel of the image is 0.",
        "scikit-image",
        _shape(kernels.CENTROID_X),
    ),
    Property(
        "touches_border",
        "Touches border",
        "flag",
        "position",
        "The object has a pixel in the first or last row or column of the image (of its content, without banner): it "
        "may go on outside.",
        "ISO 13322-1:2014 (edge particles)",
        _touches_border,
    ),
    Property(
        "excluded",
        "Left out",
        "text",
        "quality",
        "Why statistics of size and shape leave the object out: border, under writing, too small to resolve (a "
        "diameter below 6 px); empty where they do not.",
        "Uni-AIMS",
        _excluded,
    ),
    Property(
        "outline",
        "Outline",
        "text",
        "quality",
        "Which outline diameter, perimeter, Feret diameters, form factor and circularity belong to: the edge in the "
        "grey levels, or that of the labels, with the reason why.",
        "Uni-AIMS",
        _outline,
        needs="edges",
    ),
    Property(
        "nearest_neighbour_distance",
        "Nearest neighbour distance",
        "length",
        "neighbourhood",
        "Distance from the centroid to the nearest other centroid. An object outside the image may be nearer.",
        "Clark & Evans 1954",
        nearest_distances,
        ALONE,
    ),
    Property(
        "local_density",
        "Local density",
        "density",
        "neighbourhood",
        "Objects per area around the centroid: (k - 1) / area of the circle through the k-th nearest other centroid, "
        "as far as it lies inside the image; k = 8, fewer where the image holds fewer.",
        "Mack & Rosenblatt 1979 (nearest-neighbour density)",
        local_densities,
        FEW,
    ),
    Property(
        "mean_intensity",
        "Mean intensity",
        "intensity",
        "intensity",
        "Mean grey level of the pixels, in the numbers of the image file.",
        "ImageJ (Mean)",
        _intensity(kernels.MEAN),
        NOT_FINITE,
        "image",
    ),
    Property(
        "std_intensity",
        "Standard deviation of intensity",
        "intensity",
        "intensity",
        "Standard deviation of the grey levels over all pixels of the object (divisor n).",
        "scikit-image",
        _intensity(kernels.DEVIATION),
        NOT_FINITE,
        "image",
    ),
    Property(
        "min_intensity",
        "Minimum intensity",
        "intensity",
        "intensity",
        "Darkest grey level of the object.",
        "ImageJ (Min)",
        _intensity(kernels.MINIMUM),
        NOT_FINITE,
        "image",
    ),
    Property(
        "max_intensity",
        "Maximum intensity",
        "intensity",
        "intensity",
        "Brightest grey level of the object.",
        "ImageJ (Max)",
        _intensity(kernels.MAXIMUM),
        NOT_FINITE,
        "image",
    ),
    Property(
        "confidence",
        "Confidence",
        "ratio",
        "quality",
        "How sure the segmentation is of the object, 0 to 1, as the segmenter gave it.",
        "Uni-AIMS",
        _confidence,
        NOT_GIVEN,
        "confidence",
    ),
)

PROPERTIES: dict[str, Property] = {entry.name: entry for entry in _ENTRIES}
"""All measured properties by name, in the order of the table."""
