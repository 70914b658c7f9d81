"""Drawings, and figures of several panels."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.errors import SettingsError
from uniaims.micrograph import Micrograph
from uniaims.scalebar import ScaleBar, ScaleReading, resolve_pixel_size, scan_scale
from uniaims.scalebar.figures import PANELS, differ, in_whole, is_drawing, named, panel_of, panels_in
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


# --- parting into panels, without reading anything -------------------------------------------------------------------


def noise(height: int, width: int, level: float = 90.0) -> NDArray[np.uint8]:
    """Grey levels of a picture in which nothing stands."""
    return np.clip(np.random.default_rng(0).normal(level, 8, (height, width)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("width", [2, 20])
def test_a_gutter_parts_a_figure(level: int, width: int) -> None:
    gray = noise(300, 600 + width)
    gray[:, 250 : 250 + width] = level
    left, right = Box(0, 0, 300, 250), Box(0, 250 + width, 300, 600 + width)
    assert panels_in(gray) == (left, right)
    assert panels_in(np.ascontiguousarray(gray.T)) == (left.transposed, right.transposed)


def test_a_grid_is_parted_into_all_of_its_panels() -> None:
    gray = noise(420, 640)
    gray[200:220] = gray[:, 200:220] = gray[:, 420:440] = 255
    spans = [(0, 200), (220, 420), (440, 640)]
    assert set(panels_in(gray)) == {Box(t, a, b, e) for t, b in spans[:2] for a, e in spans}


def test_panels_that_touch_are_parted_at_the_seam() -> None:
    first, second = panels_in(np.hstack([noise(300, 300, 60), noise(300, 300, 150)]))
    assert first.right == second.left == pytest.approx(300, abs=1)
    assert (first.left, second.right, first.height, second.height) == (0, 600, 300, 300)


def test_blank_panels_are_left_out() -> None:
    gray = noise(300, 620)
    gray[:, 300:] = 255
    (only,) = panels_in(gray)
    assert (only.top, only.left, only.bottom) == (0, 0, 300)
    assert only.right == pytest.approx(300, abs=1)


def stripe(place: tuple[slice, slice], level: int = 255) -> NDArray[np.uint8]:
    gray = noise(400, 640)
    gray[place] = level
    return gray


@pytest.mark.parametrize(
    "gray",
    [
        noise(400, 640),
        stripe((slice(340, 400), slice(None)), 0),
        stripe((slice(200, 215), slice(60, 580))),
        stripe((slice(None), slice(300, 320)), 95),
        stripe((slice(None), slice(40, 60))),
        np.clip(noise(400, 640) + np.linspace(0, 60, 640), 0, 255).astype(np.uint8),
        np.hstack([noise(400, 320), np.zeros((400, 320), np.uint8)]),
    ],
    ids=["plain", "banner", "long bar", "grey as all else", "too near to the edge", "shaded", "half empty"],
)
def test_what_is_no_figure_is_one_panel(gray: NDArray[np.uint8]) -> None:
    assert len(panels_in(gray)) == 1


def test_panels_are_not_parted_below_their_least_side() -> None:
    side = PANELS.shortest_side_px
    for width, count in ((side - 1, 1), (side + 20, 2)):
        gray = noise(side, 2 * width + 20)
        gray[:, width : width + 20] = 255
        assert len(panels_in(gray)) == count


def bar(pixel_size_nm: float, left: int = 10) -> ScaleBar:
    return ScaleBar(
        pixel_size_nm, 100.0, Box(90, left, 95, left + 100), Box(70, left, 85, left + 60), "x", 1, "nm", 0.9
    )


@pytest.mark.parametrize(("sizes", "apart"), [((2.0,), False), ((), False), ((2.0, 2.09), False), ((2.0, 2.11), True)])
def test_bars_differ_by_more_than_how_they_are_drawn(sizes: tuple[float, ...], apart: bool) -> None:
    assert differ([bar(size) for size in sizes]) == apart


def test_all_bars_are_named_with_their_place() -> None:
    told = named([bar(2.0), bar(30.0, 400)])
    assert told.startswith(
        'the picture holds 2 bars of different scale: "x" = 100.0 px (2 nm per pixel) at 10,90,110,95;'
    )
    assert "(30 nm per pixel) at 400,90,500,95. Choose one panel" in told


def test_what_is_read_in_a_panel_is_told_in_the_whole() -> None:
    gray = noise(300, 640)
    part = panel_of(Micrograph.from_array(gray), Box(50, 320, 250, 640))
    assert np.array_equal(part.pixels, gray[50:250, 320:])
    found = bar(2.0)
    told = in_whole(
        ScaleReading(found, drawn=(found.box,), letters=(Box(0, 0, 2, 3),), bars=(found,)), Box(50, 320, 250, 640)
    )
    assert told.bar == told.bars[0]
    assert told.bar is not None and told.bar.box == told.drawn[0] == Box(140, 330, 145, 430)
    assert told.bar.text_box == Box(120, 330, 135, 390)
    assert told.letters == (Box(50, 320, 52, 323),)
    assert in_whole(ScaleReading(None), Box(50, 320, 250, 640)).bar is None


# --- figures that are read --------------------------------------------------------------------------------------------


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
