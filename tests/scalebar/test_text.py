"""Text that is found and read."""

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.reading import read_lines
from uniaims.scalebar.text import FoundText, find_text, read_text


def printed(text: str, bright: bool = True) -> NDArray[np.uint8]:
    gray = np.full((60, 26 * len(text) + 40), 60 if bright else 190, np.uint8)
    cv2.putText(gray, text, (20, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255 if bright else 0, 2, cv2.LINE_AA)
    return gray


def test_lines_read_together_read_as_alone() -> None:
    crops = [printed("200 nm"), printed("5 um"), printed("200 nm", bright=False)]
    together = [line.text for line in read_text(crops)]
    assert together == [read_text([crop])[0].text for crop in crops]


def test_nothing_is_read_where_nothing_is_written() -> None:
    empty = np.full((300, 300), 120, np.uint8)
    assert find_text(empty) == ()
    assert read_lines(empty, [FoundText(Box(10, 10, 40, 100), 1.0)]) == ()
