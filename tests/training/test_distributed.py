"""Two processes under torchrun train what one process trains."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import SettingsError  # noqa: E402
from uniaims.training import TrainingSettings  # noqa: E402
from uniaims.training.distributed import ALONE, Team  # noqa: E402
from uniaims.training.sampling import Portion  # noqa: E402
from uniaims.training.settings_file import write_settings  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402

SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
import uniaims.training.trainer as trainer
from uniaims.training.settings_file import read_settings
trainer.export_onnx = lambda path, *_: path.write_bytes(b"")
trainer.train(read_settings(Path(sys.argv[1])))
"""


@pytest.fixture
def data(tmp_path):
    for stem in "abc":
        labels = np.zeros((80, 96), np.uint16)
        cv2.circle(labels, (40, 40), 15, 1, -1)
        for kind, array in (("images", (labels * 90 + 20).astype(np.uint8)), ("masks", labels)):
            (tmp_path / "data" / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "data" / kind / f"{stem}.png"), array)
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    return tmp_path / "data"


def log_of(folder: Path):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_two_processes_train_one_network(data, tmp_path, monkeypatch):
    settings = TrainingSettings(
        data=(data,), output=tmp_path / "one", widths=(8, 16), depths=(1, 1), steps=10, batch=4, crop_px=64,
        validation=(data,), validation_every=10, mixed_precision=False, device="cpu", loader_threads=1,
    )  # fmt: skip
    monkeypatch.setattr("uniaims.training.trainer.export_onnx", lambda path, *_: path.write_bytes(b""))
    train(settings)
    write_settings(replace(settings, output=tmp_path / "two"), tmp_path / "two.toml")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, str(tmp_path / "script.py"), str(tmp_path / "two.toml")]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, env=environment)
    assert done.returncode == 0, done.stderr
    one, two = (log_of(tmp_path / name) for name in ("one", "two"))
    assert [row["step"] for row in two] == [row["step"] for row in one] == [10, 10]
    assert sum("validation_ap50" in row for row in two) == 1
    weights = [torch.load(tmp_path / name / "training.pt", weights_only=True)["network"] for name in ("one", "two")]
    # Batch statistics are each process's own, so the networks are near, not the same.
    for name, tensor in weights[0].items():
        if tensor.is_floating_point() and "running" not in name:
            torch.testing.assert_close(weights[1][name], tensor, rtol=0.2, atol=0.05)


def test_one_process_is_a_team_of_its_own():
    assert ALONE.leads
    assert ALONE.portion(7) == Portion()
    assert ALONE.agreed((1.5, 0.0), torch.device("cpu")) == (1.5, 0.0)
    assert ALONE.gathered([1, 2]) == [1, 2]
    with ALONE.leader_first():
        pass


def test_a_batch_that_cant_be_shared_out_is_refused():
    assert Team(1, 3).portion(6) == Portion(1, 3)
    with pytest.raises(SettingsError, match="a batch of 7 for 3 processes"):
        Team(1, 3).portion(7)


def test_a_portion_that_cant_be_computed_in_parts_is_refused():
    assert Team(0, 2).portion(16, parts=4) == Portion(0, 2)
    with pytest.raises(SettingsError, match="4 processes with 8 parts each: wanted a multiple of 32"):
        Team(0, 4).portion(16, parts=8)
