import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from uniaims.report.charts import (
    MOST_BINS,
    Axis,
    SizeDistribution,
    bins,
    orientation_rose,
    scatter_chart,
    shape_chart,
    size_chart,
)
from uniaims.statistics import fit_lognormal, summarise_directions

AXIS = Axis("Equivalent diameter / µm", "µm", "equivalent_diameter_nm", 1000.0)
SIZES = np.sort(np.random.default_rng(5).lognormal(1.0, 0.4, 500))


def drawn(svg):
    return ElementTree.fromstring(svg)


def with_class(root, name):
    return [node for node in root.iter() if name in node.get("class", "").split()]


def distribution(values):
    quantiles = {f"D{p}": float(np.percentile(values, p)) for p in (10, 50, 90)}
    law = fit_lognormal(values)
    return SizeDistribution(AXIS, values, quantiles, law if law.sigma > 0 else None)


@pytest.mark.parametrize("logarithmic", [False, True])
def test_bars_hold_every_object_and_say_where_in_the_table(logarithmic):
    bars = list(with_class(drawn(size_chart(distribution(SIZES), logarithmic)), "bar-mark"))
    total = 0
    for bar in bars:
        low, high = (float(bar.get(f"data-{end}")) / 1000 for end in ("low", "high"))
        inside = int(np.count_nonzero((low - 1e-12 <= SIZES) & (high + 1e-12 >= SIZES)))
        said = int(re.search(r"(\d+) object", bar.get("data-tip")).group(1))
        assert said == inside
        assert bar.get("data-column") == "equivalent_diameter_nm"
        total += said
    assert total == len(SIZES)


def test_bars_are_as_high_as_their_counts():
    bars = with_class(drawn(size_chart(distribution(SIZES), logarithmic=False)), "bar-mark")
    counts = [int(re.search(r"(\d+) object", bar.get("data-tip")).group(1)) for bar in bars]
    heights = [float(bar.get("height")) for bar in bars]
    np.testing.assert_allclose(np.divide(heights, counts), heights[0] / counts[0], rtol=0.02)


@pytest.mark.parametrize("logarithmic", [False, True])
def test_the_fitted_curve_has_the_area_of_the_bars(logarithmic):
    root = drawn(size_chart(distribution(SIZES), logarithmic))
    (fit,) = with_class(root, "fit")
    points = np.array([[float(n) for n in pair.split()] for pair in fit.get("d")[1:].split("L")])
    base = float(with_class(root, "bar-mark")[0].get("y")) + float(with_class(root, "bar-mark")[0].get("height"))
    area = np.trapezoid(base - points[:, 1], points[:, 0])
    bars = sum(float(bar.get("height")) * (float(bar.get("width")) + 1) for bar in with_class(root, "bar-mark"))
    assert area == pytest.approx(bars, rel=0.04)


def test_quantiles_stand_at_their_places():
    root = drawn(size_chart(distribution(SIZES), logarithmic=True))
    marks = sorted(float(re.match(r"M([\d.]+)", node.get("d")).group(1)) for node in with_class(root, "marker"))
    logs = np.log([np.percentile(SIZES, p) for p in (10, 50, 90)])
    assert (marks[1] - marks[0]) / (marks[2] - marks[0]) == pytest.approx(
        (logs[1] - logs[0]) / (logs[2] - logs[0]), rel=1e-3
    )
    assert {node.text for node in with_class(root, "strong")} == {"D10", "D50", "D90"}


def test_the_cumulative_curve_rises_to_its_axis_end():
    (curve,) = with_class(drawn(size_chart(distribution(SIZES), logarithmic=False)), "cumulative")
    heights = [float(y) for y in re.findall(r"V([\d.]+)", curve.get("d"))]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == 30.0


def test_one_size_has_no_fit_and_one_bar():
    root = drawn(size_chart(distribution(np.array([4.2])), logarithmic=False))
    assert len(with_class(root, "bar-mark")) == 1
    assert not with_class(root, "fit")
    assert [node.text for node in with_class(root, "strong")] == ["D50"]
    drawn(size_chart(distribution(np.array([4.2])), logarithmic=True))


def test_bins_stay_wide_enough_to_hit():
    values = np.concatenate([np.random.default_rng(0).normal(10, 0.01, 5000), [0.1, 50.0]])
    assert len(bins(values).counts) == MOST_BINS
    assert bins(values).counts.sum() == 5002


@pytest.mark.parametrize("values", [np.array([1.0]), np.ones(50), np.linspace(0.2, 1, 400)])
def test_shape_charts_mark_the_median(values):
    root = drawn(shape_chart(values, Axis("Solidity", "", "solidity")))
    assert [node.text for node in with_class(root, "strong")] == [
        f"median {np.median(values):.{3 if np.median(values) < 1 else 2}f}"
    ]


def test_scatter_says_where_its_points_are():
    x, y = np.array([1.0, 10.0, 100.0]), np.array([1.0, 2.0, 3.0])
    chart = scatter_chart(x, y, AXIS, Axis("Aspect ratio", "", "aspect_ratio"))
    assert chart.logarithmic
    root = drawn(chart.svg)
    scales = json.loads(root.get("data-scales"))
    assert scales["x"]["log"] is True
    assert scales["x"]["low"] < 1
    assert scales["x"]["high"] > 100
    paths = "".join(node.get("d") for node in with_class(root, "points"))
    found = sorted(float(place) for place in re.findall(r"M([\d.]+) ", paths))
    expected = [
        scales["x"]["start"]
        + np.log(value / scales["x"]["low"])
        / np.log(scales["x"]["high"] / scales["x"]["low"])
        * (scales["x"]["end"] - scales["x"]["start"])
        for value in x
    ]
    np.testing.assert_allclose(found, expected, atol=0.06)


def test_rose_shows_a_preferred_direction_at_both_ends():
    degrees = np.random.default_rng(2).normal(30, 5, 200) % 180
    root = drawn(orientation_rose(degrees, summarise_directions(degrees)))
    assert len(with_class(root, "fit")) == 1
    tips = [node.get("data-tip") for node in with_class(root, "bar-mark")]
    assert len(tips) == 36
    counts = {tip: int(re.search(r"(\d+) object", tip).group(1)) for tip in tips}
    assert sum(counts.values()) == 200
    assert max(counts, key=counts.get).startswith(("20°", "30°"))


def test_rose_does_not_draw_a_direction_out_of_chance():
    degrees = np.arange(0, 180, 7.0)
    root = drawn(orientation_rose(degrees, summarise_directions(degrees)))
    assert not with_class(root, "fit")
    assert "no preferred direction" in root.get("aria-label")
