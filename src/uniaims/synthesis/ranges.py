"""Ranges: what a kind of scene or signal leaves open, and one value drawn from it for each image."""

from collections.abc import Sequence
from math import exp, log

import numpy as np

from uniaims.errors import SettingsError

Range = tuple[float, float]
"""Lowest and highest value; one is drawn in between for each image."""


def drawn(span: Range, rng: np.random.Generator) -> float:
    """Draw a value, all between the ends alike."""
    return float(rng.uniform(*span))


def drawn_log(span: Range, rng: np.random.Generator) -> float:
    """Draw a value evenly on a log scale; both ends are above 0."""
    return exp(rng.uniform(log(span[0]), log(span[1])))


def drawn_integer(span: Range, rng: np.random.Generator) -> int:
    """Draw a whole number, both ends included."""
    return int(rng.integers(round(span[0]), round(span[1]) + 1))


def drawn_size(span: Range, shape: tuple[int, int], rng: np.random.Generator, part: float = 0.4) -> float:
    """Draw a size in pixels evenly on a log scale, none above `part` of the shorter side of an image of `shape`."""
    largest = part * min(shape)
    return drawn_log((min(span[0], largest), min(span[1], largest)), rng)


def check_ranges(settings: object, names: Sequence[str], lowest: float = 0.0) -> None:
    """Check that each of the fields `names` is two numbers from `lowest` up, the lower one first.

    Raises:
        SettingsError: naming the first field that is not.
    """
    for name in names:
        low, high = getattr(settings, name)
        if not lowest <= low <= high:
            raise SettingsError(
                f"{name} is {low} to {high}: wanted two numbers from {lowest:g} up, the lower one first."
            )


def check_choices(name: str, chosen: Sequence[str], known: Sequence[str]) -> None:
    """Check that `chosen` is at least one of the `known` names.

    Raises:
        SettingsError: naming the unknown one and the known ones.
    """
    for entry in chosen or ("",):
        if entry not in known:
            raise SettingsError(f"{name} has {entry!r}: wanted some of {', '.join(known)}.")
