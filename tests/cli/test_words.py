"""What is refused before anything heavy is imported, and how paths are spelled."""

import subprocess
import sys
from pathlib import Path

import pytest

from uniaims.cli import main
from uniaims.cli.words import as_on_disk, refuse_all_missing, refuse_dashes, refuse_missing, refuse_unknown_names
from uniaims.errors import SettingsError
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.training.settings import TrainingSettings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with an image and a folder of results."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.png").write_bytes(b"x")
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "analyse gone.png --output out",
        "analyse gone.png --overwrite --output=out",
        "analyse here.png --output out --model nonesuch",
        "analyse --model=nonesuch here.png --output out",
        "analyse gone.png lost.png --output out --diameter 24",
        "analyse --output out gone.png",
        "analyse --diameter 24 gone.png --output out",
        "analyse here.png --output out --detector gone.png",
        "analyse here.png --output out --detector=gone.onnx",
        "info gone.png --json",
        "info " + "gone" * 100,
        "measure gone.tif --image here.png --output out",
        "measure here.png --image gone.png",
        "evaluate gone --device cpu",
        "scale gone.png",
        "scale --json gone.png --overlay out",
        "scale here.png --detector gone.onnx",
        "finetune --data out --output out --model gone",
        "quantise --data out --output out --model=gone",
        "train --data out --output out --initial-weights gone",
        "synthesise rods --output out --style here.png --style gone.png",
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_not_there_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert "gone" in said or "nonesuch" in said


@pytest.mark.usefixtures("folder")
def test_what_may_be_right_is_left_to_the_command() -> None:
    for images in (["here.png"], ["here.png", "gone.png"], ["gone.png", "here.png"], ["*.tif"], ["out"]):
        refuse_all_missing(images)
    refuse_missing("here.png", None, Path("out"))
    refuse_unknown_names(AnalysisSettings, {"model": "general", "detector": "here.png", "pixel_size": "gone"})
    refuse_unknown_names(AnalysisSettings, {"detector": None})
    refuse_unknown_names(TrainingSettings, {"initial_weights": ""})


def test_refusals_import_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from uniaims.cli import main; "
        f"codes = [main(['analyse', 'gone.png', '--output', {str(tmp_path)!r}]), "
        f"main(['evaluate', {str(tmp_path)!r}, '--model', 'nonesuch']), "
        "main(['quantise', '--data', 'x', '--output', 'y.onnx', '--model', 'genral']), main(['scale', 'lost.png'])]; "
        "sys.exit(codes != [2] * 4 or bool({'numba', 'polars', 'torch', 'cv2', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert [result.stderr.count(name) for name in ("gone.png", "nonesuch", "'genral'", "lost.png")] == [1] * 4


def test_a_file_that_looks_like_an_option_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "-5C.png").write_bytes(b"x")
    assert main(["analyse", "-5C.png", "--output", "out"]) == 2
    assert "write ./-5C.png" in capsys.readouterr().err
    refuse_dashes(["--output", "out", "--", "-5C.png"])
    refuse_dashes(["-5C.png", "--help"])


@pytest.mark.usefixtures("folder")
def test_a_folder_for_the_results_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", "here.png"]) == 2
    assert "--output DIR" in capsys.readouterr().err


def test_umlauts_are_looked_up_as_they_stand_on_the_disk(folder: Path) -> None:
    composed, apart = "Gef\u00fcge.png", "Gefu\u0308ge.png"
    (folder / apart).write_bytes(b"x")
    assert as_on_disk(["info", composed, "--json", "--output=\u00fc"]) == ["info", apart, "--json", "--output=\u00fc"]


def test_a_name_longer_than_any_is_not_there() -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        refuse_missing("x" * 300)
