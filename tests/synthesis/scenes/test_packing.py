import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from uniaims.synthesis.scenes.packing import diameters_for, packed
from uniaims.synthesis.sizes import SizeLaw


def deepest_overlap(centres: np.ndarray, diameters: np.ndarray, sides: tuple[float, float]) -> float:
    """Largest overlap of two discs on a plane whose opposite sides meet, in pixels."""
    pairs = cKDTree(centres, boxsize=sides).query_pairs(float(diameters.max()), output_type="ndarray")
    apart = centres[pairs[:, 0]] - centres[pairs[:, 1]]
    apart -= np.array(sides) * np.rint(apart / np.array(sides))
    return float((diameters[pairs].sum(axis=1) / 2 - np.sqrt((apart**2).sum(axis=1))).max(initial=0))


@pytest.mark.parametrize("spread", [0.05, 0.3, 0.6])
def test_discs_cover_four_fifths_and_none_overlaps(spread: float) -> None:
    rng, sides = np.random.default_rng(4), (500.0, 400.0)
    wanted = diameters_for(SizeLaw(18, spread), 0.85, sides[0] * sides[1], rng)
    centres, diameters = packed(wanted, sides, rng)
    assert (centres >= 0).all()
    assert (centres < sides).all()
    assert deepest_overlap(centres, diameters, sides) < 1e-6
    assert (diameters**2).sum() * np.pi / 4 / (sides[0] * sides[1]) > 0.79
    assert np.median(diameters / wanted) > 0.95


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(1, 60), cover=st.floats(0.02, 0.6))
def test_loose_packings_keep_their_sizes(seed: int, count: int, cover: float) -> None:
    rng = np.random.default_rng(seed)
    wanted = rng.uniform(5, 25, count)
    side = float(np.sqrt((wanted**2).sum() * np.pi / 4 / cover)) + 60
    centres, diameters = packed(wanted, (side, side), rng)
    assert deepest_overlap(centres, diameters, (side, side)) < 1e-6
    assert (diameters <= wanted).all()
    assert np.mean(diameters / wanted) > 0.98


def test_as_many_diameters_as_the_cover_wants() -> None:
    drawn = diameters_for(SizeLaw(10, 0.4), 0.5, 1e6, np.random.default_rng(1))
    assert (drawn**2).sum() * np.pi / 4 == pytest.approx(5e5, rel=0.01)
