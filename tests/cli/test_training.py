"""The commands ``train`` and ``finetune``: flags, settings files, what is said."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from uniaims.cli import main, training

pytest.importorskip("torch")

from uniaims.training import finetuning, range_test, trainer


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings that reach the trainer, which does nothing."""
    settings: list[Any] = []
    done = trainer.TrainedModel(tmp_path / "a.safetensors", tmp_path / "a.onnx", 7, 1.0, 0.5, 6)

    def train(given: Any, progress: Any) -> trainer.TrainedModel:
        settings.append(given)
        return done

    def finetune(given: Any, progress: Any) -> finetuning.FineTuned:
        settings.append(given)
        return finetuning.FineTuned(done, 0.25, 0.75, 3, held_out=False)

    monkeypatch.setattr(trainer, "train", train)
    monkeypatch.setattr(finetuning, "finetune", finetune)
    return settings


def test_flags_go_before_the_settings_file(seen: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.toml").write_text('data = ["a", "b"]\noutput = "run"\nsteps = 5\nbatch = 3\n', encoding="utf-8")
    assert main(["train", "--settings", str(tmp_path / "s.toml"), "--steps", "9", "--no-mixed-precision"]) == 0
    assert (seen[0].steps, seen[0].batch, seen[0].mixed_precision) == (9, 3, False)
    assert seen[0].data == (tmp_path / "a", tmp_path / "b")
    assert "AP50 0.500 at step 6" in capsys.readouterr().out


def test_what_nobody_says_is_as_the_class_has_it(seen: list[Any]) -> None:
    assert main(["train", "--data", "one", "two", "--output", "run"]) == 0
    assert seen[0].data == (Path("one"), Path("two"))
    assert (seen[0].learning_rate, seen[0].shares) == (2e-3, ())


def test_data_and_output_have_to_come_from_somewhere(seen: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--output", "run"]) == 2
    assert "--data missing" in capsys.readouterr().err
    assert not seen


def test_the_help_shows_the_defaults(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["train", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for default in ("32,64,128,256,256", "4000", "probability,flow,topography"):
        assert f"[default: {default}]" in said


def test_the_help_of_80_columns_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["train", "--help"]) == 0
    said = capsys.readouterr().out
    assert "…" not in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert "--find-learning-rate" in said
    assert "--nominal-diameter-px" in said


def test_the_range_test_suggests_a_rate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = range_test.RangeTest(None, None, 0.00123, tmp_path / "learning_rate.png")  # type: ignore[arg-type]
    monkeypatch.setattr(range_test, "find_learning_rate", lambda *_: found)
    assert main(["train", "--data", "one", "--output", "run", "--find-learning-rate"]) == 0
    assert "--learning-rate 0.0012" in capsys.readouterr().out


def test_finetune_tells_before_and_after(seen: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["finetune", "--data", "mine", "--output", "run", "--minutes", "3"]) == 0
    assert (seen[0].model, seen[0].minutes) == ("general", 3.0)
    said = capsys.readouterr().out
    assert "3 images that it learned from" in said
    assert "0.250 before, 0.750 now. The new model is better." in said
    assert "a.onnx --output REPORT" in said


@pytest.mark.parametrize(("after", "judgement"), [(0.7, "worse"), (0.8, "no better")])
def test_finetune_recommends_the_old_model_where_the_new_one_is_no_better(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], after: float, judgement: str
) -> None:
    done = trainer.TrainedModel(Path("a.safetensors"), Path("a.onnx"), 7, 1.0, 0.5, 6)
    tuned = finetuning.FineTuned(done, 0.8, after, 2, held_out=True)
    monkeypatch.setattr(finetuning, "finetune", lambda *_: tuned)
    assert main(["finetune", "--model", "general-fast", "--data", "mine", "--output", "run"]) == 0
    said = capsys.readouterr().out
    assert f"0.800 before, {after:.3f} now. The new model is {judgement}." in said
    assert "Stay with general-fast: uniaims analyse IMAGE --model general-fast --output REPORT" in said
    assert "--model a.onnx" not in said


def test_a_training_without_any_step_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = trainer.TrainedModel(Path("a.safetensors"), Path("a.onnx"), 0, 60.0)
    monkeypatch.setattr(trainer, "train", lambda *_: nothing)
    assert main(["train", "--data", "one", "--output", "run", "--minutes", "1"]) == 0
    said = capsys.readouterr()
    assert "nothing was learned. Give more --minutes" in said.err
    assert "Use it" not in said.out


@pytest.mark.parametrize(
    ("command", "place", "number", "code"),
    [
        ("train", (trainer, "train"), signal.SIGINT, 130),
        ("finetune", (finetuning, "finetune"), signal.SIGTERM, 143),
    ],
)
def test_a_stopped_training_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    place: tuple[Any, str],
    number: signal.Signals,
    code: int,
) -> None:
    def stopped(*_: Any) -> None:
        os.kill(os.getpid(), number)
        time.sleep(5)

    monkeypatch.setattr(*place, stopped)
    assert main([command, "--data", "one", "--output", "run"]) == code
    assert capsys.readouterr().err.split("\n") == ["Error: stopped. The same command goes on from here.", ""]


def test_a_stop_that_a_library_takes_for_another_error_is_a_stop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def importing(*_: Any) -> None:
        raise ImportError("initialization failed") from KeyboardInterrupt(signal.SIGTERM)

    monkeypatch.setattr(trainer, "train", importing)
    assert main(["train", "--data", "one", "--output", "run"]) == 143
    assert "Error: stopped." in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_while_libraries_are_imported_leaves_one_line(number: signal.Signals, code: int) -> None:
    """The import of numpy, which every training starts with, is when the signal comes."""
    program = (
        "import importlib.abc, os, sys\n"
        "class Stopper(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        name == 'numpy' and os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Stopper())\n"
        "from uniaims.cli import main\n"
        "sys.exit(main(['train', '--data', 'one', '--output', 'run']))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == code, ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert "stopped" in ended.stderr
    assert "same command" in ended.stderr


def test_without_a_terminal_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("uniaims.cli.console.LINE_SECONDS", 1000.0)
    with training.training_progress() as progress:
        progress("training, loss 0.5", 1, 3)
        monkeypatch.setattr("uniaims.cli.console.LINE_SECONDS", 0.0)
        progress("training, loss 0.4", 2, 3)
        progress("training, loss 0.3", 3, 3)
    assert capsys.readouterr().err.splitlines() == ["training, loss 0.4: 2 of 3", "training, loss 0.3: 3 of 3"]
