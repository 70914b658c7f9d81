"""Parquet files."""

import math

import polars
import pytest

from uniaims.errors import OutputError
from uniaims.measurements.files import Sheet, parquet

TABLE = polars.DataFrame(
    {"label": [1, 4, 9], "size": [0.1 + 0.2, math.nan, math.inf], "kind": ["a", None, ""], "cut": [True, None, False]},
    schema_overrides={"label": polars.UInt32},
)


def test_numbers_and_types_come_back_exactly(tmp_path):
    parquet.TYPE.write(tmp_path / "a.parquet", [Sheet("One", TABLE), Sheet("Two", TABLE.head(1))])
    found = polars.read_parquet(tmp_path / "a.parquet")
    assert found.equals(TABLE)
    assert found.schema == TABLE.schema
    assert found["size"].is_nan().to_list() == [False, True, False]  # not known is not the same as missing


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    parquet.TYPE.write(tmp_path / "a.parquet", [Sheet("One", TABLE.head(0))])
    assert polars.read_parquet(tmp_path / "a.parquet").schema == TABLE.schema


def test_any_number_of_rows_has_room():
    assert parquet.TYPE.why_not(10**12) == ""


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        parquet.TYPE.write(tmp_path / "file" / "a.parquet", [Sheet("One", TABLE)])
