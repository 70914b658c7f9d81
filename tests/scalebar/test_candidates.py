"""Where bars and rulers may be near a label."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import Candidate, dotted_rulers, find_rulers, joined_pieces
from uniaims.scalebar.measuring import measure_bar

SHAPE = (160, 400)


LABEL = Box(70, 150, 90, 240)


def ground(noise: float = 0.0, seed: int = 0) -> NDArray[np.uint8]:
    levels = np.random.default_rng(seed).normal(90, noise, SHAPE) if noise else np.full(SHAPE, 90.0)
    return np.clip(levels, 0, 255).astype(np.uint8)


def test_rulers_run_from_the_first_to_the_last_tick() -> None:
    gray = ground()
    for number in range(11):
        gray[100:110, 40 + 25 * number : 42 + 25 * number] = 255
    (ruler,) = [each for each in find_rulers(gray, LABEL) if each.bright]
    bar = measure_bar(gray, ruler)
    assert bar is not None
    assert (bar.kind, bar.marks) == ("ruler", 11)
    assert bar.length_px == pytest.approx(250, abs=0.1)


def test_dotted_rulers_run_from_the_first_to_the_last_dot() -> None:
    """Eleven dots are ten divisions: a length is that between the outer dots' centres."""
    gray = ground(4)
    for number in range(11):
        cv2.circle(gray, (50 + 28 * number, 108), 3, 255, -1, cv2.LINE_AA)
    bars = [bar for each in find_rulers(gray, LABEL) if (bar := measure_bar(gray, each)) is not None and each.bright]
    assert bars[0].marks == 11
    assert bars[0].length_px == pytest.approx(280, abs=0.2)


def test_unequal_steps_are_no_ruler() -> None:
    gray = ground()
    for column in (40, 60, 95, 120, 170, 185, 240):
        gray[100:110, column : column + 2] = 255
    assert find_rulers(gray, LABEL) == ()


UNDERLINED = Box(100, 100, 130, 220)


def test_pieces_are_joined_across_gaps_of_tails_alone() -> None:
    def piece(left: int, right: int, top: int = 134) -> Candidate:
        return Candidate(Box(top, left, top + 6, right), True)

    (whole,) = joined_pieces([piece(90, 150), piece(165, 190), piece(205, 260)], UNDERLINED)
    assert (whole.kind, whole.box, len(whole.parts)) == ("cut", Box(134, 90, 140, 260), 3)
    assert joined_pieces([piece(90, 150), piece(190, 260)], UNDERLINED) == []  # wider than a tail
    assert joined_pieces([piece(90, 150), piece(165, 260, 138)], UNDERLINED) == []  # not level
    assert joined_pieces([piece(90, 150, 200), piece(165, 260, 200)], UNDERLINED) == []  # too far from the letters
    (split,) = joined_pieces([piece(30, 90, 112), piece(230, 290, 112)], UNDERLINED)
    assert (split.kind, split.box) == ("split", Box(112, 30, 118, 290))
    assert joined_pieces([piece(30, 90, 112), piece(230, 430, 112)], UNDERLINED) == []  # not of like length


@pytest.mark.parametrize("hidden", [(), (3,), (3, 8)])
def test_dots_are_found_where_single_ones_are_hidden(hidden: tuple[int, ...]) -> None:
    gray = np.clip(np.random.default_rng(0).normal(150, 12, (60, 500)), 0, 240).astype(np.uint8)
    for index in range(11):
        if index not in hidden:
            cv2.circle(gray, (50 + 40 * index, 30), 3 if index % 5 == 0 else 2, 255, -1)
    (ruler,) = dotted_rulers(gray, Box(0, 0, 60, 500), 20, 255.0, 105.0)
    bar = measure_bar(gray, ruler)
    assert bar is not None
    assert (len(ruler.marks), bar.length_px) == (11, pytest.approx(400, abs=0.5))


def test_five_dots_are_no_ruler() -> None:
    gray = np.full((60, 500), 90, np.uint8)
    for index in range(5):
        cv2.circle(gray, (50 + 40 * index, 30), 3, 255, -1)
    assert dotted_rulers(gray, Box(0, 0, 60, 500), 20, 255.0, 165.0) == []
