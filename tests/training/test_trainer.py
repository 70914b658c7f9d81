import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import InputError, SettingsError  # noqa: E402
from uniaims.networks.weights import load_weights  # noqa: E402
from uniaims.runtime import load_model  # noqa: E402
from uniaims.training import TrainingSettings  # noqa: E402
from uniaims.training.optimisation import learning_rate  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402


@pytest.fixture
def settings(tmp_path):
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


def losses_of(settings):
    return [json.loads(line)["total"] for line in (settings.output / "log.jsonl").read_text().splitlines()]


def test_training_learns_and_leaves_a_model_that_runs(settings):
    finished = train(replace(settings, steps=120, batch=4))
    losses = losses_of(settings)
    assert np.mean(losses[-4:]) < 0.85 * losses[0]
    model = load_model(finished.onnx)
    assert model.info.card.provenance["settings"]["data"] == ["data"]
    assert str(settings.output) not in model.info.card.to_json()
    assert model.predict(np.zeros((1, 1, 64, 64), np.float32)).shape == (1, 4, 64, 64)


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
        torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-3)


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


def test_data_without_objects_is_refused(settings):
    for mask in (settings.data[0] / "masks").iterdir():
        cv2.imwrite(str(mask), np.zeros((96, 96), np.uint16))
    with pytest.raises(InputError, match="no sample has a labelled object"):
        train(settings)


def test_learning_rate_rises_then_falls(settings):
    rates = [learning_rate(settings, step, 0.0) for step in range(settings.steps + 1)]
    assert rates[0] < rates[2] > rates[15] > rates[-1] == pytest.approx(0, abs=1e-9)


def test_minutes_bound_the_learning_rate(settings):
    assert learning_rate(replace(settings, minutes=1.0), 3, 60.0) == pytest.approx(0, abs=1e-9)
    train(replace(settings, minutes=1e-9))


@pytest.mark.parametrize("change", [{"data": ()}, {"steps": 0}, {"crop_px": 100}, {"shares": (1.0, 2.0)}])
def test_settings_are_checked(settings, change):
    with pytest.raises(SettingsError):
        replace(settings, **change)
