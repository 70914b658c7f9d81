"""What kinds of numbers there are, and in which unit each stands in a table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

QuantityName = Literal[
    "length", "area", "density", "position", "angle", "ratio", "fraction", "count", "intensity", "flag", "text"
]


@dataclass(frozen=True)
class Quantity:
    """A kind of number.

    Attributes:
        suffix: end of the column name where the pixel size is known.
        pixel_suffix: end of the column name where it is not.
        unit: unit for the eye where the pixel size is known.
        pixel_unit: unit for the eye where it is not.
        factor: pixel size in nm -> factor from pixel units to the table's units.
    """

    suffix: str = ""
    pixel_suffix: str = ""
    unit: str = ""
    pixel_unit: str = ""
    factor: Callable[[float], float] = lambda _: 1.0


QUANTITIES: dict[QuantityName, Quantity] = {
    "length": Quantity("_nm", "_px", "nm", "px", lambda nm: nm),
    "area": Quantity("_nm2", "_px2", "nm²", "px²", lambda nm: nm * nm),
    "density": Quantity("_per_um2", "_per_px2", "µm⁻²", "px⁻²", lambda nm: 1e6 / (nm * nm)),
    "position": Quantity("_px", "_px", "px", "px"),
    "angle": Quantity("_deg", "_deg", "°", "°"),
    "ratio": Quantity(),
    "fraction": Quantity(),
    "count": Quantity(),
    "intensity": Quantity(),
    "flag": Quantity(),
    "text": Quantity(),
}
"""Quantities by name. A position is a place in the picture and stays in pixels; a fraction is told in per cent."""
