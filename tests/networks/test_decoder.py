import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from uniaims.networks.decoder import WIDTHS, Decoder, Neck  # noqa: E402

PYRAMIDS = st.lists(st.sampled_from(sorted(WIDTHS)), min_size=1, max_size=5, unique=True).map(sorted).map(tuple)


@given(PYRAMIDS, st.integers(1, 3))
def test_any_pyramid_ends_at_half_resolution_and_uses_every_map(strides, channels):
    torch.manual_seed(5)
    neck = Neck(channels, tuple(3 + stride for stride in strides), strides).eval()
    decoder = Decoder(neck.widths, neck.strides).eval()
    image = torch.rand(1, channels, 64, 32)
    maps = [torch.rand(1, 3 + s, 64 // s, 32 // s, requires_grad=True) for s in strides]
    finest = decoder(neck(image, maps))
    assert finest.shape == (1, WIDTHS[2], 32, 16)
    finest.sum().backward()
    assert all(level.grad.abs().sum() > 0 for level in maps)
