"""Headline figures: how each is written, by what kind of number it is."""

import math
from dataclasses import replace

import numpy as np
import pytest

from uniaims.pages.units import MICROMETRE, OBJECT, PIXEL, Noun
from uniaims.report import USUAL, Findings, Headline, Reading
from uniaims.report.headline import DIAMETER_RANGE, MEDIAN_DIAMETER, OBJECT_COUNT, SIZE_HEADLINES
from uniaims.statistics.budget import Estimate


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
    known = Estimate(2000.0, "nm", 120.0, {}, 9)
    assert DIAMETER_RANGE.written(Reading(2000.0, 1000.0, 3000.0, "", known), MICROMETRE) == ("1.00 – 3.00", "µm")
    assert DIAMETER_RANGE.written(Reading(math.nan, 1.0, 1.0), MICROMETRE) == ("–", "")


def test_the_interval_is_the_note_where_there_is_no_other():
    told = MEDIAN_DIAMETER.told(Reading(2000.0, 1500.0, 2500.0), MICROMETRE, OBJECT)
    assert told.note == "95\u202f% interval 1.500\u00a0–\u00a02.500"
    assert MEDIAN_DIAMETER.told(Reading(2000.0, 1500.0, 2500.0, "odd"), MICROMETRE, OBJECT).note == "odd"


def test_labels_speak_of_what_the_objects_are():
    assert OBJECT_COUNT.told(Reading(3), PIXEL, Noun("grain", "grains")).name == "Grains"


def test_headings_have_the_unit_of_the_overview():
    assert MEDIAN_DIAMETER.column_heading(MICROMETRE, OBJECT) == "x50,0 / µm"
    assert {figure(each).column_heading(MICROMETRE, OBJECT) for each in ("density", "fraction")} == {"X"}


@pytest.mark.parametrize("pixel_size", ["2.5 nm", None])
def test_readings_are_in_the_units_of_the_tables(make_content, pixel_size):
    findings = Findings(make_content(pixel_size=pixel_size))
    measurements = findings.content.measurements
    readings = {each.name: each.function(findings) for each in SIZE_HEADLINES}
    diameters, scale = measurements.select(measurements.kept).values("diameter"), 2.5 if pixel_size else 1.0
    assert readings["object_count"].value == len(measurements)
    assert readings["x50_0"].value == pytest.approx(np.median(diameters), rel=0.03)  # weighted by the border
    assert readings["x50_0"].low < readings["x50_0"].value < readings["x50_0"].high
    assert diameters.mean() < readings["d_1_0"].value < 1.03 * diameters.mean()
    assert math.isnan(readings["x10_0"].value)  # of 21 objects only two are smaller
    height, width = findings.content.labels.shape
    area = (height - 1) * (width - 1) * scale**2  # of the half rule
    assert readings["number_density"].value == pytest.approx(23 / area * (1e6 if pixel_size else 1))  # two cut by half


def test_the_old_keys_keep_what_they_meant(make_content):
    findings = Findings(make_content())
    table, sizes = USUAL.figure_table(findings), findings.content.measurements.inside().values("equivalent_diameter")
    median, between = table["median_diameter_nm"], table["diameter_range_nm"]
    assert median["value"] == pytest.approx(np.median(sizes))
    assert median["low"] < median["value"] < median["high"]
    assert table["mean_diameter_nm"]["value"] == pytest.approx(sizes.mean())
    assert (between["low"], between["high"]) == pytest.approx(tuple(np.percentile(sizes, (10, 90))))
    assert table["number_density_per_um2"]["value"] == pytest.approx(24 / (findings.content.labels.size * 2.5**2) * 1e6)


def test_every_figure_of_the_json_says_what_it_rests_on(make_content):
    table = USUAL.figure_table(Findings(make_content()))
    for each in SIZE_HEADLINES:
        assert {"value", "unit", "u", "parts", "n", "why"} <= set(table[each.name])


def note(figure, findings):
    return figure.told(figure.function(findings), findings.unit, OBJECT).note


def test_without_a_complete_object_there_is_no_size(make_content):
    findings = Findings(make_content(labels=np.ones((9, 9), np.uint32)))
    assert math.isnan(MEDIAN_DIAMETER.function(findings).value)
    assert note(MEDIAN_DIAMETER, findings) == "no object is in the statistics"
    assert USUAL.figure_table(findings)["median_diameter_nm"] == {"value": None, "low": None, "high": None}


def test_a_single_object_has_neither_median_nor_range(make_content):
    findings = Findings(make_content(labels=np.pad(np.ones((6, 6), np.uint32), 5)))
    assert note(MEDIAN_DIAMETER, findings) == note(DIAMETER_RANGE, findings) == "a single object does not carry it"
    assert math.isnan(DIAMETER_RANGE.function(findings).value)
    table = USUAL.figure_table(findings)
    assert table["median_diameter_nm"]["value"] == pytest.approx(2.5 * 12 / np.pi**0.5)
    assert table["diameter_range_nm"]["value"] is None


def test_readings_survive_json():
    assert Reading.of_dict(Reading(1.5, 1.0, 2.0).as_dict()) == Reading(1.5, 1.0, 2.0)
    assert Reading(math.nan, math.inf).as_dict() == {"value": None, "low": None, "high": None}
    assert math.isnan(Reading.of_dict({"value": None}).value)


def test_the_documentation_defines_each_as_the_code_does(repository):
    page = (repository / "docs" / "report.md").read_text(encoding="utf-8")
    for each in SIZE_HEADLINES:
        row = f"| `{each.name}` | {each.label} | {each.symbol} | {each.definition} | {each.source} |"
        assert row in page, f"docs/report.md: no row {row}"
