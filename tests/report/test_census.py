from dataclasses import replace

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.measurements import measure
from uniaims.report.census import take_census


def test_counts_density_and_area(make_content):
    content = make_content()
    census = take_census(content)
    assert (census.total, census.cut, census.complete) == (24, 2, 22)
    height, width = content.labels.shape
    assert census.content_area == pytest.approx(height * width * 2.5**2)
    assert census.density == pytest.approx(24 / census.content_area)
    assert census.covered_fraction == pytest.approx((content.labels > 0).mean())


def test_only_the_content_counts_as_area(make_content):
    content = make_content(pixel_size=None)
    part = Box(0, 0, 100, 220)
    labels = content.labels.copy()
    labels[100:] = 0
    census = take_census(replace(content, labels=labels, content=part, measurements=measure(labels, content=part)))
    assert census.content_area == 100 * 220
    assert census.covered_fraction == pytest.approx((labels[:100] > 0).mean())
    assert census.cut == len(np.unique(np.concatenate([labels[0], labels[99], labels[:100, 0], labels[:100, -1]]))) - 1


def test_nothing_found(make_content):
    census = take_census(make_content(labels=np.zeros((5, 5), np.uint32)))
    assert (census.total, census.cut, census.density, census.covered_fraction) == (0, 0, 0, 0)
