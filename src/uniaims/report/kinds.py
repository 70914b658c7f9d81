"""Counts and sizes by kind of object, where the model tells kinds apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from uniaims.boxes import Box
from uniaims.measurements import Measurements
from uniaims.pages.palette import kind_colours
from uniaims.pages.units import NOTHING, LengthUnit, count, interval, number, percent
from uniaims.report.census import content_area
from uniaims.report.content import ReportContent
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


def kind_figures(
    measurements: Measurements, names: Sequence[str], content: Box | None = None
) -> tuple[KindFigures, ...]:
    """Count and size the objects of each kind.

    Args:
        measurements: with the column ``kind``, else there is nothing to tell.
        names: the kinds in the order to show them, also those of which no object was found.
        content: the evaluated part; ``None``: the whole image.

    Returns:
        one for each of ``names``; empty where the measurements have no kinds.
    """
    if "kind" not in measurements.table.columns:
        return ()
    kinds = np.array(measurements.kinds, dtype=str)
    return tuple(_figures(name, measurements.select(kinds == name), measurements, content) for name in names)


def kind_order(measurements: Measurements, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The kinds that there may be, in the order of the model that ``known`` names, else those there are by name."""
    return tuple(known) or tuple(sorted(set(measurements.kinds)))


@dataclass(frozen=True)
class KindRow:
    """One row of the table of kinds, ready for the page; ``code`` is the kind's number in the page's data."""

    name: str
    code: int
    colour: str
    values: tuple[str, ...]


KIND_HEADINGS = (
    "Objects", "Complete", "Share of objects", "Area fraction", "Median diameter", "95 % interval", "D10 – D90"
)  # fmt: skip


def kind_rows(content: ReportContent, unit: LengthUnit) -> list[KindRow]:
    """The rows of the table of kinds; empty where the model tells no kinds apart."""
    names = kind_order(content.measurements, content.kinds)
    colours, total = kind_colours(names), len(content.measurements)
    return [
        KindRow(figures.name, code, colours[figures.name], _values(figures, total, unit.size))
        for code, figures in enumerate(kind_figures(content.measurements, names, content.content))
    ]


def _values(figures: KindFigures, total: int, unit_size: float) -> tuple[str, ...]:
    median, size = figures.median, figures.size
    complete = figures.count - figures.border_count
    spread = (
        interval(median.low / unit_size, median.high / unit_size),
        interval(size.p10 / unit_size, size.p90 / unit_size, 3),
    )
    return (
        count(figures.count),
        count(complete),
        percent(figures.count / total) if total else number(None),
        percent(figures.covered_fraction),
        number(median.estimate / unit_size),
        *(spread if complete > 1 else (NOTHING, NOTHING)),
    )


def _figures(name: str, own: Measurements, whole: Measurements, content: Box | None) -> KindFigures:
    area, complete = content_area(whole, content), own.inside()
    diameters = complete.values("equivalent_diameter")
    return KindFigures(
        name,
        len(own),
        len(own) - len(complete),
        float(own.values("area").sum()) / area if area else math.nan,
        summarise(diameters),
        bootstrap(diameters, "p50"),
    )
