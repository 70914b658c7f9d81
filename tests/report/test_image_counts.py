from dataclasses import replace

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.measurements import measure
from uniaims.report.image_counts import image_counts


def test_counts_density_and_area(make_content):
    content = make_content()
    counts = image_counts(content)
    assert (counts.total, counts.cut, counts.complete) == (24, 2, 21)
    height, width = content.labels.shape
    assert counts.content_area == pytest.approx(height * width * 2.5**2)
    assert counts.density == pytest.approx(24 / counts.content_area)
    assert counts.covered_fraction == pytest.approx((content.labels > 0).mean())


def test_only_the_content_counts_as_area(make_content):
    content = make_content(pixel_size=None)
    part = Box(0, 0, 100, 220)
    labels = content.labels.copy()
    labels[100:] = 0
    counts = image_counts(replace(content, labels=labels, content=part, measurements=measure(labels, content=part)))
    assert counts.content_area == 100 * 220
    assert counts.covered_fraction == pytest.approx((labels[:100] > 0).mean())
    assert counts.cut == len(np.unique(np.concatenate([labels[0], labels[99], labels[:100, 0], labels[:100, -1]]))) - 1


def test_nothing_found(make_content):
    counts = image_counts(make_content(labels=np.zeros((5, 5), np.uint32)))
    assert (counts.total, counts.cut, counts.density, counts.covered_fraction) == (0, 0, 0, 0)
