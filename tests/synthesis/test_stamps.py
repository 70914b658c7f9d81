import numpy as np
import pytest

from uniaims.synthesis.relief import Relief
from uniaims.synthesis.stamps import Pen, Wire, draw_peaks, imprint


def straight(radius: float, bore: float = 0.0, row: float = 30.0) -> Wire:
    return Wire(np.array([[row, 10.0, radius], [row, 90.0, radius]]), np.full(2, radius), bore)


def test_a_straight_wire_is_a_half_round_bar_of_its_length_and_width() -> None:
    stamp = Pen((60, 100)).draw(straight(6.0))
    relief = Relief.flat((60, 100))
    assert imprint(relief, stamp, 3) == len(stamp.rows)
    between = imprint(Relief.flat((60, 100)), Pen((60, 100)).draw(straight(6.0, row=30.5)), 3)
    assert between == pytest.approx(80 * 12 + np.pi * 36, rel=0.03)
    assert relief.height[30, 50] == pytest.approx(12)
    assert relief.height[33, 50] == pytest.approx(6 + np.sqrt(36 - 9), rel=1e-5)
    assert relief.slope_y[33, 50] == pytest.approx(-3 / np.sqrt(27), rel=1e-5)
    assert relief.thickness[33, 50] == pytest.approx(2 * np.sqrt(27), rel=1e-5)


def test_a_bored_wire_has_less_mass_in_its_middle_than_at_its_walls() -> None:
    stamp = Pen((60, 100)).draw(straight(10.0, 0.7))
    relief = Relief.flat((60, 100))
    imprint(relief, stamp, 1)
    assert relief.thickness[30, 50] == pytest.approx(20 * 0.3, rel=1e-4)
    assert relief.thickness[37, 50] > 2 * relief.thickness[30, 50]


def test_a_pen_forgets_the_wire_before() -> None:
    pen = Pen((60, 100))
    first = pen.draw(straight(6.0))
    pen.draw(Wire(np.array([[5.0, 5.0, 0.0], [50.0, 20.0, 0.0]]), np.full(2, 9.0)))
    again = pen.draw(straight(6.0))
    np.testing.assert_array_equal(first.rows, again.rows)
    np.testing.assert_array_equal(first.upper, again.upper)
    np.testing.assert_array_equal(first.mass, again.mass)


def test_what_lies_outside_is_left_out() -> None:
    stamp = Pen((20, 20)).draw(Wire(np.array([[-50.0, 5.0, 0.0], [-10.0, 5.0, 0.0]]), np.full(2, 4.0)))
    assert len(stamp.rows) == 0


def test_peaks_add_up_and_their_discs_are_numbered() -> None:
    thickness, labels = np.zeros((40, 40), np.float32), np.zeros((40, 40), np.int32)
    draw_peaks(np.array([[10.0, 10.0], [10.0, 20.0]]), np.array([3.0, 5.0]), (2.0, 2.4), thickness, labels)
    assert thickness[10, 10] == pytest.approx(3, abs=0.01)
    assert thickness[10, 15] == pytest.approx(8 * np.exp(-25 / 8), rel=1e-4)
    assert labels[10, 12] == 1
    assert labels[10, 20] == 2
    assert labels[10, 15] == 0
