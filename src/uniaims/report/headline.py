"""The large numbers at the top of a report: what each is, how it is had, how it is written."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uniaims.measurements import Figure
from uniaims.measurements.units import QuantityName
from uniaims.pages.units import (
    MEGAPIXEL,
    NO_BREAK,
    NOTHING,
    LengthUnit,
    Noun,
    count,
    density_unit,
    interval,
    number,
    percent,
    quantity,
)
from uniaims.report.content import Reading
from uniaims.report.findings import Findings
from uniaims.report.sizes import CONFIDENCE
from uniaims.statistics import bootstrap, size_percentiles
from uniaims.statistics.budget import Estimate, rounded

LONGEST_VALUE = 9
"""Characters of a key figure that have room in large type."""
PER_UM2 = 1e6
"""Square nanometres in the area that densities in tables refer to, where the pixel size is known."""


@dataclass(frozen=True)
class KeyFigure:
    """A headline figure as it is written."""

    name: str
    value: str
    unit: str
    note: str

    @property
    def is_long(self) -> bool:
        """Whether it needs smaller type to stay on one line of its box."""
        return len(self.value) > LONGEST_VALUE


@dataclass(frozen=True)
class Headline(Figure):
    """A headline figure: its description, in whose label ``{nouns}`` stands for the objects, and its function.

    Attributes:
        function: findings -> what it comes to, in the units of the tables.
        is_range: whether it is told by its two ends.
        short: heading of its column in the overview of a batch; the label, where it is empty.
        is_large: whether it stands at the top of the page; the others stand in ``summary.json`` and the workbook alone.
    """

    function: Callable[[Findings], Reading] = field(repr=False, compare=False)
    is_range: bool = False
    short: str = ""
    is_large: bool = True

    def told(self, reading: Reading, unit: LengthUnit, noun: Noun) -> KeyFigure:
        """The figure as it is written; lengths in ``unit``."""
        value, symbol = self.written(reading, unit)
        told = [each for each in (self.uncertainty(reading, unit), reading.note) if each]
        return KeyFigure(self.named(noun), value, symbol, "; ".join(told) or self._interval(reading, unit))

    def column_heading(self, unit: LengthUnit, noun: Noun) -> str:
        """Of its column in an overview; lengths and areas in ``unit``."""
        symbol = self._scale(unit)[1] if self.quantity != "density" else ""
        name = self.short or self.named(noun)
        return f"{name} / {symbol}" if symbol else name

    def named(self, noun: Noun) -> str:
        """Its label."""
        return self.label.format(nouns=noun.heading)

    def written(self, reading: Reading, unit: LengthUnit) -> tuple[str, str]:
        """Number and unit."""
        if not math.isfinite(reading.value):
            return NOTHING, ""
        if reading.estimate and reading.estimate.u > 0:
            return self._by_uncertainty(reading, reading.estimate.u, unit)
        return self._plainly(reading, unit)

    def _plainly(self, reading: Reading, unit: LengthUnit) -> tuple[str, str]:
        """Number, with the digits that its quantity has where nothing is known of its uncertainty, and unit."""
        if self.quantity == "count":
            return count(round(reading.value)), ""
        if self.quantity == "fraction":
            return percent(reading.value), ""
        if self.quantity == "density":
            return _density(reading.value, unit)
        size, symbol = self._scale(unit)
        if self.is_range:
            return f"{number(reading.low / size)} – {number(reading.high / size)}", symbol
        return number(reading.value / size), symbol

    def _interval(self, reading: Reading, unit: LengthUnit) -> str:
        if self.is_range or not (math.isfinite(reading.low) and math.isfinite(reading.high)):
            return ""
        size, _ = self._scale(unit)
        return f"{percent(CONFIDENCE, 0)} interval {interval(reading.low / size, reading.high / size)}"

    def _by_uncertainty(self, reading: Reading, u: float, unit: LengthUnit) -> tuple[str, str]:
        """Number, or the two ends of a range, with the digits that the uncertainty allows, and unit."""
        value = reading.value
        size, symbol = self._told_in(value, unit)
        if self.is_range:
            return " – ".join(rounded(end / size, u / size)[0] for end in (reading.low, reading.high)), symbol
        if self.quantity == "fraction":
            return f"{rounded(value / size, u / size)[0]}{NO_BREAK}%", ""
        return rounded(value / size, u / size)[0], symbol

    def uncertainty(self, reading: Reading, unit: LengthUnit) -> str:
        """``± 1.4 (k = 2)`` in the unit of the figure; the reason where there is no value, nothing for a range."""
        found = reading.estimate
        if found is None or found.why:
            return found.why if found else ""
        half = "" if self.is_range else self.half_width(found, unit)
        return f"± {half} (k = 2)" if half else ""

    def half_width(self, found: Estimate, unit: LengthUnit) -> str:
        """Of the interval, with two digits; empty where nothing is known of it."""
        size, _ = self._told_in(found.value, unit)
        return rounded(found.value / size, found.u / size)[1]

    def _told_in(self, value: float, unit: LengthUnit) -> tuple[float, str]:
        """What a number of the table is divided by beside its uncertainty, and the unit that it then has."""
        if self.quantity == "fraction":
            return 0.01, "%"
        return density_scale(value, unit) if self.quantity == "density" else self._scale(unit)

    def _scale(self, unit: LengthUnit) -> tuple[float, str]:
        """What numbers of the table are divided by for the eye, and the unit that they then have."""
        if self.quantity == "length":
            return unit.size, unit.symbol
        if self.quantity == "area":
            return unit.size**2, unit.area_symbol
        return 1.0, self.unit(calibrated=unit.symbol != "px")


def _density(value: float, unit: LengthUnit) -> tuple[str, str]:
    if unit.symbol == "px":
        return number(value * MEGAPIXEL.size**2, 3), MEGAPIXEL.density_symbol
    area = density_unit(value / PER_UM2)
    return number(value / PER_UM2 * area.size**2, 3), area.density_symbol


def density_scale(value: float, unit: LengthUnit) -> tuple[float, str]:
    """What a density of the table is divided by for the eye, and the unit that it then has."""
    if unit.symbol == "px":
        return 1 / MEGAPIXEL.size**2, MEGAPIXEL.density_symbol
    area = density_unit(value / PER_UM2)
    return PER_UM2 / area.size**2, area.density_symbol


def _object_count(findings: Findings) -> Reading:
    counts = findings.counts
    left_out = counts.total - counts.complete
    note = f"{count(counts.complete)} in the statistics, {count(left_out)} left out"
    return Reading(counts.total, note=note, estimate=Estimate(counts.total, "", math.nan, {}, counts.total))


def _number_density(findings: Findings) -> Reading:
    found, sample = findings.estimates["number_density"], findings.sample
    size = findings.content.measurements.pixel_size
    unit = density_unit(found.value / PER_UM2) if size else MEGAPIXEL
    area = quantity(sample.area_px * (size.nm**2 if size else 1) / unit.size**2, unit.area_symbol, 3)
    return _reading(found, f"on {area}")


def _area_fraction(findings: Findings) -> Reading:
    return _reading(findings.estimates["area_fraction"])


def _reading(found: Estimate, note: str = "") -> Reading:
    return Reading(found.value, found.value - found.u, found.value + found.u, note, found)


def _of(name: str) -> Callable[[Findings], Reading]:
    """The estimate of a name."""
    return lambda findings: _reading(findings.estimates[name])


def _range(findings: Findings) -> Reading:
    low, high = (findings.estimates[name] for name in ("x10_0", "x90_0"))
    span, width = findings.estimates["span_0"], high.value - low.value
    found = Estimate(width, low.unit, math.hypot(low.u, high.u), {}, low.n, span.why)
    note = "" if span.why else f"span {rounded(span.value, span.u)[0]}"
    return Reading(width, low.value, high.value, note, found)


def _old_density(findings: Findings) -> Reading:
    factor = PER_UM2 if findings.content.measurements.pixel_size else 1.0
    return Reading(findings.counts.density * factor)


def _old_sizes(findings: Findings) -> NDArray[np.float64]:
    measurements = findings.content.measurements
    if not measurements.has("equivalent_diameter"):
        return np.empty(0)
    sizes = measurements.values("equivalent_diameter")[measurements.complete]
    return sizes[sizes > 0]


def _old_median(findings: Findings) -> Reading:
    found = bootstrap(_old_sizes(findings), "median", confidence=CONFIDENCE)
    return Reading(found.estimate, found.low, found.high)


def _old_mean(findings: Findings) -> Reading:
    return Reading(size_percentiles(_old_sizes(findings)).mean)


def _old_range(findings: Findings) -> Reading:
    sizes = _old_sizes(findings)
    found = size_percentiles(sizes)
    return Reading(found.d90 - found.d10 if len(sizes) > 1 else math.nan, found.d10, found.d90)


def _size_headline(name: str, label: str, definition: str, symbol: str, zh: str, *, is_large: bool = False) -> Headline:
    quantity_name: QuantityName = "ratio" if name.startswith("span") else "length"
    return Headline(
        name, label, quantity_name, "size", definition, "ISO 9276-1, ISO 9276-2", _of(name), symbol=symbol,
        short=symbol, is_large=is_large, labels={"zh": zh},
    )  # fmt: skip


WHOLE = "Each object counts by one over its chance to lie whole in the evaluated part (Miles 1974, Lantuéjoul 1980)."


def _percentile(percent: int, power: int) -> Headline:
    by = {0: "number", 3: "volume (of the spheres of their diameters)"}[power]
    share, symbol = {10: "10 %", 50: "half", 90: "90 %"}[percent], f"x{percent},{power}"
    label = f"Median diameter by {by.split()[0]}, {symbol}" if percent == 50 else f"{symbol} by {by.split()[0]}"
    zh = {0: "按数量", 3: "按体积"}[power] + f" {symbol}"
    definition = f"Diameter up to which {share} of the objects lie, by {by}. {WHOLE}"
    return _size_headline(f"x{percent}_{power}", label, definition, symbol, zh, is_large=percent == 50)


def _mean(name: str, label: str, definition: str, symbol: str, zh: str) -> Headline:
    return _size_headline(name, f"{label}, {symbol}", f"{definition} {WHOLE}", symbol, zh)


OBJECT_COUNT = Headline(
    "object_count", "{nouns}", "count", "count", "Number of all objects, those left out of statistics included.",
    "Uni-AIMS", _object_count, symbol="N", labels={"zh": "{nouns}"},
)  # fmt: skip
NUMBER_DENSITY = Headline(
    "number_density", "Number density", "density", "count",
    "Number of objects / evaluated area without writing, of one row and column less. One side of the border that"
    " cuts an object halves it, two that meet quarter it (half rule).",
    "Gundersen 1977", _number_density, symbol="N_A", labels={"zh": "数密度"},
)  # fmt: skip
AREA_FRACTION = Headline(
    "area_fraction", "Area fraction", "fraction", "count",
    "Area that objects cover / evaluated area, both without writing; scaled by the area inside of the edges where these"
    " are used.",
    "Uni-AIMS", _area_fraction, symbol="A_A", labels={"zh": "面积分数"},
)  # fmt: skip
MEDIAN_DIAMETER, MEDIAN_BY_VOLUME = _percentile(50, 0), _percentile(50, 3)
DIAMETER_RANGE = Headline(
    "range_0", "x10,0 – x90,0", "length", "size",
    f"From x10,0 to x90,0; as one number x90,0 - x10,0. {WHOLE}",
    "ISO 9276-2", _range, is_range=True, labels={"zh": "x10,0 – x90,0"},
)  # fmt: skip
SIZE_HEADLINES = (
    OBJECT_COUNT, NUMBER_DENSITY, AREA_FRACTION, MEDIAN_DIAMETER, MEDIAN_BY_VOLUME, DIAMETER_RANGE,
    _percentile(10, 0), _percentile(90, 0), _percentile(10, 3), _percentile(90, 3),
    _mean("d_1_0", "Mean diameter", "Arithmetic mean of the diameters.", "D[1,0]", "平均直径"),
    _mean("d_3_2", "Sauter mean", "Mean cube / mean square of the diameters.", "D[3,2]", "索特平均直径"),
    _mean("d_4_3", "De Brouckere mean", "Mean fourth power / mean cube.", "D[4,3]", "体积平均直径"),
    _size_headline("span_0", "Span by number", "(x90,0 - x10,0) / x50,0.", "span_0", "按数量跨度"),
    _size_headline("span_3", "Span by volume", "(x90,3 - x10,3) / x50,3.", "span_3", "按体积跨度"),
)  # fmt: skip
"""Of separate objects."""
SIZE_OVERVIEW = (MEDIAN_DIAMETER, DIAMETER_RANGE, AREA_FRACTION)
"""Of these, what the overview of a batch shows beside their numbers."""
FORMER_HEADLINES = (
    Headline("number_density", "", "density", "count", "All objects / area of the content.", "", _old_density),
    Headline("median_diameter", "", "length", "size", "Unweighted, of the labels.", "", _old_median),
    Headline("mean_diameter", "", "length", "size", "Unweighted, of the labels.", "", _old_mean),
    Headline("diameter_range", "", "length", "size", "Unweighted, of the labels.", "", _old_range, is_range=True),
)
"""What the figures of the release before came to, under their old keys, for one release."""
