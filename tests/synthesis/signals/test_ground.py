import numpy as np
import pytest

from uniaims.synthesis.signals.ground import GROUNDS, dust, largest_speck_px, scratches

SHAPE = (160, 200)


@pytest.mark.parametrize("kind", GROUNDS)
def test_every_ground_is_a_texture_of_moderate_strength(kind: str) -> None:
    texture = GROUNDS[kind](SHAPE, np.random.default_rng(0))
    assert texture.shape == SHAPE
    assert texture.dtype == np.float32
    assert 0.05 < texture.std() < 3


def test_scratches_are_long_and_dark() -> None:
    marks = scratches(SHAPE, 8, np.random.default_rng(1))
    assert marks.min() < -0.3
    assert 0.005 < (marks < -0.2).mean() < 0.15
    assert marks.max() < 0.5


def test_dust_is_as_frequent_and_small_as_told() -> None:
    specks = dust((1000, 1000), 100, 6.0, np.random.default_rng(2))
    assert 0 <= specks.min() <= specks.max() <= 1
    area = (specks > 0.5).sum()
    assert 100 * 1.0 < area < 100 * np.pi * 9
    assert not dust(SHAPE, 0.0, 6.0, np.random.default_rng(0)).any()


@pytest.mark.parametrize(("diameter_px", "largest_px"), [(5, 1.5), (20, 4.0), (200, 6.0)])
def test_specks_are_far_smaller_than_bodies(diameter_px: float, largest_px: float) -> None:
    assert largest_speck_px(diameter_px, 6.0) == pytest.approx(largest_px)
