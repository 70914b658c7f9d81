from dataclasses import dataclass

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.given import Given


@dataclass(frozen=True)
class Look:
    gain: float = 1.0
    steps: int = 4
    kind: str = "plain"
    on: bool = False
    pair: tuple[float, float] = (0.0, 1.0)


def test_given_values_replace_the_drawn_ones_within_their_ranges() -> None:
    rng = np.random.default_rng(1)
    given_values = Given({"gain": [2, 3], "steps": [5, 6], "kind": ["x", "y"], "on": True, "pair": [4, 5]})
    given_values.checked(Look(), "look")
    looks = [given_values.over(Look(), rng) for _ in range(60)]
    assert all(2 <= look.gain <= 3 and look.on and look.pair == (4, 5) for look in looks)
    assert {look.steps for look in looks} == {5, 6}
    assert {look.kind for look in looks} == {"x", "y"}


def test_wide_ranges_are_drawn_on_a_log_scale() -> None:
    rng = np.random.default_rng(1)
    gains = [Given({"gain": [1.0, 10_000.0]}).over(Look(), rng).gain for _ in range(300)]
    assert 30 < np.median(gains) < 300


@pytest.mark.parametrize(
    ("values", "message"),
    [({"gian": 1}, "mean gain"), ({"gain": ["a", "b"]}, "a number"), ({"on": 3}, "true or false")],
)
def test_given_values_that_cannot_be_are_refused_before_anything_is_drawn(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        Given(values).checked(Look(), "look")
