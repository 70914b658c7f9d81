"""The training of the segmenting network."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import InputError, ModelError  # noqa: E402
from uniaims.runtime import load_model  # noqa: E402
from uniaims.training import TrainingSettings  # noqa: E402
from uniaims.training.crops import random_crop  # noqa: E402
from uniaims.training.losses import Loss  # noqa: E402
from uniaims.training.optimisation import learning_rate  # noqa: E402
from uniaims.training.range_test import find_learning_rate  # noqa: E402
from uniaims.training.samples import LONGEST_SIDE_PX, SHORTEST_SIDE_PX, PreparedSample  # noqa: E402
from uniaims.training.settings_file import read_settings  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402

from .conftest import losses_of  # noqa: E402


def test_training_learns_and_leaves_a_model_that_runs(settings):
    finished = train(replace(settings, steps=120, batch=4))
    losses = losses_of(settings)
    assert np.mean(losses[-4:]) < 0.85 * losses[0]
    model = load_model(finished.onnx)
    assert model.info.card.provenance["settings"]["data"] == ["data"]
    assert str(settings.output) not in model.info.card.to_json()
    assert model.predict(np.zeros((1, 1, 64, 64), np.float32)).shape == (1, 4, 64, 64)


def test_settings_are_written_beside_the_run_and_serve_to_go_on(settings):
    train(replace(settings, steps=1))
    assert train(read_settings(settings.output / "settings.toml", {"steps": 2})).steps == 2


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
