"""A setting is written once: a new field of a settings class is in help, file, form, report and methods text."""

import subprocess
import sys
import tomllib
from dataclasses import make_dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from uniaims.cli.flags import settings_from, settings_of, with_flags
from uniaims.content import content_box
from uniaims.pipeline.provenance import method_sentences, settings_in_words
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.pipeline.ways import Way
from uniaims.segmenter import Segmentation
from uniaims.settings import Words, from_table, json_schema, setting, settings_text

HELP = "Width of the meshes in micrometres."
SIEVE = setting(63.0, HELP, words=Words("Width of the meshes", "{} µm"))
SIEVED: Any = make_dataclass("SIEVED", [("mesh_um", float, SIEVE)], bases=(AnalysisSettings,), frozen=True)


@pytest.fixture
def segmentation(slope_model: Any) -> Segmentation:
    settings = AnalysisSettings().segmenter
    box = content_box(np.zeros((20, 20), np.uint8))
    return Segmentation(np.zeros((20, 20), np.uint32), np.zeros(0, np.float32), settings, slope_model.info, 1.0, box)


def test_a_new_setting_is_in_the_help_and_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    @settings_from("anywhere.SIEVED")
    def command(**flags: Any) -> None:
        """Do something."""
        seen.append(settings_of(SIEVED, flags))

    monkeypatch.setattr("uniaims.cli.flags.import_module", lambda _: SimpleNamespace(SIEVED=SIEVED))
    app = typer.Typer()
    app.command()(with_flags(command))
    said = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert "--mesh-um" in said
    assert HELP in said
    assert CliRunner().invoke(app, ["--mesh-um", "45", "--pixel-size", "2,5 nm", "--page", "1-2"]).exit_code == 0
    assert seen == [SIEVED(pixel_size="2,5 nm", page=(1, 2), mesh_um=45.0)]


def test_a_new_setting_is_in_file_form_report_and_text(slope_model: Any, segmentation: Segmentation) -> None:
    given = SIEVED(mesh_um=45.0)
    text = settings_text(given)
    assert f"# {HELP}\nmesh_um = 45.0\n" in text
    assert from_table(SIEVED, tomllib.loads(text), "file") == given
    assert json_schema(SIEVED)["properties"]["mesh_um"] == {"type": "number", "description": HELP, "default": 63.0}
    assert settings_in_words(given, segmentation)["Width of the meshes"] == "45 µm"
    assert "width of the meshes 45 µm" in method_sentences(given, segmentation, None)[-1]
    assert "meshes" not in "".join(method_sentences(SIEVED(), segmentation, None))
    was, now = (Way.of_settings(each, slope_model.info) for each in (SIEVED(), given))
    assert "mesh" in was.change(now)


def test_a_file_takes_what_a_flag_takes() -> None:
    table = {"page": "1-3,7", "pixel_size": "2,5 nm", "segmenter": {"flow": {"hole_share": 0.1}}}
    settings = from_table(AnalysisSettings, table, "file")
    assert (settings.page, settings.segmenter.flow.hole_share) == ((1, 2, 3, 7), 0.1)
    assert from_table(AnalysisSettings, tomllib.loads(settings_text(settings)), "file") == settings
    assert replace(settings, page=None) != settings


@pytest.mark.parametrize("module", ["pipeline.settings, uniaims.synthesis.settings", "training.settings"])
def test_settings_are_light(module: str) -> None:
    code = (
        "import sys, time; start = time.process_time(); "
        f"import uniaims.{module}; seconds = time.process_time() - start; "
        "heavy = {'numba', 'polars', 'torch', 'cv2', 'scipy', 'onnxruntime', 'zarr'} & set(sys.modules); "
        "sys.exit(f'{seconds:.2f} s {heavy}' if heavy or seconds > 0.6 else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
