import re
from xml.etree import ElementTree

import numpy as np
import pytest

from uniaims.report.violins import Violin, axis_row, comparison_chart, shared_scale, violin_row

RANDOM = np.random.default_rng(4)
FINE = Violin("fine.tif", RANDOM.lognormal(1, 0.2, 400))
COARSE = Violin("coarse.tif", RANDOM.lognormal(3, 0.5, 300))


def with_class(svg, name):
    return [node for node in ElementTree.fromstring(svg).iter() if node.get("class") == name]


def test_the_shared_scale_holds_all_sizes():
    scale = shared_scale([FINE, COARSE, Violin("none.tif", np.empty(0))], 10, 400)
    assert scale.low < FINE.values.min()
    assert scale.high > COARSE.values.max()
    assert shared_scale([], 0, 1).low > 0


def test_a_row_shows_quartiles_median_and_extremes():
    scale = shared_scale([FINE, COARSE], 10, 400)
    row = violin_row(FINE, scale, "nm")
    (median,) = with_class(row, "median")
    assert float(median.get("cx")) == pytest.approx(scale(float(np.median(FINE.values))), abs=0.01)
    (box,) = with_class(row, "box")
    lower, upper = (scale(float(np.percentile(FINE.values, p))) for p in (25, 75))
    assert float(box.get("x")) == pytest.approx(lower, abs=0.01)
    assert float(box.get("width")) == pytest.approx(upper - lower, abs=0.01)
    (shape,) = with_class(row, "violin")
    x = [float(pair.split()[0]) for pair in re.split("[ML]", shape.get("d").strip("MZ")) if pair]
    assert min(x) == pytest.approx(scale(float(FINE.values.min())), abs=0.06)
    assert max(x) == pytest.approx(scale(float(FINE.values.max())), abs=0.06)


def test_few_sizes_are_dots():
    few = Violin("few.tif", np.array([2.0, 3.0, 9.0]))
    row = violin_row(few, shared_scale([few], 0, 100), "nm")
    assert len(with_class(row, "box")) == 3
    assert not with_class(row, "violin")


@pytest.mark.parametrize("values", [np.empty(0), np.full(30, 5.0)])
def test_no_sizes_and_equal_sizes_are_drawn(values):
    violin = Violin("x.tif", values)
    row = violin_row(violin, shared_scale([violin, FINE], 0, 100), "nm")
    assert "nan" not in row
    assert len(with_class(row, "violin")) == (len(values) > 0)


def test_the_comparison_names_every_image_as_text():
    hostile = Violin("<img onerror=alert(1)>.tif", FINE.values)
    long = Violin("a" * 80 + ".tif", COARSE.values)
    chart = comparison_chart([FINE, hostile, long], "Equivalent diameter / nm", "nm")
    texts = [node.text for node in ElementTree.fromstring(chart).iter() if node.tag.endswith("text")]
    assert "<img onerror=alert(1)>.tif" in texts
    assert any("…" in text and len(text) < 40 for text in texts)
    assert texts.count("n = 400") == 2


def test_the_axis_row_names_the_axis():
    svg = axis_row(shared_scale([FINE], 0, 100), "Equivalent diameter / nm")
    assert "Equivalent diameter / nm" in svg
