import json
import os
import signal
import socket
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import InputError, ModelError, SettingsError  # noqa: E402
from uniaims.networks.weights import load_weights  # noqa: E402
from uniaims.runtime import file_hash, load_model  # noqa: E402
from uniaims.training import TrainingSettings  # noqa: E402
from uniaims.training.checkpoint import LAST_FILE  # noqa: E402
from uniaims.training.clock import Clock  # noqa: E402
from uniaims.training.crops import random_crop  # noqa: E402
from uniaims.training.losses import Loss  # noqa: E402
from uniaims.training.optimisation import learning_rate  # noqa: E402
from uniaims.training.range_test import find_learning_rate  # noqa: E402
from uniaims.training.samples import LONGEST_SIDE_PX, SHORTEST_SIDE_PX, PreparedSample  # noqa: E402
from uniaims.training.settings_file import read_settings  # noqa: E402
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


@pytest.fixture(autouse=True)
def export(request, monkeypatch):
    """ONNX takes seconds; only one test waits for it."""
    if request.node.name != "test_training_learns_and_leaves_a_model_that_runs":
        monkeypatch.setattr("uniaims.training.trainer.export_onnx", lambda path, *_: path.write_bytes(b""))


def log_of(settings):
    return [json.loads(line) for line in (settings.output / "log.jsonl").read_text().splitlines()]


def losses_of(settings):
    return [row["total"] for row in log_of(settings) if "total" in row]


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
        assert torch.equal(found[name], tensor), name


def test_the_log_forgets_what_a_kill_lost(settings):
    train(replace(settings, steps=10))
    with (settings.output / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"step": 20, "total": 1.0}\n{"step": 3')
    train(replace(settings, steps=20))
    assert [row["step"] for row in log_of(settings)] == [10, 20]
    assert 1.0 not in losses_of(settings)


@pytest.mark.parametrize("change", [{"widths": (4, 8)}, {"seed": 7}])
def test_another_training_in_the_same_folder_is_refused(settings, change):
    train(replace(settings, steps=1))
    with pytest.raises(SettingsError, match="other settings"):
        train(replace(settings, steps=2, **change))


def held_out(settings, **changes):
    """The settings with the training images held out too, validated every ten steps."""
    return replace(settings, **{"validation": settings.data, "validation_every": 10} | changes)


def test_the_best_validation_is_what_is_kept(settings, monkeypatch):
    scores = iter([0.2, 0.6, 0.4])
    monkeypatch.setattr("uniaims.training.trainer.Validator.__call__", lambda self, network: next(scores))
    finished = train(held_out(settings))
    assert (finished.ap50, finished.best_step, finished.steps) == (0.6, 20, 30)
    assert [row["validation_ap50"] for row in log_of(settings) if "validation_ap50" in row] == [0.2, 0.6, 0.4]
    best, last = (load_weights(settings.output / name)[0].state_dict() for name in ("best.safetensors", LAST_FILE))
    shipped, card = load_weights(finished.weights)
    assert all(torch.equal(shipped.state_dict()[name], best[name]) for name in best)
    assert not all(torch.equal(last[name], best[name]) for name in best)
    assert card.provenance["validation"] == {"ap50": 0.6, "step": 20, "images": 2}


def test_training_stops_where_it_gets_no_better(settings, monkeypatch):
    monkeypatch.setattr("uniaims.training.trainer.Validator.__call__", lambda self, network: 0.5)
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


def test_settings_are_written_beside_the_run_and_serve_to_go_on(settings):
    train(replace(settings, steps=1))
    assert train(read_settings(settings.output / "settings.toml", {"steps": 2})).steps == 2


def test_a_training_starts_from_another_model(settings, tmp_path):
    (settings.data[0] / "kinds").mkdir()
    (settings.data[0] / "kinds" / "0.csv").write_text("label,kind\n1,a\n2,b\n", encoding="utf-8")
    parent = train(replace(settings, nominal_diameter_px=20.0, kinds=("a", "b")))
    child = replace(
        settings, output=tmp_path / "child", initial_weights=str(parent.weights), widths=(32, 64), learning_rate=1e-9
    )
    network, card = load_weights(train(replace(child, steps=1)).weights)
    assert card.provenance["parent"] == {"name": "custom", "hash": file_hash(parent.weights)}
    assert (card.network.widths, card.network.kinds, card.nominal_diameter_px) == ((8, 16), ("a", "b"), 20.0)
    before = load_weights(parent.weights)[0].head[1].weight
    torch.testing.assert_close(network.head[1].weight, before, rtol=1e-3, atol=1e-4)
    with pytest.raises(ModelError, match=r"can't be trained further.*such as general for general-fast"):
        parent.weights.unlink()
        train(replace(child, output=tmp_path / "orphan", initial_weights=str(parent.onnx)))


def test_parts_of_a_batch_give_nearly_the_same_gradient(settings, tmp_path):
    losses = []
    for parts in (1, 2):
        run = replace(settings, output=tmp_path / str(parts), batch=4, batch_parts=parts, steps=10)
        train(run)
        losses.append(losses_of(run)[0])
    assert losses[0] == pytest.approx(losses[1], rel=0.25)
    assert losses[0] != losses[1]


def test_a_loss_that_is_no_number_ends_the_training(settings):
    with pytest.raises(ModelError, match="no number any more"):
        train(replace(settings, learning_rate=1e30, mixed_precision=False))


def test_the_log_tells_the_pace(settings):
    seen = []
    train(settings, lambda stage, done, total: seen.append((stage, done, total)))
    assert seen[-1][1:] == (30, 30)
    assert "image" in seen[-1][0]  # "images/s", below one "s per image"
    assert all(row["images_per_second"] > 0 for row in log_of(settings))


def test_rates_are_tried_and_one_is_suggested(settings):
    found = find_learning_rate(settings)
    assert 1e-6 < found.suggested < 1
    assert found.picture == settings.output / "learning_rate.png"
    assert cv2.imread(str(found.picture)).shape == (540, 900, 3)
    assert not (settings.output / "training.pt").exists()


def test_no_rate_is_suggested_where_there_is_no_loss(settings, monkeypatch):
    nothing = Loss(*[torch.tensor(np.nan)] * 5)
    monkeypatch.setattr("uniaims.training.range_test.Stepper.__call__", lambda *_: nothing)
    with pytest.raises(ModelError, match="no number after 0 steps"):
        find_learning_rate(settings)


def test_damaged_state_is_refused(settings):
    settings.output.mkdir()
    (settings.output / "training.pt").write_bytes(b"PK no state")
    with pytest.raises(SettingsError, match="no state of this training"):
        train(settings)
    torch.save(["no", "state"], settings.output / "training.pt")
    with pytest.raises(SettingsError, match="no state of this training"):
        train(settings)


def test_data_without_objects_is_refused(settings):
    for mask in (settings.data[0] / "masks").iterdir():
        cv2.imwrite(str(mask), np.zeros((96, 96), np.uint16))
    with pytest.raises(InputError, match="no sample has a labelled object"):
        train(settings)


def test_images_that_are_too_large_are_refused_by_name(settings, monkeypatch):
    monkeypatch.setattr("uniaims.training.samples.LONGEST_SIDE_PX", 95)
    with pytest.raises(InputError, match=r"0: 96 x 96 px.*cut the image and its mask into parts"):
        train(settings)


def test_images_of_the_longest_side_are_learned_from():
    shape = (SHORTEST_SIDE_PX, LONGEST_SIDE_PX)
    plain = np.zeros(shape, np.uint8)
    sample = PreparedSample(plain, plain.astype(np.int32), plain + np.uint8(1), 0.0)
    settings = TrainingSettings(data=("",), output="", crop_px=64)
    assert random_crop(sample, settings, np.random.default_rng(0))[0].shape == (1, 64, 64)


def test_learning_rate_rises_then_falls(settings):
    rates = [learning_rate(settings, step, 0.0) for step in range(settings.steps + 1)]
    assert rates[0] < rates[2] > rates[15] > rates[-1] == pytest.approx(0, abs=1e-9)


def test_minutes_bound_the_learning_rate(settings):
    assert learning_rate(replace(settings, minutes=1.0), 3, 60.0) == pytest.approx(0, abs=1e-9)
    train(replace(settings, minutes=1e-9))


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


def test_validations_tell_how_far_they_are(settings):
    seen = []
    train(held_out(settings, steps=1), lambda *told: seen.append(told))
    assert [told for told in seen if told[0] == "validating"] == [("validating", 1, 2), ("validating", 2, 2)]


def test_what_a_kill_left_half_written_is_removed(settings):
    settings.output.mkdir()
    (settings.output / ".training.0123abcd.partial.pt").write_bytes(b"half")
    (settings.output / ".uniaims-0123abcd.claim").write_text(socket.gethostname())
    train(replace(settings, steps=1))
    assert not list(settings.output.glob(".*partial*"))


@pytest.mark.parametrize(
    "change",
    [
        {"data": ()},
        {"steps": 0},
        {"crop_px": 100},
        {"shares": (1.0, 2.0)},
        {"shares": (0.0,)},
        {"shares": (-1.0,)},
        {"shares": (np.nan,)},
        {"seed": -1},
        {"seed": 2**63},
        {"patience": -1},
        {"minutes": -1.0},
        {"warmup_steps": -5},
        {"weight_decay": np.inf},
        {"learning_rate": np.nan},
        {"average_decay": 2.0},
        {"widths": (8, 0)},
        {"depths": (0, 1)},
        {"name": "last"},
        {"name": ""},
        {"name": "../other"},
    ],
    ids=str,
)
def test_settings_are_checked(settings, change):
    with pytest.raises(SettingsError, match=r"wanted|no training data"):
        replace(settings, **change)


def test_a_date_serves_as_seed(settings):
    assert train(replace(settings, steps=1, seed=20261231)).steps == 1


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


def test_without_tensorboard_the_log_is_all(settings, monkeypatch):
    monkeypatch.setattr("uniaims.training.journal.find_spec", lambda name: None)
    train(replace(settings, steps=10))
    assert losses_of(settings)
    assert not (settings.output / "tensorboard").exists()
