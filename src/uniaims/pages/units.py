"""Units and numbers for the eye: tables stay in nm, pages show nm, µm or mm, whichever reads best."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
NOTHING = "–"
NO_BREAK = "\u00a0"
"""Between a number and its unit."""


@dataclass(frozen=True)
class Noun:
    """What the objects of an analysis are called.

    Attributes:
        singular, plural: in small letters.
    """

    singular: str
    plural: str

    def counted(self, value: int, kind: str = "") -> str:
        """A number of them: ``1 object``, ``2 objects``, with a ``kind`` in front ``2 complete objects``."""
        return f"{count(value)} {kind}{' ' if kind else ''}{self.singular if value == 1 else self.plural}"

    @property
    def heading(self) -> str:
        """The plural with a capital letter."""
        return self.plural[:1].upper() + self.plural[1:]

    @property
    def single_heading(self) -> str:
        """The singular with a capital letter."""
        return self.singular[:1].upper() + self.singular[1:]


OBJECT = Noun("object", "objects")
"""Where nothing is known of them."""


@dataclass(frozen=True)
class LengthUnit:
    """A unit of length for the eye.

    Attributes:
        symbol: as printed.
        size: how many table units (nm, or px without a pixel size) make one of it.
    """

    symbol: str
    size: float

    @property
    def area_symbol(self) -> str:
        """Symbol of the unit squared."""
        return f"{self.symbol}²"

    @property
    def density_symbol(self) -> str:
        """Symbol of one per unit squared."""
        return f"{self.symbol}⁻²"


@dataclass(frozen=True)
class MegapixelUnit(LengthUnit):
    """A million pixels: the area to which a number density refers where the pixel size is unknown."""

    @property
    def area_symbol(self) -> str:
        """A million pixels."""
        return "Mpx"

    @property
    def density_symbol(self) -> str:
        """One per million pixels."""
        return "per Mpx"


PIXEL = LengthUnit("px", 1.0)
MEGAPIXEL = MegapixelUnit("px", 1e3)
NANOMETRE = LengthUnit("nm", 1.0)
MICROMETRE = LengthUnit("µm", 1e3)
MILLIMETRE = LengthUnit("mm", 1e6)
METRIC = (NANOMETRE, MICROMETRE, MILLIMETRE)


def length_unit(typical_nm: float) -> LengthUnit:
    """Choose the metric unit in which ``typical_nm`` is at least 1, or nm; nm too where it is NaN."""
    fitting = [unit for unit in METRIC if typical_nm >= unit.size]
    return fitting[-1] if fitting else NANOMETRE


def density_unit(per_nm2: float) -> LengthUnit:
    """Choose the metric unit whose inverse square makes a number density (1/nm²) read closest to 1..1000."""
    if not per_nm2 > 0:
        return MICROMETRE
    return min(METRIC, key=lambda unit: abs(math.log10(per_nm2 * unit.size**2) - 1.5))


def number(value: float | None, digits: int = 4) -> str:
    """Format with ``digits`` significant digits, thin spaces between thousands, a dash for a missing value."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -4 <= exponent < 7:
        return _scientific(value, digits)
    rounded = round(value, digits - 1 - exponent)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return grouped(rounded, decimals)


def grouped(value: float, decimals: int) -> str:
    """Format with fixed decimals, thin spaces between thousands and a true minus sign."""
    return f"{value:,.{decimals}f}".replace(",", "\u202f").replace("-", "−")


def quantity(value: float | None, unit: str, digits: int = 4) -> str:
    """Format a number with its unit, so that no line breaks between them."""
    return f"{number(value, digits)}{NO_BREAK}{unit}" if unit else number(value, digits)


def interval(low: float, high: float, digits: int = 4) -> str:
    """Format an interval; a dash where an end is missing."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOTHING
    return f"{number(low, digits)}{NO_BREAK}–{NO_BREAK}{number(high, digits)}"


def plain(value: float, digits: int = 6) -> str:
    """Format a number that somebody gave (a pixel size, a setting): at most ``digits`` digits, no trailing zeros."""
    return f"{value:.{digits}g}"


def length_text(length_nm: float, digits: int = 3) -> str:
    """Write a length with the metric unit that suits it: ``4.51 µm``."""
    unit = length_unit(length_nm)
    return quantity(length_nm / unit.size, unit.symbol, digits)


def duration(seconds: float) -> str:
    """Write a time with the unit that suits it: ``1.9 µs``, ``48 ms``, ``3.4 s``, ``2 min 5 s``."""
    if seconds >= 100:
        minutes, rest = divmod(round(seconds), 60)
        return f"{count(minutes)}{NO_BREAK}min {rest}{NO_BREAK}s"
    size, unit = next(((size, unit) for size, unit in _TIME_UNITS if seconds >= size), _TIME_UNITS[-1])
    decimals = 1 if unit == "s" or seconds < 10 * size else 0
    return f"{grouped(seconds / size, decimals)}{NO_BREAK}{unit}"


def percent(fraction: float | None, decimals: int = 1) -> str:
    """Format a share 0..1 in per cent."""
    if fraction is None or not math.isfinite(fraction):
        return NOTHING
    return f"{100 * fraction:.{decimals}f}\u202f%"


def count(value: int) -> str:
    """Format a whole number with thin spaces between thousands."""
    return grouped(value, 0)


def counted(value: int, singular: str, plural: str | None = None) -> str:
    """Format a whole number with its noun: ``1 object``, ``2 objects``."""
    return f"{count(value)} {singular if value == 1 else plural or singular + 's'}"


def finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the finite ones of (N,) values."""
    return values[np.isfinite(values)]


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPTS)}".replace("-", "−")
