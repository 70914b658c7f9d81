"""What is refused at once: models, images and folders that are not there.

The flags of a command stand beside code that takes seconds to import, so that the command itself would say so late.
Here the bare words of the command line are looked at. Nothing is refused that the command would take: where a word
may be a file or the value of an option, the command decides.
"""

from collections.abc import Iterable, Iterator, Sequence
from glob import has_magic
from itertools import pairwise
from pathlib import Path

from uniaims.errors import ModelError, SettingsError
from uniaims.names import is_there, on_disk, shown_name

MODEL_OPTIONS = {
    "analyse": "--model",
    "evaluate": "--model",
    "finetune": "--model",
    "quantise": "--model",
    "train": "--initial-weights",
}
FILE_OPTIONS = {"analyse": "--detector", "measure": "--image", "scale": "--detector", "synthesise": "--style"}
"""The option of a command whose files must be there."""
WITH_PATHS = ("analyse", "evaluate", "info", "measure", "scale")
OTHER_PATHS = ("--output", "--model", "--detector", "--image", "--overlay", "--keep")
"""Options whose value is a path too."""
SWITCHES = ("--json", "--overwrite")
"""Options without a value that are often put before a path."""
OUTPUT = "--output"


def as_on_disk(words: Sequence[str]) -> list[str]:
    """The words of a command line; paths whose umlauts are composed otherwise on the disk, as they stand there."""
    return [word if word.isascii() or word.startswith("-") else _spelled_as_there(word) for word in words]


def _spelled_as_there(word: str) -> str:
    """The word itself, unless the path that it names is there in another spelling."""
    found = on_disk(Path(word))
    return word if found == Path(word) else str(found)


def refuse(arguments: Sequence[str]) -> None:
    """Raise for a model or a named file that is not there, and where none of the files or folders to work on is.

    Raises:
        SettingsError: naming each path.
    """
    command, words = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if {"--help", "-h"} & set(words):
        return
    _refuse_dashes(words)
    if command in MODEL_OPTIONS:
        names = _values(words, MODEL_OPTIONS[command])
        _refuse_model(name for name in names if name or command != "train")  # an empty text there means none
    if command in FILE_OPTIONS:
        _refuse_missing(path for path in _values(words, FILE_OPTIONS[command]) if not is_there(path))
    if command in WITH_PATHS:
        _refuse_paths(words)
    if command == "analyse" and words and not any(word.partition("=")[0] == OUTPUT for word in words):
        raise SettingsError(
            "analyse needs a folder for the results: add --output DIR, as in `uniaims analyse IMAGES --output results`."
        )


def _refuse_model(names: Iterable[str]) -> None:
    for name in names:
        from uniaims.runtime import find_model

        try:
            find_model(name)
        except ModelError as error:
            raise SettingsError(str(error)) from error


def _refuse_paths(words: Sequence[str]) -> None:
    """Words behind an option may be its value; the others are paths."""
    paths: list[str] = []
    unsure: list[str] = []
    for before, word in pairwise(["", *words]):
        behind_option = before.startswith("-") and "=" not in before and before not in SWITCHES
        if not word.startswith("-") and before not in OTHER_PATHS:
            (unsure if behind_option else paths).append(word)
    if not any(has_magic(word) or is_there(word) for word in [*paths, *unsure]):
        _refuse_missing(paths)


def _refuse_missing(paths: Iterable[str]) -> None:
    names = [shown_name(path) for path in paths]
    if names:
        does, path = ("does", "path") if len(names) == 1 else ("do", "paths")
        raise SettingsError(f"{', '.join(names)} {does} not exist: check the {path}")


def _refuse_dashes(words: Sequence[str]) -> None:
    """A file whose name begins with a dash is taken for an option."""
    before_dashes = words[: words.index("--")] if "--" in words else words
    for word in before_dashes:
        if word.startswith("-") and is_there(word):
            raise SettingsError(f"{shown_name(word)} is a file, but is read as an option: write ./{shown_name(word)}")


def _values(words: Sequence[str], option: str) -> Iterator[str]:
    """What stands behind an option: ``--model general``, ``--model=general``."""
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            yield words[place + 1]
        elif word.startswith(f"{option}="):
            yield word.removeprefix(f"{option}=")
