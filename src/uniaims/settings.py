"""Settings classes: what a field is, and what is made of the fields: TOML and back, and a JSON schema.

Settings are frozen dataclasses. A field that users set is made by `setting` or `needed`: its help is the help of the
flag, the comment in a settings file and the description in a form; its `Words` stand in reports and messages. What does
not fit is refused by name. The modules in which settings stand import nothing heavy.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from uniaims.deprecation import old_fields, warn_of_old_name
from uniaims.errors import SettingsError, did_you_mean

Made = TypeVar("Made")
Device = Literal["auto", "cpu", "cuda"]
"""Where a network runs."""
_PLAIN: dict[Any, tuple[str, str]] = {
    str: ("text in quotes", "string"),
    int: ("a whole number", "integer"),
    float: ("a number", "number"),
    bool: ("true or false", "boolean"),
    Path: ("a path in quotes", "string"),
}
"""Type of a field -> what is wanted, in words; its name in a JSON schema."""


@dataclass(frozen=True)
class Words:
    """How a setting is told to a reader of reports and messages.

    Attributes:
        name: for the eye; the field's own where it is empty.
        form: how a value is written, ``{}`` being the value.
        values: for values that have words of their own.
        in_methods: whether the methods text lists it where it is not as usual; it tells the others in sentences.
        matters: whether results depend on it.
        same: brings values of one meaning into one form, such as ``2500 nm`` and ``2.5 µm``.
    """

    name: str = ""
    form: str = "{}"
    values: Mapping[Any, str] = field(default_factory=dict)
    in_methods: bool = True
    matters: bool = True
    same: Callable[[Any], Any] | None = None

    def tell(self, value: Any) -> str:
        """A value in words."""
        if isinstance(value, str | int | None) and value in self.values:
            return self.values[value]
        if value is None or isinstance(value, bool):
            return {None: "none", True: "yes", False: "no"}[value]
        return self.form.format(f"{value:.12g}" if isinstance(value, float) else value)


@dataclass(frozen=True)
class About:
    """What is known of a field that users set.

    Attributes:
        help: one or two sentences.
        flag: its name on the command line, where that is not the field's; ``None``: there is none.
        words: how it is told.
        parse: makes the value from what a user writes, on the command line or in a settings file.
        metavar: what stands for the value in the help of the flag.
        choices: gives the values that there are, where these are names that are registered somewhere.
        there: ``model`` or ``file``: what a name given must lead to, before anything is done.
    """

    help: str
    flag: str | None = ""
    words: Words = Words()
    parse: Callable[[str], Any] | None = None
    metavar: str = ""
    choices: Callable[[], Collection[str]] | None = None
    there: Literal["", "model", "file"] = ""


def setting(default: Any, text: str, flag: str | None = "", **more: Any) -> Any:
    """A field that users may set, with its help; what ``flag`` and the rest mean says `About`."""
    return field(default=default, metadata={"about": About(text, flag, **more)})


def needed(text: str) -> Any:
    """A field that users must set, with its help."""
    return field(metadata={"about": About(text)})


def about(item: "Field[Any]") -> About | None:
    """What is known of a field; ``None`` where users don't set it."""
    return item.metadata.get("about")


def told_fields(made: type[Any]) -> "Iterator[tuple[Field[Any], Any, About]]":
    """The fields that users set with their types, those of settings inside included, in order."""
    hints = get_type_hints(made)
    for item in fields(made):
        if is_dataclass(hints[item.name]):
            yield from told_fields(hints[item.name])
        elif known := about(item):
            yield item, hints[item.name], known


def words_of(made: type[Any]) -> dict[str, Words]:
    """How the settings of a class are told, by field, those of settings inside included."""
    return {
        item.name: replace(known.words, name=known.words.name or item.name.replace("_", " ").capitalize())
        for item, _, known in told_fields(made)
    }


def former_names(made: type[Any]) -> dict[str, str]:
    """The settings of a class that had other names, those of settings inside included: old name -> new."""
    kinds = get_type_hints(made)
    inside = [former_names(kinds[item.name]) for item in fields(made) if is_dataclass(kinds[item.name])]
    return {old: new for names in (old_fields(made), *inside) for old, new in names.items()}


def from_table(made: type[Made], table: Mapping[str, Any], where: str, folder: Path | None = None) -> Made:
    """Make a dataclass from a TOML table; fields that are dataclasses come from tables inside.

    A list becomes a tuple, and one number stands for a range from itself to itself.

    Args:
        made: the dataclass.
        table: names and values.
        where: names the table in messages.
        folder: where relative paths count from; None: they stay as they are.

    Raises:
        SettingsError: if a key is unknown or missing, or a value is of the wrong kind or out of its range.
    """
    values = values_from(made, table, where, folder)
    known = [item for item in fields(made) if item.init]  # type: ignore[arg-type]
    missing = [item.name for item in known if _is_needed(item) and item.name not in values]
    if missing:
        raise SettingsError(f"{where}: {', '.join(missing)} not given. Add a line for each.")
    try:
        return made(**values)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error


def values_from(made: type[Any], table: Mapping[str, Any], where: str, folder: Path | None = None) -> dict[str, Any]:
    """The values of a TOML table as the fields of a dataclass want them; see `from_table`."""
    table = _with_new_names(made, table, where)
    hints = get_type_hints(made)
    refuse_unknown(table, [item.name for item in fields(made) if item.init], where)
    parsers = {item.name: known.parse for item in fields(made) if (known := about(item))}
    return {
        name: parse(value)
        if isinstance(value, str) and (parse := parsers.get(name))
        else _value(value, hints[name], f"{where}, {name}", folder)
        for name, value in table.items()
    }


def _with_new_names(made: type[Any], table: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """The table with the names that its fields have now."""
    renamed = old_fields(made)
    for old in renamed.keys() & table:
        warn_of_old_name(f"{where}: {old}", renamed[old], stacklevel=5)
    return {renamed.get(name, name): value for name, value in table.items()}


def refuse_unknown(table: Mapping[str, Any], known: list[str], where: str) -> None:
    """Raise for a name that is not among the known ones.

    Raises:
        SettingsError: with the nearest known name.
    """
    for name in table:
        if name not in known:
            wanted = f"wanted some of {', '.join(known)}"
            raise SettingsError(f"{where}: {name!r} is not known, {wanted}.{did_you_mean(name, known)}")


def wrong(value: Any, wanted: str, where: str) -> SettingsError:
    """The error for a value that does not fit."""
    return SettingsError(f"{where} is {value!r}: wanted {wanted}.")


def as_table(instance: Any) -> dict[str, Any]:
    """The fields of a dataclass that differ from their defaults, tables inside included."""
    table = {}
    for item in fields(instance):
        value = getattr(instance, item.name)
        if item.default is MISSING or value != item.default:
            table[item.name] = as_table(value) if is_dataclass(value) else value
    return table


def table_text(table: Mapping[str, Any]) -> str:
    """Write a table of plain values, lists and tables in TOML; values come before tables, None is left out."""
    return "\n".join(_lines(table, "")).strip() + "\n"


def settings_text(settings: Any) -> str:
    """Write settings in TOML, each with its help; paths absolute, to serve from any folder; None is left out.

    Settings inside come last, as tables.
    """
    return "\n".join(_helped_lines(settings, ""))


def _helped_lines(settings: Any, prefix: str) -> list[str]:
    lines, tables = list[str](), list[str]()
    for item in fields(settings):
        value, known = getattr(settings, item.name), about(item)
        if is_dataclass(value):
            tables += [f"[{prefix}{item.name}]", *_helped_lines(value, f"{prefix}{item.name}.")]
        elif value is not None and known:
            lines += [f"# {known.help}", f"{item.name} = {_literal(value)}", ""]
    return lines + tables


def json_schema(made: type[Any]) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of what users set of a settings class, for forms; settings inside are objects."""
    hints, properties, missing = get_type_hints(made), {}, []
    for item in fields(made):
        kind = hints[item.name]
        if is_dataclass(kind):
            properties[item.name] = json_schema(kind)  # type: ignore[arg-type]
        elif known := about(item):
            named = {"enum": list(known.choices())} if known.choices else _kind_schema(kind)
            properties[item.name] = named | {"description": known.help}
            if item.default is not MISSING:
                properties[item.name]["default"] = json.loads(json.dumps(item.default, default=str))
        if _is_needed(item):
            missing.append(item.name)
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": missing} if missing else {})


def _kind_schema(kind: Any) -> dict[str, Any]:
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if get_origin(kind) in (Union, UnionType):
        return {"anyOf": [_kind_schema(each) for each in get_args(kind)]}
    if get_origin(kind) is tuple:
        first, *rest = get_args(kind)
        several: dict[str, Any] = {"type": "array", "items": _kind_schema(first)}
        return several if rest == [Ellipsis] else several | {"minItems": 1 + len(rest), "maxItems": 1 + len(rest)}
    return {"type": "null" if kind is type(None) else _PLAIN[kind][1]}


def _is_needed(item: Any) -> bool:
    return bool(item.init and item.default is MISSING and item.default_factory is MISSING)


def _value(value: Any, kind: Any, where: str, folder: Path | None) -> Any:
    """A TOML value as the type of a field wants it."""
    if is_dataclass(kind):
        if isinstance(value, kind):  # type: ignore[arg-type]
            return value
        if isinstance(value, dict):
            return from_table(kind, value, where, folder)  # type: ignore[arg-type]
        raise wrong(value, "a table", where)
    if get_origin(kind) in (Union, UnionType):
        return _first_fitting(value, get_args(kind), where, folder)
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise wrong(value, f"one of {', '.join(map(str, get_args(kind)))}", where)
    if get_origin(kind) is tuple:
        return _row(value, get_args(kind), where, folder)
    return _plain(value, kind, where, folder)


def _first_fitting(value: Any, kinds: tuple[Any, ...], where: str, folder: Path | None) -> Any:
    if value is None and type(None) in kinds:
        return None
    wanted = [kind for kind in kinds if kind is not type(None)]
    for kind in wanted[:-1]:
        try:
            return _value(value, kind, where, folder)
        except SettingsError:
            continue
    return _value(value, wanted[-1], where, folder)


def _row(value: Any, kinds: tuple[Any, ...], where: str, folder: Path | None) -> tuple[Any, ...]:
    """A list as a tuple; a single number as a range without width."""
    several = len(kinds) == 2 and kinds[1] is Ellipsis
    given = value if isinstance(value, list | tuple) else [value] if several else [value] * len(kinds)
    if not several and len(given) != len(kinds):
        raise wrong(value, f"{len(kinds)} values in brackets", where)
    items = tuple(_value(each, kinds[0] if several else kinds[i], where, folder) for i, each in enumerate(given))
    if kinds in ((float, float), (int, int)) and items[0] > items[1]:
        raise wrong(value, "two numbers, the lower one first", where)
    return items


def _plain(value: Any, kind: Any, where: str, folder: Path | None) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return (folder or Path()) / Path(value).expanduser()
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if kind not in _PLAIN or (kind in (str, bool) and isinstance(value, kind)):
        return value
    raise wrong(value, _PLAIN[kind][0], where)


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
    if isinstance(value, Path):
        value = str(value.absolute())
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(float(value)) if isinstance(value, float) else str(int(value))
