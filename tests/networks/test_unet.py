"""The light encoder on pixel-unshuffled input."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.card import NetworkSettings  # noqa: E402
from uniaims.networks.encoders.unet import UNetEncoder  # noqa: E402


def test_the_first_level_sees_the_four_pixels_of_each_cell():
    encoder = UNetEncoder(NetworkSettings(widths=(4, 8), depths=(2, 1), channels=3)).eval()
    assert encoder.levels[0][0].first.convolution.in_channels == 3 * 4
    assert [len(level) for level in encoder.levels] == [2, 1]
    image = torch.zeros(1, 3, 16, 16)
    before = encoder(image)[0]
    image[0, 1, 5, 7] = 1.0
    changed = (encoder(image)[0] != before).any(dim=1)[0].nonzero()
    assert len(changed)
    assert (changed - torch.tensor([2, 3])).abs().max() <= 4  # four convolutions of 3 x 3
