from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import InputError, ModelError, SettingsError  # noqa: E402
from uniaims.networks.card import ModelCard, NetworkSettings  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402
from uniaims.networks.weights import load_weights, save_weights  # noqa: E402
from uniaims.runtime import file_hash  # noqa: E402
from uniaims.training.finetuning import FineTuned, FineTuningSettings, finetune, training_settings  # noqa: E402


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr("uniaims.training.trainer.export_onnx", lambda path, *_: path.write_bytes(b""))
    write(tmp_path / "data", 3)
    torch.manual_seed(0)
    network = NetworkSettings(widths=(8, 16), depths=(1, 1))
    save_weights(tmp_path / "parent.safetensors", FlowNet(network).eval(), ModelCard("parent", network))
    return FineTuningSettings(
        data=(tmp_path / "data",),
        output=tmp_path / "run",
        model=str(tmp_path / "parent.safetensors"),
        steps=3,
        batch=2,
        device="cpu",
    )


def write(folder, count):
    for number in range(count):
        labels = np.zeros((80, 96), np.uint16)
        cv2.circle(labels, (40, 40), 15, 1, -1)
        for kind, array in (("images", (labels * 90 + 20).astype(np.uint8)), ("masks", labels)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / kind / f"{number:02}.png"), array)


def test_few_images_make_a_model_that_names_its_parent(settings):
    done = finetune(settings)
    card = load_weights(done.model.weights)[1]
    assert card.provenance["parent"] == {"name": "parent", "hash": file_hash(Path(settings.model))}
    assert (card.name, done.model.steps) == ("finetuned", 3)
    assert (done.images_judged, done.held_out) == (3, False)
    assert 0 <= done.ap50_before <= 1
    assert 0 <= done.ap50_after <= 1


def test_from_ten_images_on_some_are_held_out(settings, tmp_path):
    write(tmp_path / "data", 10)
    done = finetune(settings)
    assert (done.images_judged, done.held_out) == (2, True)
    assert done.ap50_after == done.model.ap50


def test_without_time_for_a_step_it_is_no_better_than_its_parent(settings, tmp_path):
    write(tmp_path / "data", 10)
    done = finetune(replace(settings, minutes=1e-9))
    assert done.model.steps == 0
    assert done.ap50_after == done.ap50_before
    assert not done.better


def test_it_is_gentler_than_a_training_from_nothing(settings):
    knobs = training_settings(settings)
    assert knobs.learning_rate < type(knobs).learning_rate
    assert knobs.steps == 3


def test_a_model_that_is_not_there_is_named(settings):
    with pytest.raises(ModelError, match="wanted a shipped model"):
        finetune(replace(settings, model="nothing"))


def test_several_processes_are_refused(settings, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SettingsError, match="uniaims train --initial-weights"):
        finetune(settings)


@pytest.mark.parametrize(("before", "after", "better"), [(0.5, 0.6, True), (0.5, 0.5, False), (0.5, 0.4, False)])
def test_better_is_what_has_the_higher_score(before, after, better):
    assert FineTuned(None, before, after, 2, held_out=True).better is better


def test_data_that_is_none_is_named(settings, tmp_path):
    with pytest.raises(InputError, match="A dataset is a folder with images/ and masks/"):
        finetune(replace(settings, data=(tmp_path / "nowhere",)))
