"""What every kind of file does: whole files or none, and refusals that say what to do."""

from dataclasses import replace

import polars
import pytest

from uniaims.errors import MissingDependencyError, OutputError
from uniaims.measurements.files import FileType, Sheet

SMALL = FileType(".small", "a.small", lambda path, sheets: path.write_text(sheets[0].name), most_rows=2)
THREE = Sheet("Three", polars.DataFrame({"a": [1, 2, 3]}))


def test_a_table_that_is_too_long_is_refused_with_another_way(tmp_path):
    told = "3 rows are more than the 2 that a .small file holds. Use the Parquet file."
    assert (SMALL.why_not(2), SMALL.why_not(3)) == ("", told)
    with pytest.raises(OutputError, match=r"b\.small: 3 rows are more"):
        SMALL.write(tmp_path / "b.small", [replace(THREE, table=THREE.table.head(1)), THREE])  # the longest counts
    assert not list(tmp_path.iterdir())
    assert replace(SMALL, most_rows=None).why_not(10**9) == ""


def test_a_missing_library_is_told_of_with_the_way_to_get_it(tmp_path):
    needing = replace(SMALL, library="no_such_library", extra="small")
    assert SMALL.is_installed
    assert not needing.is_installed
    with pytest.raises(MissingDependencyError, match=r"no_such_library.*pip install 'uniaims\[small\]'"):
        needing.write(tmp_path / "a.small", [THREE])
    assert not list(tmp_path.iterdir())


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    def fails(path, sheets):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.small"
    replace(SMALL, most_rows=None).write(path, [THREE])
    with pytest.raises(OutputError):
        replace(SMALL, fill=fails, most_rows=None).write(path, [THREE])
    assert [each.name for each in tmp_path.iterdir()] == ["a.small"]
    assert path.read_text() == "Three"
