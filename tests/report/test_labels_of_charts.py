"""No word of a chart is cut by the edge of its drawing, and no number lies on another."""

import itertools
import re
from collections.abc import Callable
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from uniaims.pages.charts import histogram_chart, named_dots, ruler
from uniaims.pages.svg import Scale, text_width
from uniaims.report.charts import Axis, SizeDistribution, orientation_rose, scatter_chart, shape_chart, size_chart
from uniaims.report.violins import Violin, axis_row, comparison_chart, shared_scale
from uniaims.statistics import summarise_directions

AXIS = Axis("Equivalent diameter / µm", "µm", "equivalent_diameter_nm")
SPREADS = {
    "one": np.array([12.5]),
    "two alike": np.array([1.0, 1.000001]),
    "many": np.random.default_rng(0).lognormal(3, 0.5, 40_000),
    "tiny": np.random.default_rng(1).lognormal(-7, 0.3, 60),
    "huge": np.random.default_rng(2).lognormal(13, 1.5, 500),
    "wide": np.geomspace(0.01, 1e5, 90),
}


def boxes(drawing: str) -> list[tuple[str, np.ndarray]]:
    """Text and left, top, right, bottom of each, by the widths that `text_width` tells."""
    found = []
    for each in fromstring(drawing).iter("{http://www.w3.org/2000/svg}text"):
        x, y, width = float(each.attrib["x"]), float(each.attrib["y"]), text_width(each.text or "")
        start = x - {"start": 0.0, "middle": width / 2, "end": width}[each.attrib["text-anchor"]]
        box = np.array([start, y - 9, start + width, y + 2])
        if "transform" in each.attrib:
            box = np.array([x - 10, y - width / 2, x + 10, y + width / 2])
        found.append((each.text or "", box))
    return found


def check(drawing: str) -> None:
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing).groups())  # type: ignore[union-attr]
    found = boxes(drawing)
    for name, (left, top, right, bottom) in found:
        assert min(left, top) >= -0.5, name
        assert right <= width + 0.5, name
        assert bottom <= height + 0.5, name
    for (one, a), (other, b) in itertools.combinations(found, 2):
        assert min(a[2] - b[0], b[2] - a[0]) <= 1 or min(a[3] - b[1], b[3] - a[1]) <= 1, (one, other)


@pytest.mark.parametrize("name", SPREADS)
def test_labels_are_whole_and_apart(name: str) -> None:
    values = np.sort(SPREADS[name])
    quantiles = dict(zip(("D10", "D50", "D90"), np.percentile(values, (10, 50, 90)).tolist(), strict=True))
    degrees = np.linspace(0, 170, len(values))
    draw: list[Callable[[], str]] = [
        *(lambda log=log: size_chart(SizeDistribution(AXIS, values, quantiles, None), log) for log in (False, True)),
        lambda: shape_chart(values, AXIS),
        lambda: scatter_chart(values, values[::-1], AXIS, AXIS).svg,
        lambda: orientation_rose(degrees, summarise_directions(degrees)),
        lambda: histogram_chart(values, "Size / nm", "images"),
        lambda: named_dots(values, values, ["a"] * len(values), ("Width / nm", "Height / nm"))[0],
        lambda: ruler(Scale(values.min(), values.max() * 1.01, 8.0, 200.0, logarithmic=True), "Size"),
        lambda: axis_row(shared_scale([Violin("a", values)], 8.0, 392.0), "Equivalent diameter / µm"),
        lambda: comparison_chart([Violin("長い画像の名前.tif", values), Violin("b" * 60, values)], "Size / nm", "nm"),
    ]
    for make in draw:
        check(make())
