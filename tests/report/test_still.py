"""What the page shows without its scripts."""

import re

import numpy as np
import pytest

from uniaims.labels import polygons
from uniaims.report import write_report
from uniaims.report.still import MOST_ROWS, still_outlines


def test_the_outlines_are_those_of_the_labels():
    labels = np.zeros((30, 40), np.uint32)
    labels[5:15, 5:25], labels[18:25, 3:9] = 1, 2
    drawn = still_outlines(polygons(labels), (30, 40))
    assert 'viewBox="0 0 80 60"' in drawn
    paths = re.findall(r'd="M(\d+) (\d+)l([-\d ]+)z"', drawn)
    assert len(paths) == len(set(re.findall(r'stroke="([^"]+)"', drawn))) == 2
    x, y, steps = paths[0]
    points = np.cumsum([[int(x), int(y)], *np.array(steps.split(), int).reshape(-1, 2).tolist()], axis=0) / 2
    assert points.min(axis=0) == pytest.approx([5, 5], abs=0.5)
    assert points.max(axis=0) == pytest.approx([25, 15], abs=0.5)


def test_kinds_have_their_colours():
    labels = np.kron(np.array([[1, 0, 2], [0, 0, 0], [3, 0, 0]], np.uint32), np.ones((6, 6), np.uint32))
    drawn = still_outlines(polygons(labels), labels.shape, ["b", "a", "b"], ["a", "b"])
    assert [path.count("M") for path in re.findall(r'd="([^"]+)"', drawn)] == [2, 1]


def test_the_page_lists_the_first_objects_and_draws_all(make_content, tmp_path):
    content = make_content()
    write_report(tmp_path / "report.html", content)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    body = re.search(r'id="objects".*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert body
    assert body[1].count("<tr>") == min(len(content.measurements), MOST_ROWS)
    drawn = re.search(r'<svg class="still".*?</svg>', page, re.DOTALL)
    assert drawn
    assert drawn[0].count("M") == len(content.measurements)


def test_a_large_page_stays_small():
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32) * 9 + 20
    assert len(still_outlines([circle] * 20_000, (6000, 8000))) < 2_000_000
