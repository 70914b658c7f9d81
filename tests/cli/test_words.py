"""What is refused before anything heavy is imported, and what is left to the command."""

import subprocess
import sys
from pathlib import Path

import pytest
from uniaims.cli.early import as_on_disk, refuse

from uniaims.errors import SettingsError


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
        "gone.png --output out",
        "gone.png --overwrite --output=out",
        "here.png --output out --model nonesuch",
        "--model=nonesuch here.png --output out",
        "gone.png lost.png --output out --diameter 24",
        "--output out gone.png",
        "--overwrite gone.png --output out",
        "--diameter 24 gone.png --output out",
        "here.png --output out --detector gone.png",
        "here.png --output out --detector=gone.onnx",
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_not_there_is_refused(words: str) -> None:
    with pytest.raises(SettingsError, match=r"gone\.(png|onnx)|nonesuch"):
        refuse(["analyse", *words.split()])


@pytest.mark.parametrize(
    "words",
    [
        "",
        "here.png --output out",
        "here.png gone.png --output out",
        "*.tif --output out",
        "gone.png --output out here.png",
        "gone.png --overwrite here.png --output out",
        "--pixel-size gone.png --output out",
        "here.png --output out --model general",
        "here.png --output out --detector here.png",
        "here.png --output out --model",
        "gone.png --help",
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_may_be_right_is_left_to_the_command(words: str) -> None:
    refuse(["analyse", *words.split()])
    refuse(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "info gone.png --json",
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
def test_other_commands_refuse_too(words: str) -> None:
    with pytest.raises(SettingsError, match="gone"):
        refuse(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "scale gone.png here.png --keep out",
        "scale here.png --detector here.png",
        "finetune --data gone --output gone --model general",
        "train --data gone --output gone --initial-weights=",
        "measure here.png --image here.png --output gone",
    ],
)
@pytest.mark.usefixtures("folder")
def test_other_commands_leave_the_rest_to_themselves(words: str) -> None:
    refuse(words.split())


def test_refusals_import_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from uniaims.cli import main; "
        f"codes = [main(['analyse', 'gone.png', '--output', {str(tmp_path)!r}]), "
        f"main(['evaluate', {str(tmp_path)!r}, '--model', 'nonesuch']), "
        "main(['quantise', '--model', 'genral']), main(['scale', 'lost.png'])]; "
        "sys.exit(codes != [2] * 4 or bool({'numba', 'polars', 'torch', 'cv2', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert [result.stderr.count(name) for name in ("gone.png", "nonesuch", "'genral'", "lost.png")] == [1] * 4


def test_a_file_that_looks_like_an_option_is_named(folder: Path) -> None:
    (folder / "-5C.png").write_bytes(b"x")
    with pytest.raises(SettingsError, match=r"write \./-5C\.png"):
        refuse(["analyse", "-5C.png", "--output", "out"])
    refuse(["analyse", "--output", "out", "--", "-5C.png"])


def test_a_folder_for_the_results_is_asked_for(folder: Path) -> None:
    with pytest.raises(SettingsError, match="--output DIR"):
        refuse(["analyse", "here.png"])


def test_umlauts_are_looked_up_as_they_stand_on_the_disk(folder: Path) -> None:
    composed, apart = "Gef\u00fcge.png", "Gefu\u0308ge.png"
    (folder / apart).write_bytes(b"x")
    assert as_on_disk(["info", composed, "--json", "--output=\u00fc"]) == ["info", apart, "--json", "--output=\u00fc"]


def test_a_name_longer_than_any_is_not_there(folder: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        refuse(["info", "x" * 300])
