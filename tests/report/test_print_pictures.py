"""The picture as it is printed: what was left out is dimmed, details follow where the overview is too coarse."""

from dataclasses import replace

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.micrograph import PixelSize
from uniaims.report import Findings, print_pictures
from uniaims.report.print_pictures import DETAIL_PX, close_ups, overview


def grid(height: int, width: int, places: list[tuple[int, int]]) -> np.ndarray:
    """Squares of 10 px at these places."""
    labels = np.zeros((height, width), np.uint32)
    for number, (top, left) in enumerate(places, 1):
        labels[top : top + 10, left : left + 10] = number
    return labels


def test_what_was_not_evaluated_is_dimmed(make_content):
    content = replace(make_content(), content=Box(0, 0, 100, 220))
    drawn, whole = overview(Findings(content)).pixels(), overview(Findings(make_content())).pixels()
    np.testing.assert_array_equal(drawn[:100], whole[:100])
    np.testing.assert_array_equal(drawn[100:], (whole[100:] * print_pictures.DIMMED).astype(np.uint8))


def test_a_picture_has_the_proportions_of_the_sample(make_content):
    assert overview(Findings(make_content())).aspect == pytest.approx(220 / 160)
    oblong = make_content(pixel_size=PixelSize.of_sides(2.0, 4.0))
    assert overview(Findings(oblong)).aspect == pytest.approx(220 / 160 / 2)


@pytest.mark.parametrize(
    ("pixel_size", "length_nm", "text"),
    [("2.5 nm", 100.0, "100 nm"), ("1 nm", 50.0, "50 nm"), ("0.1 um", 5000.0, "5 µm"), (None, 0.0, "")],
)
def test_the_bar_is_the_longest_round_length_of_a_quarter(make_content, pixel_size, length_nm, text):
    part, shown = overview(Findings(make_content(pixel_size=pixel_size))).bar
    assert shown == text
    side = {"2.5 nm": 2.5, "1 nm": 1.0, "0.1 um": 100.0, None: 1.0}[pixel_size]
    assert part == pytest.approx(length_nm / (220 * side))
    assert part <= print_pictures.BAR_PART


def test_of_a_small_picture_there_are_no_details(make_content):
    assert close_ups(Findings(make_content())) == ()


@pytest.mark.parametrize("pixel_size", [None, "2.5 nm", PixelSize.of_sides(2.0, 4.0)])
def test_details_are_spread_over_a_large_picture_and_lie_in_it(make_content, pixel_size):
    """Cells of 500 x 800 px; one of them is empty, and one has its object in a corner of the picture."""
    places = [(0, 0), (240, 1190), (240, 2000), (700, 380), (700, 1190)]
    findings = Findings(make_content(labels=grid(1000, 2400, places), pixel_size=pixel_size))
    made = close_ups(findings)
    assert [each.name for each in made] == [f"detail-{letter}" for letter in "abcde"]
    assert [each.caption for each in made] == list("abcde")
    for each in made:
        assert each.pixels().shape[:2] == (DETAIL_PX, DETAIL_PX)
    boxes = [print_pictures._place(findings, row, column) for row in range(2) for column in range(3)]
    assert boxes[0] == Box(0, 0, DETAIL_PX, DETAIL_PX)
    assert boxes[5] is None
    assert boxes[1] == Box(4, 954, 484, 1434)
