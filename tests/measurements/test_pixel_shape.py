"""What cracks of pixels count that are not square."""

import math

import pytest

from uniaims._kernels import measure as kernels
from uniaims.measurements.pixel_shape import pixel_shape

LEVEL, UPRIGHT = slice(kernels.HORIZONTAL, kernels.VERTICAL), slice(kernels.VERTICAL, None)
ASPECTS = [0.25, 0.6, 1.5, 3.0]


def test_square_pixels_have_the_published_lengths():
    """Vossepoel & Smeulders 1982: 0.980 per straight step, 1.406 per diagonal one, -0.091 per change."""
    square = pixel_shape(1.0)
    assert square[[kernels.DOWN, kernels.ACROSS]].tolist() == [1, 1]
    assert square[LEVEL] == pytest.approx([1.406 / 2, 0.980 / 2 + 1.406 / 4 - 0.091, 0.980])
    assert square[UPRIGHT].tolist() == square[LEVEL].tolist()


def test_nearly_square_ones_have_nearly_the_same():
    assert pixel_shape(1 + 1e-7) == pytest.approx(pixel_shape(1.0), abs=1e-6)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_pixel_has_the_area_one_and_its_sides(aspect):
    pixel = pixel_shape(aspect)
    down, across = pixel[[kernels.DOWN, kernels.ACROSS]]
    assert (down / across, down * across) == pytest.approx((aspect, 1))
    assert pixel[LEVEL][2] == pytest.approx(0.980 * across)
    assert pixel[UPRIGHT][2] == pytest.approx(0.980 * down)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_turning_the_pixel_exchanges_the_directions(aspect):
    here, turned = pixel_shape(aspect), pixel_shape(1 / aspect)
    assert turned[LEVEL] == pytest.approx(here[UPRIGHT])
    assert turned[UPRIGHT] == pytest.approx(here[LEVEL])


@pytest.mark.parametrize("aspect", ASPECTS)
def test_diagonal_outlines_keep_their_length(aspect):
    """A staircase of single steps, and one of a step down for two across: the fit gives to a single direction 11 %."""
    pixel = pixel_shape(aspect)
    down, across = pixel[[kernels.DOWN, kernels.ACROSS]]
    steps = pixel[LEVEL][0] + pixel[UPRIGHT][0]
    assert steps == pytest.approx(math.hypot(down, across), rel=0.11)
    two_across = 2 * pixel[LEVEL][1] + pixel[UPRIGHT][0]
    assert two_across == pytest.approx(math.hypot(down, 2 * across), rel=0.11)
