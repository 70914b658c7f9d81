from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import onnx
import torch

from uniaims.errors import InputError, ModelError, OutputError, SettingsError
from uniaims.networks.card import ModelCard, NetworkSettings
from uniaims.networks.flownet import FlowNet
from uniaims.networks.weights import save_weights
from uniaims.runtime import load_model
from uniaims.training.quantisation import QuantisationSettings, quantise


@pytest.fixture
def settings(tmp_path, cones):
    """A small network with random kernels, three labelled pictures, and where its quick copy goes."""
    torch.manual_seed(3)
    network = FlowNet(NetworkSettings(widths=(8, 16), depths=(1, 1))).eval()
    card = ModelCard("parent", network.settings, calibration=((0.1, 0.0), (0.9, 1.0)))
    save_weights(tmp_path / "parent.safetensors", network, card)
    for number in range(3):
        picture = cones(200, 200, seed=number)
        for kind, pixels in (("images", picture.image), ("masks", picture.labels.astype(np.uint16))):
            (tmp_path / "data" / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "data" / kind / f"{number}.png"), pixels)
    model = str(tmp_path / "parent.safetensors")
    return QuantisationSettings((tmp_path / "data",), tmp_path / "quick.onnx", model, nominal_diameter_px=24, crops=4)


def test_a_quick_copy_says_nearly_the_same(settings):
    whole, quick = load_model(settings.model, "cpu"), load_model(quantise(settings), "cpu")
    image = np.random.default_rng(0).uniform(0, 1, (2, 1, 52, 72)).astype(np.float32)
    difference = np.abs(quick.predict(image) - whole.predict(image))
    assert 0 < difference.mean() < 0.03
    assert quick.info.name == "quick"
    assert quick.info.nominal_diameter_px == 24
    assert quick.info.card.calibration == whole.info.card.calibration
    assert quick.info.card.provenance["quantised"]["name"] == "parent"


@pytest.mark.parametrize("heads", [{"kinds": ("rod", "sphere")}, {"heads": ("probability", "topography")}])
def test_no_head_says_less_than_the_others(settings, tmp_path, heads):
    torch.manual_seed(3)
    network = NetworkSettings(widths=(8, 16), depths=(1, 1), **heads)
    save_weights(tmp_path / "parent.safetensors", FlowNet(network).eval(), ModelCard("parent", network))
    whole = {tensor.name for tensor in onnx.load(quantise(settings)).graph.initializer}
    kept = {"network.head.1.weight"} | ({"network.kind_head.1.weight"} if network.kinds else set())
    assert {name for name in whole if name.endswith("head.1.weight")} == kept
    assert "network.head.0.convolution.weight" not in whole


def test_bad_requests_are_refused(settings):
    with pytest.raises(SettingsError, match=r"wanted the name of an \.onnx file"):
        replace(settings, output=Path("folder"))
    with pytest.raises(SettingsError, match="at least 1"):
        replace(settings, crops=0)
    with pytest.raises(InputError, match="no images came"):
        quantise(replace(settings, data=()))
    Path(settings.model).rename(Path(settings.model).with_suffix(".other"))
    with pytest.raises(ModelError, match="no such model file"):
        quantise(settings)
    assert not settings.output.exists()


def test_a_file_that_is_there_is_replaced_only_where_that_is_wished_for(settings, monkeypatch):
    settings.output.write_text("precious")
    with pytest.raises(OutputError, match=r"is there already: give another --output, or --overwrite"):
        quantise(settings)
    assert settings.output.read_text() == "precious"
    monkeypatch.setattr("uniaims.training.quantisation.write_quantised", lambda path, *_: path.write_text("new"))
    quantise(replace(settings, overwrite=True))
    assert settings.output.read_text() == "new"
