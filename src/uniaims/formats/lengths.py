"""Lengths and other quantities as instruments write them: ``"8100 um"``, ``"0.45nm"``, ``"15.00 kV"``."""

import math
import re
from dataclasses import dataclass

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
    "in": 2.54e7,
}
"""Nanometres per unit of length, by the unit's usual spellings (see :func:`nanometres_per`)."""

_QUANTITY = re.compile(
    r"\s*(?P<value>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>[^\s\d=/][^\s=/]*)?(?P<rest>.*)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Quantity:
    """A number with the unit that stood beside it (``""`` where none did)."""

    value: float
    unit: str
    rest: str = ""


def parse_quantity(text: str) -> Quantity | None:
    """Number and unit at the start of `text`; None where no finite number stands there.

    >>> parse_quantity("8100 um")
    Quantity(value=8100.0, unit='um', rest='')
    """
    found = _QUANTITY.match(text)
    if found is None:
        return None
    value = float(found["value"])
    if not math.isfinite(value):
        return None
    return Quantity(value, found["unit"] or "", found["rest"].strip())


def nanometres_per(unit: str) -> float | None:
    r"""Nanometres in one `unit`; None where `unit` is no length.

    Micro is accepted as µ (micro sign), μ (Greek mu), ``u`` and as the escape ``\u00B5`` that ImageJ writes,
    ångström as Å in both its code points. Only the full names are matched without regard to case: ``M`` is no
    metre and ``a`` no ångström.
    """
    spelling = unit.strip().replace("\\u00B5", "µ").replace("\u03bc", "µ").replace("\u212b", "Å")
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
