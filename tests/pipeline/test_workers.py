"""Several processes: the same results, a dead process costs only its image, Ctrl-C stops all of them cleanly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import pytest
import tifffile

from uniaims.pipeline import AnalysisSettings, analyse_batch
from uniaims.pipeline.jobs import Job
from uniaims.pipeline.task import Outcome, Task
from uniaims.pipeline.workers import run_in_processes
from uniaims.segmenter import SegmenterSettings

SETTINGS = AnalysisSettings(SegmenterSettings(device="cpu", diameter_px=32.0))

DEADLY = """
import os
from uniaims.pipeline.task import Outcome, Task

class Deadly(Task):
    def run(self, segmenter, progress=None):
        if self.job.name.startswith("deadly"):
            os._exit(9)
        return Outcome(self.job.name, "done", os.environ["OMP_NUM_THREADS"], 0)
"""


def images(folder: Path, cones: Callable[..., Any], count: int) -> Path:
    folder.mkdir()
    for seed in range(count):
        cv2.imwrite(str(folder / f"image{seed}.png"), cones(100, 120, seed).image)
    return folder


def test_processes_give_what_one_process_gives(tmp_path: Path, cones: Callable[..., Any]) -> None:
    inputs = images(tmp_path / "in", cones, 3)
    (inputs / "image1.png").write_bytes(b"no image")
    alone = analyse_batch([inputs], tmp_path / "alone", SETTINGS)
    together = analyse_batch([inputs], tmp_path / "together", SETTINGS, workers=2)
    expected = {"image0": "done", "image1": "failed", "image2": "done"}
    assert {outcome.name: outcome.status for outcome in together.outcomes} == expected
    assert sorted(alone.outcomes, key=str) == sorted(together.outcomes, key=str)
    for name in ("image0", "image2"):
        first, second = (tifffile.imread(tmp_path / where / name / "labels.tif") for where in ("alone", "together"))
        assert (first == second).all()


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def deadly_outcomes(
    names: Sequence[str], workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Outcome]:
    (tmp_path / "deadly_task.py").write_text(DEADLY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    from deadly_task import Deadly

    tasks: list[Task] = [Deadly(Job(Path("x.png"), tmp_path / name), SETTINGS) for name in names]
    return list(run_in_processes(tasks, workers))


def test_a_process_that_dies_costs_only_its_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(os.environ)
    outcomes = deadly_outcomes(["deadly", "b"], 2, tmp_path, monkeypatch)
    assert {outcome.name: outcome.status for outcome in outcomes} == {"deadly": "failed", "b": "done"}
    dead = next(outcome for outcome in outcomes if outcome.name == "deadly")
    assert "memory" in dead.message and dead.image == Path("x.png")
    assert {key: os.environ.get(key) for key in before} == before


def test_ctrl_c_stops_all_processes_and_leaves_nothing_half_written(
    tmp_path: Path, cones: Callable[..., Any], sample_image: Path
) -> None:
    inputs = images(tmp_path / "in", cones, 2)
    for number in range(6):
        (inputs / f"later{number}.tif").write_bytes(sample_image.read_bytes())
    output = tmp_path / "out"
    command = [sys.executable, "-m", "uniaims", "analyse", str(inputs), "--output", str(output), "--workers", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(output.glob("image*/summary.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "stopped" in errors
    assert "Traceback" not in errors
    assert not [path for path in output.iterdir() if path.name.startswith(".")]
    assert (output / "index.html").is_file()
    finished = list(output.glob("*/summary.json"))
    assert 1 <= len(finished) < 8
    while group_lives(process.pid):  # the helper process of multiprocessing goes a moment later
        assert time.monotonic() < deadline
        time.sleep(0.05)
