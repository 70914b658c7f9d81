"""One of the rounds of `benchmarks/engine_rounds.py`: a program that edits is killed, and nothing told is lost."""

import numpy as np
import pytest

from uniaims.engine import Engine
from uniaims.engine.images import NewImage, Reading
from uniaims.engine.layers.ingest import write_labels


def test_what_was_acknowledged_outlives_a_kill(tmp_path, repository, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    rounds = pytest.importorskip("engine_rounds")
    with Engine.open(tmp_path) as engine:
        engine.projects.add("rounds")
        image = engine.images.add(1, NewImage("image", "0" * 64, 1), engine.accounts.local())
        labels = rounds.first_labels()
        engine.images.finish(image.id, Reading(labels.shape[1], labels.shape[0]))
        engine.layers.add(image.id, write_labels(np.asarray(labels), engine.blobs))
    acknowledged: set[str] = set()
    rounds.play(tmp_path, 3, acknowledged)
    assert acknowledged
