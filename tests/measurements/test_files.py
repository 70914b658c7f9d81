"""The kinds of files that measurements are written to: a family, and what each does with odd contents."""

import math
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import polars
import pytest

from uniaims.errors import MissingDependencyError, OutputError
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

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


@dataclass(frozen=True)
class Asked:
    excel: bool = True


def cells(path, sheet=1):
    """Cell -> (type, text) of a sheet; formulas are told by the type "formula"."""
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    found = {}
    for cell in root.iterfind(".//m:c", SPACE):
        kind = "formula" if cell.find("m:f", SPACE) is not None else cell.get("t", "n")
        found[cell.get("r")] = (kind, "".join(part.text or "" for part in cell.iter() if part.text))
    return found


def test_numbers_are_numbers_and_text_is_text(tmp_path):
    names = ["plain", "=1+1", "+1", "-1", "@SUM(A1)", "\x01\u202e", None]
    values = [1.5, math.nan, math.inf, None, -2.0, 0.0, 7.0]
    flags = [True, False, None, True, True, True, True]
    table = polars.DataFrame({"name": names, "value": values, "flag": flags})
    xlsx.TYPE.write(tmp_path / "a.xlsx", [Sheet("One", table, {"value": "Length / nm"}), Sheet("Two", table.head(0))])
    found = cells(tmp_path / "a.xlsx")
    assert [found[f"{column}1"][1] for column in "ABC"] == ["name", "Length / nm", "flag"]
    assert [found[f"A{row}"] for row in range(3, 7)] == [("inlineStr", text) for text in names[1:5]]
    assert found["B2"] == ("n", "1.5")
    assert found["C2"] == ("b", "1")
    assert not {"B3", "B4", "B5", "A8", "C4"} & found.keys()  # NaN, infinite, none
    assert "formula" not in {kind for kind, _ in found.values()}
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert b'quotePrefix="1"' in book.read("xl/styles.xml")
    assert cells(tmp_path / "a.xlsx", 2).keys() == {"A1", "B1", "C1"}


def test_long_text_is_cut_to_what_a_cell_holds(tmp_path):
    xlsx.TYPE.write(tmp_path / "a.xlsx", [Sheet("One", polars.DataFrame({"a": ["x" * 40_000]}))])
    assert len(cells(tmp_path / "a.xlsx")["A2"][1]) == xlsx.LONGEST_TEXT


def test_the_table_survives(tmp_path):
    measured = measure(np.kron(np.arange(6).reshape(2, 3), np.ones((7, 9), int)), "2 nm")
    write_tables(tmp_path, [measured.sheet()], FILE_TYPES)
    assert {path.name for path in tmp_path.iterdir()} == {"measurements.csv", "measurements.parquet", "results.xlsx"}
    assert polars.read_parquet(tmp_path / "measurements.parquet").equals(measured.table)
    found = cells(tmp_path / "results.xlsx")
    assert found["B1"][1] == "Area / nm²"
    assert float(found["B2"][1]) == measured.table["area_nm2"][0]


def test_a_table_that_is_too_long_is_told_of(tmp_path, monkeypatch):
    small = FileType(".small", "a.small", lambda path, sheets: path.touch(), most_rows=2)
    sheet = Sheet("One", polars.DataFrame({"a": [1, 2, 3]}))
    assert unwritten([small], 2) == ()
    (told,) = unwritten([small], 3)
    assert told == "a.small is not written: 3 rows are more than the 2 that a .small file holds. Use the Parquet file."
    write_tables(tmp_path, [sheet], [small])
    assert not list(tmp_path.iterdir())
    with pytest.raises(OutputError, match="Use the Parquet file"):
        small.write(tmp_path / "b.small", [sheet])
    assert xlsx.TYPE.why_not(1_048_575) == ""
    assert "1,048,576 rows are more" in xlsx.TYPE.why_not(1_048_576)


def test_a_missing_library_is_told_of_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(file_types, "find_spec", lambda name: None)
    for call in (lambda: wanted_types(Asked()), lambda: xlsx.TYPE.write(tmp_path / "a.xlsx", [])):
        with pytest.raises(MissingDependencyError, match=r"pip install 'uniaims\[excel\]'"):
            call()
    assert not list(tmp_path.iterdir())
    assert [each.suffix for each in wanted_types(Asked(excel=False))] == [".csv", ".parquet"]


def test_nothing_is_left_of_a_file_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        xlsx.TYPE.write(tmp_path / "file" / "a.xlsx", [Sheet("One", polars.DataFrame({"a": [1]}))])


def test_types_go_by_their_suffix():
    assert file_type_of(".XLSX") is xlsx.TYPE
    assert file_type_of(".docx") is None
