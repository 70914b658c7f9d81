"""The edges of objects in the grey levels, as the tables take them: what they enclose, or why there is none."""

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from uniaims.formats import Acquisition
from uniaims.labels import Labels, traced
from uniaims.measurements import EdgeShapes
from uniaims.structures import REASONS, chosen_law, find_outlines, polygon_figures
from uniaims.structures.outlines import Law

TRANSMISSION_KV = 60.0
"""Scanning microscopes seldom have more, transmission microscopes seldom less."""
_CORNERS_PX2 = 0.5
"""A contour through the midpoints cuts the corners of its pixels: 1/8 px² each, and four more turn out than in."""
_DETECTORS = {
    "backscattered electrons": (
        "bse", "bsd", "asb", "esb", "cbs", "abs", "vcd", "dbs", "mdd", "compo", "rbei", "backscatter",
    ),
    "secondary electrons": (
        "se", "se2", "sei", "lei", "sem", "etd", "lfd", "tld", "ild", "inlens", "in-lens", "everhart", "secondary",
    ),
}  # fmt: skip
"""Words in the names that instruments give their detectors."""


def signal_of(acquisition: Acquisition) -> str:
    """What an image was recorded by, from the name of its detector; empty where that tells nothing."""
    if acquisition.voltage_kv is not None and acquisition.voltage_kv >= TRANSMISSION_KV:
        return ""
    words = (acquisition.detector or "").lower().replace("(", " ").replace(")", " ").replace("_", " ").split()
    return next((signal for signal, names in _DETECTORS.items() if set(words) & set(names)), "")


def edge_shapes(
    image: NDArray[np.generic], labels: Labels, law: str, signal: str, working_scale: float = 1.0,
    sides: tuple[float, float] = (1.0, 1.0),
) -> EdgeShapes:  # fmt: skip
    """What the edges of labels 1..N enclose.

    An outline goes around holes, and around the largest piece of an object: by how much the labels' own outline is
    wrong for that, the area of the edge is corrected.

    Args:
        image: (H, W) grey levels.
        labels: (H, W), without gaps in the numbers.
        law: as users choose it.
        signal: see `signal_of`.
        working_scale: working pixels of the network per pixel.
        sides: height and width of a pixel, 1 and 1 where it is square.
    """
    count = int(labels.max(initial=0))
    if chosen_law(law, signal) == "network" or not count:
        nothing = np.full(count, math.nan)
        return EdgeShapes(nothing, nothing, nothing, nothing, (REASONS[-1],) * count)
    outlines = find_outlines(image, labels, cast("Law", law), signal, working_scale)
    figures = polygon_figures(outlines.points * np.array(sides[::-1], np.float32), outlines.offsets)
    corners, starts = traced(labels)
    own = polygon_figures(corners, starts).area + _CORNERS_PX2
    missing = np.bincount(labels.ravel(), minlength=count + 1)[1:] - own
    area = figures.area + missing
    accepted = outlines.accepted & (area > 0)

    def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(accepted, values, math.nan)

    perimeter, longest, shortest = (known(each) for each in (figures.perimeter, figures.max_feret, figures.min_feret))
    reasons = tuple(REASONS[reason] for reason in outlines.reasons)
    return EdgeShapes(known(area), perimeter, longest, shortest, reasons)
