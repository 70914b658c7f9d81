import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from uniaims.networks import NetworkSettings  # noqa: E402
from uniaims.networks.attention import join_windows, split_windows  # noqa: E402
from uniaims.networks.catalogue import CATALOGUE  # noqa: E402
from uniaims.networks.encoders import build_encoder  # noqa: E402
from uniaims.networks.encoders.swin import Block, shift_mask  # noqa: E402
from uniaims.networks.encoders.vit import Attention, ViTEncoder  # noqa: E402
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


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5))
def test_windows_come_back(count, rows, columns, side):
    tokens = torch.rand(count, rows * side, columns * side, 2)
    windows = split_windows(tokens, side)
    assert windows.shape == (count * rows * columns, side, side, 2)
    assert torch.equal(windows[0], tokens[0, :side, :side])
    assert torch.equal(join_windows(windows, tokens.shape[:3]), tokens)


def test_shifted_windows_do_not_see_around_the_edge():
    torch.manual_seed(2)
    block = Block(width=4, heads=2, window=8, shift=4).eval()
    tokens = torch.rand(1, 24, 16, 4)
    changed = tokens.clone()
    changed[:, 22] += 1
    mask = shift_mask(24, 16, 8, tokens)
    with torch.inference_mode():
        differs = (block(tokens, mask) != block(changed, mask)).any(dim=-1)[0].any(dim=-1)
    assert differs[22]
    assert not differs[:12].any()


def test_distances_beyond_the_table_count_as_its_farthest():
    attention = Attention(width=4, heads=1, reach=2)
    table = torch.arange(5.0)[:, None]
    looked_up = attention._looked_up(table, 5)[..., 0]
    assert looked_up[0].tolist() == [2, 1, 0, 0, 0]
    assert looked_up[:, 0].tolist() == [2, 3, 4, 4, 4]


def test_attention_adds_what_the_tables_say():
    torch.manual_seed(3)
    attention = Attention(width=6, heads=1, reach=4).double()
    torch.nn.init.normal_(attention.rel_pos_h)
    torch.nn.init.normal_(attention.rel_pos_w)
    tokens = torch.rand(1, 2, 3, 6, dtype=torch.float64)
    query, key, value = attention.qkv(tokens.reshape(6, 6)).split(6, dim=1)
    scores = query @ key.T / 6**0.5
    for one, other in torch.cartesian_prod(torch.arange(6), torch.arange(6)).tolist():
        down, across = one // 3 - other // 3 + 4, one % 3 - other % 3 + 4
        scores[one, other] += query[one] @ (attention.rel_pos_h[down] + attention.rel_pos_w[across])
    expected = attention.proj(scores.softmax(dim=1) @ value).reshape(1, 2, 3, 6)
    torch.testing.assert_close(attention(tokens), expected)


def test_places_are_stretched_over_larger_images(tiny_settings):
    encoder = ViTEncoder(tiny_settings("vit-tiny", position_grid=8)).eval()
    image = torch.zeros(1, 1, 256, 256)
    with torch.inference_mode():
        same = encoder(image)[2]
        encoder.pos_embed.data[:, :, 4:] = torch.rand(16)
        left, right = encoder(image)[2].split(8, dim=3)
    assert torch.allclose(same, same[..., :1, :1], atol=1e-5)
    assert (left[..., 0] - right[..., -1]).abs().max() > 1e-3
