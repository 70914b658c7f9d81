"""Counts and sizes by kind of object, where the model tells kinds apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from uniaims.boxes import Box
from uniaims.deprecation import old_argument
from uniaims.measurements import Measurements
from uniaims.report.image_counts import content_area
from uniaims.statistics import Interval, Summary, bootstrap, summarise


@dataclass(frozen=True)
class KindFigures:
    """What is known of the objects of one kind.

    Attributes:
        name: of the kind.
        count: all objects of it; ``border_count`` of them are cut by the border and left out of the sizes.
        covered_fraction: share of the evaluated area that they cover, 0..1.
        size: equivalent diameters of the complete ones in the unit of the table; NaN where there are none.
        median: of the same, with its interval.
    """

    name: str
    count: int
    border_count: int
    covered_fraction: float
    size: Summary
    median: Interval

    def as_dict(self, diameter_column: str) -> dict[str, Any]:
        """The figures as they stand in ``summary.json``; ``None`` stands for what there is no number for."""
        size = {"mean": self.size.mean, "d10": self.size.p10, "d50": self.size.median, "d90": self.size.p90}
        return {
            "instance_count": self.count,
            "border_count": self.border_count,
            "area_fraction": self.covered_fraction,
            diameter_column: {name: value if math.isfinite(value) else None for name, value in size.items()},
        }


@old_argument("names", "known_kinds")
def kind_figures(
    measurements: Measurements, known_kinds: Sequence[str], content: Box | None = None
) -> tuple[KindFigures, ...]:
    """Count and size the objects of each kind.

    Args:
        measurements: with the column ``kind``, else there is nothing to tell.
        known_kinds: in the order to show them, also those of which no object was found.
        content: the evaluated part; ``None``: the whole image.

    Returns:
        one for each of ``known_kinds``; empty where the measurements have no kinds, areas or diameters.
    """
    if "kind" not in measurements.table.columns or not measurements.has("area", "equivalent_diameter"):
        return ()
    own = np.array(measurements.kind_names, dtype=str)
    return tuple(_figures(name, measurements.select(own == name), measurements, content) for name in known_kinds)


def kind_order(measurements: Measurements, known_kinds: Sequence[str] = ()) -> tuple[str, ...]:
    """The kinds that there may be, in the order of the model that names them, else those that there are by name."""
    return tuple(known_kinds) or tuple(sorted(set(measurements.kind_names)))


def _figures(name: str, own: Measurements, whole: Measurements, content: Box | None) -> KindFigures:
    area, complete = content_area(whole, content), own.select(own.complete)
    diameters = complete.values("equivalent_diameter")
    return KindFigures(
        name,
        len(own),
        len(own) - len(complete),
        float(own.values("area").sum()) / area if area else math.nan,
        summarise(diameters),
        bootstrap(diameters, "p50"),
    )
