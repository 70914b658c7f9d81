"""Which results belong to which group: whole folders, patterns of names, or a table."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from uniaims.errors import InputError, SettingsError
from uniaims.names import composed, listed, shown_name
from uniaims.pipeline.results import ResultFolder, read_results
from uniaims.texts import read_text

TABLE_COLUMNS = ("image", "group", "specimen")
HOW = 'as in --group "A=calcined_*" --group "B=sintered_*"'


@dataclass(frozen=True)
class Member:
    """A result in a group.

    Attributes:
        result: the folder.
        group: name.
        specimen: what the picture was taken of; empty where that is not told.
    """

    result: ResultFolder
    group: str
    specimen: str = ""


def results_in(folders: Sequence[Path]) -> dict[Path, tuple[ResultFolder, ...]]:
    """The results in each of the folders, which are those of one image or of several.

    Raises:
        InputError: where a folder holds none.
    """
    found = {}
    for folder in folders:
        single = ResultFolder.at(folder)
        found[folder] = (single,) if single else tuple(read_results(folder).values())
        if not found[folder]:
            raise InputError(
                f"{shown_name(str(folder))} holds no results of `uniaims analyse`: give its --output folder, or one "
                "of an image."
            )
    return found


def by_folders(found: Mapping[Path, Sequence[ResultFolder]]) -> list[Member]:
    """Each folder a group of its own, named by it.

    Raises:
        InputError: where there is one alone, or two have the same name.
    """
    names = [folder.resolve().name for folder in found]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise InputError(
            f"The folders {listed([shown_name(str(folder)) for folder in found])} make no two groups of different "
            f"names. Give two or more, or say what belongs together, {HOW}."
        )
    return [Member(result, name) for name, results in zip(names, found.values(), strict=True) for result in results]


def by_patterns(results: Sequence[ResultFolder], patterns: Mapping[str, str]) -> list[Member]:
    """Groups by patterns of the names of images or result folders; a name that is written out is no pattern.

    Raises:
        InputError: where a pattern meets no result, or a result two patterns.
    """
    members: list[Member] = []
    for group, pattern in patterns.items():
        met = [result for result in results if _meets(result, pattern)]
        if not met:
            names = listed([shown_name(result.summary.file.name) for result in results])
            raise InputError(f'No image meets "{pattern}", the pattern of group "{group}". There are {names}.')
        members += [Member(result, group) for result in met]
    groups = defaultdict[Path, list[str]](list)
    for member in members:
        groups[member.result.path].append(member.group)
    for path, several in groups.items():
        if len(several) > 1:
            raise InputError(
                f"{shown_name(str(path))} is in the groups {listed(several)}. Give patterns that part them."
            )
    return members


def by_table(results: Sequence[ResultFolder], table: Path) -> list[Member]:
    """Groups, and specimens if there is such a column, by a CSV file with the columns image, group, specimen.

    An image is named by its file or its result folder; those that the table does not name are left out.

    Raises:
        InputError: where the table can't be read, names an image that is not there, or one twice.
    """
    rows = _rows(table)
    members, named = list[Member](), dict[Path, int]()
    for number, row in enumerate(rows, 2):
        name = row["image"]
        met = [result for result in results if composed(name) in _names(result)]
        if len(met) != 1 or not row["group"]:
            trouble = "is in no group" if len(met) == 1 else f"is the name of {len(met)} results"
            raise InputError(
                f"{shown_name(str(table))}, line {number}: {name!r} {trouble}. Give one image and its group."
            )
        if met[0].path in named:
            raise InputError(
                f"{shown_name(str(table))}, line {number}: {name!r} stands in line {named[met[0].path]} too."
            )
        named[met[0].path] = number
        members.append(Member(met[0], row["group"], row.get("specimen") or ""))
    return members


def parse_patterns(texts: Sequence[str]) -> dict[str, str]:
    """``A=GLOB`` as group -> pattern.

    Raises:
        SettingsError: where one is not written so, or a group comes twice.
    """
    patterns: dict[str, str] = {}
    for text in texts:
        name, equals, pattern = text.partition("=")
        name, pattern = name.strip(), pattern.strip()
        if not (equals and name and pattern) or name in patterns:
            raise SettingsError(f"--group {text!r} came. Give each group once, its name and a pattern, {HOW}.")
        patterns[name] = pattern
    return patterns


def _rows(table: Path) -> list[dict[str, str]]:
    text = read_text(table).text
    if not text.strip():
        raise InputError(
            f"{shown_name(str(table))} is empty. Give a table with the columns {', '.join(TABLE_COLUMNS)}."
        )
    separator = ";" if ";" in text.splitlines()[0] and "," not in text.splitlines()[0] else ","
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    known = [name.strip().lower() for name in reader.fieldnames or ()]
    if not {"image", "group"} <= set(known):
        raise InputError(
            f"{shown_name(str(table))} has the columns {listed(known)}. Give {', '.join(TABLE_COLUMNS)}; the last "
            "may be left out."
        )
    return [
        {
            name: (value or "").strip()
            for name, value in zip(known, row.values(), strict=False)
            if isinstance(value, str)
        }
        for row in reader
    ]


def _names(result: ResultFolder) -> tuple[str, str, str]:
    return composed(result.name), composed(result.summary.file.name), composed(str(result.summary.file))


def _meets(result: ResultFolder, pattern: str) -> bool:
    wanted = composed(pattern)
    return any(name == wanted or fnmatchcase(name, wanted) for name in _names(result))
