"""The language of labels."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.micrograph import Micrograph
from uniaims.scalebar import read_scale
from uniaims.scalebar.grammar import Label, best_labels, digits, spellings
from uniaims.scalebar.text import text_models

from .pictures import said


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("500nm", 500, "nm"),
        ("1 .0 µm", 1, "µm"),
        ("0,5 um", 0.5, "µm"),
        (".2 µm", 0.2, "µm"),
        ("50 nn", 50, "nm"),
        ("lO µm", 10, "µm"),
        ("2OO nm", 200, "nm"),
        ("5 Å", 5, "Å"),
        ("1 mm", 1, "mm"),
    ],
)
def test_the_likeliest_label(text: str, value: float, unit: str) -> None:
    found = best_labels(said(text, 0.9), text_models().characters)
    assert found[0].label == Label(value, unit)


@pytest.mark.parametrize("text", ["Mag", "EHT", "SE2", "x25,000", "12:24:05"])
def test_other_text_supports_no_label(text: str) -> None:
    assert all(each.support < -0.5 for each in best_labels(said(text), text_models().characters))


def test_spellings_mean_the_number() -> None:
    assert spellings(0.5) == ("0.5", "0.50", ".5")
    assert spellings(10.0) == ("10", "10.0", "10.00")


def test_digits_are_told_from_letters_that_look_like_them() -> None:
    assert [digits(number) for number in ("O.5O", "1 .0", "lO", "0,2", "0.00")] == ["50", "10", "10", "2", ""]


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
