"""The styles: data in the TOML files beside this module, over the shapes of `bars`, `strips` and `groups`.

A style is held out of training when the hash of its name says so: about one in five, and a new style never moves
another from one side to the other.
"""

import tomllib
from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from uniaims.errors import SettingsError
from uniaims.synthesis.scalebars.canvas import Ink
from uniaims.synthesis.scalebars.looks import INKS, BarLook, Caption, Column, LabelLook, StripLook, Style

__all__ = ["STYLES", "held_out_styles", "is_held_out", "read_styles", "training_styles"]

_Look = TypeVar("_Look", BarLook, LabelLook, StripLook, Column, Caption, Style)

_HELD_OUT_IN = 5
_INK_KEYS, _INKS_KEYS = frozenset({"ink", "rules"}), frozenset({"inks", "ground", "backing"})
_PARTS: dict[str, Callable[[Any], object]] = {
    "bar": lambda entry: _filled(BarLook, entry) if isinstance(entry, dict) else entry,
    "label": lambda entry: _filled(LabelLook, entry),
    "strip": lambda entry: _filled(StripLook, entry),
    "columns": lambda entries: tuple(_filled(Column, entry) for entry in entries),
    "captions": lambda entries: tuple(_filled(Caption, entry) for entry in entries),
}


def read_styles(path: Path) -> dict[str, Style]:
    """Styles of a TOML file: a table for each, its name as header, its keys the fields of `looks.Style`.

    Colours are names (``"white"``) or ``[red, green, blue]``.

    Raises:
        SettingsError: if the file is no TOML, or has a key, colour or kind that there is not.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} can't be read as TOML: {error}. Give a file of styles.") from error
    return {name: _filled(Style, {"name": name, **table}) for name, table in tables.items()}


def is_held_out(name: str) -> bool:
    """Whether a detector or reader must not be trained on the style called `name`."""
    return int(sha256(name.encode()).hexdigest()[:8], 16) % _HELD_OUT_IN == 0


def training_styles() -> tuple[str, ...]:
    """Names of the styles to train on."""
    return tuple(name for name in STYLES if not is_held_out(name))


def held_out_styles() -> tuple[str, ...]:
    """Names of the styles to test on."""
    return tuple(name for name in STYLES if is_held_out(name))


def _filled(look: type[_Look], entry: dict[str, Any]) -> _Look:
    known = [field.name for field in fields(look)]
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise SettingsError(f"{look.__name__} has no {', '.join(unknown)}: wanted some of {', '.join(known)}.")
    try:
        return look(**{key: _value(key, value) for key, value in entry.items()})
    except TypeError as error:
        raise SettingsError(f"{look.__name__} {entry.get('name', '')}: {error}. Give what is missing.") from error


def _value(key: str, value: Any) -> Any:
    if key in _INK_KEYS:
        return _ink(value)
    if key in _INKS_KEYS:
        return tuple(_ink(entry) for entry in value)
    if key in _PARTS:
        return _PARTS[key](value)
    return tuple(value) if isinstance(value, list) else value


def _ink(value: str | list[int]) -> Ink:
    if isinstance(value, str) and value in INKS:
        return INKS[value]
    if isinstance(value, list) and len(value) == 3:
        return value[0], value[1], value[2]
    raise SettingsError(f"colour is {value!r}: wanted [red, green, blue] or one of {', '.join(INKS)}.")


STYLES: dict[str, Style] = {
    name: style for path in sorted(Path(__file__).parent.glob("*.toml")) for name, style in read_styles(path).items()
}
"""All styles by name."""
