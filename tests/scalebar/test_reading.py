"""Lines of text and the lengths among them."""

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.scalebar.grammar import Label
from uniaims.scalebar.reading import find_labels, joined_boxes, read_lines
from uniaims.scalebar.text import PlacedLine, find_text, read_text

from .pictures import placed, printed


@pytest.mark.parametrize(("text", "gone"), [("35 nm", 38), ("125 nm", 36)])
def test_a_cut_that_lost_a_digit_is_no_sure_label(text: str, gone: int) -> None:
    gray = printed(text)
    height, width = gray.shape
    whole, cut = Box(0, 0, height, width), Box(0, gone, height, width)
    lines = [PlacedLine(box, read_text([gray[box.window]])[0]) for box in (whole, cut)]
    assert lines[0].text.replace(" ", "") == text.replace(" ", "")
    assert lines[1].text.replace(" ", "") != text.replace(" ", "")
    assert all(label.unsure for seen in (lines, lines[1:]) for label in find_labels(gray, seen).labels)


def test_lengths_that_are_named_otherwise_are_refused_with_the_reason() -> None:
    blank = np.zeros((400, 400), np.uint8)
    labels = find_labels(blank, placed("S4800 15.0kV WD 5 mm x30.0k"))
    assert labels.labels == ()
    assert any("WD" in str(refusal) for refusal in labels.refusals)


def test_a_division_is_told_from_the_whole() -> None:
    blank = np.zeros((400, 400), np.uint8)
    (label,) = find_labels(blank, placed("scale: 2 um/div")).labels
    assert (label.label, label.per_division) == (Label(2.0, "µm"), True)


def test_boxes_of_one_row_become_one() -> None:
    number, unit, below = Box(0, 0, 20, 30), Box(2, 35, 20, 60), Box(40, 0, 60, 30)
    assert joined_boxes([number, unit, below]) == (Box(0, 0, 20, 60), below)


@pytest.mark.parametrize("bright", [True, False])
def test_printed_labels_are_found_and_read(bright: bool) -> None:
    gray = printed("500 nm", bright)
    canvas = np.full((400, 500), gray[0, 0], np.uint8)
    canvas[200:260, 100 : 100 + gray.shape[1]] = gray
    labels = find_labels(canvas, read_lines(canvas, find_text(canvas, 1.5))).labels
    assert [label.label for label in labels] == [Label(500.0, "nm")]
    assert labels[0].ink == pytest.approx(255 if bright else 0, abs=40)
    assert 205 < labels[0].box.top < labels[0].box.bottom < 255
