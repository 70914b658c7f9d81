"""Kinds of objects on the page and in the overlay: counts, sizes, colours, names that are only text."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from uniaims.boxes import Box
from uniaims.labels import outlines
from uniaims.measurements import measure
from uniaims.pages.array_encoding import unpack_array
from uniaims.pages.palette import kind_colours, rgb
from uniaims.report import kind_figures, overlay, write_overlay, write_report
from uniaims.report.kinds import kind_order

NAMES = ("pore", "<b>grain</b>", "dust")


@pytest.fixture
def kinds(disc_labels):
    return tuple(NAMES[label % 2] for label in range(disc_labels.max()))


@pytest.fixture
def measured(disc_labels, kinds):
    return measure(disc_labels, "2.5 nm", kind_names=kinds)


def test_figures_of_each_kind_are_those_of_its_rows(measured, kinds, disc_labels):
    figures = kind_figures(measured, NAMES)
    assert [each.name for each in figures] == list(NAMES)
    assert [each.count for each in figures] == [12, 12, 0]
    assert sum(each.border_count for each in figures) == measured.values("touches_border").sum() > 0
    own = np.isin(disc_labels, 1 + np.flatnonzero(np.array(kinds) == "pore"))
    assert figures[0].covered_fraction == pytest.approx(own.mean())
    complete = (measured.values("touches_border") == 0) & (np.array(kinds) == "pore")
    assert figures[0].median.estimate == pytest.approx(np.median(measured.values("equivalent_diameter")[complete]))


def test_a_kind_without_objects_has_no_sizes(measured):
    written = kind_figures(measured, NAMES)[2].as_dict("equivalent_diameter_nm")
    assert written["instance_count"] == 0
    assert written["equivalent_diameter_nm"] == dict.fromkeys(("mean", "d10", "d50", "d90"))
    assert kind_figures(measure(np.eye(3, dtype=int)), NAMES) == ()


def test_the_area_of_a_kind_refers_to_the_content(measured):
    whole, half = (kind_figures(measured, NAMES, content)[0] for content in (None, Box(0, 0, 80, 220)))
    assert half.covered_fraction == pytest.approx(2 * whole.covered_fraction)


def test_the_page_tells_kinds_apart(tmp_path, make_content, read_page, measured, disc_labels):
    write_report(tmp_path / "report.html", replace(make_content(disc_labels), measurements=measured, known_kinds=NAMES))
    page = read_page(tmp_path / "report.html")
    assert [button["data-kind"] for button in page.find("button") if "data-kind" in button] == ["0", "1", "2"]
    assert page.find("option", value="kind")[0].keys() == {"value", "selected"}
    assert "<b>grain</b>" in page.text
    data = json.loads(next(text for attributes, text in page.scripts if attributes.get("id") == "data"))
    column = next(column for column in data["columns"] if column["name"] == "kind")
    assert column["names"] == list(NAMES)
    assert unpack_array(column["values"]).tolist() == [label % 2 for label in range(24)]
    assert data["colours"]["kinds"] == list(kind_colours(NAMES).values())


def test_without_kinds_the_page_does_not_speak_of_them(tmp_path, make_content, read_page):
    write_report(tmp_path / "report.html", make_content())
    page = read_page(tmp_path / "report.html")
    assert page.find("section", id="kinds") == []
    assert page.find("option", value="kind") == []


def test_outlines_have_the_colour_of_their_kind(disc_labels, kinds):
    picture = overlay(np.zeros(disc_labels.shape, np.uint8), disc_labels, kind_names=kinds, known_kinds=NAMES)
    edges = outlines(disc_labels)
    for label, kind in enumerate(kinds, start=1):
        assert (picture[edges & (disc_labels == label)] == rgb(kind_colours(NAMES)[kind])).all()


def test_the_written_overlay_has_a_legend_and_is_else_the_same(tmp_path, disc_labels, kinds):
    image = np.full(disc_labels.shape, 90, np.uint8)
    write_overlay(tmp_path / "overlay.png", image, disc_labels, kind_names=kinds, known_kinds=NAMES)
    written = np.asarray(Image.open(tmp_path / "overlay.png"))
    drawn = overlay(image, disc_labels, kind_names=kinds, known_kinds=NAMES)
    rows, columns = np.nonzero((written != drawn).any(axis=2))
    assert (rows.min(), columns.min()) == (0, 0)
    assert rows.max() < 60
    assert columns.max() < 180
    for colour in kind_colours(NAMES).values():
        assert (written[:60] == rgb(colour)).all(axis=2).any()


def test_kinds_of_the_model_come_in_its_order_others_by_name(measured):
    assert kind_order(measured, NAMES) == NAMES
    assert kind_order(measured) == ("<b>grain</b>", "pore")


def test_old_names_of_arguments_work_and_warn(disc_labels, kinds, measured, make_content):
    image, new = np.zeros(disc_labels.shape, np.uint8), {"kind_names": kinds, "known_kinds": NAMES}
    with pytest.warns(DeprecationWarning, match="kind_names=..., known_kinds="):
        old = overlay(image, disc_labels, kinds=kinds, kind_names=NAMES)
    np.testing.assert_array_equal(old, overlay(image, disc_labels, **new))
    with pytest.warns(DeprecationWarning, match=r"measure\(kinds=\)"):
        assert measure(disc_labels, "2.5 nm", kinds=kinds).table.equals(measured.table)
    with pytest.warns(DeprecationWarning, match=r"Measurements\.kinds"):
        assert measured.kinds == measured.kind_names == kinds
    with pytest.warns(DeprecationWarning, match=r"ReportContent\(kinds=\)"):
        assert replace(make_content(), kinds=NAMES).known_kinds == NAMES
