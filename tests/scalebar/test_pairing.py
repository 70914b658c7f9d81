"""Which bars may belong to a label."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.micrograph import Micrograph, PixelSize
from uniaims.scalebar import (
    read_scale,
    scan_scale,
)


def picture(label: str = "500 nm", bar: int = 200, noise: int = 8) -> NDArray[np.uint8]:
    """A noisy ground with a white bar of ``bar`` pixels and its label."""
    gray = np.clip(np.random.default_rng(0).normal(90, noise, (512, 640)), 0, 255).astype(np.uint8)
    cv2.rectangle(gray, (60, 470), (60 + bar - 1, 477), 255, -1)
    cv2.putText(gray, label, (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return gray


def micrograph(array: NDArray[np.uint8], size: PixelSize | None = None) -> Micrograph:
    return Micrograph.from_array(array, size)


def test_a_label_without_a_bar_gives_none_and_the_reason() -> None:
    gray = picture()
    gray[465:485] = gray[100:120]
    reading = scan_scale(micrograph(gray))
    assert reading.bar is None
    assert any("500" in reason for reason in reading.refusals)


def written(label: str = "500 nm") -> NDArray[np.uint8]:
    """A noisy ground with a label."""
    gray = picture(label)
    gray[466:482] = gray[366:382]
    return gray


def length_of(gray: NDArray[np.uint8]) -> float | None:
    bar = read_scale(micrograph(gray))
    return bar and bar.length_px


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
