"""Excel workbooks, by XlsxWriter: numbers as numbers, text as text, whatever it begins with."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from uniaims.measurements.files.file_type import FileType
from uniaims.measurements.files.sheet import Sheet
from uniaims.names import shown

ROWS_OF_A_SHEET = 1_048_576
LONGEST_TEXT = 32_767
"""Signs that a cell holds."""
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins with one is marked as text, so that it stays text when somebody edits it."""
ROWS_FOR_WIDTH, WIDEST_COLUMN = 100, 60
"""The width of a column follows its first rows, up to so many signs."""


def _fill(path: Path, sheets: Sequence[Sheet]) -> None:
    from xlsxwriter import Workbook

    # In constant memory rows are on the disk once the next begins: 100,000 objects would else take a gigabyte.
    with Workbook(path, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        quoted = book.add_format({"quote_prefix": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            headings = [sheet.headings.get(name, name) for name in sheet.table.columns]
            page.set_row(0, 32)
            for place, heading in enumerate(headings):
                page.set_column(place, place, _width(heading, sheet.table[:, place].head(ROWS_FOR_WIDTH).to_list()))
                page.write_string(0, place, _cut(heading), bold)
            page.freeze_panes(1, 1)
            for row, values in enumerate(sheet.table.iter_rows(), start=1):
                for place, value in enumerate(values):
                    _write(page, row, place, value, quoted)


def _write(page: Any, row: int, place: int, value: object, quoted: Any) -> None:
    """Write a cell by the type of its value; what there is no value for stays empty."""
    if isinstance(value, bool):
        page.write_boolean(row, place, value)
    elif isinstance(value, int | float):
        if math.isfinite(value):
            page.write_number(row, place, value)
    elif value is not None:
        text = _cut(str(value))
        page.write_string(row, place, text, quoted if text.startswith(FORMULA_SIGNS) else None)


def _cut(text: str) -> str:
    told = shown(text)
    return told if len(told) <= LONGEST_TEXT else told[: LONGEST_TEXT - 1] + "…"


def _width(heading: str, values: Sequence[object]) -> int:
    """Width of a column in signs; long headings wrap."""
    numbers = all(value is None or isinstance(value, int | float) for value in values)
    texts = (*heading.split(), "1234567.8") if numbers else (*heading.split(), *map(str, values))
    return min(WIDEST_COLUMN, max(map(len, texts), default=0) + 2)


TYPE = FileType(".xlsx", "results.xlsx", _fill, "excel", "xlsxwriter", "excel", ROWS_OF_A_SHEET - 1)
