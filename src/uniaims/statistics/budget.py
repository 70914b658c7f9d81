"""The uncertainty of a figure from its parts, and the digits that it allows (GUM: JCGM 100:2008, 5.1, 6.2, 7.2).

Parts are independent and relative, so that they add in squares. An area varies twice as much as the lengths it is made
of, a density (a count by an area) too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from uniaims.errors import SettingsError

COVERAGE_FACTOR = 2
"""The stated uncertainty is so many standard uncertainties: about 95 % of such intervals hold the true value."""
DIGITS = 2
"""Digits of a stated uncertainty."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its uncertainty.

    Attributes:
        value: of the figure, in `unit`; NaN where there is none.
        unit: such as "nm"; "" for a plain number.
        u: half width of the interval at k = 2, in the same unit; NaN where nothing is known of it.
        parts: what it comes from -> relative standard uncertainty, such as {"scale": 0.01, "sampling": 0.006}.
        n: objects that the figure comes from.
        why: the reason where there is no value; empty where there is one.
    """

    value: float
    unit: str
    u: float
    parts: Mapping[str, float]
    n: int
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As it stands in ``summary.json``; ``None`` stands for what there is no number for."""
        numbers = {name: number if math.isfinite(number) else None for name, number in self._numbers.items()}
        return numbers | {"unit": self.unit, "parts": dict(self.parts), "n": self.n, "why": self.why or None}

    @property
    def _numbers(self) -> dict[str, float]:
        return {"value": float(self.value), "u": float(self.u)}

    @property
    def shares(self) -> dict[str, float]:
        """What part of the variance comes from each part, the largest first."""
        whole = sum(part**2 for part in self.parts.values())
        ordered = sorted(self.parts.items(), key=lambda each: -each[1])
        return {name: part**2 / whole if whole else 0.0 for name, part in ordered}

    @property
    def text(self) -> str:
        """Value and uncertainty with the digits that this allows: "43.3 ± 1.4 nm"."""
        value, u = rounded(self.value, self.u)
        number = value if not u else f"{value} ± {u}"
        return f"{number} {self.unit}".strip()


def estimate(value: float, unit: str, parts: Mapping[str, float], n: int, why: str = "") -> Estimate:
    """A figure whose relative standard uncertainties, each with its name, add in squares.

    Raises:
        SettingsError: where a part is negative or no number.
    """
    wrong = {} if not math.isfinite(value) else {name: part for name, part in parts.items() if not 0 <= part < math.inf}
    if wrong:
        raise SettingsError(f"Uncertainties {wrong} came. Give relative standard uncertainties of 0 or more.")
    if not math.isfinite(value):
        return Estimate(math.nan, unit, math.nan, {}, n, why)
    u = COVERAGE_FACTOR * abs(value) * math.hypot(*parts.values()) if parts else math.nan
    return Estimate(value, unit, u, dict(parts), n, why)


def rounded(value: float, u: float, least_digits: int = 3) -> tuple[str, str]:
    """A value and its uncertainty as text: this to two digits, that to the same place (GUM 7.2.6).

    Without an uncertainty (0, NaN) the value has ``least_digits`` digits and the second text is empty.
    """
    if not math.isfinite(value):
        return "–", ""
    if not math.isfinite(u) or u <= 0:
        return _at_place(value, _place(value, least_digits) if value else 0), ""
    place = _place(u, DIGITS)
    place = _place(round(u, place), DIGITS)  # 0.0996 is 0.10, not 0.100
    return _at_place(value, place), _at_place(u, place)


def _place(number: float, digits: int) -> int:
    """Decimal places at which a number has so many digits; negative before the point."""
    return digits - 1 - math.floor(math.log10(abs(number)))


def _at_place(number: float, place: int) -> str:
    """A number rounded to decimal places, with its zeros; without a point where the place is before it."""
    exact = Decimal(repr(float(number)))
    return f"{round(exact, place):.{max(0, place)}f}" if place > 0 else f"{int(round(exact, place))}"
