"""The loop of a training: to its end, to a stop, and on from there."""

import os
import signal
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import ModelError  # noqa: E402
from uniaims.networks.weights import load_weights  # noqa: E402
from uniaims.training.checkpoint import LAST_FILE  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402

from .conftest import held_out, log_of  # noqa: E402


def test_interrupted_training_ends_where_an_uninterrupted_one_does(settings, tmp_path):
    whole = replace(settings, output=tmp_path / "whole", steps=20, checkpoint_every=10, mixed_precision=False)
    train(whole)

    def kill_at_12(stage, done, total):
        if stage.startswith("training") and done == 12:
            raise KeyboardInterrupt

    broken = replace(whole, output=tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        train(broken, kill_at_12)
    finished = train(broken)
    assert finished.steps == 20
    expected, found = (load_weights(run.output / "custom.safetensors")[0].state_dict() for run in (whole, broken))
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


def test_the_best_validation_is_what_is_kept(settings, monkeypatch):
    scores = iter([0.2, 0.6, 0.4])
    monkeypatch.setattr("uniaims.training.trainer.Validator.__call__", lambda *_: next(scores))
    finished = train(held_out(settings))
    assert (finished.ap50, finished.best_step, finished.steps) == (0.6, 20, 30)
    assert [row["validation_ap50"] for row in log_of(settings) if "validation_ap50" in row] == [0.2, 0.6, 0.4]
    best, last = (load_weights(settings.output / name)[0].state_dict() for name in ("best.safetensors", LAST_FILE))
    shipped, card = load_weights(finished.weights)
    assert all(torch.equal(shipped.state_dict()[name], best[name]) for name in best)
    assert not all(torch.equal(last[name], best[name]) for name in best)
    assert card.provenance["validation"] == {"ap50": 0.6, "step": 20, "images": 2}


def test_training_stops_where_it_gets_no_better(settings, monkeypatch):
    monkeypatch.setattr("uniaims.training.trainer.Validator.__call__", lambda *_: 0.5)
    assert train(held_out(settings, patience=1)).steps == 20


def test_the_state_is_saved_when_somebody_asks_to_stop(settings, tmp_path):
    whole = replace(settings, output=tmp_path / "whole", steps=20)
    train(whole)

    def ask_at_7(stage, done, total):
        if stage.startswith("training") and done == 7:
            os.kill(os.getpid(), signal.SIGTERM)

    broken = replace(whole, output=tmp_path / "broken")
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        train(broken, ask_at_7)
    assert signal.getsignal(signal.SIGTERM) is before
    assert torch.load(broken.output / "training.pt", weights_only=True)["step"] == 7
    train(broken)
    expected, found = (load_weights(run.output / "custom.safetensors")[0].state_dict() for run in (whole, broken))
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_ctrl_c_ends_the_reading_of_samples_at_once(settings):
    seen = []

    def ask(stage, done, total):
        seen.append(stage)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(settings, ask)
    assert seen == ["reading samples"]


def test_a_loss_that_is_no_number_ends_the_training(settings):
    with pytest.raises(ModelError, match="no number any more"):
        train(replace(settings, learning_rate=1e30, mixed_precision=False))


def test_validations_tell_how_far_they_are(settings):
    seen = []
    train(held_out(settings, steps=1), lambda *told: seen.append(told))
    assert [told for told in seen if told[0] == "validating"] == [("validating", 1, 2), ("validating", 2, 2)]
