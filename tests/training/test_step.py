"""One step of a training."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from uniaims.training.trainer import train  # noqa: E402

from .conftest import losses_of  # noqa: E402


def test_parts_of_a_batch_give_nearly_the_same_gradient(settings, tmp_path):
    losses = []
    for parts in (1, 2):
        run = replace(settings, output=tmp_path / str(parts), batch=4, batch_parts=parts, steps=10)
        train(run)
        losses.append(losses_of(run)[0])
    assert losses[0] == pytest.approx(losses[1], rel=0.25)
    assert losses[0] != losses[1]
