"""Drawings, and figures of several panels."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.errors import SettingsError
from uniaims.micrograph import Micrograph
from uniaims.scalebar import resolve_pixel_size, scan_scale
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


def figure(labels: tuple[str, str] = ("500 nm", "2 mm"), lengths: tuple[int, int] = (200, 100)) -> NDArray[np.uint8]:
    """Two panels side by side, each with a bar and its label."""
    gray = np.clip(np.random.default_rng(0).normal(90, 8, (400, 820)), 0, 255).astype(np.uint8)
    gray[:, 400:420] = 255
    for left, label, length in zip((0, 420), labels, lengths, strict=True):
        gray[360:367, left + 60 : left + 60 + length] = 255
        cv2.putText(gray, label, (left + 70, 345), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    return gray


def test_bars_of_different_scale_are_all_named_and_none_is_taken() -> None:
    micrograph = Micrograph.from_array(figure())
    reading = scan_scale(micrograph)
    assert reading.bar is None
    assert sorted(bar.text for bar in reading.bars) == ["2 mm", "500 nm"]
    (warning,) = resolve_pixel_size(micrograph, None, reading).warnings[-1:]
    assert "500 nm" in warning and "2 mm" in warning and "panel" in warning


def test_the_bar_of_a_chosen_panel_is_taken_and_lies_in_the_whole_picture() -> None:
    micrograph = Micrograph.from_array(figure())
    left, right = (scan_scale(micrograph, panel=Box(0, first, 400, first + 400)) for first in (0, 420))
    assert left.bar is not None and left.bar.pixel_size_nm == pytest.approx(2.5, rel=0.01)
    assert right.bar is not None and right.bar.pixel_size_nm == pytest.approx(20_000, rel=0.01)
    assert right.bar.box.left == pytest.approx(480, abs=1)
    assert right.bar.text_box is not None and right.bar.text_box.left >= 420
    assert right.bars == (right.bar,) and right.bar.box in right.drawn


def test_bars_of_one_scale_are_one() -> None:
    reading = scan_scale(Micrograph.from_array(figure(("500 nm", "200 nm"), (200, 80))))
    assert reading.bar is not None and reading.bar.pixel_size_nm == pytest.approx(2.5, rel=0.01)
    assert len(reading.bars) == 2


def test_a_panel_outside_of_the_picture_is_refused() -> None:
    with pytest.raises(SettingsError, match="reaches out"):
        scan_scale(Micrograph.from_array(figure()), panel=Box(0, 0, 400, 900))
