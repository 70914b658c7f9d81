"""The outline of each instance at sub-pixel places, and by which definition of an edge it was found.

::

    find_outlines(image, labels, law="auto", signal="secondary electrons") -> Outlines
    Outlines.figures -> PolygonFigures                                        size and shape of the polygons

A network's outline lies outside of the edge, the more the smaller an object is. From it, every half pixel, a grey-level
profile is taken along the normal, and the edge is where the level is half way from outside to inside; both levels are
running medians over an eighth of the outline. How far the blur itself has moved that place is known and undone
(`uniaims.structures.blurred_bodies`). What is drawn from the profiles is smoothed by a closed spline.

An edge law says where the edge is on a mean profile that is no blurred step. It belongs to the signal (`LAW_OF`):

- ``step``: half height. Backscattered electrons, sections, pores.
- ``bright_rim``: secondary electrons shine at edges, which moves half height outwards by what the shape of the profile
  tells.
- ``fading``: transmission; the thickness of round bodies fades to nothing at the rim, half height lies inside of it. It
  has not passed its test: no signal takes it by itself.

``auto`` takes the law of the signal where it has passed, else the network's outline; each instance is refused for
itself where its edge can't be seen (`REASONS`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from uniaims._kernels import polygons as polygon_kernels
from uniaims._kernels import profiles, rings
from uniaims._kernels.threads import map_blocks, row_blocks, thread_count
from uniaims.errors import ImageError, SettingsError
from uniaims.labels import check_labels, traced
from uniaims.structures.blurred_bodies import half_height_errors

Floats = NDArray[np.float64]
Law = Literal["auto", "edge", "step", "bright_rim", "fading", "network"]

LAWS = {"step": (0.0, 0.0), "bright_rim": (0.0, 2.5), "fading": (0.45, 0.0)}
"""How many widths the edge lies outside of half height, and how many inside for each contrast of a bright rim.

The contrast is that by which the mean profile outshines a blurred step. The figures were fitted on generated pictures;
docs/structures.md says on which.
"""
LAW_OF = {
    "secondary electrons": "bright_rim",
    "backscattered electrons": "step",
}
"""The law of each signal (`uniaims.records.Attributes`) that has passed its test; others keep the network's outline."""

REASONS = (
    "",
    "diameter below 6 px",
    "neighbours touch nearly all of the outline",
    "contrast too low on over 30 % of the outline",
    "edge too far from the outline",
    "edge too blurred for the size",
    "no edge law for this signal",
)
"""Why an instance keeps the outline of its label, in the order of `uniaims._kernels.profiles`; empty where it does not.

The list is closed.
"""
NO_LAW = len(REASONS) - 1

SMOOTHING_PX = 0.7
LEAST_DIAMETER_PX = 6.0
MOST_SHIFT_PX = 3.0
"""Largest median shift in working pixels of the network, beside the width of the edge.

The other limits stand in `uniaims._kernels.profiles`.
"""
_INSTANCES_PER_BLOCK = 256


@dataclass(frozen=True, eq=False)
class PolygonFigures:
    """Size and shape of N polygons in pixels; NaN for a polygon without points.

    Attributes:
        area: (N,) inside of the outline; holes count as inside.
        perimeter: (N,) length of the outline.
        max_feret, min_feret: (N,) largest and smallest distance of two parallel lines around the outline.
        centroid: (N, 2) y, x from the upper left corner of the image.
        major_axis, minor_axis: (N,) full axes of the ellipse of the same second moments.
        degrees: (N,) direction of the long axis, 0 to 180 from the x axis counter-clockwise as seen on the screen.
    """

    area: Floats
    perimeter: Floats
    max_feret: Floats
    min_feret: Floats
    centroid: Floats
    major_axis: Floats
    minor_axis: Floats
    degrees: Floats

    @property
    def equivalent_diameter(self) -> Floats:
        """(N,) diameter of the circle of the same area."""
        return np.sqrt(self.area * (4 / math.pi))

    @property
    def form_factor(self) -> Floats:
        """(N,) 4 pi area / perimeter²: 1 for a circle, never above it but for noise; not cut."""
        return np.asarray(4 * math.pi * self.area / self.perimeter**2)

    @property
    def aspect_ratio(self) -> Floats:
        """(N,) major_axis / minor_axis; NaN for an outline without width."""
        known = self.minor_axis > 0
        ratios: Floats = np.divide(self.major_axis, self.minor_axis, out=np.full(len(known), math.nan), where=known)
        return ratios


@dataclass(frozen=True, eq=False)
class Outlines:
    """An outline for each label 1..N of a label image; lengths in pixels.

    Attributes:
        law: by which the edges were found; "network" if by none.
        points: (K, 2) float32 x, y of all outlines, from the upper left corner of the image, clockwise on the screen.
        offsets: (N + 1,) int64, where each outline begins in ``points``; a number without pixels has no points.
        reasons: (N,) index into `REASONS`: 0 where the outline is the edge, else why it is that of the labels.
        shift_px: (N,) median distance from the labels' outline to the edge along the free rim, positive outwards; NaN
            where no edge was found. It is told for refused instances too.
        spread_px: (N,) standard deviation of that distance along the free rim.
        width_px: (N,) blur of the edge as a standard deviation, the 0.7 px of the search itself included.
        free_share: (N,) part 0..1 of the outline that no neighbour and no border touches.
    """

    law: str
    points: NDArray[np.float32]
    offsets: NDArray[np.int64]
    reasons: NDArray[np.uint8]
    shift_px: Floats
    spread_px: Floats
    width_px: Floats
    free_share: Floats

    def __len__(self) -> int:
        """Return the number of outlines."""
        return len(self.reasons)

    @property
    def accepted(self) -> NDArray[np.bool_]:
        """(N,) whether the outline is the edge in the picture."""
        return np.equal(self.reasons, 0)

    @property
    def polygons(self) -> list[NDArray[np.float32]]:
        """The outlines one by one, (K, 2) x, y."""
        return np.split(self.points, self.offsets[1:-1]) if len(self) else []

    @property
    def refusals(self) -> dict[str, int]:
        """How many instances keep the network's outline, by reason; without those that none has."""
        counts = np.bincount(self.reasons, minlength=len(REASONS))
        return {REASONS[index]: int(count) for index, count in enumerate(counts) if index and count}

    @cached_property
    def figures(self) -> PolygonFigures:
        """Size and shape of the outlines."""
        return polygon_figures(self.points, self.offsets)


def find_outlines(
    image: ArrayLike,
    labels: ArrayLike,
    law: Law = "auto",
    signal: str = "",
    working_scale: float = 1.0,
) -> Outlines:
    """Find the edge of each instance of a label image.

    Args:
        image: (H, W) grey levels, larger is brighter; instances may be brighter or darker than what is around them.
        labels: (H, W) integers, 0 = background; pieces of a label but the largest have no outline.
        law: a law by its name; "edge": that of the signal, or the one the edges look like where none is known; "auto":
            that of the signal where it has passed its test, else none; "network": none.
        signal: what the picture was recorded by, a word of `uniaims.records.Attributes.signal`; empty if not known.
        working_scale: working pixels of the network per pixel, by which a shift is judged.

    Raises:
        LabelsError: if the labels are no label image.
        ImageError: if the image has another shape, or is not grey.
        SettingsError: if there is no such law.
    """
    checked = check_labels(labels)
    grey = np.asarray(image)
    if grey.shape != checked.shape or grey.dtype.kind not in "buif":
        raise ImageError(
            f"The image has the shape {grey.shape} and type {grey.dtype}, the labels {checked.shape}. "
            "Give the grey levels of the image that the labels are of."
        )
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), SMOOTHING_PX) if grey.size else grey.astype(np.float32)
    chosen = chosen_law(law, signal)
    return _found(smooth, checked, chosen, working_scale)


def chosen_law(law: str, signal: str = "") -> str:
    """The name of the law that is used: one of `LAWS`, or "network".

    Raises:
        SettingsError: if there is no such law.
    """
    if law in LAWS or law == "network":
        return law
    if law == "auto":
        return LAW_OF.get(signal, "network")
    if law == "edge":
        return LAW_OF.get(signal, "bright_rim")
    known = ", ".join(("auto", "edge", "network", *LAWS))
    raise SettingsError(f"law = {law!r} is unknown. There are: {known}.")


def polygon_figures(points: NDArray[np.floating], offsets: NDArray[np.int64]) -> PolygonFigures:
    """Size and shape of polygons: ``points`` (K, 2) x, y, of which polygon i has offsets[i] to offsets[i + 1]."""
    table = np.empty((len(offsets) - 1, polygon_kernels.POLYGON_COLUMNS))

    def work(start: int, stop: int) -> None:
        polygon_kernels.measure_polygons(points, offsets[start : stop + 1], table[start:stop])

    _in_blocks(work, len(table))
    column = table.T
    mean = (column[polygon_kernels.VARIANCE_X] + column[polygon_kernels.VARIANCE_Y]) / 2
    half = (column[polygon_kernels.VARIANCE_X] - column[polygon_kernels.VARIANCE_Y]) / 2
    covariance = column[polygon_kernels.COVARIANCE]
    spread = np.hypot(half, covariance)
    return PolygonFigures(
        area=column[polygon_kernels.AREA],
        perimeter=column[polygon_kernels.PERIMETER],
        max_feret=column[polygon_kernels.MAX_FERET],
        min_feret=column[polygon_kernels.MIN_FERET],
        centroid=table[:, [polygon_kernels.CENTROID_Y, polygon_kernels.CENTROID_X]],
        major_axis=4 * np.sqrt(mean + spread),
        minor_axis=4 * np.sqrt(np.maximum(mean - spread, 0)),
        degrees=-np.rad2deg(np.arctan2(covariance, half) / 2) % 180,
    )


def _found(smooth: NDArray[np.float32], labels: NDArray[np.uint32], law: str, working_scale: float) -> Outlines:
    corners, starts = traced(labels)
    lengths = rings.lengths_of(corners, starts)
    sizes = np.clip(np.ceil(lengths / profiles.STEP), profiles.SMALLEST_RING, profiles.LARGEST_RING)
    offsets = np.concatenate([[0], np.cumsum(np.where(lengths > 0, sizes, 0))]).astype(np.int64)
    points = np.empty((offsets[-1], 2), np.float32)
    results = np.empty((len(lengths), profiles.RESULT_COLUMNS))
    numbers = np.arange(1, len(lengths) + 1, dtype=np.int64)
    least = math.inf if law == "network" else LEAST_DIAMETER_PX
    rules = (LAWS.get(law, LAWS["step"]), half_height_errors(), least, MOST_SHIFT_PX / working_scale)

    def work(start: int, stop: int) -> None:
        lines = (corners, starts[start : stop + 1], offsets[start : stop + 1])
        profiles.find_edges(smooth, labels, numbers[start:stop], lines, rules, points, results[start:stop])

    _in_blocks(work, len(lengths))
    column = results.T
    reasons = column[profiles.REASON].astype(np.uint8)
    return Outlines(
        law,
        points,
        offsets,
        reasons if law != "network" else np.full(len(reasons), NO_LAW, np.uint8),
        shift_px=column[profiles.SHIFT],
        spread_px=column[profiles.SPREAD],
        width_px=column[profiles.WIDTH],
        free_share=column[profiles.FREE_SHARE],
    )


def _in_blocks(work: Callable[[int, int], None], count: int) -> None:
    threads = thread_count()
    map_blocks(work, row_blocks(count, threads, _INSTANCES_PER_BLOCK), threads)
