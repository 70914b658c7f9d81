"""What is refused at once: models, images and folders that are not there.

The flags of a command stand beside code that takes seconds to import, so that the command itself would say so late.
Here the bare words of the command line are looked at. Nothing is refused that the command would take: where a word
may be a file or the value of an option, the command decides.
"""

from collections.abc import Iterator, Sequence
from glob import has_magic
from itertools import takewhile
from pathlib import Path

from uniaims.errors import ModelError, SettingsError

WITH_MODEL = ("analyse", "evaluate")
WITH_PATHS = ("analyse", "evaluate", "info", "measure")
OTHER_PATHS = ("--output", "--model", "--detector", "--image")
"""Options whose value is a path too."""


def refuse(arguments: Sequence[str]) -> None:
    """Raise for a model that there is not, and where none of the files or folders to work on is there.

    Raises:
        SettingsError: with a line for each.
    """
    command, words = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if {"--help", "-h"} & set(words):
        return
    if command in WITH_MODEL:
        _refuse_model(words)
    if command in WITH_PATHS:
        _refuse_paths(words)


def _refuse_model(words: Sequence[str]) -> None:
    for name in _values(words, "--model"):
        from uniaims.runtime import find_model

        try:
            find_model(name)
        except ModelError as error:
            raise SettingsError(str(error)) from error


def _refuse_paths(words: Sequence[str]) -> None:
    first = list(takewhile(lambda word: not word.startswith("-"), words))
    skipped = {value for option in OTHER_PATHS for value in _values(words, option)}
    later = [word for word in words[len(first) :] if word not in skipped]
    if any(has_magic(word) or Path(word).exists() for word in [*first, *later]):
        return
    if first:
        raise SettingsError("\n".join(f"{word} does not exist: check the path" for word in first))


def _values(words: Sequence[str], option: str) -> Iterator[str]:
    """What stands behind an option: ``--model general``, ``--model=general``."""
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            yield words[place + 1]
        elif word.startswith(f"{option}="):
            yield word.removeprefix(f"{option}=")
