"""The log of a training."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from uniaims.training.trainer import train  # noqa: E402

from .conftest import log_of, losses_of  # noqa: E402


def test_the_log_forgets_what_a_kill_lost(settings):
    train(replace(settings, steps=10))
    with (settings.output / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"step": 20, "total": 1.0}\n{"step": 3')
    train(replace(settings, steps=20))
    assert [row["step"] for row in log_of(settings)] == [10, 20]
    assert 1.0 not in losses_of(settings)


def test_the_log_tells_the_pace(settings):
    seen = []
    train(settings, lambda stage, done, total: seen.append((stage, done, total)))
    assert seen[-1][1:] == (30, 30)
    assert "image" in seen[-1][0]  # "images/s", below one "s per image"
    assert all(row["images_per_second"] > 0 for row in log_of(settings))


def test_without_tensorboard_the_log_is_all(settings, monkeypatch):
    monkeypatch.setattr("uniaims.training.journal.find_spec", lambda name: None)
    train(replace(settings, steps=10))
    assert losses_of(settings)
    assert not (settings.output / "tensorboard").exists()
