"""Which bars may belong to a label."""

import cv2
import pytest

from uniaims.scalebar import (
    scan_scale,
)

from .pictures import length_of, micrograph, picture, written


def test_a_label_without_a_bar_gives_none_and_the_reason() -> None:
    gray = picture()
    gray[465:485] = gray[100:120]
    reading = scan_scale(micrograph(gray))
    assert reading.bar is None
    assert any("500" in reason for reason in reading.refusals)


def test_a_piece_of_a_dashed_bar_is_no_bar() -> None:
    gray = written()
    for left in range(60, 260, 50):
        gray[470:478, left : left + 30] = 255
    length = length_of(gray)
    assert length is None or length == pytest.approx(180, rel=0.01)


def test_the_frame_of_a_ticked_bar_is_not_taken_for_it() -> None:
    gray = written()
    gray[420:500, 40:280] = 200
    cv2.putText(gray, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2, cv2.LINE_AA)
    cv2.rectangle(gray, (42, 422), (277, 497), 0, 1)
    gray[475:477, 60:260] = 0
    gray[468:484, 60:62] = gray[468:484, 258:260] = 0
    assert length_of(gray) == pytest.approx(198, rel=0.01)


def test_strokes_of_letters_are_no_bars() -> None:
    """Beside a bar that can't be made out, a part of the label was taken for it."""
    assert length_of(written("5 nm")) is None
