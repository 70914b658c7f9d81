"""The figures of an image with what makes each unsure: scale, outline, sampling, finding (GUM: JCGM 100:2008)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.measurements import REASONS, Measurements
from uniaims.measurements.border import count_weights, counted_area, evaluated_area, size_weights
from uniaims.report.content import ReportContent
from uniaims.statistics.budget import Estimate, estimate
from uniaims.statistics.weighted import SizeIntervals, size_figures_of, size_intervals

Floats = NDArray[np.float64]
EDGES = ("bounding_box_top", "bounding_box_left", "bounding_box_bottom", "bounding_box_right")
SIZE_ESTIMATES = (
    "x10_0", "x50_0", "x90_0", "x10_3", "x50_3", "x90_3", "d_1_0", "d_3_2", "d_4_3", "span_0", "span_3"
)  # fmt: skip
EDGE_UNSURE_PX = 0.6
"""Standard uncertainty of a diameter by its edge: what the edges of single pictures move by (docs/metrology.md)."""
LABELS_UNSURE_PX = 0.3
"""Of a diameter by labels that came from elsewhere: a guess too."""
NETWORK_BIAS = ((6, 0.129), (8, 0.079), (12, 0.054), (20, 0.028), (40, 0.026), (100, 0.017))
"""Diameter in px, by how much the network's outline is too large (docs/metrology.md, discs).

It is not taken off: what lies between no and this bias is equally likely, a standard uncertainty of bias / sqrt(3).
"""
PER_UM2 = 1e6
_RESAMPLES = 400


@dataclass(frozen=True, eq=False)
class Sample:
    """The objects of an image as samples of sizes and counts take them.

    Attributes:
        content: the image.
        region: the part of it that was evaluated.
    """

    content: ReportContent
    region: Box

    @property
    def measurements(self) -> Measurements:
        """The table."""
        return self.content.measurements

    @cached_property
    def writing(self) -> tuple[Box, ...]:
        """What is drawn into the evaluated part."""
        return tuple(box for box in self.content.writing if box.share_in(self.region) > 0)

    @cached_property
    def area_px(self) -> int:
        """Of the evaluated part, without writing."""
        return evaluated_area(self.region, self.writing)

    @cached_property
    def boxes(self) -> NDArray[np.int32]:
        """(N, 4) of all objects."""
        return np.stack([self.measurements.values(edge) for edge in EDGES], axis=1).astype(np.int32)

    @cached_property
    def count_weights(self) -> Floats:
        """(N,) the half rule; all 1 where no boxes were measured."""
        measurements = self.measurements
        if not measurements.has(*EDGES):
            return np.ones(len(measurements))
        hidden = self.reasons == "under writing" if measurements.has("excluded") else None
        return count_weights(self.boxes, self.region, hidden)

    @cached_property
    def size_weights(self) -> Floats:
        """(N,) border weights of the objects that statistics of size rest on; 0 for the others."""
        kept = self.measurements.kept
        if not self.measurements.has(*EDGES):
            return kept.astype(np.float64)
        weights = np.zeros(len(kept))
        weights[kept] = size_weights(self.boxes[kept], self.region, self.writing)
        return np.where(np.isfinite(weights), weights, 0.0)

    @cached_property
    def reasons(self) -> NDArray[np.str_]:
        """(N,) why each object is left out; empty where it is not."""
        measurements = self.measurements
        if measurements.has("excluded"):
            return np.array(measurements.table["excluded"].fill_null("").to_list(), str)
        return np.where(measurements.complete, "", REASONS[0])

    @cached_property
    def exclusions(self) -> dict[str, int]:
        """Reason -> how many of all objects that were found are left out for it; all reasons are there."""
        before = self.content.left_out
        return {reason: int((self.reasons == reason).sum()) + before.get(reason, 0) for reason in REASONS}

    @cached_property
    def diameters(self) -> Floats:
        """(N,) in the unit of the table; NaN where no size was measured."""
        known = [name for name in ("diameter", "equivalent_diameter") if self.measurements.has(name)]
        return self.measurements.values(known[0]) if known else np.full(len(self.measurements), math.nan)

    @cached_property
    def sized(self) -> NDArray[np.bool_]:
        """(N,) the objects whose size counts."""
        return np.asarray((self.size_weights > 0) & (self.diameters > 0))

    @cached_property
    def sizes(self) -> SizeIntervals:
        """Figures of the diameters."""
        return size_intervals(self.diameters[self.sized], self.size_weights[self.sized])

    @cached_property
    def probabilities(self) -> Floats:
        """(N,) how likely each object is one."""
        if not self.measurements.has("confidence"):
            return np.ones(len(self.measurements))
        return np.clip(np.nan_to_num(self.measurements.values("confidence"), nan=1.0), 0, 1)


def estimates(sample: Sample) -> dict[str, Estimate]:
    """Every figure of an image by its name, in the unit of the tables."""
    return _size_estimates(sample) | {
        "number_density": _number_density(sample),
        "area_fraction": _area_fraction(sample),
    }


def _size_estimates(sample: Sample) -> dict[str, Estimate]:
    size, found = sample.measurements.pixel_size, sample.sizes
    count, unit = int(sample.sized.sum()), "nm" if size else "px"
    unsure = _finding_of_sizes(sample)
    made = {}
    for name in SIZE_ESTIMATES:
        value = found.figures[name]
        ratio = name.startswith("span")
        sampling = found.relative_uncertainty(name) if math.isfinite(value) else math.nan
        parts = {
            "scale": 0.0 if ratio else sample.content.scale_uncertainty,
            "outline": outline_uncertainty(sample, found.figures["d_1_0"] if ratio else value),
            "sampling": sampling,
            "finding": unsure.get(name, 0.0),
        }
        made[name] = _estimate(value, "" if ratio else unit, parts, count, _why_no_size(count))
    return made


def _estimate(value: float, unit: str, parts: Mapping[str, float], count: int, why: str) -> Estimate:
    """An estimate; without uncertainty where a part of it is not known."""
    if not math.isfinite(value):
        return estimate(value, unit, {}, count, why)
    known = {name: part for name, part in parts.items() if math.isfinite(part)}
    made = estimate(value, unit, known, count)
    return made if len(known) == len(parts) else Estimate(value, unit, math.nan, known, count)


def _why_no_size(count: int) -> str:
    if not count:
        return "no object is in the statistics"
    if count == 1:
        return "a single object does not carry it"
    return f"{count} objects do not carry it: five are needed on each side, by their weight"


def outline_uncertainty(sample: Sample, diameter: float) -> float:
    """Standard uncertainty of a diameter, in the unit of the table, from the outline: relative to it."""
    size, content = sample.measurements.pixel_size, sample.content
    if not math.isfinite(diameter) or diameter <= 0:
        return 0.0
    diameter_px = diameter / size.nm if size else diameter
    places, biases = zip(*NETWORK_BIAS, strict=True)
    labels = LABELS_UNSURE_PX / diameter_px
    if content.model is not None:
        labels = float(np.interp(diameter_px, places, biases)) / math.sqrt(3)
    share = edge_share(sample)
    return share * EDGE_UNSURE_PX / diameter_px + (1 - share) * labels


def edge_share(sample: Sample) -> float:
    """Part 0..1 of the objects in the statistics whose size is that of their edge."""
    if not sample.measurements.has("outline") or not sample.sized.any():
        return 0.0
    return float((sample.measurements.table["outline"] == "edge").to_numpy()[sample.sized].mean())


def _finding_of_sizes(sample: Sample) -> dict[str, float]:
    """Relative spread of the figures of sizes where each object is there with its probability only."""
    chosen = sample.sized
    sure = sample.probabilities[chosen]
    if not len(sure) or (sure == 1).all():
        return {}
    order = np.argsort(sample.diameters[chosen], kind="stable")
    sizes, weights, sure = (
        each[chosen][order] for each in (sample.diameters, sample.size_weights, sample.probabilities)
    )
    block = max(20, min(_RESAMPLES, (1 << 22) // len(sizes)))
    there = np.random.default_rng(0).random((block, len(sizes))) < sure
    drawn = size_figures_of(sizes, there * weights)
    known = {name: values[np.isfinite(values)] for name, values in drawn.items()}
    means = {name: float(values.mean()) for name, values in known.items() if len(values)}
    return {name: float(known[name].std()) / abs(mean) for name, mean in means.items() if mean}


def _number_density(sample: Sample) -> Estimate:
    size, weights, sure = sample.measurements.pixel_size, sample.count_weights, sample.probabilities
    unit = "µm⁻²" if size else "px⁻²"
    area_px = counted_area(sample.region, sample.writing)
    if not area_px:
        return estimate(math.nan, unit, {}, len(weights), "nothing of the image is evaluated")
    number = float(weights.sum())
    value = number / area_px * (PER_UM2 / size.nm**2 if size else 1.0)
    if not number:
        return Estimate(value, unit, math.nan, {}, len(weights))
    parts = {
        "scale": 2 * sample.content.scale_uncertainty,
        "outline": 0.0,
        "sampling": math.sqrt(float((weights**2).sum())) / number,
        "finding": math.sqrt(float((weights**2 * sure * (1 - sure)).sum())) / number,
    }
    return _estimate(value, unit, parts, len(weights), "")


def _area_fraction(sample: Sample) -> Estimate:
    measurements, count = sample.measurements, len(sample.measurements)
    if not sample.area_px:
        return estimate(math.nan, "", {}, count, "nothing of the image is evaluated")
    seen = sample.content.labels[sample.region.window] > 0
    for box in sample.writing:
        seen[_within(box, sample.region).window] = False
    value = float(np.count_nonzero(seen)) / sample.area_px
    if not count or not measurements.has("area") or not value:
        return Estimate(value, "", math.nan, {}, count)
    areas, sure = measurements.values("area"), sample.probabilities
    inside = np.pi / 4 * sample.diameters**2 if np.isfinite(sample.diameters).all() else areas
    value *= float(inside.sum() / areas.sum())
    typical = float(np.sqrt(4 / np.pi * (areas**2).sum() / areas.sum()))
    parts = {
        "scale": 0.0,
        "outline": 2 * outline_uncertainty(sample, typical),
        # what is full can't vary: areas that keep out of each other scatter less than scattered ones, by what is free
        "sampling": math.sqrt(float((areas**2).sum()) * max(0.0, 1 - value)) / float(areas.sum()),
        "finding": math.sqrt(float((areas**2 * sure * (1 - sure)).sum())) / float(areas.sum()),
    }
    return _estimate(value, "", parts, count, "")


def _within(box: Box, region: Box) -> Box:
    """A box in the rows and columns of a region that it lies in, or partly."""
    return box.moved(-region.top, -region.left).clipped((region.height, region.width))
