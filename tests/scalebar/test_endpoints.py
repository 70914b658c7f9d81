"""Bars of every look, measured in the box where a detector would see them."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.endpoints import measure_by_ends
from uniaims.synthesis.scalebars import BarTruth, draw_scalebar, training_styles

GROUND = np.clip(np.random.default_rng(1).normal(110, 9, (300, 400)), 0, 255).astype(np.uint8)
LOOKS = (
    "alternating", "arrow ticks", "bracket", "dashed bar", "dotted ruler", "end ticks", "graduated", "rounded bar",
    "vertical bar", "fei dated table", "fei quanta", "hitachi ruler strip",
)  # fmt: skip


def drawn(style: str, seed: int = 0) -> tuple[NDArray[np.uint8], BarTruth]:
    """A grey picture with a bar of a style, and what is true of the bar."""
    picture = draw_scalebar(GROUND, style, np.random.default_rng(seed))
    pixels = picture.image if picture.image.ndim == 2 else picture.image[..., 1]
    return np.ascontiguousarray(pixels), picture.truth.bars[0]


def box_of(bar: BarTruth, grown: int = 0) -> Box:
    left, top, right, bottom = bar.box
    return Box(
        max(0, math.floor(top + 0.01) - grown),
        max(0, math.floor(left + 0.01) - grown),
        math.ceil(bottom - 0.01) + grown,
        math.ceil(right - 0.01) + grown,
    )


@pytest.mark.parametrize("style", [name for name in LOOKS if name in training_styles()])
def test_bars_of_every_look_are_measured_within_a_hundredth(style: str) -> None:
    pixels, truth = drawn(style)
    bar = measure_by_ends(pixels, box_of(truth))
    assert bar is not None
    assert bar.length_px == pytest.approx(truth.length_px, rel=0.01, abs=0.3)


def test_looks_are_there() -> None:
    assert len([name for name in LOOKS if name in training_styles()]) >= 7


@pytest.mark.parametrize("grown", [-1, 1, 2])
def test_boxes_may_be_off_by_some_pixels(grown: int) -> None:
    pixels = GROUND.copy()
    pixels[250:262, 60:260] = 255
    box = Box(250 - grown, 60 - grown, 262 + grown, 260 + grown)
    bar = measure_by_ends(pixels, box)
    assert bar is not None
    assert (bar.start, bar.end) == (pytest.approx(60, abs=0.1), pytest.approx(260, abs=0.1))


def test_bars_that_run_downwards_measure_like_those_that_lie() -> None:
    pixels = GROUND.copy()
    pixels[250:262, 60:260] = 0
    lying = measure_by_ends(pixels, Box(250, 60, 262, 260))
    upright = measure_by_ends(np.ascontiguousarray(pixels.T), Box(60, 250, 260, 262))
    assert lying is not None
    assert upright is not None
    assert (upright.length_px, upright.vertical) == (lying.length_px, True)
    assert upright.box == Box(60, 250, 260, 262)


def test_the_label_tells_an_outline_from_what_it_surrounds() -> None:
    pixels = GROUND.copy()
    pixels[250:270, 60:260] = 0
    pixels[253:267, 63:257] = 255
    box = Box(250, 60, 270, 260)
    lengths = []
    for ink in (0.0, 255.0, None):
        bar = measure_by_ends(pixels, box, ink)
        assert bar is not None
        lengths.append(round(bar.length_px))
    assert lengths == [200, 194, 194]


def test_end_ticks_are_measured_at_their_centres() -> None:
    pixels = GROUND.copy()
    pixels[260:262, 60:263] = 255
    pixels[252:270, 60:63] = 255
    pixels[252:270, 260:263] = 255
    bar = measure_by_ends(pixels, Box(252, 60, 270, 263))
    assert bar is not None
    assert bar.ticks
    assert bar.length_px == pytest.approx(200, abs=0.1)
    assert bar.tick_px == pytest.approx(3, abs=0.3)


def test_ticks_beside_a_ground_nearly_as_bright_keep_their_centres() -> None:
    """Between the tick and a grain that reaches to it there is no dark gap."""
    pixels = np.full((100, 400), 55, np.uint8)
    pixels[:, 66:78] = 200
    pixels[49:52, 60:265] = 255
    pixels[40:62, 60:66] = 255
    pixels[40:62, 259:265] = 255
    bar = measure_by_ends(pixels, Box(40, 60, 62, 265), 255.0)
    assert bar is not None
    assert bar.ticks
    assert bar.length_px == pytest.approx(199, abs=0.3)


def test_a_frame_around_a_bar_is_no_end_of_it() -> None:
    pixels = np.full((100, 400), 90, np.uint8)
    pixels[30:70, 90:320] = 0
    pixels[31:69, 91:319] = 255
    pixels[48:53, 96:314] = 0
    bar = measure_by_ends(pixels, Box(48, 96, 53, 314))
    assert bar is not None
    assert bar.length_px == pytest.approx(218, abs=0.3)


def test_short_arrows_run_from_tip_to_tip() -> None:
    pixels = np.full((100, 200), 30.0)
    for column in range(60):
        half = min(column + 0.5, 59.5 - column)
        rows = np.abs(np.arange(100) - 49.5) <= (half * 0.6 if half < 18 else 1)
        pixels[rows, 70 + column] = 255
    bar = measure_by_ends(pixels.astype(np.uint8), Box(39, 70, 61, 130))
    assert bar is not None
    assert bar.length_px == pytest.approx(60, rel=0.02)


def test_a_box_that_is_the_whole_picture_has_no_ground_around() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (12, 200)).astype(np.uint8)
    assert measure_by_ends(gray, Box(0, 0, 12, 200)) is None


def test_nothing_is_measured_on_plain_ground() -> None:
    flat = np.full((100, 300), 90, np.uint8)
    assert measure_by_ends(flat, Box(40, 50, 50, 250)) is None
