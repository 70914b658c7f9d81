"""The large numbers at the top of a report: what each is, how it is had, how it is written."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from uniaims.measurements import Figure
from uniaims.pages.units import (
    MEGAPIXEL,
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
from uniaims.report.sizes import CONFIDENCE, SizeFigures

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
    """

    function: Callable[[Findings], Reading] = field(repr=False, compare=False)
    is_range: bool = False
    short: str = ""

    def told(self, reading: Reading, unit: LengthUnit, noun: Noun) -> KeyFigure:
        """The figure as it is written; lengths in ``unit``."""
        value, symbol = self.written(reading, unit)
        return KeyFigure(self.named(noun), value, symbol, reading.note or self._interval(reading, unit))

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


def _object_count(findings: Findings) -> Reading:
    counts = findings.counts
    cut = f"{count(counts.cut)} cut by the border" if counts.cut else "none cut by the border"
    return Reading(counts.total, note=f"{count(counts.complete)} complete, {cut}")


def _number_density(findings: Findings) -> Reading:
    counts, calibrated = findings.counts, findings.content.measurements.pixel_size is not None
    unit = density_unit(counts.density) if calibrated else MEGAPIXEL
    area = quantity(counts.content_area / unit.size**2, unit.area_symbol, 3)
    return Reading(counts.density * (PER_UM2 if calibrated else 1.0), note=f"all {findings.noun.plural} on {area}")


def _area_fraction(findings: Findings) -> Reading:
    return Reading(findings.counts.covered_fraction, note="of the evaluated area")


def _median(size: SizeFigures) -> Reading:
    median, factor = size.percentiles[50], size.column.shown_factor
    return Reading(median.estimate * factor, median.low * factor, median.high * factor)


def _mean(size: SizeFigures) -> Reading:
    note = f"standard deviation {quantity(size.deviation.estimate, size.unit)}"
    return Reading(size.mean.estimate * size.column.shown_factor, note=note)


def _range(size: SizeFigures) -> Reading:
    low, high = (size.percentiles[share].estimate * size.column.shown_factor for share in (10, 90))
    several = len(size.values) > 1
    return Reading(high - low if several else math.nan, low, high, f"span {number(size.span, 3)}")


def _of_sizes(reading: Callable[[SizeFigures], Reading]) -> Callable[[Findings], Reading]:
    """A figure of the first size property, where there is a complete object."""

    def function(findings: Findings) -> Reading:
        if not findings.sizes:
            return Reading(math.nan, note=f"no complete {findings.noun.singular}")
        found = reading(findings.sizes[0])
        single = len(findings.sizes[0].values) == 1
        return replace(found, note=f"a single {findings.noun.singular}") if single else found

    return function


OBJECT_COUNT = Headline(
    "object_count", "{nouns}", "count", "count", "Number of all objects, those cut by the border included.",
    "Uni-AIMS", _object_count, symbol="N",
)  # fmt: skip
NUMBER_DENSITY = Headline(
    "number_density", "Number density", "density", "count", "Number of all objects / evaluated area.",
    "Uni-AIMS", _number_density, symbol="N_A",
)  # fmt: skip
AREA_FRACTION = Headline(
    "area_fraction", "Area fraction", "fraction", "count", "Evaluated area that objects cover / evaluated area.",
    "Uni-AIMS", _area_fraction, symbol="A_A",
)  # fmt: skip
MEDIAN_DIAMETER = Headline(
    "median_diameter", "Median diameter, D50", "length", "size",
    "Median of the equivalent diameters of the complete objects, each counted once.",
    "ISO 9276-2 (x50,0)", _of_sizes(_median), short="D50", symbol="D50",
)  # fmt: skip
MEAN_DIAMETER = Headline(
    "mean_diameter", "Mean diameter", "length", "size",
    "Arithmetic mean of the equivalent diameters of the complete objects.",
    "ISO 9276-2", _of_sizes(_mean), symbol="D[1,0]",
)  # fmt: skip
DIAMETER_RANGE = Headline(
    "diameter_range", "D10 – D90", "length", "size",
    "From the 10th to the 90th percentile of the equivalent diameters of the complete objects; as one number D90 -"
    " D10.",
    "ISO 9276-2", _of_sizes(_range), is_range=True,
)  # fmt: skip
SIZE_HEADLINES = (
    OBJECT_COUNT, NUMBER_DENSITY, AREA_FRACTION, MEDIAN_DIAMETER, MEAN_DIAMETER, DIAMETER_RANGE
)  # fmt: skip
"""Of separate objects."""
SIZE_OVERVIEW = (MEDIAN_DIAMETER, DIAMETER_RANGE, AREA_FRACTION)
"""Of these, what the overview of a batch shows beside their numbers."""
