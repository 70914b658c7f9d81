"""Lengths are customary ones and are written as microscopes write them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.lengths import (
    Length,
    choose_inches,
    choose_length,
    label_text,
    length_text,
    plain_length,
)
from uniaims.synthesis.scalebars.looks import LabelLook

FACTORS = {"Å": 0.1, "nm": 1.0, "µm": 1e3, "mm": 1e6}


@given(st.integers(0, 10**6), st.floats(-2, 4))
def test_value_and_unit_make_the_length(seed: int, exponent: float) -> None:
    rng = np.random.default_rng(seed)
    for pixel_size in (None, 10.0**exponent):
        length = choose_length((60.0, 300.0), (1.0, 1e6), rng, pixel_size, 0.3)
        assert length.value * FACTORS[length.unit] == pytest.approx(length.length_nm)
        assert 59.9 <= length.length_px <= 300.1
        assert length.pixel_size_nm == pytest.approx(pixel_size or length.pixel_size_nm)


def test_lengths_stay_in_their_range() -> None:
    rng = np.random.default_rng(0)
    lengths = [choose_length((50, 100), (10.0, 100.0), rng).length_nm for _ in range(200)]
    assert min(lengths) >= 10 and max(lengths) < 1000


def test_fractions_are_written_as_often_as_wanted() -> None:
    for fractions in (0.0, 1.0):
        rng = np.random.default_rng(0)
        lengths = [choose_length((50, 100), (100.0, 100.0), rng, fractions=fractions) for _ in range(40)]
        assert {length.unit for length in lengths} == {"µm" if fractions else "nm"}


def test_no_room_is_refused() -> None:
    with pytest.raises(SettingsError, match="room for"):
        choose_length((10, 20), (1.0, 1e6), np.random.default_rng(0), 1e-4)


@pytest.mark.parametrize(
    ("value", "unit", "look", "text"),
    [
        (500, "nm", LabelLook(forms=("{value}{unit}",)), "500nm"),
        (1, "µm", LabelLook(forms=("{value}{unit}",), micro=("um",), digits="three"), "1.00um"),
        (200, "nm", LabelLook(forms=("{value} {unit}",), digits="three"), "200 nm"),
        (0.5, "µm", LabelLook(forms=("{value} {unit}",), micro=("μm",), digits="comma"), "0,5 μm"),
        (1, "µm", LabelLook(forms=("{value} {unit}",), micro=("µm",), digits="point"), "1.0 µm"),
        (0.25, "µm", LabelLook(forms=("{value} {unit}",), micro=("µm",), digits="point"), "0.25 µm"),
    ],
)
def test_forms(value: float, unit: str, look: LabelLook, text: str) -> None:
    length = Length(value * FACTORS[unit], 100.0, value, unit)
    assert label_text(length, look, np.random.default_rng(0)) == text


@pytest.mark.parametrize(
    ("length_nm", "text"), [(5974, "5.97 µm"), (137.2, "137 nm"), (2.5e6, "2.50 mm"), (0.3, "0.300 nm")]
)
def test_length_texts(length_nm: float, text: str) -> None:
    assert length_text(length_nm) == text


@pytest.mark.parametrize(("length_nm", "said"), [(20e3, "20 µm"), (0.5, "0.5 nm"), (1500, "1.5 µm"), (1e6, "1 mm")])
def test_plain_lengths_have_no_needless_zeros(length_nm: float, said: str) -> None:
    assert plain_length(length_nm) == said


@pytest.mark.parametrize(("mils", "unit", "factor"), [(False, "in", 25.4e6), (True, "mil", 25.4e3)])
def test_inches_and_mils(mils: bool, unit: str, factor: float) -> None:
    length = choose_inches((50, 100), (1e4, 1e6), np.random.default_rng(0), mils)
    assert length.unit == unit and length.length_nm == pytest.approx(length.value * factor)
    look = LabelLook(inches=("inch",), forms=("{value} {unit}",), capitals=True)
    assert label_text(length, look, np.random.default_rng(0)) == f"{length.value:g} INCH"
    with pytest.raises(SettingsError, match="between"):
        choose_inches((50, 100), (3.0, 4.0), np.random.default_rng(0), mils)
