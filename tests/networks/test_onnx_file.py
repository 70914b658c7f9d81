"""A network of one kernel as an ONNX file."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from uniaims.errors import ModelError, OutputError  # noqa: E402
from uniaims.networks.card import CARD_KEY  # noqa: E402
from uniaims.networks.onnx_file import OPSET, write_onnx  # noqa: E402

pytestmark = pytest.mark.xdist_group("exports")  # one process imports the exporter
EXAMPLE = torch.zeros(1, 1, 8, 8)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return torch.nn.Conv2d(1, 2, 3, padding=1)


@pytest.fixture(scope="module")
def written(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "a.onnx"
    write_onnx(path, network, EXAMPLE, "fields", '{"name": "µ"}')
    return path


def test_it_computes_what_the_network_does_at_any_size(network, written):
    from onnxruntime import InferenceSession

    session = InferenceSession(written)
    assert [each.name for each in (*session.get_inputs(), *session.get_outputs())] == ["image", "fields"]
    for shape in ((1, 1, 8, 8), (2, 1, 5, 17)):
        image = torch.rand(shape)
        (found,) = session.run(None, {"image": image.numpy()})
        np.testing.assert_allclose(found, network(image).detach().numpy(), atol=2e-3)


def test_kernels_have_16_bits_and_biases_32(network, written):
    stored = {tuple(each.dims): onnx.numpy_helper.to_array(each) for each in onnx.load(written).graph.initializer}
    assert stored[2, 1, 3, 3].dtype == np.float16
    assert stored[2, 1, 3, 3] == pytest.approx(network.weight.detach().numpy(), abs=1e-3)
    assert stored[(2,)].dtype == np.float32


def test_the_file_tells_what_it_is_and_not_where_it_was_made(written):
    model = onnx.load(written)
    assert {each.key: each.value for each in model.metadata_props} == {CARD_KEY: '{"name": "µ"}'}
    assert [each.version for each in model.opset_import if not each.domain] == [OPSET]
    assert b".py" not in written.read_bytes()


def test_what_torch_can_not_export_leaves_no_file(network, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: None)
    with pytest.raises(ModelError, match=r"a\.onnx: torch gave no ONNX program"):
        write_onnx(tmp_path / "a.onnx", network, EXAMPLE, "fields", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("half", [True, False])
def test_a_place_that_can_not_be_written_is_told(half, network, written, tmp_path, monkeypatch):
    class Program:
        model_proto = onnx.load(written)

    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: Program)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        write_onnx(tmp_path / "file" / "a.onnx", network, EXAMPLE, "fields", "", half=half)
