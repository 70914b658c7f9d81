"""The bare words of a command line: paths as they are spelled on the disk, and what is refused at once.

What a user names must be there before anything heavy is imported: whoever mistypes a name is told in a second.
"""

from collections.abc import Iterable, Mapping, Sequence
from glob import has_magic
from pathlib import Path
from typing import Any

from uniaims.errors import ModelError, SettingsError
from uniaims.names import is_there, on_disk, shown_name
from uniaims.settings import told_fields


def as_on_disk(words: Sequence[str]) -> list[str]:
    """The words of a command line; paths whose umlauts are composed otherwise on the disk, as they stand there."""
    return [word if word.isascii() or word.startswith("-") else _spelled_as_there(word) for word in words]


def _spelled_as_there(word: str) -> str:
    """The word itself, unless the path that it names is there in another spelling."""
    found = on_disk(Path(word))
    return word if found == Path(word) else str(found)


def refuse_dashes(words: Sequence[str]) -> None:
    """Raise for a file whose name begins with a dash: it would be taken for an option.

    Raises:
        SettingsError: saying how to write it.
    """
    if {"--help", "-h"} & set(words):
        return
    before_dashes = words[: words.index("--")] if "--" in words else words
    for word in before_dashes:
        if word.startswith("-") and is_there(word):
            raise SettingsError(f"{shown_name(word)} is a file, but is read as an option: write ./{shown_name(word)}")


def refuse_missing(*paths: str | Path | None) -> None:
    """Raise for each of the paths that is not there; ``None`` was not given.

    Raises:
        SettingsError: naming them.
    """
    names = [shown_name(str(path)) for path in paths if path is not None and not is_there(path)]
    if names:
        does, path = ("does", "path") if len(names) == 1 else ("do", "paths")
        raise SettingsError(f"{', '.join(names)} {does} not exist: check the {path}")


def refuse_all_missing(paths: Iterable[str]) -> None:
    """Raise where none of the files, folders and patterns to work on is there; else whoever works on them says more.

    Raises:
        SettingsError: naming them.
    """
    given = list(paths)
    if not any(has_magic(path) or is_there(path) for path in given):
        refuse_missing(*given)


def refuse_unknown_names(settings_class: type[Any], values: Mapping[str, Any]) -> None:
    """Raise for a model or a file named by a setting that is not there.

    Raises:
        SettingsError: saying what is known.
    """
    for item, _, about in told_fields(settings_class):
        value = values.get(item.name)
        if value is None or value == item.default or not about.there:
            continue
        if about.there == "file":
            refuse_missing(value)
        else:
            _refuse_model(value)


def _refuse_model(name: str) -> None:
    from uniaims.runtime import find_model

    try:
        find_model(name)
    except ModelError as error:
        raise SettingsError(str(error)) from error
