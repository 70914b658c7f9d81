"""How many objects or pictures a wanted precision takes.

Sources: normal approximation of the sample median's spread (Kendall & Stuart, The advanced theory of statistics, volume
1, section 10.10); pictures by Student's t. Sizes are taken as log-normal, the usual law (ISO 9276-5).
"""

import math

from scipy.special import ndtri, stdtrit

from uniaims.errors import SettingsError

MEDIAN_SPREAD = math.sqrt(math.pi / 2)
"""A normal sample's median varies by so many times as much as its mean."""
MOST_PICTURES = 10_000


def objects_needed(geometric_std: float, precision: float, *, confidence: float = 0.95, median: bool = True) -> int:
    """Independent objects for a median, or a geometric mean, that is known to a relative precision.

    Args:
        geometric_std: of the sizes, 1 or more; 1.35 is usual.
        precision: half width of the interval wanted, such as 0.05 for 5 %.
        confidence: 0 < confidence < 1.
        median: of the median; else of the geometric mean.

    Raises:
        SettingsError: where a number is out of its range.
    """
    _check(geometric_std, precision, confidence)
    spread = math.log(geometric_std) * (MEDIAN_SPREAD if median else 1)
    needed = (float(ndtri((1 + confidence) / 2)) * spread / math.log1p(precision)) ** 2
    return max(1, math.ceil(needed))


def pictures_needed(between: float, precision: float, *, confidence: float = 0.95) -> int | None:
    """Pictures of a sample for a figure that is known to a relative precision; None above `MOST_PICTURES`.

    Args:
        between: standard deviation of the logarithms of the pictures' figures, about relative: 0.05 are 5 %.
        precision: half width of the interval wanted, such as 0.05 for 5 %.
        confidence: 0 < confidence < 1.

    Raises:
        SettingsError: where a number is out of its range.
    """
    _check(math.exp(between), precision, confidence)
    wanted = math.log1p(precision)
    for count in range(2, MOST_PICTURES + 1):
        if float(stdtrit(count - 1, (1 + confidence) / 2)) * between / math.sqrt(count) <= wanted:
            return count
    return None


def _check(geometric_std: float, precision: float, confidence: float) -> None:
    if not 1 <= geometric_std < math.inf or not 0 < precision < math.inf or not 0 < confidence < 1:
        raise SettingsError(
            f"A geometric deviation of {geometric_std:g}, a precision of {precision:g} and a confidence of "
            f"{confidence:g} came. Give 1 or more, a share above 0 such as 0.05, and a share between 0 and 1."
        )
