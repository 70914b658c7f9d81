import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.errors import SettingsError
from uniaims.synthesis.sizes import LAWS, SizeLaw


@pytest.mark.parametrize("law", sorted(LAWS))
@pytest.mark.parametrize("spread", [0.1, 0.4])
def test_each_law_has_its_median(law: str, spread: float) -> None:
    sizes = SizeLaw(100.0, spread, law=law).draw(np.random.default_rng(1), 20_000)
    assert np.median(sizes) == pytest.approx(100, rel=0.03)


@pytest.mark.parametrize("law", ["log-normal", "normal", "Rosin-Rammler"])
def test_spread_is_the_deviation_of_the_logarithm(law: str) -> None:
    sizes = SizeLaw(100.0, 0.2, law=law).draw(np.random.default_rng(1), 20_000)
    assert np.log(sizes).std() == pytest.approx(0.2, rel=0.12)


def test_two_modes_lie_apart_and_a_power_law_has_ever_fewer_large_ones() -> None:
    rng = np.random.default_rng(2)
    modes = SizeLaw(100.0, 0.3, law="bimodal").draw(rng, 20_000)
    assert ((modes > 140) & (modes < 180)).mean() < 0.03
    assert (modes >= 180).mean() == pytest.approx(1 / 3, abs=0.03)
    powers = SizeLaw(100.0, 0.5, law="power").draw(rng, 50_000)
    smallest = powers.min()
    above = [(powers > factor * smallest).sum() for factor in (1.5, 3.0)]
    cut = np.exp(4 * 0.5) ** -1.5
    assert above[0] / above[1] == pytest.approx((1.5**-1.5 - cut) / (3.0**-1.5 - cut), rel=0.05)
    assert powers.max() <= smallest * np.exp(4 * 0.5) * 1.01


@given(law=st.sampled_from(sorted(LAWS)), spread=st.floats(0, 1.2), seed=st.integers(0, 1000))
def test_nothing_is_too_small_or_unbounded(law: str, spread: float, seed: int) -> None:
    sizes = SizeLaw(20.0, spread, 6.0, law).draw(np.random.default_rng(seed), 50)
    assert sizes.min() >= 6.0
    assert np.isfinite(sizes).all()


def test_an_unknown_law_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'cauchy'.*log-normal"):
        SizeLaw(10, 0.1, law="cauchy")
