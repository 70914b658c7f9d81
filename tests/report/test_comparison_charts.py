"""Drawings of groups side by side: where their marks lie."""

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from uniaims.report.comparison_charts import (
    BAND_FROM,
    HUES,
    Curve,
    Ratio,
    Row,
    cumulative_chart,
    ratio_chart,
    violin_chart,
)


def marks(drawing, kind):
    """The elements of one class."""
    return [each for each in ElementTree.fromstring(drawing).iter() if kind in each.get("class", "").split()]


def points(path):
    return np.array([[float(number) for number in pair.split()] for pair in re.findall(r"[-\d.]+ [-\d.]+", path)])


def test_ratios_lie_on_a_logarithmic_axis_with_no_difference_at_one():
    drawing = ratio_chart([Ratio("b : a", 0.5, 0.4, 0.6), Ratio("c : a", 2.0, 1.5, 3.0)])
    half, double = (float(each.get("cx")) for each in marks(drawing, "ratio"))
    (one,) = marks(drawing, "marker")
    (there, _), (still, _) = points(one.get("d"))
    assert there == still == pytest.approx((half + double) / 2, abs=0.2)
    assert [each.get("data-tip")[:5] for each in marks(drawing, "ratio")] == ["b : a", "c : a"]
    for interval, dot in zip(marks(drawing, "fit"), (half, double), strict=True):
        low, high = map(float, re.findall(r"[MH]([\d.]+)", interval.get("d")))
        assert low < dot < high


def test_a_ratio_of_which_nothing_is_sure_has_no_interval():
    drawing = ratio_chart([Ratio("b : a", 1.2, math.nan, math.nan)])
    assert (len(marks(drawing, "ratio")), len(marks(drawing, "fit"))) == (1, 0)


def test_each_picture_has_a_dot_in_the_row_of_its_group():
    sizes = np.geomspace(5, 50, 40)
    drawing = violin_chart([Row("a", sizes, (10.0, 20.0, 40.0)), Row("b", sizes, (20.0,))], "Size / nm", "nm")
    x, y = np.array([[float(each.get(axis)) for axis in ("cx", "cy")] for each in marks(drawing, "picture-median")]).T
    assert len(x) == 4
    assert x[0] < x[1] == x[3] < x[2]
    assert max(y[:3]) < y[3]
    assert y[0] != y[1]  # neighbours stay apart


def test_curves_rise_from_nought_to_all():
    drawing = cumulative_chart([Curve("a", (np.array([10.0, 20.0, 30.0, 40.0]),))], "Size / nm")
    _, curve = marks(drawing, "curve")  # after its line in the key
    y = points(curve.get("d"))[:, 1]
    assert (np.diff(y) <= 0).all()
    assert (y[0], y[-1]) == (380.0, 34.0)  # the ends of the axis
    assert set(np.round((380 - y) / (380 - 34), 2)) == {0, 0.25, 0.5, 0.75, 1}
    assert not marks(drawing, "own-curve")  # of a single picture it would be the same


@pytest.mark.parametrize(
    ("pictures", "own", "bands"), [(2, 2, 0), (BAND_FROM - 1, BAND_FROM - 1, 0), (BAND_FROM, 0, 1)]
)
def test_few_pictures_are_drawn_and_many_are_a_band(pictures, own, bands):
    random = np.random.default_rng(0)
    curve = Curve("a", tuple(np.sort(random.lognormal(3, 0.3, 30)) for _ in range(pictures)))
    drawing = cumulative_chart([curve], "Size / nm")
    assert (len(marks(drawing, "own-curve")), len(marks(drawing, "band"))) == (own, bands)


def test_a_band_holds_the_curve_of_all():
    random = np.random.default_rng(0)
    drawing = cumulative_chart(
        [Curve("a", tuple(np.sort(random.lognormal(3, 0.3, 50)) for _ in range(8)))], "Size / nm"
    )
    (band,) = marks(drawing, "band")
    _, curve = marks(drawing, "curve")  # after its line in the key
    high, low = np.split(points(band.get("d"))[:, 1], 2)
    middle = points(curve.get("d"))[:, 1]
    assert (high <= low[::-1]).all()  # y runs down
    assert np.mean((high - 0.1 <= middle) & (middle <= low[::-1] + 0.1)) == 1
    assert (low[::-1] - high).max() > 5


def test_colours_repeat_after_all_were_taken():
    curves = [Curve(str(k), (np.array([1.0, 2.0 + k]),)) for k in range(HUES + 1)]
    drawing = cumulative_chart(curves, "Size / nm")
    assert len(marks(drawing, "hue-0")) == 2 * len(marks(drawing, "hue-1")) == 4  # its line and its entry in the key


def test_names_are_text():
    drawing = ratio_chart([Ratio("<b>&", 1.0, 0.9, 1.1)])
    assert "<b>" not in drawing
    assert marks(drawing, "ratio")[0].get("data-tip").startswith("<b>&")
