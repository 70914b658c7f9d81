"""Flags of a command from the fields of settings classes."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import wraps
from importlib import import_module
from types import GenericAlias
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand

from uniaims.cli.words import refuse_unknown_names
from uniaims.errors import SettingsError
from uniaims.page_choice import METAVAR, parse_pages
from uniaims.settings import About, told_fields

NUMBERS = "<N,N,...>"
"""What stands for numbers in a row in the help."""

Command = Callable[..., Any]
Settings = TypeVar("Settings")

_LIST_OF = re.compile(r"<list\[(\w+)\]>")
_CLASSES: dict[Command, str] = {}
_OPEN: set[Command] = set()
"""Commands whose flags are None where they are not given, because a file may give them."""


class PlainCommand(TyperCommand):
    """A command whose help speaks of ``<path>...`` where typer has the Python type, ``<list[Path]>``."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options into the help, in columns as before."""
        super().format_options(ctx, formatter)
        formatter.buffer = [_LIST_OF.sub(_several, text) for text in formatter.buffer]


def _several(found: re.Match[str]) -> str:
    return f"<{found[1].lower()}>...".ljust(len(found[0]))


def settings_from(path: str, *, given_only: bool = False) -> Callable[[Command], Command]:
    """Mark a command that takes ``**flags``, one for each field of the settings class at ``path`` ("module.Class").

    With ``given_only`` the command gets ``None`` for each flag that is not on the command line; see `given_values`.
    """

    def mark(command: Command) -> Command:
        """Note the class that the flags of a command come from."""
        _CLASSES[command] = path
        if given_only:
            _OPEN.add(command)
        return command

    return mark


def with_flags(command: Command) -> Command:
    """The command with a flag for every field of its settings class, those of nested settings included."""
    if command not in _CLASSES:
        return command
    module, name = _CLASSES[command].rsplit(".", 1)
    settings_class = getattr(import_module(module), name)
    flags = list(_flags(settings_class))
    if command in _OPEN:
        flags = [_without_default(flag) for flag in flags]
    parameters = [*_own_parameters(command), *flags]

    @wraps(command)
    def run(**values: Any) -> Any:
        """The command, with its flags as plain values."""
        plain = {key: value.value if isinstance(value, Enum) else value for key, value in values.items()}
        refuse_unknown_names(settings_class, plain)
        return command(**plain)

    return _with_signature(run, parameters)


def settings_of(settings_class: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Make settings, nested ones included, from the values of flags.

    Raises:
        SettingsError: if a value can't be used.
    """
    hints, given = get_type_hints(settings_class), {}
    for item in _fields(settings_class):
        if is_dataclass(hints[item.name]):
            given[item.name] = settings_of(hints[item.name], values)
        elif item.name in values:
            given[item.name] = _value(values[item.name], hints[item.name])
    return settings_class(**given)


def given_values(settings_class: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of those flags that are on the command line, as the fields of the settings class want them.

    Raises:
        SettingsError: if a value can't be used.
    """
    hints = get_type_hints(settings_class)
    given = {name: value for name, value in values.items() if value is not None and value != []}
    return {
        item.name: _value(given[item.name], hints[item.name]) for item in _fields(settings_class) if item.name in given
    }


def _without_default(flag: inspect.Parameter) -> inspect.Parameter:
    """The flag with None for its default; the help still shows the default of the settings class."""
    kind, option = get_args(flag.annotation)
    if flag.default not in {inspect.Parameter.empty, "", None}:
        # As text of the help: typer's own way puts a default that is text in brackets, as if it were explained.
        option.help = f"{option.help}  [default: {_told(flag)}]"
    return flag.replace(default=None, annotation=Annotated[kind | None, option])


def _told(flag: inspect.Parameter) -> str:
    """A default as it is given on the command line."""
    if isinstance(flag.default, bool):
        return flag.name.replace("_", "-") if flag.default else f"no-{flag.name.replace('_', '-')}"
    return str(flag.default)


def _fields(settings_class: type[Any]) -> tuple[Field[Any], ...]:
    return fields(settings_class)


def _own_parameters(command: Command) -> list[inspect.Parameter]:
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    return [each for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD]


def _with_signature(run: Command, parameters: list[inspect.Parameter]) -> Command:
    keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in keywords}
    return run


def _flags(settings_class: type[Any]) -> Iterator[inspect.Parameter]:
    for item, kind, known in told_fields(settings_class):
        if known.flag is not None:
            yield _flag(item, kind, known)


def _flag(item: Field[Any], kind: Any, known: About) -> inspect.Parameter:
    name = known.flag or "--" + item.name.replace("_", "-")
    names = [name, "--no-" + name.removeprefix("--")] if kind is bool else [name]
    option = typer.Option(
        "/".join(names),
        help=known.help,
        parser=_parser(known.parse) if known.parse else None,
        metavar=known.metavar or (NUMBERS if _is_row_of_numbers(kind) else None),
    )
    default = inspect.Parameter.empty if item.default is MISSING else _shown(item.default, kind)
    flag_type: Any = Any if known.parse else _flag_type(item.name, kind, known)
    annotation = Annotated[flag_type, option]
    return inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _flag_type(name: str, kind: Any, known: About) -> Any:
    """The type by which typer reads a flag: choices as an enumeration, numbers in a row as text ("32,64,128")."""
    if known.choices:
        return _choices(name, known.choices())
    if get_origin(kind) is Literal:
        return _choices(name, get_args(kind))
    if get_origin(kind) is tuple:
        return str if _is_row_of_numbers(kind) else GenericAlias(list, get_args(kind)[:1])
    return kind


def _is_row_of_numbers(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[0] in {int, float}


def page_option(told: str) -> Any:
    """The option ``--page`` of commands without settings; its parameter is of any type."""
    return typer.Option("--page", help=told, parser=_parser(parse_pages), metavar=METAVAR)


def _parser(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    """A parser for typer, which calls it for defaults too."""

    def parsed(text: Any) -> Any:
        """The value of a text; defaults are values already."""
        return parse(text) if isinstance(text, str) else text

    return parsed


def _choices(name: str, choices: Iterable[str]) -> Any:
    return Enum(name, {choice: choice for choice in choices}, type=str)


def _shown(default: Any, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return default
    if get_origin(kind) is not tuple:
        return default
    return ",".join(map(str, default)) if default or _is_row_of_numbers(kind) else None


def _value(value: Any, kind: Any) -> Any:
    """What a flag gave, as the field wants it."""
    if get_origin(kind) is not tuple:
        return value
    if not isinstance(value, str):
        return tuple(value or ())
    number = get_args(kind)[0]
    try:
        return tuple(number(part) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(f"{value!r}: wanted numbers with commas between them, such as 32,64,128.") from error
