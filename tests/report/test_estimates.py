"""Every object that was found is in the statistics, or left out for one reason."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.measurements import REASONS, Field, measure
from uniaims.report import Findings, ReportContent

WRITING = Box(60, 60, 80, 110)


def scene(*discs: tuple[int, int, int]) -> NDArray[np.uint32]:
    """Discs (row, column, radius) in 100 x 120 px; what writing covers belongs to none."""
    labels = np.zeros((100, 120), np.uint32)
    y, x = np.mgrid[:100, :120]
    for number, (row, column, radius) in enumerate(discs, 1):
        labels[(y - row) ** 2 + (x - column) ** 2 < radius**2] = number
    labels[WRITING.window] = 0
    return labels


WHOLE, CUT, HIDDEN, TINY = (30, 30, 9), (2, 70, 9), (56, 85, 9), (30, 100, 2)
BOTH = (62, 118, 12)
"""Cut by the border, under writing too."""


@pytest.mark.parametrize(
    ("discs", "below", "expected"),
    [
        ((), 0, {}),
        ((WHOLE,), 0, {}),
        ((CUT,), 0, {"border": 1}),
        ((HIDDEN,), 0, {"under writing": 1}),
        ((TINY,), 0, {"too small to resolve": 1}),
        ((), 7, {"below confidence": 7}),
        ((BOTH,), 0, {"border": 1}),
        (
            (WHOLE, CUT, HIDDEN, TINY, BOTH),
            3,
            {"border": 2, "under writing": 1, "too small to resolve": 1, "below confidence": 3},
        ),
    ],
    ids=["none", "whole", "cut", "under writing", "tiny", "low confidence", "two reasons", "all kinds"],
)
def test_kept_and_left_out_make_what_was_found(make_content, discs, below, expected) -> None:
    labels = scene(*discs)
    measured = measure(labels, "2.5 nm", content=Field(Box.whole(labels.shape), (WRITING,)))
    content: ReportContent = replace(
        make_content(labels=labels), measurements=measured, writing=(WRITING,), left_out={"below confidence": below}
    )
    findings = Findings(content)
    assert findings.counts.complete + sum(findings.exclusions.values()) == len(discs) + below
    assert findings.exclusions == {reason: expected.get(reason, 0) for reason in REASONS}
    assert findings.counts.complete == discs.count(WHOLE) == findings.sample.sized.sum()
    assert findings.estimates["number_density"].n == len(discs)
    assert findings.sample.area_px == 100 * 120 - WRITING.area


def test_a_table_without_reasons_leaves_out_what_the_border_cuts(make_content) -> None:
    labels = scene(WHOLE, CUT)
    measured = measure(labels, "2.5 nm", properties=["diameter", "touches_border"])
    findings = Findings(replace(make_content(labels=labels), measurements=measured))
    assert (findings.counts.complete, findings.exclusions["border"], sum(findings.exclusions.values())) == (1, 1, 1)
