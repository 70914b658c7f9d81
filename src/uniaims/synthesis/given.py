"""What a recipe fixes of a dataclass whose other fields are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from uniaims.settings import from_table, refuse_unknown, wrong

Made = TypeVar("Made")
_WIDE_RATIO = 10.0
"""Ranges whose ends differ by this factor or more are drawn evenly on a log scale."""


@dataclass(frozen=True)
class Given:
    """What a recipe fixes of a dataclass whose other fields are drawn.

    `values` maps a field to a number (or text, or truth value), to two numbers to draw between, or to several texts
    to choose from.
    """

    values: Mapping[str, Any]

    def checked(self, drawn: Any, where: str) -> None:
        """Try the lowest and the highest of every range on an example.

        Raises:
            SettingsError: if a field is unknown or a value can't be used.
        """
        refuse_unknown(self.values, [item.name for item in fields(drawn)], where)
        for name, value in self.values.items():
            if _is_range(value, getattr(drawn, name)) and value[0] > value[1]:
                raise wrong(value, "two numbers, the lower one first", f"{where}, {name}")
        for pick in (0, -1):
            ends = {name: _end(value, getattr(drawn, name), pick) for name, value in self.values.items()}
            from_table(type(drawn), {item.name: getattr(drawn, item.name) for item in fields(drawn)} | ends, where)

    def over(self, drawn: Made, rng: np.random.Generator) -> Made:
        """The drawn dataclass with the given values in place; ranges are drawn here, in the order of the table."""
        chosen = {name: _chosen(value, getattr(drawn, name), rng) for name, value in self.values.items()}
        return replace(drawn, **chosen)  # type: ignore[type-var]


def _is_choice(value: Any, present: Any) -> bool:
    """Whether a given value is to be drawn from: a list, for a field that is no tuple itself."""
    return isinstance(value, list | tuple) and not isinstance(present, tuple)


def _is_range(value: Any, present: Any) -> bool:
    """Whether a given value is two numbers to draw between."""
    numbers = _is_choice(value, present) and all(isinstance(each, int | float) for each in value)
    return numbers and len(value) == 2 and not isinstance(value[0], bool)


def _end(value: Any, present: Any, pick: int) -> Any:
    return value[pick] if _is_choice(value, present) and len(value) else value


def _chosen(value: Any, present: Any, rng: np.random.Generator) -> Any:
    if not _is_choice(value, present):
        return type(present)(value) if isinstance(present, float | tuple) else value
    if isinstance(value[0], str | bool) or len(value) != 2:
        return value[int(rng.integers(len(value)))]
    low, high = value
    if isinstance(present, int):
        return int(rng.integers(low, high + 1))
    if low > 0 and high >= _WIDE_RATIO * low:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return float(rng.uniform(low, high))
