"""Sections of a report are a family: one module, one partial, one line."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from markupsafe import Markup

from uniaims.report import USUAL, Chart, Findings, Section, Table, write_report
from uniaims.report.sections import SECTIONS

HOSTILE = "<script>alert(1)</script>"


def plain(findings: Findings) -> Section:
    """A section of what every section may have, without a partial of its own."""
    return Section(
        "plain", "Plain", lead=HOSTILE, sentences=(f"{findings.noun.heading}: {findings.counts.total}.",),
        figures=(Chart("own", Markup("<svg aria-hidden='true'></svg>"), HOSTILE),),
        tables=(Table(("Name", "Value"), ((HOSTILE, "7"),), "Two columns."),), notes=(HOSTILE,),
    )  # fmt: skip


def nothing(findings: Findings) -> Section | None:
    """A section that has nothing to tell."""
    return None


@pytest.fixture
def page(tmp_path, make_content, read_page):
    """Write a report with these sections and read it back."""

    def write(*sections):
        write_report(tmp_path / "report.html", make_content(), replace(USUAL, sections=sections))
        return read_page(tmp_path / "report.html")

    return write


def test_a_section_without_a_partial_shows_what_it_has(page):
    made = page(*SECTIONS, plain, nothing)
    assert made.find("section")[-1]["id"] == "plain"
    assert {"href": "#plain"} in made.find("a")
    assert "Objects: 24." in made.text
    assert f"Figure 6. {HOSTILE}" in made.text  # after those of the sections before
    assert made.text.count(HOSTILE) == 4
    assert "Two columns." in made.text
    assert made.find("td", **{"class": "number"})


def test_a_section_with_a_partial_of_another_package(page, tmp_path, monkeypatch):
    templates = tmp_path / "dummy_report" / "templates"
    templates.mkdir(parents=True)
    (templates.parent / "__init__.py").touch()
    (templates / "dummy.html.j2").write_text(
        '{% extends "section.html.j2" %}{% block body %}<p class="own">{{ details.word }}, {{ first_figure }}</p>'
        "{% endblock %}"
    )
    monkeypatch.syspath_prepend(tmp_path)
    word = {"word": HOSTILE}
    made = page(lambda _: Section("dummy", "Dummy", details=word, partial="dummy.html.j2", package="dummy_report"))
    assert made.find("p", **{"class": "own"})
    assert f"{HOSTILE}, 1" in made.text
    assert [section["id"] for section in made.find("section")] == ["dummy"]


def test_sections_come_in_their_order_and_without_those_left_out(page):
    made = page(*reversed(SECTIONS))
    assert [section["id"] for section in made.find("section")] == [
        "provenance", "methods", "objects-section", "excluded", "budget", "shape", "size", "picture"
    ]  # fmt: skip
    assert "Figure 1. Aspect ratio" in made.text
    assert "Figure 5. powder.tif" in made.text


def test_every_partial_is_used(make_content):
    made = [section(Findings(replace(make_content(), known_kinds=("a",)))) for section in SECTIONS]
    used = {Path(each.partial).name for each in made if each} - {"section.html.j2"} | {"kinds.html.j2", "check.html.j2"}
    assert used == {path.name for path in files("uniaims.report").joinpath("templates", "sections").iterdir()}
