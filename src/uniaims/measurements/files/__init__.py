"""The kinds of files that measurements are written to: one module each, and its line in `FILE_TYPES`."""

from collections.abc import Sequence
from pathlib import Path

from uniaims.measurements.files import csv, parquet, xlsx
from uniaims.measurements.files.file_type import FileType
from uniaims.measurements.files.sheet import Sheet

__all__ = ["FILE_TYPES", "FileType", "Sheet", "file_type_of", "unwritten", "wanted_types", "write_tables"]

FILE_TYPES: tuple[FileType, ...] = (
    csv.TYPE,
    parquet.TYPE,
    xlsx.TYPE,
)


def file_type_of(suffix: str) -> FileType | None:
    """The type of files of a suffix, in letters of any size; ``None`` for others."""
    return next((each for each in FILE_TYPES if each.suffix == suffix.lower()), None)


def wanted_types(settings: object = None) -> list[FileType]:
    """Those that are always written, and those that settings ask for.

    Raises:
        MissingDependencyError: if a library that one needs is not installed.
    """
    wanted = [each for each in FILE_TYPES if not each.asked_by or getattr(settings, each.asked_by, False)]
    for each in wanted:
        each.refuse_missing()
    return wanted


def unwritten(types: Sequence[FileType], rows: int) -> tuple[str, ...]:
    """A sentence on each of the files that a table of so many rows has no room in."""
    return tuple(f"{each.file} is not written: {why}" for each in types if (why := each.why_not(rows)))


def write_tables(folder: Path, sheets: Sequence[Sheet], types: Sequence[FileType]) -> None:
    """Write sheets, that of the objects first, as each of the types that has room for them.

    Raises:
        OutputError: if a file can't be written.
    """
    rows = max(sheet.table.height for sheet in sheets)
    for each in types:
        if not each.why_not(rows):
            each.write(folder / each.file, sheets)
