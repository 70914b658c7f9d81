import math

import pytest

from uniaims.pages import units


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (12.3456, 4, "12.35"),
        (0.00012345, 3, "0.000123"),
        (9.9996, 4, "10.00"),
        (12345.678, 4, "12\u202f350"),
        (1234567.0, 3, "1\u202f230\u202f000"),
        (-0.5, 2, "−0.50"),
        (1.5e9, 3, "1.50×10⁹"),
        (2.5e-7, 2, "2.5×10⁻⁷"),
        (0.0, 4, "0"),
        (math.nan, 4, "–"),
        (math.inf, 4, "–"),
        (None, 4, "–"),
    ],
)
def test_numbers_have_significant_digits(value, digits, written):
    assert units.number(value, digits) == written


@pytest.mark.parametrize(
    ("nm", "symbol"), [(0.2, "nm"), (999, "nm"), (1000, "µm"), (5e5, "µm"), (2e6, "mm"), (math.nan, "nm")]
)
def test_length_unit_follows_the_typical_length(nm, symbol):
    assert units.length_unit(nm).symbol == symbol


@pytest.mark.parametrize(
    ("per_nm2", "symbol"), [(1.0, "nm"), (1e-4, "µm"), (5e-12, "mm"), (0.0, "µm"), (math.nan, "µm")]
)
def test_density_unit_gives_readable_numbers(per_nm2, symbol):
    assert units.density_unit(per_nm2).symbol == symbol


def test_whole_numbers_and_nouns():
    assert units.count(1234567) == "1\u202f234\u202f567"
    assert units.counted(1, "object") == "1 object"
    assert units.counted(0, "object") == "0 objects"
    assert units.counted(2, "series", "series") == "2 series"


def test_shares_and_intervals():
    assert units.percent(0.12345) == "12.3\u202f%"
    assert units.percent(None) == "–"
    assert units.interval(1.0, 2.0, 2) == "1.0\u00a0–\u00a02.0"
    assert units.interval(math.nan, 2.0) == "–"


def test_quantities_do_not_break():
    assert units.quantity(2.5, "nm", 2) == "2.5\u00a0nm"
    assert units.quantity(2.5, "", 2) == "2.5"


def test_density_without_pixel_size_is_per_megapixel():
    assert units.MEGAPIXEL.size**2 == 1e6
    assert units.MEGAPIXEL.density_symbol == "per Mpx"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (1.93e-6, "1.9 µs"), (0.0, "0.0 µs"), (0.255, "255 ms"), (0.048, "48 ms"), (0.25, "250 ms"),
        (3.42, "3.4 s"), (24.4, "24.4 s"), (125.4, "2 min 5 s"), (7265, "121 min 5 s"),
    ],
)  # fmt: skip
def test_times_have_sensible_units(seconds, written):
    assert units.duration(seconds).replace("\u00a0", " ") == written


@pytest.mark.parametrize(("length_nm", "written"), [(4510, "4.51 µm"), (45, "45.0 nm"), (2.5e6, "2.50 mm")])
def test_lengths_have_the_unit_that_suits(length_nm, written):
    assert units.length_text(length_nm).replace("\u00a0", " ") == written
