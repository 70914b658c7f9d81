"""A tiny training, and what its log tells."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from uniaims.training import TrainingSettings


@pytest.fixture
def settings(tmp_path, request, monkeypatch):
    """A tiny training. ONNX takes seconds; only one test waits for it."""
    if request.node.name != "test_training_learns_and_leaves_a_model_that_runs":
        monkeypatch.setattr("uniaims.training.trainer.export_onnx", lambda path, *_: path.write_bytes(b""))
    rng = np.random.default_rng(0)
    for index in range(2):
        labels = np.zeros((96, 96), np.uint16)
        for number in range(1, 7):
            x, y = (int(v) for v in rng.integers(12, 84, 2))
            cv2.circle(labels, (x, y), 8, number, -1)
        for kind, image in (("images", np.where(labels > 0, 200, 50).astype(np.uint8)), ("masks", labels)):
            (tmp_path / "data" / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "data" / kind / f"{index}.png"), image)
    return TrainingSettings(
        data=(tmp_path / "data",),
        output=tmp_path / "run",
        widths=(8, 16),
        depths=(1, 1),
        steps=30,
        batch=2,
        crop_px=64,
        warmup_steps=2,
        average_decay=0.8,
        device="cpu",
        checkpoint_every=15,
        learning_rate=1e-2,
    )


def log_of(settings):
    return [json.loads(line) for line in (settings.output / "log.jsonl").read_text().splitlines()]


def losses_of(settings):
    return [row["total"] for row in log_of(settings) if "total" in row]


def held_out(settings, **changes):
    """The settings with the training images held out too, validated every ten steps."""
    return replace(settings, **{"validation": settings.data, "validation_every": 10} | changes)
