"""Which length a bar stands for, and how it is written."""

from dataclasses import dataclass

import numpy as np

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.looks import LabelLook, Range

_UNIT_NM = {"Å": 0.1, "nm": 1.0, "µm": 1e3, "mm": 1e6, "mil": 25.4e3, "in": 25.4e6}
_STEPS = (*(1.0, 2.0, 5.0) * 6, 3.0, 4.0, 1.5, 2.5, 6.0, 8.0)
"""Mantissas, as often as they are met."""
_DECADES_NM = (1.0, 10.0, 10.0, 100.0, 100.0, 100.0, 1e3, 1e3, 1e3, 1e4, 1e4, 1e5, 1e6)
"""Powers of ten, as often as they are met."""


@dataclass(frozen=True)
class Length:
    """A bar's length: in nm, in px before it is drawn, and as written."""

    length_nm: float
    length_px: float
    value: float
    unit: str

    @property
    def pixel_size_nm(self) -> float:
        """Length of a pixel."""
        return self.length_nm / self.length_px


def choose_length(
    span_px: Range,
    lengths_nm: Range,
    rng: np.random.Generator,
    pixel_size_nm: float | None = None,
    fractions: float = 0.0,
) -> Length:
    """A customary length that is `span_px` long; without a pixel size, one of `lengths_nm`, and that follows from it.

    `fractions` is how often it is said in the next larger unit, if it is a tenth of that or more.

    Raises:
        SettingsError: if no customary length (1 to 9.9 times 0.1 nm to 1 mm, in steps) fits.
    """
    if pixel_size_nm is None:
        decades = [decade for decade in _DECADES_NM if lengths_nm[0] <= decade <= lengths_nm[1]]
        length_nm = float(rng.choice(_STEPS) * rng.choice(decades))
        length_px = float(np.exp(rng.uniform(np.log(span_px[0]), np.log(span_px[1]))))
    else:
        length_nm = _fitting_nm(span_px[0] * pixel_size_nm, span_px[1] * pixel_size_nm, rng)
        length_px = length_nm / pixel_size_nm
    value, unit = _in_unit(length_nm, fractions, rng)
    return Length(length_nm, length_px, value, unit)


def choose_inches(span_px: Range, lengths_nm: Range, rng: np.random.Generator, mils: bool = False) -> Length:
    """1, 2 or 5 times a power of ten of an inch (or mil) between ``lengths_nm``, drawn `span_px` long.

    Raises:
        SettingsError: if there is none between.
    """
    unit = "mil" if mils else "in"
    values = [float(f"{step * 10.0**decade:.6g}") for decade in range(-4, 4) for step in (1.0, 2.0, 5.0)]
    fitting = [value for value in values if lengths_nm[0] <= value * _UNIT_NM[unit] <= lengths_nm[1]]
    if not fitting:
        raise SettingsError(f"no length in {unit} is between {lengths_nm[0]:g} and {lengths_nm[1]:g} nm: give a range.")
    value = float(rng.choice(fitting))
    length_px = float(np.exp(rng.uniform(np.log(span_px[0]), np.log(span_px[1]))))
    return Length(value * _UNIT_NM[unit], length_px, value, unit)


def label_text(length: Length, look: LabelLook, rng: np.random.Generator) -> str:
    """The length as the style writes it: ``500 nm``, ``1.00um``, ``0,5 µm``."""
    unit = str(rng.choice(look.micro)) if length.unit == "µm" else length.unit
    unit = str(rng.choice(look.inches)) if look.inches else unit
    text = str(rng.choice(look.forms)).format(value=_number(length.value, look.digits), unit=unit)
    return text.upper() if look.capitals else text


def length_text(length_nm: float, significant: int = 3) -> str:
    """A length in the unit that leaves a number from 1 up: ``5.97 µm``."""
    unit = next((unit for unit in ("mm", "µm", "nm") if length_nm >= _UNIT_NM[unit]), "nm")
    return f"{length_nm / _UNIT_NM[unit]:#.{significant}g}".rstrip(".") + f" {unit}"


def plain_length(length_nm: float) -> str:
    """A length in the largest unit that leaves a number from 1 up, without needless zeros: ``20 µm``."""
    unit = next((unit for unit in ("mm", "µm", "nm") if length_nm >= _UNIT_NM[unit] * (1 - 1e-9)), "nm")
    return f"{length_nm / _UNIT_NM[unit]:.4g} {unit}"


def _fitting_nm(low: float, high: float, rng: np.random.Generator) -> float:
    """A customary length between `low` and `high`, else the longest below `high`."""
    decades = 10.0 ** np.arange(-1, 7)
    lengths = np.unique(np.outer(decades, sorted(set(_STEPS))))
    fitting = lengths[(lengths >= low) & (lengths <= high)]
    if not fitting.size:
        fitting = lengths[lengths <= high][-1:]
    if not fitting.size:
        raise SettingsError(f"the bar has room for {high:g} nm: wanted 0.1 nm or more. Give a larger pixel size.")
    round_ones = [length for length in fitting if _mantissa(length) in {1.0, 2.0, 5.0}]
    return float(rng.choice(round_ones or fitting))


def _mantissa(length: float) -> float:
    return float(round(length / 10.0 ** np.floor(np.log10(length) + 1e-9), 6))


def _in_unit(length_nm: float, fractions: float, rng: np.random.Generator) -> tuple[float, str]:
    unit = next((unit for unit in ("mm", "µm", "nm") if length_nm >= _UNIT_NM[unit] * (1 - 1e-9)), "Å")
    larger = {"nm": "µm", "µm": "mm"}.get(unit)
    if larger and length_nm >= 0.1 * _UNIT_NM[larger] * (1 - 1e-9) and rng.random() < fractions:
        unit = larger
    elif unit == "nm" and length_nm < 10 and rng.random() < 0.05:
        unit = "Å"
    return float(f"{length_nm / _UNIT_NM[unit]:.6g}"), unit


def _number(value: float, digits: str) -> str:
    if digits == "three":
        return f"{value:#.3g}".rstrip(".")
    if digits == "point" and value < 10:
        return f"{value:.1f}" if value == round(value, 1) else f"{value:g}"
    text = f"{value:g}"
    return text.replace(".", ",") if digits == "comma" else text
