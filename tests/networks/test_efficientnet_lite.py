import math
import runpy
import sys
from itertools import count
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from uniaims.networks import NetworkSettings  # noqa: E402
from uniaims.networks.encoders import build_encoder, efficientnet_lite  # noqa: E402
from uniaims.networks.flownet import FlowNet  # noqa: E402
from uniaims.networks.pretrained import load_encoder_weights  # noqa: E402

CONVERTER = Path(__file__).parents[2] / "examples" / "convert_efficientnet_lite.py"
NAME = "efficientnet-lite0"
DEPTHS, STRIDES = (1, 2, 2, 3, 3, 4, 1), (1, 2, 2, 2, 1, 2, 1)
WIDTHS, KERNELS = (16, 24, 40, 80, 112, 192, 320), (3, 3, 5, 3, 5, 5, 3)


def same(maps, kernel, stride=1, groups=1):
    """TensorFlow's padding, by its formula."""
    zeros = []
    for length in (maps.shape[3], maps.shape[2]):
        total = max((math.ceil(length / stride) - 1) * stride + kernel.shape[2] - length, 0)
        zeros += [total // 2, total - total // 2]
    return functional.conv2d(functional.pad(maps, zeros), kernel, stride=stride, groups=groups)


def normed(maps, tensors, name):
    parts = (tensors[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(maps, *parts, eps=1e-3)


def pickled_tensors():
    """Random numbers under the names and in the shapes that the package's pickle has."""
    tensors = {"_conv_stem.weight": torch.randn(32, 3, 3, 3) / 5, **norm("_bn0", 32), **norm("_bn1", 1280)}
    tensors |= {"_conv_head.weight": torch.randn(1280, 320, 1, 1), "_fc.weight": torch.randn(10, 1280)}
    inputs, numbers = 32, count()
    for stage, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
        for _ in range(depth):
            block, wide = f"_blocks.{next(numbers)}", inputs * (6 if stage else 1)
            if stage:
                tensors |= {f"{block}._expand_conv.weight": torch.randn(wide, inputs, 1, 1) / inputs**0.5}
                tensors |= norm(f"{block}._bn0", wide)
            side = KERNELS[stage]
            tensors |= {f"{block}._depthwise_conv.weight": torch.randn(wide, 1, side, side) / side}
            tensors |= {f"{block}._project_conv.weight": torch.randn(width, wide, 1, 1) / wide**0.5}
            tensors |= norm(f"{block}._bn1", wide) | norm(f"{block}._bn2", width)
            inputs = width
    return tensors


def norm(name, width):
    ones = {f"{name}.{part}": torch.rand(width) + 0.5 for part in ("weight", "running_var")}
    shifts = {f"{name}.{part}": torch.randn(width) / 5 for part in ("bias", "running_mean")}
    return ones | shifts | {f"{name}.num_batches_tracked": torch.tensor(1)}


def plain_maps(photo, tensors):
    """What the published network makes of a photograph (N, 3, H, W) in -1..1, written out."""
    current = functional.relu6(normed(same(photo, tensors["_conv_stem.weight"], 2), tensors, "_bn0"))
    numbers, maps = count(), []
    for stage, (depth, stride) in enumerate(zip(DEPTHS, STRIDES, strict=True)):
        for step in range(depth):
            block, inner = f"_blocks.{next(numbers)}", current
            if stage:
                inner = same(inner, tensors[f"{block}._expand_conv.weight"])
                inner = functional.relu6(normed(inner, tensors, f"{block}._bn0"))
            kernel = tensors[f"{block}._depthwise_conv.weight"]
            inner = same(inner, kernel, 1 if step else stride, len(kernel))
            inner = functional.relu6(normed(inner, tensors, f"{block}._bn1"))
            inner = normed(same(inner, tensors[f"{block}._project_conv.weight"]), tensors, f"{block}._bn2")
            current = current + inner if step else inner
        maps.append(current)
    return [maps[stage] for stage in (0, 1, 2, 4, 6)]


@pytest.mark.parametrize("channels", [1, 2])
def test_converted_weights_give_the_maps_of_the_published_network(tmp_path, monkeypatch, channels):
    torch.manual_seed(4)
    tensors = pickled_tensors()
    source, target = tmp_path / "lite.pth", tmp_path / "lite.safetensors"
    torch.save(tensors, source)
    monkeypatch.setattr(sys, "argv", [str(CONVERTER), NAME, str(source), str(target)])
    runpy.run_path(str(CONVERTER), run_name="__main__")
    network = FlowNet(NetworkSettings(NAME, channels=channels)).eval()
    load_encoder_weights(network, target)
    gray = torch.rand(1, 1, 64, 96)
    with torch.inference_mode():
        expected = plain_maps((2 * gray - 1).expand(-1, 3, -1, -1), tensors)
        found = network.encoder(gray.expand(-1, channels, -1, -1))
    for own, level, published in zip((32, 64, 0, 0, 0), found, expected, strict=True):
        torch.testing.assert_close(level[:, own:], published, rtol=1e-3, atol=1e-3 * float(published.abs().max()))


def test_the_fine_path_has_the_width_of_unet():
    encoder = build_encoder(NetworkSettings(NAME))
    unet = build_encoder(NetworkSettings("unet"))
    for level in (0, 1):
        assert encoder.fine[level].first.convolution.out_channels == unet.widths[level]


def test_what_is_no_conversion_is_refused(tmp_path):
    from safetensors.torch import save_file

    from uniaims.errors import ModelError

    encoder = efficientnet_lite.EfficientNetLiteEncoder(NetworkSettings(NAME))
    tensors = {name: tensor for name, tensor in encoder.state_dict().items() if not name.startswith("fine.")}
    save_file(tensors, tmp_path / "whole.safetensors")
    load_encoder_weights(FlowNet(NetworkSettings(NAME)), tmp_path / "whole.safetensors")
    with pytest.raises(ModelError, match="--encoder"):
        load_encoder_weights(FlowNet(NetworkSettings("efficientnet-lite1")), tmp_path / "whole.safetensors")
    del tensors["blocks.3.0.conv_dw.weight"]
    save_file(tensors, tmp_path / "part.safetensors")
    with pytest.raises(ModelError, match=r"lacks blocks\.3\.0\.conv_dw\.weight"):
        load_encoder_weights(FlowNet(NetworkSettings(NAME)), tmp_path / "part.safetensors")
