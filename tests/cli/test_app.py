"""The commands put together: help, version, and nothing heavy until it is needed."""

import os
import subprocess
import sys

import pytest

import uniaims
from uniaims.cli import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"uniaims {uniaims.__version__}"


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; from uniaims.cli import main; main(['--help']); "
        "sys.exit(bool({'numba', 'polars', 'torch', 'cv2', 'onnxruntime', 'scipy'} & set(sys.modules)))"
    )
    environment = os.environ | {"COLUMNS": "120"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, timeout=60
    )
    assert result.returncode == 0, result.stdout
    for command in ("analyse", "measure", "info", "models", "train", "evaluate", "sample"):
        assert command in result.stdout


def test_help_of_train_needs_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; from uniaims.cli import main; sys.exit(main(['train', '--help']))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    assert "--encoder" in result.stdout
