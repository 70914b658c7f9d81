"""Which pair of label and bar is taken."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph
from uniaims.scalebar import (
    ScaleBar,
    read_scale,
    scan_scale,
)
from uniaims.scalebar.candidates import Candidate
from uniaims.scalebar.decision import goes_on
from uniaims.scalebar.measuring import measure_bar

from .pictures import length_of, micrograph, picture, written


def test_two_bars_of_one_label_are_not_guessed() -> None:
    gray = picture()
    gray[405:413, 60:200] = 255
    reading = scan_scale(micrograph(gray))
    assert reading.bar is None
    assert any("as likely" in reason for reason in reading.refusals)


def test_hollow_bars_run_from_outer_edge_to_outer_edge() -> None:
    gray = written()
    gray[468:488, 60:260] = 255
    gray[471:485, 63:257] = 0
    assert length_of(gray) == pytest.approx(200, rel=0.01)


def test_a_bar_in_an_outline_is_measured_without_it() -> None:
    gray = written()
    cv2.putText(gray, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 6, cv2.LINE_AA)
    cv2.putText(gray, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    gray[468:480, 58:262] = 0
    gray[470:478, 60:260] = 255
    assert length_of(gray) == pytest.approx(200, rel=0.01)


def even_ground(level: int = 90) -> NDArray[np.uint8]:
    return np.clip(np.random.default_rng(0).normal(level, 6, (512, 640)), 0, 255).astype(np.uint8)


def read(gray: NDArray[np.uint8]) -> ScaleBar | None:
    return read_scale(Micrograph.from_array(gray))


@pytest.mark.parametrize("thickness", [1, 2, 4, 9])
def test_a_label_between_two_dashes_is_a_split_bar(thickness: int) -> None:
    gray = even_ground()
    gray[:, 440:] = np.clip(gray[:, 440:].astype(int) + 70, 0, 255)  # one arm lies on brighter even_ground
    cv2.putText(gray, "200 nm", (300, 460), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    top = 448 - thickness // 2
    for left, right in ((240, 290), (425, 475)):
        gray[top : top + thickness, left:right] = 255
    bar = read(gray)
    assert bar is None or bar.length_px == pytest.approx(235, abs=1.5)
    assert thickness < 2 or (bar is not None and bar.kind == "split")


def underlined(halo: bool, below: int = 0) -> NDArray[np.uint8]:
    """``500 nm`` with tails that reach into the line under it, and with a dark outline around them if `halo`."""
    gray = even_ground()
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


def test_another_piece_in_its_rows_makes_a_bar_unsure() -> None:
    gray = even_ground()
    gray[300:308, 100:200] = 255
    bar = measure_bar(gray, Candidate(Box(300, 100, 308, 200), True))
    assert bar is not None and not goes_on(gray, bar, Box(260, 110, 290, 190))
    gray[300:308, 215:260] = 255
    bar = measure_bar(gray, Candidate(Box(300, 100, 308, 200), True))
    assert bar is not None and goes_on(gray, bar, Box(260, 110, 290, 190))


def test_one_arm_of_a_split_bar_is_not_taken_for_the_bar() -> None:
    gray = even_ground()
    cv2.putText(gray, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    gray[470:476, 60:160] = gray[470:476, 190:245] = 255
    reading = scan_scale(Micrograph.from_array(gray))
    assert reading.bar is None
    assert any("piece" in reason or "did not find" in reason or "led to" in reason for reason in reading.refusals)
