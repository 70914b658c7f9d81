"""The ink of a label tells how many digits it has, and whether there is a point."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.scalebar.ink import Glyphs, glyphs_in


def written(text: str) -> NDArray[np.uint8]:
    levels = np.clip(np.random.default_rng(0).normal(90, 6, (50, 40 + 24 * len(text))), 0, 255).astype(np.uint8)
    cv2.putText(levels, text, (12, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return levels


@pytest.mark.parametrize(
    ("text", "digits", "points"), [("100 nm", 3, 0), ("50 um", 2, 0), ("5 nm", 1, 0), ("1.0 nm", 2, 1)]
)
def test_digits_and_points_are_counted(text: str, digits: int, points: int) -> None:
    found = glyphs_in(written(text), len(text.replace(" ", "")))
    assert (len(found.digits), len(found.points)) == (digits, points)


def test_a_lost_digit_or_point_is_seen() -> None:
    hundred, one = glyphs_in(written("100 nm"), 5), glyphs_in(written("1.0 nm"), 4)
    assert hundred.allows(("100",)) and not hundred.allows(("10",))
    assert not hundred.allows(("1",))  # two lost
    assert hundred.allows(("1",), 2) and not hundred.allows(("10",), 2)  # unless the unit has two letters as high
    assert one.allows(("1", "1.0")) and not one.allows(("10",))


def test_no_ink_says_nothing() -> None:
    assert glyphs_in(np.full((40, 80), 90, np.uint8), 4) == Glyphs()
    assert Glyphs().allows(("10",))
