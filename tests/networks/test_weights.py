import numpy as np
import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import ModelError, SettingsError  # noqa: E402
from uniaims.networks import ModelCard, NetworkSettings  # noqa: E402
from uniaims.networks.flownet import FieldsNet, FlowNet  # noqa: E402
from uniaims.networks.weights import export_onnx, load_weights, save_weights  # noqa: E402
from uniaims.runtime import SHIPPED, find_model, load_model  # noqa: E402

pytestmark = pytest.mark.xdist_group("exports")  # one process has them all, so that each network is exported once
SIDES = [(1, 8, 8), (2, 64, 128), (1, 130, 70), (1, 256, 160), (1, 1, 1)]


@pytest.fixture(
    scope="module", params=["unet", "resnext50", "convnext-atto", "efficientnet-lite0", "swin-tiny", "vit-tiny"]
)
def model(tiny_settings, request):
    """A network after two training steps, and its card; export takes seconds, so each module of encoders has one."""
    torch.manual_seed(3)
    card = ModelCard("tiny", tiny_settings(request.param, kinds=("rod", "sphere")))
    network = FlowNet(card.network).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    image = torch.rand(2, 1, 64, 64)
    for _ in range(2):
        optimiser.zero_grad()
        loss = (network(image) - 1).square().mean()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        assert (network(image) - 1).square().mean() < loss
    return network.eval(), card


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    save_weights(folder / "tiny.safetensors", *model)
    export_onnx(folder / "tiny.onnx", *model)
    return folder


def test_fields_are_in_range(model):
    fields = FieldsNet(model[0])(torch.randn(1, 1, 16, 16) * 50)
    assert fields[:, (0, 3)].min() >= 0
    assert fields.abs().max() <= 1


def test_weights_come_back_within_half_precision(model, saved):
    network, card = load_weights(saved / "tiny.safetensors")
    assert card == model[1]
    for name, tensor in model[0].state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], tensor, rtol=1e-3, atol=1e-4)


def test_onnx_equals_torch_at_any_size(saved):
    rng = np.random.default_rng(0)
    onnx, weights = load_model(saved / "tiny.onnx"), load_model(saved / "tiny.safetensors", device="cpu")
    for count, height, width in SIDES:
        tiles = rng.random((count, 1, height, width), dtype=np.float32)
        fields = onnx.predict(tiles)
        assert fields.shape == (count, 6, height, width)
        np.testing.assert_allclose(fields, weights.predict(tiles), atol=1e-3)
    assert onnx.info.card == weights.info.card


def test_it_segments(saved):
    from uniaims.segmenter import Segmenter, SegmenterSettings

    image = np.random.default_rng(1).integers(0, 255, (150, 90)).astype(np.uint8)
    segment = Segmenter.load(
        saved / "tiny.onnx", SegmenterSettings(diameter_px=32, minimum_confidence=0, tile_px=128, overlap_px=32)
    )
    assert segment(image).labels.shape == image.shape


def test_onnx_stores_kernels_with_16_bits(saved):
    onnx = pytest.importorskip("onnx")
    stored = onnx.load(saved / "tiny.onnx").graph.initializer
    kernels = [tensor for tensor in stored if len(tensor.dims) >= 2 and tensor.data_type != onnx.TensorProto.INT64]
    assert kernels
    assert {tensor.data_type for tensor in kernels} == {onnx.TensorProto.FLOAT16}


def test_no_file_tells_where_it_was_exported(saved):
    files = [saved / "tiny.onnx", *SHIPPED.rglob("*.onnx")]
    assert len(files) > 4
    assert not [file.name for file in files if b'File "' in file.read_bytes()]


def test_the_shipped_network_is_still_the_one_that_was_exported():
    onnx = load_model("general", device="cpu")
    weights = load_model(find_model("general").with_suffix(".safetensors"), device="cpu")
    assert weights.info.settings == NetworkSettings()
    tiles = np.random.default_rng(3).random((1, 1, 96, 64), dtype=np.float32)
    np.testing.assert_allclose(weights.predict(tiles), onnx.predict(tiles), atol=1e-3)


def test_foreign_safetensors_is_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(ModelError, match=r"foreign\.safetensors: no uniaims model .*card"):
        load_weights(tmp_path / "foreign.safetensors")


@pytest.mark.parametrize("number", [float("nan"), 1e6])
def test_numbers_that_16_bits_cant_hold_are_not_written(tmp_path, number):
    card = ModelCard("tiny", NetworkSettings(widths=(4, 4), depths=(1, 1)))
    network = FlowNet(card.network)
    network.head[1].bias.data[0] = number
    with pytest.raises(ModelError, match=r"1 of \d+ tensors .* such as head\.1\.bias"):
        save_weights(tmp_path / "tiny.safetensors", network, card)
    assert not list(tmp_path.iterdir())


def test_unknown_encoder_names_the_known_ones():
    with pytest.raises(SettingsError, match="unet"):
        FlowNet(NetworkSettings("imaginary"))
