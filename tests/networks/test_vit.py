"""Places of plain transformers."""

import pytest

torch = pytest.importorskip("torch")

from uniaims.networks.encoders.vit import ViTEncoder  # noqa: E402


def test_places_are_stretched_over_larger_images(tiny_settings):
    encoder = ViTEncoder(tiny_settings("vit-tiny", position_grid=8)).eval()
    image = torch.zeros(1, 1, 256, 256)
    with torch.inference_mode():
        same = encoder(image)[2]
        encoder.pos_embed.data[:, :, 4:] = torch.rand(16)
        left, right = encoder(image)[2].split(8, dim=3)
    assert torch.allclose(same, same[..., :1, :1], atol=1e-5)
    assert (left[..., 0] - right[..., -1]).abs().max() > 1e-3
