"""Text that is found and read."""

import numpy as np

from uniaims.boxes import Box
from uniaims.scalebar.reading import read_lines
from uniaims.scalebar.text import FoundText, find_text, read_text

from .pictures import printed


def test_lines_read_together_read_as_alone() -> None:
    crops = [printed("200 nm"), printed("5 um"), printed("200 nm", bright=False)]
    together = [line.text for line in read_text(crops)]
    assert together == [read_text([crop])[0].text for crop in crops]


def test_nothing_is_read_where_nothing_is_written() -> None:
    empty = np.full((300, 300), 120, np.uint8)
    assert find_text(empty) == ()
    assert read_lines(empty, [FoundText(Box(10, 10, 40, 100), 1.0)]) == ()
