"""ConvNeXts."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.card import NetworkSettings  # noqa: E402
from uniaims.networks.encoders.convnext import ChannelNorm, ConvNeXtEncoder  # noqa: E402


def test_channels_are_normalised_at_each_pixel():
    maps = 5 + 3 * torch.randn(2, 8, 3, 4)
    normed = ChannelNorm(8)(maps)
    torch.testing.assert_close(normed.mean(dim=1), torch.zeros(2, 3, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(normed.var(dim=1, correction=0), torch.ones(2, 3, 4), atol=1e-3, rtol=0)


def test_linear_layers_of_pretrained_files_become_convolutions():
    with torch.device("meta"):
        encoder = ConvNeXtEncoder(NetworkSettings("convnext-atto"))
    tensors = {"stages.0.blocks.0.mlp.fc1.weight": torch.rand(8, 2), "stem.1.weight": torch.rand(2)}
    adapted = encoder.adapted(tensors)
    assert adapted["stages.0.blocks.0.mlp.fc1.weight"].shape == (8, 2, 1, 1)
    assert adapted["stem.1.weight"] is tensors["stem.1.weight"]
