"""Bars that run downwards beside their label."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph
from uniaims.scalebar import read_scale
from uniaims.scalebar.inked import upright_bars


def picture(left: int = 60) -> NDArray[np.uint8]:
    gray = np.clip(np.random.default_rng(0).normal(90, 8, (512, 640)), 0, 255).astype(np.uint8)
    gray[200:380, left : left + 7] = 255
    cv2.putText(gray, "500 nm", (90, 300), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return gray


def test_an_upright_bar_gives_the_pixel_size() -> None:
    bar = read_scale(Micrograph.from_array(picture()))
    assert bar is not None
    assert bar.length_px == pytest.approx(180, abs=1)
    assert (bar.box.top, bar.box.height) == (pytest.approx(200, abs=1), pytest.approx(180, abs=2))


def test_it_stands_close_to_its_label_and_has_its_ink() -> None:
    label = Box(275, 90, 302, 200)
    (bar,) = upright_bars(picture(), label, 255.0, 155.0)
    assert bar.vertical and bar.length_px == pytest.approx(180, abs=1)
    assert upright_bars(picture(), label, 0.0, 155.0) == ()
    assert upright_bars(picture(400), label, 255.0, 155.0) == ()
