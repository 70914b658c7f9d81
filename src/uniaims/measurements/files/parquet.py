"""Parquet: exact numbers, any number of rows."""

from collections.abc import Sequence
from pathlib import Path

from uniaims.measurements.files.file_type import FileType
from uniaims.measurements.files.sheet import Sheet


def _fill(path: Path, sheets: Sequence[Sheet]) -> None:
    with path.open("wb") as stream:
        sheets[0].table.write_parquet(stream)


TYPE = FileType(".parquet", "measurements.parquet", _fill)
