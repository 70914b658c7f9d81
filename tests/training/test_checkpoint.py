"""The state of a training on disk."""

import os
import signal
import socket
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import ModelError, SettingsError  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402


@pytest.mark.parametrize("change", [{"widths": (4, 8)}, {"seed": 7}])
def test_another_training_in_the_same_folder_is_refused(settings, change):
    train(replace(settings, steps=1))
    with pytest.raises(SettingsError, match="other settings"):
        train(replace(settings, steps=2, **change))


def test_damaged_state_is_refused(settings):
    settings.output.mkdir()
    (settings.output / "training.pt").write_bytes(b"PK no state")
    with pytest.raises(SettingsError, match="no state of this training"):
        train(settings)
    torch.save(["no", "state"], settings.output / "training.pt")
    with pytest.raises(SettingsError, match="no state of this training"):
        train(settings)


def test_what_a_kill_left_half_written_is_removed(settings):
    settings.output.mkdir()
    (settings.output / ".training.0123abcd.partial.pt").write_bytes(b"half")
    (settings.output / ".uniaims-0123abcd.claim").write_text(socket.gethostname())
    train(replace(settings, steps=1))
    assert not list(settings.output.glob(".*partial*"))


def test_a_network_of_no_numbers_is_not_written(settings):
    with pytest.raises(ModelError, match="not written"):
        train(replace(settings, learning_rate=1e30, mixed_precision=False, steps=3))
    assert not list(settings.output.glob("custom.*"))
    assert not (settings.output / "training.pt").exists()


def test_a_network_of_no_numbers_does_not_replace_a_sound_state_when_somebody_stops(settings):
    settings = replace(settings, mixed_precision=False)
    train(replace(settings, steps=2))
    sound = (settings.output / "training.pt").read_bytes()

    def spoil_and_stop(stage, done, total):
        if stage.startswith("training"):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(ModelError, match="not written"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("uniaims.training.loop.learning_rate", lambda *_: 1e30)
        train(replace(settings, steps=8), spoil_and_stop)
    assert (settings.output / "training.pt").read_bytes() == sound
