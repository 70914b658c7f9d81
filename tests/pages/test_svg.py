from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.pages import svg
from uniaims.pages.svg import Scale


def test_scales_map_ends_to_ends():
    linear, log = Scale(2, 10, 100, 20), Scale(1, 100, 0, 200, logarithmic=True)
    assert [linear(2), linear(6), linear(10)] == [100, 60, 20]
    assert [log(1), log(10), log(100)] == pytest.approx([0, 100, 200])


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(3, 10))
def test_ticks_lie_between_the_ends_and_are_few(low, extent, wanted):
    scale = Scale(low, low + extent, 0, 1)
    ticks = scale.ticks(wanted)
    assert all(scale.low - extent * 1e-6 <= tick <= scale.high + extent * 1e-6 for tick in ticks)
    assert 1 <= len(ticks) <= 2 * wanted + 2


@given(st.floats(1e-6, 1e6), st.floats(1.05, 1e9))
def test_log_ticks_lie_between_the_ends(low, ratio):
    ticks = Scale(low, low * ratio, 0, 1, logarithmic=True).ticks(7)
    assert len(ticks) >= 2
    assert all(low * (1 - 1e-6) <= tick <= low * ratio * (1 + 1e-6) for tick in ticks)
    assert len(ticks) <= 16


def test_ticks_are_round():
    assert Scale(0, 10, 0, 1).ticks(5) == [0, 2, 4, 6, 8, 10]
    assert Scale(0.8, 120, 0, 1, logarithmic=True).ticks(5) == [1, 3, 10, 30, 100]


def test_tick_labels_have_the_decimals_they_need():
    assert svg.tick_labels([0, 2.5, 5]) == ["0.0", "2.5", "5.0"]
    assert svg.tick_labels([0, 1000, 2000]) == ["0", "1\u202f000", "2\u202f000"]
    assert svg.tick_labels([0.1, 1, 10], logarithmic=True) == ["0.1", "1", "10"]
    assert svg.tick_labels([0, 1e8]) == ["0", "1.0×10⁸"]


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.9, 1), (1.01, 1.2), (87, 100), (0, 1), (float("nan"), 1), (3.1e6, 4e6)]
)
def test_axes_end_at_round_numbers(value, rounded):
    assert svg.round_up(value) == pytest.approx(rounded)


def test_text_and_attributes_are_escaped():
    hostile = '"><script>alert(1)</script>&'
    drawn = svg.drawing(10, 10, [svg.text(0, 0, hostile), svg.element("path", d="M0 0", data_tip=hostile)], hostile)
    root = ElementTree.fromstring(drawn)
    assert root.get("aria-label") == hostile
    assert root[0].text == hostile
    assert root[1].get("data-tip") == hostile
    assert len(root.findall(".//*")) == 2


def test_every_dot_is_drawn_once():
    x, y = np.arange(20.0), np.arange(20.0) * 2
    root = ElementTree.fromstring(f"<svg>{svg.dots(x, y, 'points', layers=3)}</svg>")
    paths = [path.get("d") for path in root]
    assert len(paths) == 3
    assert sorted("".join(paths).split("h0")) == sorted(["", *(f"M{i} {2 * i}" for i in range(20))])
