"""A figure: its column, its heading and its unit follow from what kind of number it is."""

from dataclasses import replace

import pytest

from uniaims.measurements.figure import Figure

DIAMETER = Figure("diameter", "Diameter", "length", "size", "As measured.", "this test")


@pytest.mark.parametrize(
    ("quantity", "calibrated", "column", "heading"),
    [
        ("length", True, "diameter_nm", "Diameter / nm"),
        ("length", False, "diameter_px", "Diameter / px"),
        ("area", True, "diameter_nm2", "Diameter / nm²"),
        ("density", True, "diameter_per_um2", "Diameter / µm⁻²"),
        ("density", False, "diameter_per_px2", "Diameter / px⁻²"),
        ("position", True, "diameter_px", "Diameter / px"),  # places in the picture
        ("angle", True, "diameter_deg", "Diameter / °"),
        ("ratio", True, "diameter", "Diameter"),
        ("flag", False, "diameter", "Diameter"),
    ],
)
def test_columns_and_headings_have_the_unit(quantity, calibrated, column, heading):
    figure = replace(DIAMETER, quantity=quantity)
    assert figure.column(calibrated=calibrated) == column
    assert figure.heading(calibrated=calibrated) == heading
    assert heading.removeprefix("Diameter").removeprefix(" / ") == figure.unit(calibrated=calibrated)


def test_figures_are_told_apart_by_all_but_their_translations():
    assert hash(replace(DIAMETER, labels={"zh": "直径"})) == hash(DIAMETER)
    assert replace(DIAMETER, symbol="d") != DIAMETER
