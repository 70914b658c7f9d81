"""What a figure is: one description that headings, definitions in reports and tables, and documentation are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from uniaims.measurements.units import QUANTITIES, QuantityName

Group = Literal["count", "size", "shape", "position", "neighbourhood", "intensity", "quality"]


@dataclass(frozen=True)
class Figure:
    """The description of a number that is measured, of an object or of a whole image.

    Attributes:
        name: key, and beginning of the column name.
        label: for headings and axes, without unit.
        quantity: what kind of number it is; decides the unit.
        kind: the group it belongs to.
        definition: how it is computed.
        source: standard, paper or program whose definition it is.
        symbol: as formulas write it; empty where there is none in use.
        labels: language ("de", "zh") -> label, where it is not the English one.
        smallest_px: diameter of an object in px from which on it means something; statistics leave out smaller ones.
    """

    name: str
    label: str
    quantity: QuantityName
    kind: Group
    definition: str
    source: str
    symbol: str = field(default="", kw_only=True)
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True, hash=False)
    smallest_px: float = field(default=0.0, kw_only=True)

    def column(self, *, calibrated: bool) -> str:
        """Name of its column: the name with the unit, in nm where the image is calibrated, else in px."""
        quantity = QUANTITIES[self.quantity]
        return self.name + (quantity.suffix if calibrated else quantity.pixel_suffix)

    def unit(self, *, calibrated: bool) -> str:
        """Unit for the eye, e.g. "nm²"; empty for numbers without unit."""
        quantity = QUANTITIES[self.quantity]
        return quantity.unit if calibrated else quantity.pixel_unit

    def heading(self, *, calibrated: bool) -> str:
        """Label and unit: "Area / nm²"."""
        unit = self.unit(calibrated=calibrated)
        return f"{self.label} / {unit}" if unit else self.label
