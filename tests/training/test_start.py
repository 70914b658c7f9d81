"""Where a training starts."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from uniaims.errors import ModelError  # noqa: E402
from uniaims.networks.weights import load_weights  # noqa: E402
from uniaims.runtime import file_hash  # noqa: E402
from uniaims.training.trainer import train  # noqa: E402


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
