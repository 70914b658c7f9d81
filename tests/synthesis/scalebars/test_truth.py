"""Truth survives being written, and being scaled and cut."""

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.synthesis.scalebars import STYLES, BarTruth, Distractor, ScaleBarTruth, TextBox, draw_scalebar
from uniaims.synthesis.scalebars.truth import CUT_TEXT

TRUTH = ScaleBarTruth(
    "own", (200, 100), 2.0,
    (BarTruth("plain", (20, 80), (70, 80), (20, 78, 70, 82), 100.0, "100 nm", (30, 60, 60, 70), 100.0, "nm"),),
    (0, 50, 200, 100),
    (TextBox("x", (150, 60, 190, 70)),), (), (Distractor("ring", (100, 10, 120, 30)),),
)  # fmt: skip


def test_json_round_trip() -> None:
    assert ScaleBarTruth.from_json(TRUTH.to_json()) == TRUTH
    for name in list(STYLES)[::7]:
        truth = draw_scalebar(np.zeros((300, 400), np.uint8), name, np.random.default_rng(0), distractors=4).truth
        assert ScaleBarTruth.from_json(truth.to_json()) == truth


def test_scaling() -> None:
    half = TRUTH.scaled(0.5, 0.5, (100, 50))
    assert half.pixel_size_nm == 4.0
    assert half.bars[0].length_px == 25
    assert half.bars[0].text_box == (15, 30, 30, 35)
    assert half.banner == (0, 25, 100, 50)
    assert half.texts[0].box == (75, 30, 95, 35)


def test_cutting_drops_what_is_cut_through_and_keeps_what_is_left_of_texts() -> None:
    part = TRUTH.cropped(Box(top=20, left=10, bottom=100, right=170))
    assert part.size == (160, 80)
    assert part.bars[0].start == (10, 60)
    assert part.banner == (0, 30, 160, 80)
    assert part.texts == ()
    assert part.distractors == (Distractor(CUT_TEXT, (140, 40, 160, 50)),)
    assert TRUTH.cropped(Box(0, 0, 40, 200)).banner is None
    assert TRUTH.cropped(Box(0, 100, 100, 200)).bars == ()


def test_first_bar_is_the_one_to_read() -> None:
    assert TRUTH.bar == TRUTH.bars[0]
    assert TRUTH.readable
    assert ScaleBarTruth("none", (1, 1)).bar is None
    assert TRUTH.bars[0].length_px == pytest.approx(50)
