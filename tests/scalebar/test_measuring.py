"""Ends of bars between pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.candidates import find_bars, find_gaps
from uniaims.scalebar.measuring import Bar, measure_bar

SHAPE = (160, 400)


LABEL = Box(70, 150, 90, 240)


def ground(noise: float = 0.0, seed: int = 0) -> NDArray[np.uint8]:
    levels = np.random.default_rng(seed).normal(90, noise, SHAPE) if noise else np.full(SHAPE, 90.0)
    return np.clip(levels, 0, 255).astype(np.uint8)


def with_bar(start: float, end: float, top: int, thickness: int, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A white bar with ends between pixels: the share of each pixel that it covers."""
    columns = np.arange(SHAPE[1])
    cover = np.clip(np.minimum(columns + 1, end) - np.maximum(columns, start), 0, 1)
    picture = gray.astype(float)
    rows = slice(top, top + thickness)
    picture[rows] += (255 - picture[rows]) * cover
    return np.rint(picture).astype(np.uint8)


def best(gray: NDArray[np.uint8], ink: float = 255.0) -> Bar:
    bars = [bar for bar in (measure_bar(gray, each) for each in find_bars(gray, LABEL, ink)) if bar]
    return max(bars, key=lambda bar: bar.quality)


@settings(max_examples=25, deadline=None)
@given(
    start=st.floats(30, 120), length=st.floats(25, 250), thickness=st.integers(2, 14), noise=st.sampled_from([0, 12])
)
def test_ends_of_plain_bars_are_found_between_pixels(start: float, length: float, thickness: int, noise: int) -> None:
    bar = best(with_bar(start, start + length, 100, thickness, ground(noise)))
    tolerance = 0.1 if not noise else 0.6
    assert bar.start == pytest.approx(start, abs=tolerance)
    assert bar.length_px == pytest.approx(length, abs=2 * tolerance)


@pytest.mark.parametrize("level", [0, 255])
def test_dark_and_bright_bars_measure_alike(level: int) -> None:
    gray = ground(5)
    gray[100:106, 60:260] = level
    assert best(gray, level).length_px == pytest.approx(200, abs=0.3)
    assert best(gray, level).bright == (level == 255)


def test_bars_with_end_ticks_run_from_tick_centre_to_tick_centre() -> None:
    gray = ground()
    gray[110:112, 60:263] = 255
    gray[102:120, 60:63] = 255
    gray[102:120, 260:263] = 255
    bar = best(gray)
    assert bar.ticks
    assert bar.crossed
    assert bar.tick_px == pytest.approx(3, abs=0.5)
    assert bar.length_px == pytest.approx(200, abs=0.3)


@pytest.mark.parametrize("side", [slice(102, 112), slice(110, 120)], ids=["above", "below"])
def test_ticks_at_one_side_are_ticks_too(side: slice) -> None:
    gray = ground()
    gray[110:112, 60:263] = 255
    gray[side, 60:63] = gray[side, 260:263] = 255
    bar = best(gray)
    assert (bar.ticks, bar.crossed) == (True, False)
    assert (bar.start, bar.end) == (pytest.approx(61.5, abs=0.2), pytest.approx(261.5, abs=0.2))
    assert bar.tick_rows >= 8


@pytest.mark.parametrize("lonely", [True, False], ids=["at one end", "at different sides"])
def test_marks_that_do_not_match_are_no_ticks(lonely: bool) -> None:
    gray = ground()
    gray[110:112, 60:263] = gray[102:112, 60:63] = 255
    if not lonely:
        gray[110:120, 260:263] = 255
    bar = best(gray)
    assert not bar.ticks
    assert bar.tick_px == 0
    assert (bar.start, bar.end) == (pytest.approx(60, abs=0.3), pytest.approx(263, abs=0.3))


def test_bars_split_by_their_label_are_measured_as_one() -> None:
    gray = ground()
    gray[79:82, 60:145] = 255
    gray[79:82, 245:330] = 255
    split = [each for each in find_bars(gray, LABEL, 255.0) if each.kind == "split"]
    bar = measure_bar(gray, split[0])
    assert bar is not None
    assert bar.length_px == pytest.approx(270, abs=0.3)
    assert any(gap.left <= 150 and gap.right >= 240 for gap in find_gaps(gray))


def test_bars_with_round_ends_run_from_tip_to_tip() -> None:
    gray = ground()
    cv2.line(gray, (66, 106), (254, 106), 255, 13, cv2.LINE_AA)
    assert best(gray).length_px == pytest.approx(201, abs=0.8)


def test_split_bars_with_end_ticks_run_from_tick_centre_to_tick_centre() -> None:
    gray = ground()
    for columns in ((60, 145), (245, 330)):
        gray[79:82, slice(*columns)] = 255
    gray[73:88, 60:63] = gray[73:88, 327:330] = 255
    split = next(each for each in find_bars(gray, LABEL, 255.0) if each.kind == "split")
    bar = measure_bar(gray, split)
    assert bar is not None
    assert (bar.ticks, bar.tick_px) == (True, 3)
    assert bar.length_px == pytest.approx(267, abs=0.3)


def test_a_bar_that_touches_bright_particles_keeps_its_ends() -> None:
    gray = with_bar(60, 260, 100, 8, ground(6))
    cv2.circle(gray, (150, 96), 12, 235, -1)
    gray[100:108, 60:260] = 255
    assert best(gray).length_px == pytest.approx(200, abs=1)


def test_nothing_is_measured_on_plain_ground() -> None:
    bars = [measure_bar(ground(10), each) for each in find_bars(ground(10), LABEL, 255.0)]
    assert max((bar.quality for bar in bars if bar), default=0) < 0.35
