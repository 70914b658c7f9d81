"""Where half height lies on blurred discs and strips."""

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from uniaims.structures import blurred_bodies
from uniaims.structures.blurred_bodies import half_height_errors


def test_the_table_begins_at_nothing_and_its_widths_are_at_equal_distances():
    table = half_height_errors()
    assert table[0].tolist() == [0, 0, 0]
    assert np.diff(table[:, 0]) == pytest.approx(np.full(len(table) - 1, table[1, 0]))
    assert half_height_errors() is table


def test_little_blur_leaves_a_strip_alone_and_of_a_disc_only_the_first_order():
    slight = half_height_errors()[:16]  # up to 0.15
    assert np.abs(slight[:, 1]).max() < 1e-4
    assert np.abs(slight[:, 2]).max() < 1e-9


def test_much_blur_takes_half_height_outwards_and_more_so_with_more():
    strong = half_height_errors()[25:]
    assert (strong[:, 1:] < 0).all()
    assert (np.diff(strong[:, 1:], axis=0) < 0).all()


@pytest.mark.parametrize("width", [0.15, 0.5])
def test_levels_are_those_of_blurred_bodies(width):
    middle, far = np.zeros(1), np.full(1, 6.0)
    assert blurred_bodies._disc(middle, width) == pytest.approx(1 - math.exp(-1 / (2 * width**2)), abs=1e-6)
    assert blurred_bodies._strip(middle, width) == pytest.approx(math.erf(1 / (width * math.sqrt(2))))
    assert blurred_bodies._disc(far, width) == pytest.approx(0, abs=1e-9)
    grid = (np.arange(400) - 199.5) / 50  # 50 px a radius
    disc = gaussian_filter((np.hypot(grid[:, None], grid) < 1).astype(float), 50 * width)
    places = grid[200:300]
    assert blurred_bodies._disc(places, width) == pytest.approx(disc[200, 200:300], abs=0.004)
