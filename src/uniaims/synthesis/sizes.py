"""Size laws: how large the bodies of one scene are, as one family with a median and a spread.

`spread` is the standard deviation of the logarithm for all laws but the normal one (there: standard deviation
over median), so that one range of spreads serves them all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.ranges import check_choices

Array = NDArray[np.float64]
Generator = np.random.Generator
_FARTHEST_SPREADS = 4.0
"""No diameter lies farther from the median than this many spreads."""
_THREE_QUARTERS = 0.6745
"""Below so many deviations lie three quarters of a normal law: there, among the fine ones, is the median of both."""
_WEIBULL_LOG_DEVIATION = np.pi / np.sqrt(6)
"""Standard deviation of the logarithm of a Weibull law of shape 1."""


def _log_normal(spread: float, rng: Generator, count: int) -> Array:
    return np.exp(spread * np.clip(rng.normal(size=count), -_FARTHEST_SPREADS, _FARTHEST_SPREADS))


def _normal(spread: float, rng: Generator, count: int) -> Array:
    return 1 + spread * np.clip(rng.normal(size=count), -_FARTHEST_SPREADS, _FARTHEST_SPREADS)


def _rosin_rammler(spread: float, rng: Generator, count: int) -> Array:
    """Weibull law, as milled powders have it (Rosin & Rammler 1933)."""
    slope = _WEIBULL_LOG_DEVIATION / max(spread, 0.05)
    rest = rng.uniform(1e-4, 1 - 2e-3, count)
    return np.asarray((-np.log(rest) / np.log(2)) ** (1 / slope), dtype=np.float64)


def _bimodal(spread: float, rng: Generator, count: int) -> Array:
    """Coarse and fine bodies: one in three is coarse, two to four times as large."""
    narrow = min(0.4 * spread, 0.2)
    coarse = np.where(rng.random(count) < 1 / 3, 2 + 2 * min(spread, 1.0), 1.0)
    modes = coarse * _log_normal(narrow, rng, count) * np.exp(-_THREE_QUARTERS * narrow)
    return np.asarray(modes, dtype=np.float64)


def _power(spread: float, rng: Generator, count: int) -> Array:
    """Bounded power law of exponent -2.5 (fragments); the largest is exp(4 spread) times as large as the smallest."""
    slope, ratio = 1.5, np.exp(_FARTHEST_SPREADS * spread)
    share = rng.random(count)
    smallest = (1 - 0.5 * (1 - ratio**-slope)) ** (1 / slope)
    return np.asarray(smallest * (1 - share * (1 - ratio**-slope)) ** (-1 / slope), dtype=np.float64)


LAWS: dict[str, Callable[[float, Generator, int], Array]] = {
    "log-normal": _log_normal,
    "normal": _normal,
    "Rosin-Rammler": _rosin_rammler,
    "bimodal": _bimodal,
    "power": _power,
}
"""Each takes a spread, a random generator and a count, and gives sizes relative to their median."""


@dataclass(frozen=True)
class SizeLaw:
    """Diameters around `median_px` pixels with the given `spread`, none below `smallest_px`.

    `law` is a name in `LAWS`.
    """

    median_px: float
    spread: float
    smallest_px: float = 5.0
    law: str = "log-normal"

    def __post_init__(self) -> None:
        check_choices("law", (self.law,), tuple(LAWS))

    def draw(self, rng: Generator, count: int) -> Array:
        """Draw `count` diameters in pixels, (count,) float64."""
        return np.maximum(self.smallest_px, self.median_px * LAWS[self.law](self.spread, rng, count))
