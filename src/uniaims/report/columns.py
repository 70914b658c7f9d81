"""The table's columns as the page shows them: their values packed, their units for the table and for the eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from uniaims.deprecation import old_names
from uniaims.measurements import Measurements, Property
from uniaims.pages.array_encoding import pack_array
from uniaims.pages.language import told
from uniaims.pages.units import NOTHING, OBJECT, PIXEL, LengthUnit, Noun, length_unit
from uniaims.report.charts import Axis
from uniaims.report.kinds import kind_order

FIRST_SHOWN = (
    "diameter", "area", "max_feret", "min_feret", "aspect_ratio", "circularity", "solidity", "orientation", "excluded",
)  # fmt: skip
"""Columns that the table opens with; the reader picks others."""

ON_CARD = (*FIRST_SHOWN, "outline", "confidence")
"""What the card of a chosen object says."""

__getattr__ = old_names(__name__, {"eye_unit": f"{__name__}.display_unit"})

LABEL_DEFINITION = "Number of the {}: its value in labels.tif."
KIND_DEFINITION = "Likeliest kind of the {}, as the segmenter gave it."


@dataclass(frozen=True)
class Column:
    """A column of the table, ready for the page.

    Attributes:
        name: as in ``measurements.csv``, with the unit.
        label: for the eye, without unit.
        unit: in the table.
        shown_unit: in charts, legends and cards.
        shown_factor: what the table's numbers are divided by to be in ``shown_unit``.
        kind: how the numbers are written and compared.
        definition, source: as the measured property states them.
        values: (N,) numbers of the table.
        property_name: of the measured property; ``label`` for the first column, ``kind`` for the kind of object.
        names: where ``values`` are places in a list of names, this list.
        noun: what each row is.
    """

    name: str
    label: str
    unit: str
    shown_unit: str
    shown_factor: float
    kind: Literal["integer", "boolean", "number", "name"]
    definition: str
    source: str
    values: NDArray[np.generic]
    property_name: str
    names: tuple[str, ...] = ()
    noun: Noun = OBJECT

    @property
    def axis(self) -> Axis:
        """The column as the axis of a chart in the shown unit."""
        label = f"{self.label} / {self.shown_unit}" if self.shown_unit else self.label
        return Axis(label, self.shown_unit, self.name, self.shown_factor, self.noun)

    def shown_values(self) -> NDArray[np.float64]:
        """Values (N,) in the shown unit."""
        return np.asarray(self.values, np.float64) / self.shown_factor

    def page_data(self) -> dict[str, object]:
        """What the page's script needs to know of the column."""
        return {
            "name": self.name,
            "label": told(self.label),
            "unit": self.unit,
            "shown_unit": self.shown_unit,
            "shown_factor": self.shown_factor,
            "kind": self.kind,
            "definition": told(self.definition),
            "shown": self.property_name in ("label", "kind", *FIRST_SHOWN),
            "card": self.property_name in ("kind", *ON_CARD),
            "names": self.names,
            "shown_names": self.names if self.property_name == "kind" else [told(name) for name in self.names],
            "values": pack_array(self.values),
        }


def display_unit(measurements: Measurements, size: str = "diameter") -> LengthUnit:
    """Choose the unit of length of the page from the median size; pixels where the pixel size is unknown."""
    if measurements.pixel_size is None:
        return PIXEL
    sizes = measurements.values(size) if measurements.has(size) else np.empty(0)
    typical = float(np.median(sizes)) if len(sizes) else 10 * measurements.pixel_size.nm
    return length_unit(typical)


def table_columns(
    measurements: Measurements, known_kinds: Sequence[str] = (), noun: Noun = OBJECT, size: str = "diameter"
) -> list[Column]:
    """Give all columns of the table in its order, the label first.

    Args:
        measurements: of the objects, which are called ``noun``.
        known_kinds: all that there may be.
        noun: of the objects.
        size: property whose median decides the unit of lengths for the eye.
    """
    unit = display_unit(measurements, size)
    label, heading = measurements.table["label"].to_numpy(), noun.single_heading
    definition = LABEL_DEFINITION.format(noun.singular)
    columns = [Column("label", heading, "", "", 1.0, "integer", definition, "Uni-AIMS", label, "label", noun=noun)]
    if "kind" in measurements.table.columns:
        columns.append(_kind_column(measurements, kind_order(measurements, known_kinds), noun))
    return columns + [_column(measurements, entry, unit, noun) for entry in measurements.properties]


def _kind_column(measurements: Measurements, names: tuple[str, ...], noun: Noun) -> Column:
    places = {name: place for place, name in enumerate(names)}
    codes = np.array([places[kind] for kind in measurements.kind_names], np.int64)
    definition = KIND_DEFINITION.format(noun.singular)
    return Column("kind", "Kind", "", "", 1.0, "name", definition, "Uni-AIMS", codes, "kind", names, noun)


def find(columns: Sequence[Column], property_name: str) -> Column | None:
    """Give the column of a measured property; ``None`` where it was not measured."""
    return next((column for column in columns if column.property_name == property_name), None)


def _column(measurements: Measurements, entry: Property, unit: LengthUnit, noun: Noun) -> Column:
    series = measurements.table[measurements.column(entry.name)]
    if entry.quantity == "text":
        texts = series.fill_null(NOTHING).to_list()
        names = tuple(sorted(set(texts)))
        places = {name: place for place, name in enumerate(names)}
        codes = np.array([places[text] for text in texts], np.int64)
        return Column(
            entry.name, entry.label, "", "", 1.0, "name", entry.definition, entry.source, codes, entry.name, names, noun
        )
    table_unit = measurements.unit(entry.name)
    shown_unit, factor = table_unit, 1.0
    if entry.quantity == "length":
        shown_unit, factor = unit.symbol, unit.size
    elif entry.quantity == "area":
        shown_unit, factor = unit.area_symbol, unit.size**2
    kind: Literal["integer", "boolean", "number"] = "number"
    if not series.dtype.is_float():
        kind = "integer" if series.dtype.is_integer() else "boolean"
    return Column(
        measurements.column(entry.name), entry.label, table_unit, shown_unit, factor, kind,
        entry.definition, entry.source, series.to_numpy(), entry.name, noun=noun,
    )  # fmt: skip
