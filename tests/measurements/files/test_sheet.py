"""Tables with headings for people."""

import numpy as np
import polars

from uniaims.measurements import measure
from uniaims.measurements.files import Sheet, xlsx

from .workbook import cells


def test_a_column_without_a_heading_keeps_its_name(tmp_path):
    table = polars.DataFrame({"a": [1], "b": [2]})
    assert Sheet("One", table).headings == {}
    xlsx.TYPE.write(tmp_path / "a.xlsx", [Sheet("One", table, {"b": "Width / nm", "c": "of no column"})])
    assert [text for _, text in cells(tmp_path / "a.xlsx").values()] == ["a", "Width / nm", "1", "2"]


def test_measurements_have_a_heading_with_the_unit_for_each_property():
    sheet = measure(np.eye(2, dtype=int), "2 nm", properties=["area", "aspect_ratio"]).sheet()
    assert sheet.name == "Objects"
    assert sheet.headings == {"area_nm2": "Area / nm²", "aspect_ratio": "Aspect ratio"}
    assert sheet.table.columns == ["label", *sheet.headings]
