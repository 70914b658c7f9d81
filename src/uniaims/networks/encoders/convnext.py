"""ConvNeXt (Liu et al., CVPR 2022, arXiv 2201.03545): 7x7 depthwise convolutions, the efficient modern family.

Parameter names are those of timm. Everything stays (N, C, H, W), the linear layers are 1x1 convolutions: on CPUs
and in ONNX that is quicker than moving the channels to the end and back.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from uniaims.networks.card import NetworkSettings
from uniaims.networks.encoders.encoder import Encoder

DESIGNS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "convnext-atto": ((40, 80, 160, 320), (2, 2, 6, 2)),
    "convnext-nano": ((80, 160, 320, 640), (2, 2, 8, 2)),
    "convnext-tiny": ((96, 192, 384, 768), (3, 3, 9, 3)),
    "convnext-small": ((96, 192, 384, 768), (3, 3, 27, 3)),
    "convnext-base": ((128, 256, 512, 1024), (3, 3, 27, 3)),
}
"""Widths and depths of the four stages; atto and nano as in timm."""
LAYER_SCALE = 1e-6


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of maps (N, C, H, W)."""

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, C, H, W) -> the same shape."""
        return super().forward(maps.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _Mlp(nn.Module):
    """Two 1x1 convolutions with GELU between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, 4 * width, 1)
        self.fc2 = nn.Conv2d(4 * width, width, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, width, H, W) -> the same shape."""
        mixed: Tensor = self.fc2(functional.gelu(self.fc1(maps)))
        return mixed


class _Block(nn.Module):
    """Depthwise 7x7, normalisation, two 1x1 convolutions, a learnt scale, and a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = ChannelNorm(width, eps=1e-6)
        self.mlp = _Mlp(width)
        self.gamma = nn.Parameter(torch.full((width,), LAYER_SCALE))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, width, H, W) -> the same shape."""
        mixed: Tensor = maps + self.mlp(self.norm(self.conv_dw(maps))) * self.gamma[:, None, None]
        return mixed


class _Stage(nn.Module):
    """Halve the resolution (not in the first stage), then blocks."""

    def __init__(self, inputs: int, width: int, depth: int) -> None:
        super().__init__()
        self.downsample: nn.Module = nn.Identity()
        if inputs != width:
            self.downsample = nn.Sequential(ChannelNorm(inputs, eps=1e-6), nn.Conv2d(inputs, width, 2, stride=2))
        self.blocks = nn.Sequential(*(_Block(width) for _ in range(depth)))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, width, H / 2, W / 2); the first stage keeps H and W."""
        refined: Tensor = self.blocks(self.downsample(maps))
        return refined


class ConvNeXtEncoder(Encoder):
    """Maps at strides 4, 8, 16 and 32."""

    first_kernel = "stem.0.weight"
    unused = ("head.", "norm_pre.")

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.widths, depths = DESIGNS[settings.encoder]
        self.strides = (4, 8, 16, 32)
        first = self.widths[0]
        self.stem = nn.Sequential(nn.Conv2d(settings.channels, first, 4, stride=4), ChannelNorm(first, eps=1e-6))
        inputs = (first, *self.widths)
        self.stages = nn.ModuleList(
            _Stage(before, width, depth) for (before, width), depth in zip(pairwise(inputs), depths, strict=True)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, image: Tensor) -> list[Tensor]:
        """See `Encoder.forward`."""
        current, maps = self.stem(image), []
        for stage in self.stages:
            current = stage(current)
            maps.append(current)
        return maps

    def adapted(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Linear layers as 1x1 convolutions."""
        return {
            name: tensor[:, :, None, None] if tensor.ndim == 2 and ".mlp." in name else tensor
            for name, tensor in tensors.items()
        }
