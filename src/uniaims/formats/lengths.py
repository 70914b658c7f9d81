"""Lengths and other quantities as instruments write them: ``"8100 um"``, ``"0.45nm"``, ``"15.00 kV"``."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from uniaims.errors import PixelSizeError
from uniaims.formats.numbers import doubtful_numbers, number_at_start

NM_PER_UNIT: dict[str, float] = {
    "m": 1e9,
    "meter": 1e9,
    "metre": 1e9,
    "cm": 1e7,
    "centimeter": 1e7,
    "mm": 1e6,
    "millimeter": 1e6,
    "um": 1e3,
    "µm": 1e3,
    "µ": 1e3,
    "u": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "micrometer": 1e3,
    "micrometre": 1e3,
    "nm": 1.0,
    "nanometer": 1.0,
    "nanometre": 1.0,
    "Å": 0.1,
    "A": 0.1,
    "angstrom": 0.1,
    "ångström": 0.1,
    "pm": 1e-3,
    "picometer": 1e-3,
    "picometre": 1e-3,
    "inch": 2.54e7,
    "inches": 2.54e7,
    "in": 2.54e7,
}
"""Nanometres per unit of length, by the unit's usual spellings (see :func:`nanometres_per`)."""

_UNIT = re.compile(r"\s*(?P<unit>[^\s\d=/.,][^\s=/]*)?(?P<rest>.*)", re.DOTALL)
_PER_PIXEL = re.compile(r"\s*(?:/|\bper\b)\s*(?:px|pix|pixels?)\.?\s*$", re.IGNORECASE)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Quantity:
    """A number with the unit that stood beside it (``""`` where none did)."""

    value: float
    unit: str
    rest: str = ""


def parse_quantity(text: str, is_possible: Callable[[float, str], bool] | None = None) -> Quantity | None:
    """Number and unit at the start of `text`; None where no finite number stands there, or one that can't be told.

    ``is_possible(value, unit)`` decides where a number can be read in two ways (see :mod:`uniaims.formats.numbers`).

    >>> parse_quantity("8100 um")
    Quantity(value=8100.0, unit='um', rest='')
    """
    check = None if is_possible is None else lambda value, rest: is_possible(value, _unit_and_rest(rest)[0])
    found = number_at_start(text, check)
    return None if found is None else Quantity(found.value, *_unit_and_rest(found.rest))


def _unit_and_rest(text: str) -> tuple[str, str]:
    found = _UNIT.match(text)
    return (found["unit"] or "", found["rest"].strip()) if found else ("", text)


def without_per_pixel(text: str) -> str:
    """`text` without ``/px``, ``/pixels`` or ``per pixel`` at its end."""
    return _PER_PIXEL.sub("", text)


def nanometres_per(unit: str) -> float | None:
    r"""Nanometres in one `unit`; None where `unit` is no length.

    Micro is accepted as µ (micro sign), μ (Greek mu), ``u`` and as the escape ``\u00B5`` that ImageJ writes,
    ångström as Å in both its code points. Only the full names are matched without regard to case: ``M`` is no
    metre and ``a`` no ångström.
    """
    plain = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), without_per_pixel(unit))
    spelling = plain.strip().replace("\u03bc", "µ").replace("\u212b", "Å").replace("A\u030a", "Å")
    if spelling in NM_PER_UNIT:
        return NM_PER_UNIT[spelling]
    name = spelling.lower()
    if len(name) > 2:
        return NM_PER_UNIT.get(name, NM_PER_UNIT.get(name.removesuffix("s")))
    return None


def length_nm(text: str, default_unit: str | None = None) -> float | None:
    """Length in nm of a text such as ``"5um"``; a bare number is in `default_unit`. None where it is no length."""
    quantity = parse_quantity(text)
    if quantity is None:
        return None
    unit = quantity.unit or default_unit
    factor = nanometres_per(unit) if unit else None
    return None if factor is None else quantity.value * factor


@dataclass(frozen=True)
class GivenLength:
    """A length that a user wrote: as it stands there, and in nm."""

    value: float
    unit: str
    nm: float


def given_length(text: str, what: str = "length") -> GivenLength:
    """The length that a user wrote: ``"10 um"``, ``"2.5nm"``, ``"2,5 nm"``, ``"1.2 Å/px"``.

    Args:
        text: a number, with a decimal point or comma, and a unit.
        what: names it in messages.

    Raises:
        PixelSizeError: where it is no length, or could be two: ``1,234`` is one to some readers, a thousand to others.
    """
    with doubtful_numbers() as doubts:
        quantity = parse_quantity(without_per_pixel(text))
    advice = 'write a number and a unit, such as "2.5 nm"'
    if doubts:
        small, large = text.replace(",", "."), text.replace(",", "")
        raise PixelSizeError(f"{text!r} may be a thousand times more or less: write {small!r} or {large!r}.")
    if quantity is None or quantity.rest:
        raise PixelSizeError(f"{text!r} is no {what}: {advice}.")
    if not quantity.unit:
        raise PixelSizeError(f"{text!r} has no unit: {advice} (nm, µm, mm, pm, Å, m).")
    factor = nanometres_per(quantity.unit)
    if factor is None:
        raise PixelSizeError(f"{quantity.unit!r} in {text!r} is no unit of length: use nm, µm, mm, pm, Å or m.")
    if quantity.value <= 0:
        raise PixelSizeError(f'{text!r} is no {what}: wanted one above 0, such as "2.5 nm".')
    return GivenLength(quantity.value, quantity.unit, quantity.value * factor)
