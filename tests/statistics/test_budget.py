import math

import pytest

from uniaims.errors import SettingsError
from uniaims.statistics.budget import estimate, rounded


@pytest.mark.parametrize(
    ("value", "u", "expected"),
    [
        (43.27, 1.36, ("43.3", "1.4")),
        (43.27, 0.0996, ("43.27", "0.10")),
        (99.99, 0.9999, ("100.0", "1.0")),
        (1_234_567, 23_456, ("1235000", "23000")),
        (0.00123, 0.0000456, ("0.001230", "0.000046")),
        (5, 12, ("5", "12")),
        (-43.27, 1.36, ("-43.3", "1.4")),
        (43.27, math.nan, ("43.3", "")),
        (0, 0, ("0", "")),
        (math.nan, 1, ("–", "")),
    ],
)
def test_digits_follow_from_the_uncertainty(value, u, expected):
    assert rounded(value, u) == expected


def test_parts_add_in_squares_at_k_2():
    figure = estimate(50, "nm", {"scale": 0.03, "sampling": 0.04}, 100)
    assert figure.u == pytest.approx(2 * 50 * 0.05)
    assert figure.text == "50.0 ± 5.0 nm"
    assert list(figure.shares.items()) == [("sampling", pytest.approx(0.64)), ("scale", pytest.approx(0.36))]


def test_a_figure_without_parts_has_no_uncertainty():
    figure = estimate(0.25, "", {}, 3)
    assert math.isnan(figure.u)
    assert figure.text == "0.250"
    assert estimate(2, "nm", {"scale": 0.0}, 3).shares == {"scale": 0.0}


@pytest.mark.parametrize("part", [-0.1, math.nan, math.inf])
def test_parts_that_are_none_are_refused(part):
    with pytest.raises(SettingsError):
        estimate(1, "nm", {"scale": part}, 1)
