"""What is computed of one image: outlines in the order of the rows, and parts that belong together."""

from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import LabelsError
from uniaims.report import Findings


@pytest.fixture
def squares():
    """Labels 2, 5 and 9 of squares of 6, 8 and 10 px."""
    labels = np.zeros((40, 60), np.uint32)
    for number, (left, side) in {2: (3, 6), 5: (20, 8), 9: (40, 10)}.items():
        labels[10 : 10 + side, left : left + side] = number
    return labels


def test_outlines_come_in_the_order_of_the_rows_whatever_the_numbers_are(make_content, squares):
    findings = Findings(make_content(labels=squares))
    assert findings.content.measurements.table["label"].to_list() == [2, 5, 9]
    for outline, (left, side) in zip(findings.outlines, [(3, 6), (20, 8), (40, 10)], strict=True):
        assert outline.min(axis=0) == pytest.approx([left, 10], abs=1)
        assert np.ptp(outline, axis=0) == pytest.approx([side, side], abs=1)


def test_labels_of_another_image_are_refused(make_content, squares):
    content = make_content(labels=squares)
    with pytest.raises(LabelsError, match=r"image is \(39, 60\) and the labels are \(40, 60\)"):
        _ = Findings(replace(content, image=content.image[1:])).outlines


def test_measurements_of_other_labels_are_refused(make_content, squares):
    fewer = np.where(squares == 2, 0, squares).astype(np.uint32)
    with pytest.raises(LabelsError, match="hold 2 instances and the measurements 3"):
        _ = Findings(replace(make_content(labels=squares), labels=fewer)).outlines


def test_lengths_for_the_eye_have_the_unit_of_their_median(make_content, squares):
    assert Findings(make_content(labels=squares, pixel_size="2.5 nm")).unit.symbol == "nm"
    assert Findings(make_content(labels=squares, pixel_size="2.5 um")).unit.symbol == "µm"
    assert Findings(make_content(labels=squares, pixel_size=None)).unit.symbol == "px"


def test_all_is_computed_once_and_when_asked_for(make_content, squares):
    findings = Findings(make_content(labels=squares))
    assert not {"counts", "columns", "sizes", "outlines"} & set(vars(findings))
    assert findings.outlines is findings.outlines
    assert findings.counts.total == 3
