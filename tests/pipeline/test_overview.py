"""What a batch has in common: when the overview is due, what it lists, and the tables of all images."""

import json
import os
from pathlib import Path

import numpy as np
import polars
import pytest

from tests.pipeline.results_on_disk import write_result
from uniaims.measurements import measure
from uniaims.measurements.files import parquet, xlsx
from uniaims.pages.report_settings import ReportSettings
from uniaims.pipeline.overview import is_overview_due, read_tables, write_missing_tables, write_overview
from uniaims.pipeline.plan import OVERVIEW_FILES
from uniaims.pipeline.results import SUMMARY, read_results
from uniaims.pipeline.run import Outcome


def written(folder: Path, count: int, pixel_size_nm: float | None = 2.0, **settings: object) -> Path:
    """The results of an image with so many squares of 6 px, without a picture."""
    labels = np.zeros((12, 10 * count + 4), np.uint32)
    for number in range(count):
        labels[3:9, 3 + 10 * number : 9 + 10 * number] = number + 1
    write_result(folder, np.zeros(0), pixel_size_nm=pixel_size_nm, **settings)
    measure(labels, pixel_size_nm).to_parquet(folder / parquet.TYPE.file)
    summary = json.loads((folder / SUMMARY).read_text())
    (folder / SUMMARY).write_text(json.dumps(summary | {"instance_count": count, "border_count": 0}))
    return folder


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A batch of two images, one without a pixel size."""
    written(tmp_path / "a", 3)
    written(tmp_path / "b", 2, None)
    return tmp_path


def results_in(output: Path):
    return read_tables(read_results(output).values())


def test_results_that_can_not_be_read_are_told(output: Path) -> None:
    (output / "b" / "measurements.parquet").write_bytes(b"no table")
    found = results_in(output)
    assert [result.folder.name for result in found.results] == ["a"]
    assert [(each.name, "--overwrite" in each.message) for each in found.damaged] == [("b", True)]


def test_the_overview_is_due_until_it_is_newer_than_all_results(output: Path) -> None:
    results = results_in(output).results
    assert is_overview_due(output, results)
    write_overview(output, results, [])
    assert not is_overview_due(output, results)
    assert is_overview_due(output, results, report=ReportSettings(pdf=True))
    assert is_overview_due(output, results, [xlsx.TYPE])
    (output / OVERVIEW_FILES[-1]).unlink()
    assert is_overview_due(output, results)
    write_overview(output, results, [])
    later = max((output / name).stat().st_mtime_ns for name in OVERVIEW_FILES) + 10**9
    os.utime(output / "b" / "summary.json", ns=(later, later))
    assert is_overview_due(output, results_in(output).results)


def test_tables_are_joined_with_the_name_of_each_folder(output: Path) -> None:
    write_overview(output, results_in(output).results, [])
    table = polars.read_parquet(output / parquet.TYPE.file)
    assert table["image"].to_list() == ["a"] * 3 + ["b"] * 2
    assert table["area_nm2"].to_list() == [36 * 4.0] * 3 + [None] * 2
    assert table["area_px2"].to_list() == [None] * 3 + [36.0] * 2


def test_the_page_lists_results_and_failures_by_their_files(output: Path) -> None:
    failed = Outcome("c", "failed", "<b>no image</b>", image=output / "c.tif")
    write_overview(output, results_in(output).results, [failed])
    page = (output / "index.html").read_text(encoding="utf-8")
    assert all(f">{name}<" in page for name in ("a.tif", "b.tif"))
    assert "c.tif" in page
    assert "&lt;b&gt;no image" in page
    assert "analysed in different ways" not in page


def test_images_of_different_ways_are_told_apart(tmp_path: Path) -> None:
    for name, diameter_px in (("a", 24.0), ("b", 30.0), ("c", 30.0)):
        written(tmp_path / name, 1, segmenter={"diameter_px": diameter_px})
    write_overview(tmp_path, results_in(tmp_path).results, [])
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "analysed in different ways" in page
    assert "2 images: b.tif, c.tif" in page


def test_a_workbook_that_is_asked_for_comes_into_each_folder_once(output: Path) -> None:
    pytest.importorskip("xlsxwriter")
    results = results_in(output).results
    write_missing_tables(results, [])
    assert not list(output.rglob("*.xlsx"))
    write_missing_tables(results, [xlsx.TYPE])
    made = sorted(output.rglob("*.xlsx"))
    assert [path.parent.name for path in made] == ["a", "b"]
    before = [path.stat().st_mtime_ns for path in made]
    write_missing_tables(results, [xlsx.TYPE])
    assert [path.stat().st_mtime_ns for path in made] == before
