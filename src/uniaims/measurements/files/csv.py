"""CSV: UTF-8, comma, decimal point; NaN is an empty cell."""

from collections.abc import Sequence
from pathlib import Path

import polars

from uniaims.measurements.files.file_type import FileType
from uniaims.measurements.files.sheet import Sheet


def _fill(path: Path, sheets: Sequence[Sheet]) -> None:
    with path.open("wb") as stream:  # Polars takes no path of any bytes
        sheets[0].table.with_columns(polars.selectors.float().fill_nan(None)).write_csv(stream)


TYPE = FileType(".csv", "measurements.csv", _fill)
