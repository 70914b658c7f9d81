"""TOML tables into frozen dataclasses: unknown keys, wrong types and upside-down ranges are refused by name."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from uniaims.errors import SettingsError

Made = TypeVar("Made")
_WIDE = 10.0
"""Ranges whose ends differ by this factor or more are drawn evenly on a log scale."""


def from_table(made: type[Made], table: Mapping[str, Any], where: str) -> Made:
    """Make a dataclass from a TOML table; fields that are dataclasses come from tables inside.

    A list becomes a tuple, and one number stands for a range from itself to itself. `where` names the table in
    messages.

    Raises:
        SettingsError: if a key is unknown or missing, or a value is of the wrong kind.
    """
    hints = get_type_hints(made)
    known = [item for item in fields(made) if item.init]  # type: ignore[arg-type]
    _refuse_unknown(table, [item.name for item in known], where)
    needed = [item.name for item in known if item.default is MISSING and item.default_factory is MISSING]
    missing = [name for name in needed if name not in table]
    if missing:
        raise SettingsError(f"{where}: {', '.join(missing)} not given. Add a line for each.")
    values = {name: _value(value, hints[name], f"{where}, {name}") for name, value in table.items()}
    try:
        return made(**values)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error


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
        _refuse_unknown(self.values, [item.name for item in fields(drawn)], where)
        for name, value in self.values.items():
            if _is_range(value, getattr(drawn, name)) and value[0] > value[1]:
                raise _wrong(value, "two numbers, the lower one first", f"{where}, {name}")
        for pick in (0, -1):
            ends = {name: _end(value, getattr(drawn, name), pick) for name, value in self.values.items()}
            from_table(type(drawn), {item.name: getattr(drawn, item.name) for item in fields(drawn)} | ends, where)

    def over(self, drawn: Made, rng: np.random.Generator) -> Made:
        """The drawn dataclass with the given values in place; ranges are drawn here, in the order of the table."""
        chosen = {name: _chosen(value, getattr(drawn, name), rng) for name, value in self.values.items()}
        return replace(drawn, **chosen)  # type: ignore[type-var]


def _refuse_unknown(table: Mapping[str, Any], known: list[str], where: str) -> None:
    for name in table:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise SettingsError(f"{where}: {name!r} is not known, wanted some of {', '.join(known)}.{hint}")


def _value(value: Any, kind: Any, where: str) -> Any:
    """A TOML value as the type of a field wants it."""
    if is_dataclass(kind):
        if isinstance(value, kind):  # type: ignore[arg-type]
            return value
        if isinstance(value, dict):
            return from_table(kind, value, where)  # type: ignore[arg-type]
        raise _wrong(value, "a table", where)
    if get_origin(kind) in (Union, UnionType):
        return _first_fitting(value, get_args(kind), where)
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise _wrong(value, f"one of {', '.join(map(str, get_args(kind)))}", where)
    if get_origin(kind) is tuple:
        return _row(value, get_args(kind), where)
    return _plain(value, kind, where)


def _first_fitting(value: Any, kinds: tuple[Any, ...], where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    wanted = [kind for kind in kinds if kind is not type(None)]
    for kind in wanted[:-1]:
        try:
            return _value(value, kind, where)
        except SettingsError:
            continue
    return _value(value, wanted[-1], where)


def _row(value: Any, kinds: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    """A list as a tuple; a single number as a range without width."""
    several = len(kinds) == 2 and kinds[1] is Ellipsis
    given = value if isinstance(value, list | tuple) else [value] if several else [value] * len(kinds)
    if not several and len(given) != len(kinds):
        raise _wrong(value, f"{len(kinds)} values in brackets", where)
    items = tuple(_value(each, kinds[0] if several else kinds[i], where) for i, each in enumerate(given))
    if kinds in ((float, float), (int, int)) and items[0] > items[1]:
        raise _wrong(value, "two numbers, the lower one first", where)
    return items


def _plain(value: Any, kind: Any, where: str) -> Any:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if kind in (str, bool) and isinstance(value, kind):
        return value
    if kind not in (float, int, str, bool):
        return value
    names = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
    raise _wrong(value, names[kind], where)


def _wrong(value: Any, wanted: str, where: str) -> SettingsError:
    return SettingsError(f"{where} is {value!r}: wanted {wanted}.")


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
    if low > 0 and high >= _WIDE * low:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return float(rng.uniform(low, high))


def table_text(table: Mapping[str, Any]) -> str:
    """Write a table of plain values, lists and tables in TOML; values come before tables, None is left out."""
    return "\n".join(_lines(table, "")).strip() + "\n"


def as_table(instance: Any) -> dict[str, Any]:
    """The fields of a dataclass that differ from their defaults, tables inside included."""
    table = {}
    for item in fields(instance):
        value = getattr(instance, item.name)
        if item.default is MISSING or value != item.default:
            table[item.name] = as_table(value) if is_dataclass(value) else value
    return table


def _lines(table: Mapping[str, Any], prefix: str) -> list[str]:
    plain = {name: value for name, value in table.items() if value is not None and not isinstance(value, Mapping)}
    lines = [f"{name} = {_literal(value)}" for name, value in plain.items()]
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            lines += ["", f"[{prefix}{name}]", *_lines(value, f"{prefix}{name}.")]
    return lines


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(float(value)) if isinstance(value, float) else str(int(value))
