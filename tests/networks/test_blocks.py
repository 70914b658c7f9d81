"""Layers that encoders and decoder share."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.blocks import ConvBlock, ResidualBlock  # noqa: E402


def test_a_convolution_keeps_the_size_and_is_never_negative():
    maps = ConvBlock(3, 5).eval()(torch.randn(2, 3, 7, 6))
    assert maps.shape == (2, 5, 7, 6)
    assert maps.min() >= 0


@pytest.mark.parametrize("outputs", [4, 6])
def test_without_its_second_convolution_a_block_is_its_shortcut(outputs):
    block = ResidualBlock(4, outputs).eval()
    torch.nn.init.zeros_(block.second.weight)
    maps = torch.rand(1, 4, 5, 5)
    torch.testing.assert_close(block(maps), block.shortcut(maps).relu())
    assert (block(maps) is maps) is False
