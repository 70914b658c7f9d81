"""Minutes count everything."""

import time

import pytest

torch = pytest.importorskip("torch")

from uniaims.training.clock import Clock  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402

from .conftest import held_out  # noqa: E402


def test_minutes_count_reading_and_the_validation_at_the_end(settings, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def pass_time(stage, done, total):
        now[0] += {"reading": 10, "validating": 4}.get(stage.split()[0], 1)

    clock = Clock()
    finished = train(held_out(settings, minutes=0.6, validation_every=5), pass_time, clock)
    # 20 s of reading, then 8 s for each validation of two images: 5 steps, a validation, and 8 s kept for another one.
    assert finished.steps == 5
    assert now[0] <= 36
    assert finished.seconds == 36
    assert train(held_out(settings, minutes=0.6, validation_every=5), pass_time).steps == 5
