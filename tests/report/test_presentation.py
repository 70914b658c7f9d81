"""How an analysis is told: figures by name for the page, by column for the summary."""

import math
from dataclasses import replace

import pytest

from uniaims.pages.language import speaking
from uniaims.pages.units import Noun
from uniaims.report import USUAL, Headline, Reading


def headline(name: str, quantity: str, reading: Reading) -> Headline:
    return Headline(name, name.title(), quantity, "size", "", "", lambda _: reading)


TOLD = replace(
    USUAL,
    noun=Noun("pore", "pores"),
    figures=(headline("width", "length", Reading(1.5, 1.0, math.nan)), headline("part", "fraction", Reading(0.25))),
)


@pytest.mark.parametrize(("pixel_size", "column"), [("2 nm", "width_nm"), (None, "width_px")])
def test_the_summary_has_a_column_for_each_figure(make_content, pixel_size, column):
    findings = TOLD.findings(make_content(pixel_size=pixel_size))
    table = TOLD.figure_table(findings)
    assert {column, "part"} <= set(table)
    assert [table[column][end] for end in ("value", "low", "high")] == [1.5, 1.0, None]
    assert {name: reading.value for name, reading in TOLD.readings(findings).items()} == {"width": 1.5, "part": 0.25}


def test_objects_are_called_as_the_analysis_calls_them(make_content):
    findings = TOLD.findings(make_content())
    assert findings.noun.plural == "pores"
    assert "pores" in TOLD.finding(findings)


def test_the_finding_is_told_in_the_language_that_is_spoken(make_content):
    findings = TOLD.findings(make_content())
    english = TOLD.finding(findings)
    with speaking("zh"):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in TOLD.finding(findings))
    assert TOLD.finding(findings) == english
