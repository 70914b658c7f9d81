"""CSV files."""

import math
import os
from pathlib import Path

import polars
import pytest

from uniaims.errors import OutputError
from uniaims.measurements.files import Sheet, csv


def sheet(**columns):
    return Sheet("One", polars.DataFrame(columns))


def test_numbers_have_a_point_and_what_is_not_known_is_empty(tmp_path):
    told = sheet(label=[1, 2, 3], size=[0.5, math.nan, 1e-7], kind=["a,b", None, 'said "x"'], cut=[True, False, None])
    csv.TYPE.write(tmp_path / "a.csv", [told])
    lines = (tmp_path / "a.csv").read_bytes().split(b"\n")
    assert lines[0] == b"label,size,kind,cut"
    assert lines[1:] == [b'1,0.5,"a,b",true', b"2,,,false", b'3,1e-7,"said ""x""",', b""]


def test_only_the_objects_are_written(tmp_path):
    csv.TYPE.write(tmp_path / "a.csv", [sheet(a=[1]), sheet(b=[2])])
    assert (tmp_path / "a.csv").read_text() == "a\n1\n"


def test_text_is_utf_8_and_the_name_may_be_any_bytes(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path / "µ-") + b"\xff.csv"))
    csv.TYPE.write(path, [Sheet("One", polars.DataFrame({"size_µm": ["颗粒"]}))])
    assert path.read_bytes().decode() == "size_µm\n颗粒\n"


def test_a_missing_folder_is_made_and_a_file_in_its_place_is_told(tmp_path):
    csv.TYPE.write(tmp_path / "new" / "a.csv", [sheet(a=[1])])
    assert (tmp_path / "new" / "a.csv").is_file()
    with pytest.raises(OutputError, match=r"a\.csv"):
        csv.TYPE.write(tmp_path / "new" / "a.csv" / "b.csv", [sheet(a=[1])])
