"""The most doubtful objects, to be looked at before the numbers are trusted."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.pages.pictures import eight_bits, jpeg_data_uri
from uniaims.pages.units import percent, plain
from uniaims.report.findings import Findings
from uniaims.report.section import Section, Thumbnail

MOST = 24
UNSURE_BELOW, APART_FROM, SMALL_PART = 0.5, 0.1, 1 / 3
"""Confidence, distance of the two outlines, and part of the median size from which on an object is doubtful."""
TILE_PX, AROUND = 144, 1.7
"""Side of a thumbnail, and how much wider than its object the part is that it shows."""
BYTES = 12_000
OUTLINE = (230, 159, 0)


@dataclass(frozen=True, eq=False)
class Doubts:
    """What speaks against each object, as a number from 0 on that grows with the doubt; (N,) each."""

    findings: Findings

    @cached_property
    def unsure(self) -> NDArray[np.float64]:
        """How far the confidence is below the one from which on an object is sure."""
        confidence = self._values("confidence")
        return np.nan_to_num(np.clip((UNSURE_BELOW - confidence) / UNSURE_BELOW, 0, 1))

    @cached_property
    def apart(self) -> NDArray[np.float64]:
        """Relative distance of the diameters by the edge and by the labels; 0 below what is usual."""
        used, labels = self._values("diameter"), self._values("equivalent_diameter")
        with np.errstate(invalid="ignore", divide="ignore"):
            distance = np.nan_to_num(np.abs(used / labels - 1))
        return np.where(distance >= APART_FROM, distance, 0.0)

    @cached_property
    def small(self) -> NDArray[np.bool_]:
        """Whether it is below a third of the median size."""
        size = self._values(self.findings.size)
        median = np.nanmedian(size) if np.isfinite(size).any() else 0.0
        return np.nan_to_num(size, nan=np.inf) < SMALL_PART * median

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """All doubts together."""
        own = 2 * self.unsure + 2 * np.minimum(self.apart / APART_FROM / 4, 1) + 0.75 * self.small
        confidence = np.nan_to_num(1 - self._values("confidence"))
        return np.where(own > 0, own + 0.1 * confidence, 0.0)

    def reasons(self, row: int) -> str:
        """In words."""
        told = [f"confidence {plain(float(self._values('confidence')[row]), 2)}"] if self.unsure[row] else []
        if self.apart[row]:
            told.append(f"outlines {percent(float(self.apart[row]), 0)} apart")
        if self.small[row]:
            told.append("below a third of the median")
        if others := self._touched(row):
            told.append("touches another" if others == 1 else f"touches {others} others")
        return "; ".join(told)

    def _touched(self, row: int) -> int:
        """How many others an object touches."""
        labels, outline = self.findings.content.labels, self.findings.outlines[row]
        (left, top), (right, bottom) = outline.min(axis=0).astype(int), np.ceil(outline.max(axis=0)).astype(int)
        part = labels[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1]
        own = part == self._values("label")[row]
        around = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return len(np.setdiff1d(part[around & ~own], [0]))

    def _values(self, name: str) -> NDArray[np.float64]:
        measured = self.findings.content.measurements
        if name == "label":
            return measured.table["label"].to_numpy().astype(np.float64)
        return measured.values(name) if measured.has(name) else np.full(len(measured), np.nan)


def section(findings: Findings) -> Section | None:
    """The thumbnails; ``None`` where there is no object, or none is doubtful."""
    if not findings.counts.total:
        return None
    doubts = Doubts(findings)
    worst = np.argsort(-doubts.scores, kind="stable")[:MOST]
    worst = worst[doubts.scores[worst] > 0]
    if not len(worst):
        return None
    noun = findings.noun
    thumbnails = tuple(thumbnail(findings, int(row), doubts.reasons(int(row))) for row in worst)
    many = noun.counted(findings.counts.total)
    lead = f"The {len(worst)} most doubtful of {many}: look at these before trusting the numbers."
    pictures = [jpeg_data_uri(each.pixels, TILE_PX, BYTES) for each in thumbnails]
    details = {"pictures": pictures, "rows": [int(row) for row in worst]}
    return Section(
        "check", "Check first", lead=lead, thumbnails=thumbnails, details=details, partial="sections/check.html.j2"
    )


def thumbnail(findings: Findings, row: int, note: str) -> Thumbnail:
    """An object with what is around it and its outline."""
    content, outline = findings.content, findings.outlines[row]
    number = int(content.measurements.table["label"][row])
    low, high = outline.min(axis=0), outline.max(axis=0)
    side = max(float((high - low).max()) * AROUND, 16.0)
    left, top = ((low + high - side) / 2).round().astype(int)
    length = round(side)
    height, width = content.labels.shape
    box = np.s_[max(top, 0) : min(top + length, height), max(left, 0) : min(left + length, width)]
    part = _stretched(content.image[box])
    around = ((max(-top, 0), max(top + length - height, 0)), (max(-left, 0), max(left + length - width, 0)), (0, 0))
    square = cv2.resize(np.pad(part, around), (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)
    points = (((outline - (left, top)) * (TILE_PX / length) - 0.5) * 16).round().astype(np.int32)
    cv2.polylines(square, [points.reshape(-1, 1, 2)], True, OUTLINE, 1, cv2.LINE_AA, shift=4)
    return Thumbnail(number, square, f"{findings.noun.single_heading} {number}", note)


def _stretched(part: NDArray[np.generic]) -> NDArray[np.uint8]:
    levels = eight_bits(part)
    return np.ascontiguousarray(cv2.cvtColor(levels, cv2.COLOR_GRAY2RGB) if levels.ndim == 2 else levels)
