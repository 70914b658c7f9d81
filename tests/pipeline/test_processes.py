"""Several processes: the same results, a dead process costs only its image, Ctrl-C stops all of them cleanly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import tifffile

from uniaims.pipeline import AnalysisSettings, analyse_batch
from uniaims.pipeline.plan import BatchImage
from uniaims.pipeline.run import ImageRun, Outcome
from uniaims.progress import Progress
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.workers import Processes

SETTINGS = AnalysisSettings(SegmenterSettings(device="cpu", diameter_px=32.0))


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


class Deadly(ImageRun):
    def run(self, segmenter: Segmenter, progress: Progress | None = None) -> Outcome:
        os._exit(9)


def test_a_task_whose_process_dies_is_a_failure_of_its_image(tmp_path: Path) -> None:
    tasks = [Deadly(BatchImage(Path("x.png"), tmp_path / "deadly"), SETTINGS)]
    (outcome,) = Processes(1).results(ImageRun.run_elsewhere, tasks, ImageRun.lost)
    assert (outcome.name, outcome.status, outcome.image) == ("deadly", "failed", Path("x.png"))
    assert "memory" in outcome.message


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
