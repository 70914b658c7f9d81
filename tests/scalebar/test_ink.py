"""The ink of writing: digits, points, letters on the sample."""

from typing import cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph
from uniaims.runtime import ModelInfo
from uniaims.scalebar import scan_scale
from uniaims.scalebar.ink import Glyphs, glyphs_in, is_writing, letter_boxes
from uniaims.scalebar.reading import read_lines
from uniaims.scalebar.text import FoundText, PlacedLine, TextLine
from uniaims.segmenter import Segmentation, SegmenterSettings


def label_of(text: str) -> NDArray[np.uint8]:
    levels = np.clip(np.random.default_rng(0).normal(90, 6, (50, 40 + 24 * len(text))), 0, 255).astype(np.uint8)
    cv2.putText(levels, text, (12, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return levels


@pytest.mark.parametrize(
    ("text", "digits", "points"), [("100 nm", 3, 0), ("50 um", 2, 0), ("5 nm", 1, 0), ("1.0 nm", 2, 1)]
)
def test_digits_and_points_are_counted(text: str, digits: int, points: int) -> None:
    found = glyphs_in(label_of(text), len(text.replace(" ", "")))
    assert (len(found.digits), len(found.points)) == (digits, points)


def test_a_lost_digit_or_point_is_seen() -> None:
    hundred, one = glyphs_in(label_of("100 nm"), 5), glyphs_in(label_of("1.0 nm"), 4)
    assert hundred.allows(("100",)) and not hundred.allows(("10",))
    assert not hundred.allows(("1",))  # two lost
    assert hundred.allows(("1",), 2) and not hundred.allows(("10",), 2)  # unless the unit has two letters as high
    assert one.allows(("1", "1.0")) and not one.allows(("10",))


def test_no_ink_says_nothing() -> None:
    assert glyphs_in(np.full((40, 80), 90, np.uint8), 4) == Glyphs()
    assert Glyphs().allows(("10",))


SHAPE = (400, 600)


MIDDLE = Box(200, 250, 230, 400)


def said(text: str, score: float = 0.97, box: Box = MIDDLE) -> PlacedLine:
    return PlacedLine(box, TextLine(text, score, tuple(range(len(text))), np.zeros((1, 1), np.float32)))


def written(text: str, ink: int = 255) -> NDArray[np.uint8]:
    picture = np.clip(np.random.default_rng(0).normal(100, 8, SHAPE), 0, 255).astype(np.uint8)
    cv2.putText(picture, text, (255, 225), cv2.FONT_HERSHEY_SIMPLEX, 0.9, ink, 2)
    return picture


@pytest.mark.parametrize("text", ["Au NPs", "500 nm", "Fe2O3"])
def test_words_are_writing(text: str) -> None:
    assert is_writing(said(text), SHAPE)


@pytest.mark.parametrize("text", ["O", "OO0", "o o", "lIl", "0 0 0", "-", "8"])
def test_round_things_and_strokes_are_not(text: str) -> None:
    assert not is_writing(said(text), SHAPE)


def test_what_is_read_with_doubt_is_not() -> None:
    assert not is_writing(said("Au NPs", 0.7), SHAPE)


def test_panel_letters_stand_in_corners() -> None:
    assert is_writing(said("(b)", box=Box(5, 5, 30, 40)), SHAPE)
    assert not is_writing(said("(b)"), SHAPE)


def test_small_letters_between_brackets_are_letters_too() -> None:
    picture = np.full(SHAPE, 60, np.uint8)
    cv2.putText(picture, "(c)", (12, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 2)
    (line,) = read_lines(picture, [FoundText(Box(4, 7, 54, 76), 1.0)])
    assert len(letter_boxes(picture, [line])) == 3


def test_boxes_hold_the_letters_and_leave_the_gaps() -> None:
    picture = written("Au NPs")
    (line,) = read_lines(picture, [FoundText(Box(198, 250, 232, 370), 1.0)])
    covered = np.zeros(SHAPE, bool)
    for box in letter_boxes(picture, [line]):
        covered[box.window] = True
    assert covered[picture == 255].mean() > 0.95
    assert not covered[198:232, 250:370].all()
    assert not covered[:190].any()


def test_a_scan_names_the_letters() -> None:
    reading = scan_scale(Micrograph.from_array(written("Au NPs")))
    assert reading.bar is None
    assert len(reading.letters) >= 4
    assert all(190 < box.top < box.bottom < 240 and 240 < box.left < 400 for box in reading.letters)


def test_objects_that_are_letters_are_left_out_and_others_stay_whole() -> None:
    labels = np.zeros((60, 90), np.uint32)
    labels[10:20, 10:18] = 1
    labels[5:40, 30:70] = 2
    found = Segmentation(
        labels, np.ones(2, np.float32), SegmenterSettings(), cast("ModelInfo", None), 1.0, Box(0, 0, 60, 90)
    )
    kept = found.without((), letters=(Box(8, 8, 22, 20), Box(8, 40, 22, 50)))
    assert len(kept) == 1
    assert np.array_equal(kept.labels > 0, labels == 2)
    assert "1 object" in kept.notes[0]
    assert len(found.without((), letters=(Box(8, 8, 15, 20),))) == 2
