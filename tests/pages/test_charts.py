import re
from xml.etree import ElementTree as ET

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from uniaims.pages.charts import histogram_chart, named_dots, range_bar, ruler
from uniaims.pages.svg import Scale

POSITIVE = st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=60)


@given(POSITIVE, st.booleans())
def test_a_histogram_counts_everything_once(values, logarithmic):
    drawing = ET.fromstring(histogram_chart(np.array(values), "Size / px", "images", logarithmic))
    tips = [bar.get("data-tip") for bar in drawing.iter("{http://www.w3.org/2000/svg}rect")]
    assert sum(int(re.search(r"\s(\d+) images?$", tip)[1]) for tip in tips) == len(values)


def test_whole_numbers_are_not_cut_apart():
    drawing = ET.fromstring(histogram_chart(np.repeat([1.0, 2.0, 3.0], 400), "Instances", "images"))
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}rect"))) == 3


@given(POSITIVE)
def test_dots_stay_inside(values):
    x = np.array(values)
    drawing, names = named_dots(x, x[::-1], ["a"] * len(x), ("x", "y"))
    assert names == ["a"]
    places = [(float(a), float(b)) for a, b in re.findall(r"M([\d.]+) ([\d.]+)h0", str(drawing))]
    assert len(places) == len(values)
    assert all(32 <= a <= 548 and 12 <= b <= 232 for a, b in places)


def test_names_are_ordered_by_how_many_there_are():
    drawing, names = named_dots(np.ones(5), np.ones(5), ["b", "a", "a", "<i>", "a"], ("x", "y"))
    assert names == ["a", "<i>", "b"]
    assert "hue-2" in drawing


def test_texts_are_escaped():
    assert "<script>" not in histogram_chart(np.ones(3), "<script>", "images")
    assert "<script>" not in ruler(Scale(1, 10, 0, 100, logarithmic=True), "<script>")


def test_a_spread_reaches_from_end_to_end():
    scale = Scale(1, 100, 0, 100, logarithmic=True)
    drawing = ET.fromstring(range_bar(1, 10, 100, scale))
    (bar,) = drawing.iter("{http://www.w3.org/2000/svg}rect")
    assert (float(bar.get("x")), float(bar.get("width"))) == (0, 100)
    assert 'cx="50"' in range_bar(1, 10, 100, scale)
