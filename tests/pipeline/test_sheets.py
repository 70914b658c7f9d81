"""Workbooks: what stands on which sheet, for one image and for several."""

from dataclasses import replace

import numpy as np
import polars
import pytest
import tifffile

from uniaims.cli import main
from uniaims.measurements import PROPERTIES, measure
from uniaims.modes.particles import MODE
from uniaims.pipeline import AnalysisSettings, analyse, analyse_batch
from uniaims.pipeline.sheets import TableSource, sheets_of
from uniaims.segmenter import Segmenter, SegmenterSettings

SETTINGS = AnalysisSettings(SegmenterSettings(diameter_px=24.0), "2.5 nm", scale_bar=False, excel=True)


def source(name="a", pixel_size="2 nm", **changed):
    labels = np.kron(np.arange(1, 10, dtype=np.uint32).reshape(3, 3), np.ones((7, 9), np.uint32))
    table = measure(labels, pixel_size).table
    figures = {"x50_0": {"value": 9.0, "low": 8.0, "high": 10.0}}
    facts = {"model": "general", "settings": {"mode": "x"}}
    return replace(TableSource(name, table, MODE, pixel_size is not None, figures, facts), **changed)


def by_name(sheets):
    return {sheet.name: sheet.table for sheet in sheets}


def test_one_image_has_its_figures_and_what_explains_them():
    sheets = sheets_of([source()])
    found = by_name(sheets)
    assert list(found) == ["Objects", "Summary", "Images", "Excluded", "Definitions", "Provenance"]
    assert sheets[0].headings["area_nm2"] == "Area / nm²"
    assert sheets[0].headings["label"] == "Particle"
    assert found["Excluded"].height == 8  # all but the middle one touch the border
    assert set(found["Excluded"]["reason"]) == {"border"}
    median = found["Summary"].row(by_predicate=polars.col("figure") == "Median diameter by number, x50,0")
    assert median == ("Median diameter by number, x50,0", 9.0, 8.0, 10.0, "nm")
    assert ("settings.mode", "x") in found["Provenance"].select("fact", "value").rows()


def test_every_column_of_numbers_is_defined():
    found = by_name(sheets_of([source(), source("b", None)]))
    columns = set(found["Objects"].columns) - {"image", "label"}
    assert columns <= set(found["Definitions"]["column"])
    (area,) = found["Definitions"].filter(polars.col("column") == "area_px2")["definition"]
    assert area == PROPERTIES["area"].definition


def test_several_images_are_counted_and_failures_are_told():
    found = by_name(sheets_of([source(), source("b", None, warnings=("Odd.",))], {"c.tif": "=broken\udcff"}))
    summary = dict(found["Summary"].select("figure", "value").iter_rows())
    assert summary == {
        "Images": 2, "Images without a pixel size": 1, "Images with warnings": 1, "Particles": 18,
        "Cut by the border": 16, "Images that failed": 1,
    }  # fmt: skip
    assert found["Excluded"].filter(polars.col("image") == "c.tif")["reason"].to_list() == ["=broken\ufffd"]
    assert found["Images"]["image"].to_list() == ["a", "b"]
    assert found["Objects"]["image"].unique(maintain_order=True).to_list() == ["a", "b"]


def test_nothing_excluded_gives_no_sheet():
    whole = source(table=source().table.filter(~polars.col("touches_border")))
    assert "Excluded" not in by_name(sheets_of([whole]))
    assert by_name(sheets_of([]))["Objects"].columns == ["image"]


def test_the_workbook_stands_beside_report_and_overview(slope_model_loaded, cones, tmp_path):
    for name in "ab":
        tifffile.imwrite(tmp_path / f"{name}.tif", cones(60, 60).image)
    out = tmp_path / "out"
    analyse_batch([tmp_path / "a.tif"], out, replace(SETTINGS, excel=False))
    assert not list(out.rglob("*.xlsx"))
    result = analyse_batch([tmp_path / "a.tif", tmp_path / "b.tif"], out, SETTINGS)  # one is there, one is new
    assert [outcome.status for outcome in result.outcomes] == ["skipped", "done"]
    files = sorted(out.rglob("results.xlsx"))
    assert [path.parent.name for path in files] == ["a", "b", "out"]
    before = (out / "results.xlsx").stat().st_mtime_ns
    analyse_batch([tmp_path / "a.tif"], out, SETTINGS)
    assert (out / "results.xlsx").stat().st_mtime_ns == before


def test_a_single_analysis_writes_it_too(slope_model, cones, tmp_path):
    analyse(cones(60, 60).image, SETTINGS, Segmenter(slope_model, SETTINGS.segmenter)).save(tmp_path / "one")
    assert (tmp_path / "one" / "results.xlsx").is_file()


@pytest.mark.parametrize("shape", [(14, 14), (2, 14, 14)])
def test_measured_labels_become_workbooks(tmp_path, shape, capsys):
    labels = np.zeros(shape, np.uint16)
    labels[..., 4:10, 4:10] = 1
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    pages = ["--page", "all"] if len(shape) == 3 else []
    for target in (["book.xlsx"], ["out", "--excel"]):
        output = ["--output", str(tmp_path / target[0]), *target[1:]]
        assert main(["measure", str(tmp_path / "labels.tif"), *pages, *output]) == 0
        capsys.readouterr()
    assert (tmp_path / "book.xlsx").is_file()
    assert len(list((tmp_path / "out").rglob("results.xlsx"))) == (3 if pages else 1)
