"""Plots and diagrams are no micrographs: nothing in them is a scale bar."""

import cv2
import numpy as np
import pytest

from uniaims.micrograph import Micrograph
from uniaims.scalebar import scan_scale
from uniaims.scalebar.figures import is_drawing
from uniaims.synthesis.scalebars import draw_plot


@pytest.mark.parametrize("seed", range(4))
def test_plots_are_drawings(seed: int) -> None:
    drawn = draw_plot((420, 560), np.random.default_rng(seed))
    assert is_drawing(cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY))
    assert drawn.truth.bars == ()


def test_so_are_plots_on_a_dark_screen() -> None:
    drawn = draw_plot((420, 560), np.random.default_rng(0))
    gray = cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
    assert is_drawing(np.maximum(255 - gray, 30))
    rng = np.random.default_rng(1)
    particles = np.zeros((420, 560), np.uint8)
    for _ in range(12):
        middle = tuple(int(rng.integers(side)) for side in (560, 420))
        cv2.circle(particles, middle, int(rng.integers(8, 30)), 200, -1)
    textured = np.where(particles > 0, rng.normal(200, 5, particles.shape), 0).astype(np.uint8)
    assert not is_drawing(textured)


def test_a_bar_with_its_label_on_white_paper_is_refused_with_the_reason() -> None:
    gray = np.full((512, 640), 255, np.uint8)
    cv2.rectangle(gray, (60, 470), (259, 477), 0, -1)
    cv2.putText(gray, "500 nm", (80, 455), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2, cv2.LINE_AA)
    reading = scan_scale(Micrograph.from_array(gray))
    assert reading.bar is None and reading.bars == ()
    assert "no micrograph" in reading.reasons[-1]


def test_micrographs_are_none() -> None:
    noisy = np.clip(np.random.default_rng(0).normal(250, 20, (100, 100)), 0, 255).astype(np.uint8)
    assert not is_drawing(noisy)  # half of it is as white as paper
    assert not is_drawing(np.zeros((100, 100), np.uint8))  # what fluoresces is dark
