import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.dataset.plots import Axis, dots, histogram, ruler, short, spread

POSITIVE = st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=60)


@given(POSITIVE, st.booleans())
def test_a_histogram_counts_everything_once(values, logarithmic):
    drawing = ET.fromstring(histogram(np.array(values), "Size / px", "images", logarithmic))
    titles = [title.text for title in drawing.iter("{http://www.w3.org/2000/svg}title")]
    assert sum(int(re.search(r": ([\d,]+) images", text)[1].replace(",", "")) for text in titles) == len(values)


def test_whole_numbers_are_not_cut_apart():
    drawing = ET.fromstring(histogram(np.repeat([1.0, 2.0, 3.0], 400), "Instances", "images"))
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}rect"))) == 3


@given(POSITIVE)
def test_dots_stay_inside(values):
    x = np.array(values)
    drawing, names = dots(x, x[::-1], ["a"] * len(x), ("x", "y"))
    assert names == ["a"]
    places = [(float(a), float(b)) for a, b in re.findall(r"M([\d.]+) ([\d.]+)h0", str(drawing))]
    assert len(places) == len(values)
    assert all(32 <= a <= 548 and 12 <= b <= 232 for a, b in places)


def test_names_are_ordered_by_how_many_there_are():
    drawing, names = dots(np.ones(5), np.ones(5), ["b", "a", "a", "<i>", "a"], ("x", "y"))
    assert names == ["a", "<i>", "b"]
    assert "hue-2" in drawing


def test_texts_are_escaped():
    assert "<script>" not in histogram(np.ones(3), "<script>", "images")
    assert "<script>" not in ruler(Axis("<script>", 1, 10, 0, 100, logarithmic=True))


def test_a_spread_reaches_from_end_to_end():
    axis = Axis("size", 1, 100, 0, 100, logarithmic=True)
    drawing = ET.fromstring(spread(1, 10, 100, axis))
    (bar,) = drawing.iter("{http://www.w3.org/2000/svg}rect")
    assert (float(bar.get("x")), float(bar.get("width"))) == (0, 100)
    assert 'cx="50.0"' in spread(1, 10, 100, axis)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1234567, "1,234,567"),
        (12.345, "12.3"),
        (0.001234, "0.00123"),
        (float("nan"), "–"),
        (50, "50"),
    ],
)
def test_numbers_for_the_eye(value, text):
    assert short(value) == text
