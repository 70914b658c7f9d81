"""The kinds of files that measurements are written to: a family."""

from dataclasses import dataclass

import numpy as np
import polars
import pytest

from uniaims.errors import MissingDependencyError
from uniaims.measurements import measure
from uniaims.measurements.files import (
    FILE_TYPES,
    FileType,
    Sheet,
    file_type_of,
    unwritten,
    wanted_types,
    write_tables,
    xlsx,
)
from uniaims.measurements.files import file_type as file_types

from .workbook import cells


@dataclass(frozen=True)
class Asked:
    excel: bool = True


def test_the_table_survives(tmp_path):
    measured = measure(np.kron(np.arange(6).reshape(2, 3), np.ones((7, 9), int)), "2 nm")
    write_tables(tmp_path, [measured.sheet()], FILE_TYPES)
    assert {path.name for path in tmp_path.iterdir()} == {"measurements.csv", "measurements.parquet", "results.xlsx"}
    assert polars.read_parquet(tmp_path / "measurements.parquet").equals(measured.table)
    found = cells(tmp_path / "results.xlsx")
    assert found["B1"][1] == "Area / nm²"
    assert float(found["B2"][1]) == measured.table["area_nm2"][0]


def test_a_table_that_is_too_long_is_told_of(tmp_path):
    small = FileType(".small", "a.small", lambda path, sheets: path.touch(), most_rows=2)
    sheet = Sheet("One", polars.DataFrame({"a": [1, 2, 3]}))
    assert unwritten([small], 2) == ()
    (told,) = unwritten([small], 3)
    assert told == "a.small is not written: 3 rows are more than the 2 that a .small file holds. Use the Parquet file."
    write_tables(tmp_path, [sheet], [small])
    assert not list(tmp_path.iterdir())


def test_a_missing_library_is_told_of_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(file_types, "find_spec", lambda name: None)
    for call in (lambda: wanted_types(Asked()), lambda: xlsx.TYPE.write(tmp_path / "a.xlsx", [])):
        with pytest.raises(MissingDependencyError, match=r"pip install 'uniaims\[excel\]'"):
            call()
    assert not list(tmp_path.iterdir())
    assert [each.suffix for each in wanted_types(Asked(excel=False))] == [".csv", ".parquet"]


def test_types_go_by_their_suffix():
    assert file_type_of(".XLSX") is xlsx.TYPE
    assert file_type_of(".docx") is None
