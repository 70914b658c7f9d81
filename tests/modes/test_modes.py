"""Modes are a family: one module and one line, and the new one shows up wherever results are told."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars
import pytest
import tifffile

from uniaims.cli import main
from uniaims.errors import SettingsError
from uniaims.measurements import PROPERTIES, Property
from uniaims.modes import DEFAULT_MODE, MODES, mode_named
from uniaims.modes.particles import MODE
from uniaims.pages.units import Noun
from uniaims.pipeline import AnalysisSettings, analyse_batch, measure_file
from uniaims.pipeline.given_labels import save_measurements
from uniaims.pipeline.settings import MeasureSettings
from uniaims.report import Headline, Reading, Section
from uniaims.segmenter import SegmenterSettings
from uniaims.settings import json_schema

LOOSENESS = Property(
    "looseness", "Looseness", "length", "shape", "Half of the equivalent diameter.", "this test",
    lambda instances: instances.equivalent_diameter / 2,
)  # fmt: skip
LARGEST = Headline(
    "largest_looseness", "Largest of the {nouns}", "length", "size", "The largest looseness.", "this test",
    lambda findings: Reading(float(findings.content.measurements.values("looseness").max(initial=0.0)), note="of all"),
)  # fmt: skip
DUMMY = replace(
    MODE,
    name="dummies",
    noun=Noun("dummy", "dummies"),
    title="Dummy report",
    properties=(PROPERTIES["area"], LOOSENESS),
    figures=(LARGEST,),
    overview=(LARGEST,),
    size=LOOSENESS,
    sections=(*MODE.sections, lambda found: Section("own", "Own", sentences=(f"{len(found.columns)} columns",))),
    work=lambda objects: objects.measured(DUMMY.properties),
)


@pytest.fixture
def dummy(monkeypatch):
    """The mode, registered as a new module would be: by one line."""
    monkeypatch.setitem(sys.modules, "dummy_mode", SimpleNamespace(MODE=DUMMY))
    monkeypatch.setitem(MODES, "dummies", "dummy_mode")


def text_of(page: Path) -> str:
    """What a reader sees of a page."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"<[^>]*>", " ", text)


def test_the_default_mode_is_the_first():
    assert mode_named(DEFAULT_MODE) is MODE
    assert MODE.name == "particles"
    assert AnalysisSettings().mode == DEFAULT_MODE


def test_every_mode_goes_by_its_name():
    assert [mode_named(name).name for name in MODES] == list(MODES)


def test_an_unknown_mode_is_refused_with_the_nearest():
    with pytest.raises(SettingsError, match="mode 'particle' is not known: wanted one of particles"):
        AnalysisSettings(mode="particle")
    with pytest.raises(SettingsError, match="not known"):
        mode_named("")


def test_a_new_mode_is_told_in_help_and_forms(dummy, capsys):
    for command in ("analyse", "measure"):
        assert main([command, "--help"]) == 0
        assert "particles|dummies" in capsys.readouterr().out
    assert json_schema(AnalysisSettings)["properties"]["mode"]["enum"] == list(MODES)


def test_a_new_mode_shows_up_in_all_results(dummy, slope_model_loaded, cones, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", cones(100, 100).image)
    settings = AnalysisSettings(SegmenterSettings(diameter_px=24.0), "2.5 nm", scale_bar=False, mode="dummies")
    result = analyse_batch([tmp_path / "a.tif"], tmp_path / "out", settings)
    assert [outcome.status for outcome in result.outcomes] == ["done"], result.outcomes
    folder = tmp_path / "out" / "a"
    table = polars.read_csv(folder / "measurements.csv")
    assert table.columns == ["label", "area_nm2", "looseness_nm"]
    assert polars.read_parquet(tmp_path / "out" / "measurements.parquet").columns == ["image", *table.columns]
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["settings"]["mode"] == "dummies"
    assert summary["figures"]["largest_looseness_nm"]["value"] == pytest.approx(table["looseness_nm"].max())
    page = text_of(folder / "report.html")
    for told in ("Dummy report", f"{table.height} dummies found", "Largest of the Dummies", "3 columns"):
        assert told in page, told
    overview = text_of(tmp_path / "out" / "index.html")
    for told in (f"{table.height} dummies in 1 image", "Largest of the Dummies", "Looseness / nm"):
        assert told in overview, told
    assert "article" not in page + overview


def test_results_of_another_mode_are_not_mixed(dummy, slope_model_loaded, cones, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", cones(60, 60).image)
    settings = AnalysisSettings(SegmenterSettings(diameter_px=24.0), scale_bar=False)
    analyse_batch([tmp_path / "a.tif"], tmp_path / "out", settings)
    with pytest.raises(SettingsError, match="Mode: particles there, dummies now"):
        analyse_batch([tmp_path / "a.tif"], tmp_path / "out", replace(settings, mode="dummies"))


def test_labels_are_measured_in_a_mode(dummy, tmp_path, capsys):
    np.save(tmp_path / "labels.npy", np.pad(np.ones((6, 6), np.uint16), 4))
    (found,) = measure_file(tmp_path / "labels.npy", mode="dummies")
    assert found.measurements.table.columns == ["label", "area_px2", "looseness_px"]
    save_measurements(
        tmp_path / "out", found.measurements, found.labels, None, "labels.npy", (), MeasureSettings(found.mode)
    )
    assert "1 dummy found" in text_of(tmp_path / "out" / "report.html")
    assert main(["measure", str(tmp_path / "labels.npy"), "--mode", "dummies"]) == 0
    assert capsys.readouterr().out.startswith("label,area_px2,looseness_px")


@pytest.mark.parametrize("part", ["report", "pipeline", "cli", "pages", "measurements", "statistics", "settings.py"])
def test_only_the_mode_speaks_of_particles(repository, part):
    standards = re.compile(r"ISO 9276-6:2008.*\n.*\n|.*Wadell 1935: .*\n|ISO 13322-1.*", re.MULTILINE)
    place = repository / "src" / "uniaims" / part
    for path in [place] if place.is_file() else place.rglob("*"):
        if path.suffix in {".py", ".j2", ".js", ".css"}:
            text = standards.sub("", path.read_text(encoding="utf-8"))
            assert "particle" not in text.lower(), path
