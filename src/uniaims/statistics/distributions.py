"""How the values of a sample are spread: histogram and log-normal law."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from uniaims.errors import SettingsError
from uniaims.statistics.samples import Floats, known_values

_LARGEST_BIN_COUNT = 200

# upper end of the range of the modified distance, and the polynomial's coefficients from the constant on
_LILLIEFORS_POLYNOMIALS = (
    (0.302, (1.0,)),
    (0.5, (2.76773, -19.828315, 80.709644, -138.55152, 81.218052)),
    (0.9, (-4.901232, 40.662806, -97.490286, 94.029866, -32.355711)),
    (1.31, (6.198765, -19.558097, 23.186922, -12.234627, 2.423045)),
)


@dataclass(frozen=True)
class LognormalFit:
    """The log-normal law nearest to a sample of sizes: ln(size) is normal with mean `mu`, standard deviation `sigma`.

    Attributes:
        mu: mean of ln(size).
        sigma: standard deviation of ln(size) (divisor n - 1).
        ks_distance: largest distance of the cumulative curves of sample and law, 0 to 1.
        p_value: probability of a distance this large if the law were true (Lilliefors). In samples of thousands even
            harmless deviations give small values: look at `ks_distance` too.
        count, excluded: values that count; values left out because they are NaN, 0 or negative.
    """

    mu: float
    sigma: float
    ks_distance: float
    p_value: float
    count: int
    excluded: int

    @property
    def geometric_mean(self) -> float:
        """exp(mu), the median of the law."""
        return math.exp(self.mu)

    @property
    def geometric_std(self) -> float:
        """exp(sigma): 68 % of the law lie between median / geometric_std and median * geometric_std."""
        return math.exp(self.sigma)

    def density(self, sizes: ArrayLike) -> Floats:
        """Probability density of the law at sizes (> 0), per unit of size."""
        x = np.asarray(sizes, np.float64)
        deviation = (np.log(x) - self.mu) / self.sigma
        result: Floats = np.exp(-(deviation**2) / 2) / (x * self.sigma * math.sqrt(2 * math.pi))
        return result

    def cumulative(self, sizes: ArrayLike) -> Floats:
        """Share 0..1 of the law up to sizes (> 0)."""
        result: Floats = ndtr((np.log(np.asarray(sizes, np.float64)) - self.mu) / self.sigma)
        return result


@dataclass(frozen=True)
class Histogram:
    """Counts in bins.

    Attributes:
        edges: (B + 1,) float64, ascending.
        counts: (B,) int64.
        scale: "linear": bins of equal width; "log": of equal ratio.
        excluded: values left out because they are NaN (log: or not positive).
    """

    edges: Floats
    counts: NDArray[np.int64]
    scale: Literal["linear", "log"]
    excluded: int

    @property
    def fractions(self) -> Floats:
        """Share 0..1 of the values in each bin, (B,)."""
        return self.counts / max(1, int(self.counts.sum()))

    @property
    def cumulative(self) -> Floats:
        """Share 0..1 of the values up to the right edge of each bin, (B,)."""
        return np.cumsum(self.counts) / max(1, int(self.counts.sum()))

    @property
    def density(self) -> Floats:
        """Share per unit of the values, (B,): comparable with a probability density."""
        result: Floats = self.fractions / np.diff(self.edges)
        return result


def fit_lognormal(sizes: ArrayLike) -> LognormalFit:
    """Fit a log-normal law; NaN with fewer than 4 different sizes.

    Raises:
        InputError: if the values are not a list of finite numbers and NaN.
    """
    known, excluded = known_values(sizes)
    positive = known[known > 0]
    excluded += len(known) - len(positive)
    logs = np.sort(np.log(positive))
    if len(np.unique(logs)) < 4:
        return LognormalFit(math.nan, math.nan, math.nan, math.nan, len(logs), excluded)
    mu, sigma = float(logs.mean()), float(logs.std(ddof=1))
    law = ndtr((logs - mu) / sigma)
    ranks = np.arange(len(logs) + 1) / len(logs)
    distance = float(max((ranks[1:] - law).max(), (law - ranks[:-1]).max()))
    return LognormalFit(mu, sigma, distance, _lilliefors_p_value(distance, len(logs)), len(logs), excluded)


def histogram(values: ArrayLike, bins: int | None = None, scale: Literal["linear", "log"] = "linear") -> Histogram:
    """Count values in bins.

    Args:
        values: (n,) numbers.
        bins: number of bins; ``None``: by the rule of Freedman & Diaconis (on the logarithm for log bins), at most 200.
        scale: "linear" or "log".

    Raises:
        InputError: if the values are not a list of finite numbers and NaN.
        SettingsError: if a setting is out of its range.
    """
    if scale not in ("linear", "log") or (bins is not None and bins < 1):
        raise SettingsError(f'bins = {bins}, scale = {scale!r} came. Give 1 bin or more; "linear" or "log".')
    known, excluded = known_values(values)
    if scale == "log":
        excluded += int((known <= 0).sum())
        known = np.log(known[known > 0])
    if not len(known):
        return Histogram(np.array([0.0, 1.0]), np.zeros(1, np.int64), scale, excluded)
    low, high = float(known.min()), float(known.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = 0.05 if scale == "log" else 0.05 * abs(low) or 0.5
        low, high, bins = low - margin, high + margin, bins or 1
    edges = np.linspace(low, high, (bins or _bin_count(known)) + 1)
    counts = np.histogram(known, edges)[0].astype(np.int64)
    return Histogram(np.exp(edges) if scale == "log" else edges, counts, scale, excluded)


def _bin_count(values: Floats) -> int:
    """Freedman & Diaconis: width 2 IQR / n^(1/3); Sturges where half of the values are equal."""
    quartiles = np.percentile(values, [25, 75])
    width = 2 * float(quartiles[1] - quartiles[0]) / len(values) ** (1 / 3)
    extent = float(values.max() - values.min())
    if extent > _LARGEST_BIN_COUNT * width > 0:
        return _LARGEST_BIN_COUNT
    return max(1, math.ceil(extent / width if width > 0 else math.log2(len(values)) + 1))


def _lilliefors_p_value(distance: float, n: int) -> float:
    d, m = (distance, n) if n <= 100 else (distance * (n / 100) ** 0.49, 100)
    exponent = -7.01256 * d * d * (m + 2.78019) + 2.99587 * d * math.sqrt(m + 2.78019)
    p_value = math.exp(min(0.0, exponent - 0.122119 + 0.974598 / math.sqrt(m) + 1.67997 / m))
    if p_value <= 0.1:
        return p_value
    modified = (math.sqrt(n) - 0.01 + 0.85 / math.sqrt(n)) * distance
    for end, coefficients in _LILLIEFORS_POLYNOMIALS:
        if modified <= end:
            value = sum(c * modified**power for power, c in enumerate(coefficients))
            return min(1.0, max(0.0, value))
    return 0.0
