from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.dataset import open_samples  # noqa: E402
from uniaims.errors import InputError, ModelError, SettingsError  # noqa: E402
from uniaims.networks.card import ModelCard, NetworkSettings  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402
from uniaims.networks.weights import load_weights, save_weights  # noqa: E402
from uniaims.runtime import file_hash  # noqa: E402
from uniaims.training.finetuning import (  # noqa: E402
    FineTuned,
    FineTuningSettings,
    finetune,
    new_kinds,
    training_settings,
)
from uniaims.training.start import start_of  # noqa: E402


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


def write_kinds(folder, *kinds):
    """Two objects in each image, of these kinds."""
    for number in range(3):
        labels = np.zeros((80, 96), np.uint16)
        cv2.circle(labels, (24, 40), 12, 1, -1)
        cv2.circle(labels, (70, 40), 12, 2, -1)
        cv2.imwrite(str(folder / "masks" / f"{number:02}.png"), labels)
        (folder / "kinds").mkdir(exist_ok=True)
        rows = [f"{at},{kind}" for at, kind in enumerate(kinds, 1)]
        (folder / "kinds" / f"{number:02}.csv").write_text("\n".join(["label,kind", *rows]))


def with_parent_of(settings, *kinds):
    network = NetworkSettings(widths=(8, 16), depths=(1, 1), kinds=kinds)
    torch.manual_seed(1)
    parent = FlowNet(network).eval()
    save_weights(Path(settings.model), parent, ModelCard("parent", network))
    return parent


@pytest.mark.parametrize("before", [(), ("pore", "rod")])
def test_other_kinds_get_a_head_of_their_own(settings, tmp_path, before):
    parent = with_parent_of(settings, *before)
    write_kinds(tmp_path / "data", "pore", "grain")
    done = finetune(replace(settings, steps=1, learning_rate=1e-9))
    network, card = load_weights(done.model.weights)
    assert done.new_kinds == card.network.kinds == ("grain", "pore")
    assert card.provenance["new_kind_head"] == {"kinds": ["grain", "pore"], "instead_of": list(before)}
    mine = network.state_dict()
    assert mine["kind_head.1.weight"].shape[0] == 2 * 4
    for name, tensor in parent.state_dict().items():
        if not name.startswith("kind_head.") and tensor.is_floating_point() and "running" not in name:
            assert torch.allclose(mine[name], tensor, atol=1e-3), name


@pytest.mark.parametrize("kinds", [("pore", "grain"), ("pore", "pore"), ("crack", "crack"), ()])
def test_kinds_that_are_known_or_alone_keep_the_parents_head(settings, tmp_path, kinds):
    with_parent_of(settings, "grain", "pore", "rod")
    write_kinds(tmp_path / "data", *kinds)
    files = open_samples(tmp_path / "data")
    assert new_kinds(files, ("grain", "pore", "rod")) == ()
    start = start_of(training_settings(settings))
    assert start.card.network.kinds == ("grain", "pore", "rod")
    assert "new_kind_head" not in start.card.provenance
