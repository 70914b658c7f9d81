"""Bars in the label's own ink, lying and upright."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph
from uniaims.scalebar import read_scale
from uniaims.scalebar.inked import inked_bars, upright_bars

LABEL = Box(60, 100, 80, 160)


def ground() -> NDArray[np.uint8]:
    """A dark ground with a bright particle on which the left end of a bar from column 40 to 200 lies."""
    rng = np.random.default_rng(0)
    gray = rng.normal(40, 4, (140, 260))
    gray[70:130, 10:90] = rng.normal(225, 4, (60, 80))
    return np.clip(gray, 0, 240).astype(np.uint8)


def test_a_bar_on_a_particle_of_nearly_its_level() -> None:
    gray = ground()
    gray[100:104, 40:200] = 255
    (bar,) = inked_bars(gray, LABEL, 255.0, 215.0)
    assert (bar.start, bar.end, bar.ticks) == (pytest.approx(40, abs=0.6), pytest.approx(200, abs=0.6), False)
    assert bar.contrast > 100 and bar.bright


@pytest.mark.parametrize("side", [slice(88, 104), slice(100, 116), slice(88, 116)], ids=["above", "below", "both"])
def test_a_bracket_is_measured_between_the_middles_of_its_ticks(side: slice) -> None:
    gray = ground()
    gray[100:104, 40:200] = gray[side, 40:44] = gray[side, 196:200] = 255
    (bar,) = inked_bars(gray, LABEL, 255.0, 215.0)
    assert (bar.start, bar.end, bar.ticks) == (42, 198, True)


def test_a_mark_at_one_end_makes_no_bracket() -> None:
    gray = ground()
    gray[100:104, 40:200] = gray[88:104, 196:200] = 255
    assert not any(bar.ticks for bar in inked_bars(gray, LABEL, 255.0, 215.0))


def test_a_bracket_in_the_corner_of_the_picture() -> None:
    gray = ground()
    gray[136:140, 100:260] = gray[124:140, 100:104] = gray[124:140, 256:260] = 255
    (bar,) = inked_bars(gray, LABEL, 255.0, 215.0)
    assert (bar.start, bar.end) == (102, 258)


@pytest.mark.parametrize("side", [slice(0, 200), slice(40, 260), slice(0, 260)])
def test_what_the_edge_of_the_picture_cuts_is_none(side: slice) -> None:
    gray = ground()
    gray[100:104, side] = 255
    assert inked_bars(gray, LABEL, 255.0, 215.0) == []


def test_a_bar_that_ends_on_ground_of_its_ink_is_none() -> None:
    gray = ground()
    gray[100:104, 40:200] = 255
    gray[90:120, 190:220] = 255
    assert inked_bars(gray, LABEL, 255.0, 215.0) == []


def test_a_side_of_a_frame_is_none() -> None:
    gray = ground()
    gray[100:104, 40:200] = gray[120:124, 40:200] = gray[100:124, 40:44] = gray[100:124, 196:200] = 255
    assert inked_bars(gray, LABEL, 255.0, 215.0) == []


def upright_picture(left: int = 60) -> NDArray[np.uint8]:
    gray = np.clip(np.random.default_rng(0).normal(90, 8, (512, 640)), 0, 255).astype(np.uint8)
    gray[200:380, left : left + 7] = 255
    cv2.putText(gray, "500 nm", (90, 300), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return gray


def test_an_upright_bar_gives_the_pixel_size() -> None:
    bar = read_scale(Micrograph.from_array(upright_picture()))
    assert bar is not None
    assert bar.length_px == pytest.approx(180, abs=1)
    assert (bar.box.top, bar.box.height) == (pytest.approx(200, abs=1), pytest.approx(180, abs=2))


def test_it_stands_close_to_its_label_and_has_its_ink() -> None:
    label = Box(275, 90, 302, 200)
    (bar,) = upright_bars(upright_picture(), label, 255.0, 155.0)
    assert bar.vertical and bar.length_px == pytest.approx(180, abs=1)
    assert upright_bars(upright_picture(), label, 0.0, 155.0) == ()
    assert upright_bars(upright_picture(400), label, 255.0, 155.0) == ()
