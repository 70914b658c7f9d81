"""Excel workbooks."""

import math
import zipfile

import polars
import pytest

from uniaims.errors import OutputError
from uniaims.measurements.files import Sheet, xlsx

from .workbook import cells


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


def test_nothing_is_left_of_a_file_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        xlsx.TYPE.write(tmp_path / "file" / "a.xlsx", [Sheet("One", polars.DataFrame({"a": [1]}))])


def test_a_sheet_holds_as_many_rows_as_excel_opens():
    assert xlsx.TYPE.why_not(1_048_575) == ""
    assert "1,048,576 rows are more" in xlsx.TYPE.why_not(1_048_576)


@pytest.mark.parametrize(
    ("heading", "values", "signs"),
    [("Equivalent diameter / nm", [1.5, None], 12), ("Kind", ["x" * 20], 22), ("Kind", ["x" * 99], 60), ("A", [1], 11)],
)
def test_columns_are_as_wide_as_words_and_numbers(heading, values, signs):
    assert xlsx._width(heading, values) == signs
