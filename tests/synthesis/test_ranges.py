from dataclasses import dataclass

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis.ranges import (
    Range,
    check_choices,
    check_ranges,
    drawn,
    drawn_integer,
    drawn_log,
    drawn_size,
)


@dataclass(frozen=True)
class Settings:
    width: Range


def test_values_lie_in_their_range_and_fill_it() -> None:
    rng = np.random.default_rng(0)
    values = [drawn((2.0, 8.0), rng) for _ in range(400)]
    logs = [drawn_log((1.0, 100.0), rng) for _ in range(400)]
    whole = {drawn_integer((2, 4), rng) for _ in range(60)}
    assert min(values) >= 2
    assert max(values) <= 8
    assert np.mean(values) == pytest.approx(5, abs=0.3)
    assert np.median(logs) == pytest.approx(10, rel=0.4)
    assert whole == {2, 3, 4}


def test_no_size_is_larger_than_the_image_allows() -> None:
    rng = np.random.default_rng(0)
    assert max(drawn_size((50.0, 500.0), (100, 300), rng) for _ in range(50)) <= 40.001


def test_upside_down_and_unknown_settings_are_refused_by_name() -> None:
    check_ranges(Settings((1.0, 1.0)), ("width",), 1)
    with pytest.raises(SettingsError, match=r"width is 5 to 2"):
        check_ranges(Settings((5, 2)), ("width",))
    with pytest.raises(SettingsError, match=r"from 1 up"):
        check_ranges(Settings((0.5, 2)), ("width",), 1)
    with pytest.raises(SettingsError, match=r"'c': wanted some of a, b"):
        check_choices("letters", ("a", "c"), ("a", "b"))
    with pytest.raises(SettingsError, match=r"letters has ''"):
        check_choices("letters", (), ("a", "b"))
