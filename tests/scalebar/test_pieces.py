"""Bars that their label, or tails of its letters, cut are read whole, and a piece of one is never taken for it."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph
from uniaims.scalebar import ScaleBar, read_scale, scan_scale
from uniaims.scalebar.candidates import Candidate, joined_pieces
from uniaims.scalebar.decision import goes_on
from uniaims.scalebar.measuring import measure_bar

LABEL = Box(100, 100, 130, 220)


def ground(level: int = 90) -> NDArray[np.uint8]:
    return np.clip(np.random.default_rng(0).normal(level, 6, (512, 640)), 0, 255).astype(np.uint8)


def read(gray: NDArray[np.uint8]) -> ScaleBar | None:
    return read_scale(Micrograph.from_array(gray))


@pytest.mark.parametrize("thickness", [1, 2, 4, 9])
def test_a_label_between_two_dashes_is_a_split_bar(thickness: int) -> None:
    gray = ground()
    gray[:, 440:] = np.clip(gray[:, 440:].astype(int) + 70, 0, 255)  # one arm lies on brighter ground
    cv2.putText(gray, "200 nm", (300, 460), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    top = 448 - thickness // 2
    for left, right in ((240, 290), (425, 475)):
        gray[top : top + thickness, left:right] = 255
    bar = read(gray)
    assert bar is None or bar.length_px == pytest.approx(235, abs=1.5)
    assert thickness < 2 or (bar is not None and bar.kind == "split")


def underlined(halo: bool, below: int = 0) -> NDArray[np.uint8]:
    """``500 nm`` with tails that reach into the line under it, and with a dark outline around them if `halo`."""
    gray = ground()
    gray[462:470, 60:260] = 255
    if halo:
        gray[455:472, 148:166] = gray[455:472, 201:219] = 0
        gray[455:470, 152:162] = gray[455:470, 205:215] = 255
    cv2.putText(gray, "500 nm", (80, 455 + below), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    cv2.line(gray, (157, 440), (157, 472), 255, 3)
    return gray


@pytest.mark.parametrize("halo", [False, True])
def test_tails_of_letters_do_not_shorten_a_line_under_the_label(halo: bool) -> None:
    bar = read(underlined(halo))
    assert bar is None or bar.length_px == pytest.approx(200, rel=0.01)


def test_pieces_are_joined_across_gaps_of_tails_alone() -> None:
    def piece(left: int, right: int, top: int = 134) -> Candidate:
        return Candidate(Box(top, left, top + 6, right), True)

    (whole,) = joined_pieces([piece(90, 150), piece(165, 190), piece(205, 260)], LABEL)
    assert (whole.kind, whole.box, len(whole.parts)) == ("cut", Box(134, 90, 140, 260), 3)
    assert joined_pieces([piece(90, 150), piece(190, 260)], LABEL) == []  # wider than a tail
    assert joined_pieces([piece(90, 150), piece(165, 260, 138)], LABEL) == []  # not level
    assert joined_pieces([piece(90, 150, 200), piece(165, 260, 200)], LABEL) == []  # too far from the letters
    (split,) = joined_pieces([piece(30, 90, 112), piece(230, 290, 112)], LABEL)
    assert (split.kind, split.box) == ("split", Box(112, 30, 118, 290))
    assert joined_pieces([piece(30, 90, 112), piece(230, 430, 112)], LABEL) == []  # not of like length


def test_another_piece_in_its_rows_makes_a_bar_unsure() -> None:
    gray = ground()
    gray[300:308, 100:200] = 255
    bar = measure_bar(gray, Candidate(Box(300, 100, 308, 200), True))
    assert bar is not None and not goes_on(gray, bar, Box(260, 110, 290, 190))
    gray[300:308, 215:260] = 255
    bar = measure_bar(gray, Candidate(Box(300, 100, 308, 200), True))
    assert bar is not None and goes_on(gray, bar, Box(260, 110, 290, 190))


def test_one_arm_of_a_split_bar_is_not_taken_for_the_bar() -> None:
    gray = ground()
    cv2.putText(gray, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    gray[470:476, 60:160] = gray[470:476, 190:245] = 255
    reading = scan_scale(Micrograph.from_array(gray))
    assert reading.bar is None
    assert any("piece" in reason or "did not find" in reason or "led to" in reason for reason in reading.refusals)
