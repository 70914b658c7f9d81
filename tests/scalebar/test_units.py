"""Units in words, capitals and inches; and what is no length."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.micrograph import Micrograph
from uniaims.scalebar import read_scale


def picture(label: str) -> NDArray[np.uint8]:
    gray = np.clip(np.random.default_rng(0).normal(90, 8, (512, 640)), 0, 255).astype(np.uint8)
    gray[470:478, 60:310] = 255
    cv2.putText(gray, label, (70, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return gray


@pytest.mark.parametrize(
    ("label", "length_nm"),
    [
        ("10 MICRONS", 10e3), ("1 MICRON", 1e3), ("50 microns", 50e3), ("5 UM", 5e3), ("0.1 in", 2.54e6),
        ("1 inch", 25.4e6), ("2 mil", 50.8e3), ("5 mils", 127e3), ("200 nm", 200.0), ("2 mm", 2e6),
    ],
)  # fmt: skip
def test_lengths_in_all_their_units(label: str, length_nm: float) -> None:
    bar = read_scale(Micrograph.from_array(picture(label)))
    assert bar is not None
    assert bar.pixel_size_nm == pytest.approx(length_nm / 250, rel=0.01)


@pytest.mark.parametrize("label", ["MOnA", "nm", "l nm", "O um", "min", "200 5m"])
def test_what_has_no_plain_digit_or_unit_is_no_length(label: str) -> None:
    assert read_scale(Micrograph.from_array(picture(label))) is None
