import numpy as np
import pytest

from uniaims.measurements import PROPERTIES, measure
from uniaims.pages.array_encoding import unpack_array
from uniaims.report.columns import FIRST_SHOWN, ON_CARD, display_unit, find, table_columns


def test_columns_are_those_of_the_table(make_content):
    measurements = make_content().measurements
    columns = table_columns(measurements)
    assert [column.name for column in columns] == measurements.table.columns
    assert [column.kind for column in columns if column.property_name in ("label", "touches_border", "area")] == [
        "integer",
        "number",
        "boolean",
    ]


@pytest.mark.parametrize(
    ("pixel_size", "unit", "factor"),
    [("2.5 nm", "nm", 1), ("250 nm", "µm", 1e3), ("300 µm", "mm", 1e6), (None, "px", 1)],
)
def test_lengths_and_areas_are_shown_in_one_unit(make_content, pixel_size, unit, factor):
    measurements = make_content(pixel_size=pixel_size).measurements
    assert display_unit(measurements).symbol == unit
    columns = table_columns(measurements)
    length, area = find(columns, "max_feret"), find(columns, "area")
    assert (length.shown_unit, length.shown_factor) == (unit, factor)
    assert (area.shown_unit, area.shown_factor) == (f"{unit}²", factor**2)
    np.testing.assert_allclose(length.shown_values() * factor, measurements.values("max_feret"))
    assert length.axis.label == f"Maximum Feret diameter / {unit}"


def test_the_page_gets_the_numbers_of_the_table(make_content):
    measurements = make_content().measurements
    for column in table_columns(measurements):
        packed = column.page_data()["values"]
        expected = measurements.table[column.name].to_numpy()
        if column.kind == "name":
            assert [column.names[code] for code in unpack_array(packed)] == [text or "–" for text in expected]
            continue
        exact = expected.astype(np.float32) if expected.dtype.kind == "f" else expected
        np.testing.assert_array_equal(unpack_array(packed), exact)


def test_a_column_that_was_not_measured_is_missing():
    columns = table_columns(measure(np.eye(4, dtype=np.uint32)))
    assert find(columns, "confidence") is None
    assert find(columns, "mean_intensity") is None


def test_the_choices_name_real_properties():
    assert set(FIRST_SHOWN) | set(ON_CARD) <= set(PROPERTIES)
