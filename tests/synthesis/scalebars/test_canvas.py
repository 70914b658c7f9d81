"""Shapes cover what they say they cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.synthesis.scalebars.canvas import Canvas, around, canvas_of, overlap

WHITE = (255, 255, 255)
places = st.floats(8.0, 40.0)
sizes = st.floats(0.3, 16.0)


def blank() -> Canvas:
    return Canvas(np.zeros((64, 64, 3), np.uint8))


@given(places, places, sizes, sizes)
def test_ink_of_a_rectangle_is_its_area(left: float, top: float, wide: float, high: float) -> None:
    canvas = blank()
    canvas.rectangle((left, top, left + wide, top + high), WHITE)
    touched = int((canvas.pixels[..., 0] > 0).sum()) + 1
    assert canvas.pixels[..., 0].sum() / 255 == pytest.approx(wide * high, abs=0.5 * touched / 255 + 0.01)


@given(places, places, st.floats(2.0, 7.0))
def test_a_disc_lies_around_its_centre(x: float, y: float, radius: float) -> None:
    canvas = blank()
    canvas.disc(x, y, radius, WHITE)
    weight = canvas.pixels[..., 0].astype(float)
    rows, columns = np.indices(weight.shape) + 0.5
    assert (weight * columns).sum() / weight.sum() == pytest.approx(x, abs=0.05)
    assert (weight * rows).sum() / weight.sum() == pytest.approx(y, abs=0.05)
    assert weight.sum() / 255 == pytest.approx(np.pi * radius**2, rel=0.05)


def test_a_polygon_is_the_same_in_either_sense() -> None:
    corners = [(5.2, 6.0), (40.5, 12.0), (20.0, 44.4)]
    one, other = blank(), blank()
    one.polygon(corners, WHITE)
    other.polygon(corners[::-1], WHITE)
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert one.pixels[..., 0].sum() / 255 == pytest.approx(0.5 * abs(35.3 * 38.4 - 14.8 * 6.0), rel=0.02)


def test_a_line_is_as_wide_as_wanted() -> None:
    canvas = blank()
    canvas.line((10, 30.5), (50, 30.5), WHITE, 3.0)
    assert canvas.pixels[:, 30, 0].sum() / 255 == pytest.approx(3.0, abs=0.02)


def test_shapes_outside_are_cut_off() -> None:
    canvas = blank()
    canvas.rectangle((-20, -20, 4, 4), WHITE)
    canvas.disc(90, 90, 4, WHITE)
    canvas.stamp(np.full((8, 8), 255, np.uint8), 60, 60, WHITE)
    assert (canvas.pixels[..., 0] > 0).sum() == 16 + 16


def test_half_opacity_is_half_way() -> None:
    canvas = Canvas(np.full((8, 8, 3), 100, np.uint8))
    canvas.rectangle((0, 0, 8, 8), (200, 0, 100), 0.5)
    assert canvas.pixels[4, 4].tolist() == [150, 50, 100]


def test_a_frame_is_hollow() -> None:
    canvas = blank()
    canvas.frame((10, 10, 30, 20), WHITE, 2)
    assert (canvas.pixels[..., 0] == 255).sum() == 20 * 10 - 16 * 6


def test_the_image_stays_as_it_was() -> None:
    image = np.zeros((100, 100), np.uint8)
    canvas = canvas_of(image)
    canvas.rectangle((0, 0, 50, 50), WHITE)
    assert canvas.pixels.shape == (100, 100, 3)
    assert not image.any()


def test_boxes_around_boxes() -> None:
    assert around([(1, 2, 3, 4), (0, 5, 2, 9)], 1) == (-1, 1, 4, 10)
    assert overlap((0, 0, 4, 4), (3, 3, 5, 5))
    assert not overlap((0, 0, 4, 4), (4, 0, 5, 5))
