import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import ModelError, SettingsError  # noqa: E402
from uniaims.networks import ModelCard, NetworkSettings  # noqa: E402
from uniaims.networks.encoders import ENCODERS  # noqa: E402
from uniaims.networks.flownet import FieldsNet, FlowNet  # noqa: E402
from uniaims.networks.weights import export_onnx, load_weights, save_weights  # noqa: E402
from uniaims.runtime import load_model  # noqa: E402


@pytest.fixture(scope="module", params=sorted(ENCODERS))
def model(request):
    torch.manual_seed(3)
    card = ModelCard("tiny", NetworkSettings(request.param, widths=(4, 8, 8), depths=(1, 2, 1)))
    return FlowNet(card.network).eval(), card


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    save_weights(folder / "tiny.safetensors", *model)
    export_onnx(folder / "tiny.onnx", *model)
    return folder


def test_raw_fields_have_the_input_size(model):
    assert model[0](torch.zeros(2, 1, 24, 40)).shape == (2, 4, 24, 40)


def test_fields_are_in_range(model):
    fields = FieldsNet(model[0])(torch.randn(1, 1, 16, 16) * 50)
    assert fields[:, (0, 3)].min() >= 0
    assert fields.abs().max() <= 1


def test_weights_come_back_within_half_precision(model, saved):
    network, card = load_weights(saved / "tiny.safetensors")
    assert card == model[1]
    for name, tensor in model[0].state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (3, 1, 64, 16)])
def test_onnx_equals_torch(saved, shape):
    tiles = np.random.default_rng(0).random(shape, dtype=np.float32)
    onnx, weights = load_model(saved / "tiny.onnx"), load_model(saved / "tiny.safetensors", device="cpu")
    np.testing.assert_allclose(onnx.predict(tiles), weights.predict(tiles), atol=1e-3)
    assert onnx.info.card == weights.info.card


def test_onnx_stores_kernels_with_16_bits(saved):
    onnx = pytest.importorskip("onnx")
    stored = onnx.load(saved / "tiny.onnx").graph.initializer
    kernels = [tensor for tensor in stored if len(tensor.dims) == 4]
    assert kernels
    assert {tensor.data_type for tensor in kernels} == {onnx.TensorProto.FLOAT16}


def test_foreign_safetensors_is_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(ModelError, match="card"):
        load_weights(tmp_path / "foreign.safetensors")


def test_unknown_encoder_names_the_known_ones():
    with pytest.raises(SettingsError, match="unet"):
        FlowNet(NetworkSettings("imaginary"))
