"""Headline figures: how each is written, by what kind of number it is."""

import math
from dataclasses import replace

import numpy as np
import pytest

from uniaims.pages.units import MICROMETRE, OBJECT, PIXEL, Noun
from uniaims.report import Findings, Headline, Reading
from uniaims.report.headline import DIAMETER_RANGE, MEDIAN_DIAMETER, OBJECT_COUNT, SIZE_HEADLINES


def figure(quantity: str, **changed: object) -> Headline:
    return replace(Headline("x", "X", quantity, "size", "", "", lambda _: Reading(1.0)), **changed)


@pytest.mark.parametrize(
    ("quantity", "reading", "unit", "written"),
    [
        ("count", Reading(1234.0), MICROMETRE, ("1\u202f234", "")),
        ("fraction", Reading(0.456), MICROMETRE, ("45.6\u202f%", "")),
        ("length", Reading(2500.0), MICROMETRE, ("2.500", "µm")),
        ("length", Reading(25.0), PIXEL, ("25.00", "px")),
        ("area", Reading(2.5e6), MICROMETRE, ("2.500", "µm²")),
        ("density", Reading(12.0), MICROMETRE, ("12.0", "µm⁻²")),
        ("density", Reading(3e-5), PIXEL, ("30.0", "per Mpx")),
        ("angle", Reading(30.0), MICROMETRE, ("30.00", "°")),
        ("ratio", Reading(1.5), MICROMETRE, ("1.500", "")),
        ("length", Reading(math.nan), MICROMETRE, ("–", "")),
    ],
)
def test_a_figure_is_written_by_its_quantity(quantity, reading, unit, written):
    assert figure(quantity).written(reading, unit) == written


def test_a_range_is_written_by_its_ends():
    assert DIAMETER_RANGE.written(Reading(2000.0, 1000.0, 3000.0), MICROMETRE) == ("1.000 – 3.000", "µm")
    assert DIAMETER_RANGE.written(Reading(math.nan, 1.0, 1.0), MICROMETRE) == ("–", "")


def test_the_interval_is_the_note_where_there_is_no_other():
    told = MEDIAN_DIAMETER.told(Reading(2000.0, 1500.0, 2500.0), MICROMETRE, OBJECT)
    assert told.note == "95\u202f% interval 1.500\u00a0–\u00a02.500"
    assert MEDIAN_DIAMETER.told(Reading(2000.0, 1500.0, 2500.0, "odd"), MICROMETRE, OBJECT).note == "odd"


def test_labels_speak_of_what_the_objects_are():
    assert OBJECT_COUNT.told(Reading(3), PIXEL, Noun("grain", "grains")).name == "Grains"


def test_headings_have_the_unit_of_the_overview():
    assert MEDIAN_DIAMETER.column_heading(MICROMETRE, OBJECT) == "D50 / µm"
    assert {figure(each).column_heading(MICROMETRE, OBJECT) for each in ("density", "fraction")} == {"X"}


@pytest.mark.parametrize("pixel_size", ["2.5 nm", None])
def test_readings_are_in_the_units_of_the_tables(make_content, pixel_size):
    findings = Findings(make_content(pixel_size=pixel_size))
    measurements, inside = findings.content.measurements, findings.content.measurements.inside()
    readings = {each.name: each.function(findings) for each in SIZE_HEADLINES}
    diameters, scale = inside.values("equivalent_diameter"), 2.5 if pixel_size else 1.0
    assert readings["object_count"].value == len(measurements)
    assert readings["median_diameter"].value == pytest.approx(np.median(diameters))
    assert readings["median_diameter"].low < readings["median_diameter"].value < readings["median_diameter"].high
    assert readings["mean_diameter"].value == pytest.approx(diameters.mean())
    low, high = np.percentile(diameters, (10, 90))
    assert (readings["diameter_range"].low, readings["diameter_range"].high) == pytest.approx((low, high))
    area = findings.content.labels.size * scale**2
    assert readings["number_density"].value == pytest.approx(24 / area * (1e6 if pixel_size else 1))


def test_without_a_complete_object_there_is_no_size(make_content):
    findings = Findings(make_content(labels=np.ones((9, 9), np.uint32)))
    reading = MEDIAN_DIAMETER.function(findings)
    assert math.isnan(reading.value)
    assert reading.note == "no complete object"


def test_a_single_object_has_a_size_and_no_range(make_content):
    findings = Findings(make_content(labels=np.pad(np.ones((6, 6), np.uint32), 5)))
    assert MEDIAN_DIAMETER.function(findings).note == DIAMETER_RANGE.function(findings).note == "a single object"
    assert math.isnan(DIAMETER_RANGE.function(findings).value)
    assert not math.isnan(MEDIAN_DIAMETER.function(findings).value)


def test_readings_survive_json():
    assert Reading.of_dict(Reading(1.5, 1.0, 2.0).as_dict()) == Reading(1.5, 1.0, 2.0)
    assert Reading(math.nan, math.inf).as_dict() == {"value": None, "low": None, "high": None}
    assert math.isnan(Reading.of_dict({"value": None}).value)


def test_the_documentation_defines_each_as_the_code_does(repository):
    page = (repository / "docs" / "report.md").read_text(encoding="utf-8")
    for each in SIZE_HEADLINES:
        row = f"| `{each.name}` | {each.label} | {each.symbol} | {each.definition} | {each.source} |"
        assert row in page, f"docs/report.md: no row {row}"
