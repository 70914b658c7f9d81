"""Rulers of dots on pictures that are as bright as they are here and there."""

import cv2
import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.scalebar.candidates import dotted_rulers
from uniaims.scalebar.measuring import measure_bar


@pytest.mark.parametrize("hidden", [(), (3,), (3, 8)])
def test_dots_are_found_where_single_ones_are_hidden(hidden: tuple[int, ...]) -> None:
    gray = np.clip(np.random.default_rng(0).normal(150, 12, (60, 500)), 0, 240).astype(np.uint8)
    for index in range(11):
        if index not in hidden:
            cv2.circle(gray, (50 + 40 * index, 30), 3 if index % 5 == 0 else 2, 255, -1)
    (ruler,) = dotted_rulers(gray, Box(0, 0, 60, 500), 20, 255.0, 105.0)
    bar = measure_bar(gray, ruler)
    assert bar is not None
    assert (len(ruler.marks), bar.length_px) == (11, pytest.approx(400, abs=0.5))


def test_five_dots_are_no_ruler() -> None:
    gray = np.full((60, 500), 90, np.uint8)
    for index in range(5):
        cv2.circle(gray, (50 + 40 * index, 30), 3, 255, -1)
    assert dotted_rulers(gray, Box(0, 0, 60, 500), 20, 255.0, 165.0) == []
