import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from uniaims.networks import NetworkSettings  # noqa: E402
from uniaims.networks.catalogue import CATALOGUE  # noqa: E402
from uniaims.networks.encoders import build_encoder  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402


@pytest.mark.parametrize("name", [entry.name for entry in CATALOGUE])
def test_maps_have_the_widths_and_strides_that_are_told(name):
    with torch.device("meta"):  # shapes only: the large ones would take gigabytes
        settings = NetworkSettings(name, channels=2)
        encoder = build_encoder(settings)
        height, width = 3 * settings.stride, 2 * settings.stride
        maps = encoder(torch.zeros(2, 2, height, width))
    told = zip(encoder.widths, encoder.strides, strict=True)
    assert [tuple(level.shape) for level in maps] == [(2, w, height // s, width // s) for w, s in told]
    assert list(encoder.strides) == sorted(encoder.strides)


def test_any_size_and_any_channels(tiny_settings, family):
    networks = {}

    @given(st.integers(1, 150), st.integers(1, 150), st.integers(1, 4))
    def check(height, width, channels):
        if channels not in networks:
            networks[channels] = FlowNet(tiny_settings(family, channels)).eval()
        with torch.inference_mode():
            raw = networks[channels](torch.rand(1, channels, height, width))
        assert raw.shape == (1, 4, height, width)
        assert raw.isfinite().all()

    check()


def test_padding_only_repeats_the_border(tiny_settings, family):
    settings = tiny_settings(family)
    network, stride = FlowNet(settings).eval(), settings.stride
    image = torch.rand(1, 1, stride - 3, 2 * stride - 1)
    whole = torch.cat([image, image[:, :, -1:].expand(-1, -1, 3, -1)], dim=2)
    whole = torch.cat([whole, whole[..., -1:]], dim=3)
    with torch.inference_mode():
        torch.testing.assert_close(network(image), network(whole)[..., : stride - 3, : 2 * stride - 1])


def test_every_parameter_takes_part_in_training(tiny_settings, family):
    torch.manual_seed(1)
    network = FlowNet(tiny_settings(family, kinds=("a", "b"))).train()
    for parameter in network.parameters():  # layer scales and tables begin at nearly nothing
        torch.nn.init.normal_(parameter, std=0.3)
    network(torch.rand(2, 1, 128, 128)).square().mean().backward()
    still = [name for name, parameter in network.named_parameters() if not parameter.grad.abs().sum() > 0]
    # A constant that is added to all keys changes no attention, and what precedes a normalisation needs no bias.
    assert not [name for name in still if not name.endswith("bias")]
