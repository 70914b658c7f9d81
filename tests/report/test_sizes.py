import math
from dataclasses import replace

import numpy as np
import pytest

from uniaims.measurements import measure
from uniaims.report.columns import table_columns
from uniaims.report.sections.size import size_view
from uniaims.report.sizes import probability, size_figures
from uniaims.statistics import fit_lognormal


def figures_of(measurements):
    return size_figures(table_columns(measurements), measurements.values("touches_border") == 0)


def test_only_complete_objects_count(make_content):
    measurements = make_content().measurements
    diameter, feret, width = figures_of(measurements)
    inside = measurements.inside()
    assert diameter.percentiles[50].estimate == pytest.approx(np.median(inside.values("equivalent_diameter")))
    assert feret.mean.estimate == pytest.approx(inside.values("max_feret").mean())
    assert width.deviation.estimate == pytest.approx(inside.values("min_feret").std(ddof=1))
    assert len(diameter.values) == 22
    middle = diameter.percentiles[50]
    assert middle.low < middle.estimate < middle.high


def test_figures_are_in_the_unit_for_the_eye(make_content):
    near, far = (figures_of(make_content(pixel_size=size).measurements)[0] for size in ("1 nm", "1 µm"))
    assert (near.unit, far.unit) == ("nm", "µm")
    assert near.fit.geometric_mean == pytest.approx(far.fit.geometric_mean)
    assert near.percentiles[50].estimate == pytest.approx(far.percentiles[50].estimate)


def test_the_table_has_every_figure(make_content):
    figures = figures_of(make_content().measurements)[0]
    view = size_view(figures)
    rows = {row.name: row for row in view.rows}
    assert [name for name in rows if name.endswith(",0")] == ["x5,0", "x10,0", "x25,0", "x75,0", "x90,0", "x95,0"]
    median = rows["x50,0 (median)"]
    assert median.key
    assert median.value == f"{figures.percentiles[50].estimate:.1f}"
    assert rows["x5,0"].value == "–"  # of 22 objects hardly one is smaller
    assert "–" in rows["Mean"].interval
    assert [name for name in rows if name.endswith("by volume")] == [f"x{each},3 by volume" for each in (10, 50, 90)]
    assert "22 complete objects" in view.caption


def test_a_single_size_has_neither_spread_nor_law():
    labels = np.zeros((30, 30), np.uint32)
    labels[10:20, 10:20] = 1
    figures = figures_of(measure(labels, "1 nm"))[0]
    assert math.isnan(figures.deviation.estimate)
    (row,) = size_view(figures).rows
    assert (row.name, row.value, row.interval) == ("The only complete object", "11.28", "")


def with_sizes(make_content, values):
    figures = figures_of(make_content().measurements)[0]
    return replace(figures, values=np.sort(values), fit=fit_lognormal(values))


RANDOM = np.random.default_rng(11)
TWO_SIZES = RANDOM.choice([2.0, 9.0], 400) * RANDOM.normal(1, 0.03, 400)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (RANDOM.lognormal(1, 0.5, 200), ""),
        (np.concatenate([RANDOM.lognormal(1, 0.5, 20_000), np.full(400, 3.0)]), ""),
        (TWO_SIZES, "does not fit"),
        (RANDOM.lognormal(1, 0.5, 29), "fewer than 30 sizes"),
        (np.full(50, 3.0), "fewer than 4 different sizes"),
    ],
    ids=["law", "thousands, nearly", "two sizes", "few", "alike"],
)
def test_a_law_is_drawn_only_where_it_holds(make_content, values, why):
    figures = with_sizes(make_content, values)
    assert figures.why_no_law == why
    view = size_view(figures)
    for svg in (view.linear, view.logarithmic):
        assert ('class="fit"' in svg) == (not why)
    assert ("No log-normal law is drawn" in view.caption) == bool(why)
    assert ("Log-normal median" in {row.name for row in view.rows}) == (not why)


def test_a_law_that_does_not_fit_says_how_far_it_is_away(make_content):
    view = size_view(with_sizes(make_content, TWO_SIZES))
    (distance,) = [row for row in view.rows if row.name == "Distance to the law"]
    assert float(distance.value) > 0.2
    assert f"up to {distance.value} of their number away" in view.caption


def test_no_complete_object_gives_no_figures():
    assert figures_of(measure(np.ones((4, 4), np.uint32))) == []
    assert figures_of(measure(np.zeros((4, 4), np.uint32))) == []


@pytest.mark.parametrize(("p_value", "written"), [(0.031, "=\u00a00.031"), (1e-9, "<\u00a00.001"), (math.nan, "–")])
def test_probabilities(p_value, written):
    assert probability(p_value) == written
