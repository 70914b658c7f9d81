"""What a comparison tells: the verdict on each pair, the figures of each group, what may mislead."""

import math
from dataclasses import replace

import numpy as np
import pytest

from uniaims.pages.units import NOTHING
from uniaims.report.comparison_sections import comparison_sections, finding
from uniaims.statistics import VarianceShares

from .made_comparison import SURE, UNSURE, compared, group, unit


def sections(told):
    """The sections by name."""
    return {each.name: each for each in comparison_sections(told)}


@pytest.mark.parametrize(
    ("pair", "more", "verdict"),
    [
        (SURE, {}, ": the groups differ."),
        (UNSURE, {}, ": a difference is not shown."),
        (UNSURE, {"margin": 0.05}, ": they are equivalent within 5\u202f%."),
        (UNSURE, {"margin": 0.02}, ": a difference is not shown."),
        (replace(SURE, unit="objects"), {}, ": these two pictures differ."),
        (replace(UNSURE, unit="objects"), {}, ": these two pictures do not differ by more than chance."),
        (replace(SURE, p_value=0.03, adjusted_p_value=0.09), {}, ": a difference is not shown, of so many pairs."),
    ],
    ids=["differ", "not shown", "equivalent", "margin too small", "two pictures", "two alike", "by chance of many"],
)
def test_the_verdict_on_a_pair(pair, more, verdict):
    many = (pair, UNSURE, UNSURE) if pair.adjusted_p_value == 0.09 else (pair,)
    assert finding(compared(pairs=many, **more), pair).endswith(verdict)


def test_the_effect_stands_first_with_its_interval():
    told = finding(compared(), SURE)
    assert told.startswith('The median equivalent diameter of "B" is 1.30 times that of "A" (95\u202f% interval 1.20')


def test_sections_follow_in_one_order_and_equal_settings_are_not_told():
    assert list(sections(compared())) == ["difference", "distributions", "groups", "pictures", "methods"]
    told = sections(compared(differing={"Object diameter": {"A": "24 px"}}))
    assert list(told) == ["difference", "distributions", "groups", "pictures", "settings", "methods"]
    (table,) = told["settings"].tables
    assert (table.headings, table.rows) == (("Setting", "A", "B"), (("Object diameter", "24 px", NOTHING),))


def test_a_row_for_each_pair():
    pairs = (SURE, replace(UNSURE, unit="objects", permutation_p_value=math.nan, smallest_p_value=math.nan))
    (table,) = sections(compared(pairs=pairs))["difference"].tables
    first, second = table.rows
    assert first == (
        "B : A",
        "1.300",
        "1.200\u00a0–\u00a01.400",
        "picture",
        "0.001",
        "0.002",
        "0.10 (0.10)",
        "72\u202f%",
    )
    assert (second[3], second[6]) == ("object", NOTHING)
    assert all(len(row) == len(table.headings) for row in table.rows)


def test_pairs_after_the_first_three_are_told_below_the_heading():
    pairs = tuple(replace(SURE, second=name) for name in "BCDE")
    sentences = sections(compared(pairs=pairs))["difference"].sentences
    assert [text for text in sentences if "times that of" in text] == [finding(compared(pairs=pairs), pairs[3])]


def test_several_groups_are_told_together():
    assert "Kruskal" not in "".join(sections(compared())["difference"].sentences)
    told = sections(compared(p_value=0.0123))["difference"].sentences
    assert "p =\u00a00.012 that their pictures come from one law (Kruskal-Wallis)" in told[0]


def test_how_many_pictures_it_takes_is_told_where_nothing_was_shown():
    assert not sections(compared())["difference"].sentences
    told = sections(compared(pairs=(UNSURE,)))["difference"].sentences
    assert len(told) == 2
    assert 'To know the median equivalent diameter of "A" to 5\u202f% takes about ' in told[0]
    assert told[0].endswith("there are 3.")
    alike = compared(group("A", *(unit(str(k), [20, 20.01]) for k in range(3))), pairs=(UNSURE,))
    assert not sections(alike)["difference"].sentences  # there are enough
    single = compared(group("A", unit("a", [20, 21])), pairs=(UNSURE,))
    assert not sections(single)["difference"].sentences  # one picture does not tell how they vary


def test_figures_that_few_objects_carry_are_dashes():
    few = group("A", unit("a", np.linspace(1500, 2500, 12)))
    (table,) = sections(compared(few))["groups"].tables
    row = dict(zip(table.headings, table.rows[0], strict=False))
    assert row["x50,0 / µm"] == "2.000"
    assert row["x10,0 / µm"] == row["x90,0 / µm"] == NOTHING  # of twelve objects one lies beyond
    assert (row["Objects"], row["Worth objects"], row["Between pictures"]) == ("12", "42", "5.0\u202f%")


def test_what_one_picture_does_not_tell_is_a_dash():
    alone = replace(group("A", unit("a", [20.0] * 30)), variance=VarianceShares(*4 * [math.nan]))
    (table,) = sections(compared(alone))["groups"].tables
    assert table.rows[0][-2:] == (NOTHING, NOTHING)


def test_specimens_have_their_columns():
    parts = [unit(name, [20.0, 30.0], specimen=f"s{name}") for name in "xy"]
    told = sections(compared(group("A", *parts)))
    assert "Specimens" in told["groups"].tables[0].headings
    assert [row[2] for row in told["pictures"].tables[0].rows] == ["sx", "sy"]
    assert "the specimen was the unit" in told["methods"].sentences[0]


def test_each_picture_is_listed_also_those_without_objects_or_pixel_size():
    told = compared(group("A", unit("a", [20.0, 40.0]), unit("b", [], pixel_size_nm=None)), left_out=("c.tif", "d.tif"))
    section = sections(told)["pictures"]
    first, second = section.tables[0].rows
    assert first == ("a.tif", "A", "2", "30.00", "15.0", "2.00\u00a0nm")
    assert second == ("b.tif", "A", "0", NOTHING, NOTHING, NOTHING)
    assert section.notes == ("In no group, so left out: c.tif, d.tif.",)


def test_drawings_bring_their_data_in_the_unit_that_is_shown():
    told = sections(compared(group("A", unit("a", [1000, 3000]), unit("b", [])), group("B", unit("c", [5000]))))
    violins, cumulative = told["distributions"].figures
    assert violins.data["Equivalent diameter / µm"].tolist() == [1, 3, 5]
    assert violins.data["Group"].tolist() == ["A", "A", "B"]
    assert cumulative.drawn(300.0).count("<svg") == 1
    (ratios,) = told["difference"].figures
    assert ratios.data == {"name": ["B : A"], "value": [1.3], "low": [1.2], "high": [1.4]}
