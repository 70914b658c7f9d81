"""EfficientNet-Lite (Tan and Le, ICML 2019, arXiv 1905.11946), joined with a full-width path of our own.

The lite networks are EfficientNets without squeeze-and-excitation and with ReLU6. Made for photographs on
telephones, their maps at a half and a quarter of the resolution have 16 and 24 channels: too few for small objects.
So two residual levels, as wide as those of ``unet``, look at the image itself beside them.

Parameter names are those of timm (``tf_efficientnet_lite0`` and so on); convolutions are padded as TensorFlow does it.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from uniaims.networks.blocks import ResidualBlock
from uniaims.networks.card import NetworkSettings
from uniaims.networks.encoders.encoder import Encoder

STEM_WIDTH = 32
FINE_WIDTHS = (32, 64)
"""Channels of our own path at strides 2 and 4."""
EXPANSION = 6
KERNELS = (3, 3, 5, 3, 5, 5, 3)
STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
LAST_OF_STRIDE = (0, 1, 2, 4, 6)
"""The stages whose maps are taken: the last ones at strides 2, 4, 8, 16 and 32."""
NORM_EPSILON = 1e-3
DESIGNS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "efficientnet-lite0": ((16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1)),
    "efficientnet-lite1": ((16, 24, 40, 80, 112, 192, 320), (1, 3, 3, 4, 4, 5, 1)),
    "efficientnet-lite2": ((16, 24, 48, 88, 120, 208, 352), (1, 3, 3, 4, 4, 5, 1)),
}
"""Widths and depths of the seven stages."""


class _PaddedConvolution(nn.Conv2d):
    """A convolution without bias of an even map, padded so that the result is ``stride`` times smaller.

    Where the stride is 2 an odd number of zeros is needed; the odd one goes to the end, as in TensorFlow.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups, bias=False)
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        self.zeros: tuple[int, ...] = ()
        if before == after:
            self.padding = (before, before)
        else:
            self.zeros = (before, after, before, after)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        return super().forward(functional.pad(maps, self.zeros) if self.zeros else maps)


class _SeparableBlock(nn.Module):
    """Depthwise convolution, then 1x1: the first stage."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv_dw = _PaddedConvolution(inputs, inputs, kernel, stride, groups=inputs)
        self.bn1 = nn.BatchNorm2d(inputs, eps=NORM_EPSILON)
        self.conv_pw = _PaddedConvolution(inputs, outputs, 1)
        self.bn2 = nn.BatchNorm2d(outputs, eps=NORM_EPSILON)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        inner = functional.relu6(self.bn1(self.conv_dw(maps)))
        narrowed: Tensor = self.bn2(self.conv_pw(inner))
        return narrowed


class _InvertedBlock(nn.Module):
    """Widen by 1x1, depthwise convolution, narrow by 1x1; a shortcut where the shape stays (MobileNetV2)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = EXPANSION * inputs
        self.shortcut = stride == 1 and inputs == outputs
        self.conv_pw = _PaddedConvolution(inputs, wide, 1)
        self.bn1 = nn.BatchNorm2d(wide, eps=NORM_EPSILON)
        self.conv_dw = _PaddedConvolution(wide, wide, kernel, stride, groups=wide)
        self.bn2 = nn.BatchNorm2d(wide, eps=NORM_EPSILON)
        self.conv_pwl = _PaddedConvolution(wide, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs, eps=NORM_EPSILON)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        inner = functional.relu6(self.bn1(self.conv_pw(maps)))
        inner = functional.relu6(self.bn2(self.conv_dw(inner)))
        narrowed: Tensor = self.bn3(self.conv_pwl(inner))
        return maps + narrowed if self.shortcut else narrowed


class EfficientNetLiteEncoder(Encoder):
    """Maps at strides 2, 4, 8, 16 and 32; the first two hold our own path's channels, then the pretrained ones."""

    first_kernel = "conv_stem.weight"
    unused = ("conv_head.", "bn2.", "classifier.")
    own = ("fine.",)

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        widths, depths = DESIGNS[settings.encoder]
        taken = [widths[stage] for stage in LAST_OF_STRIDE]
        self.widths = (*(own + width for own, width in zip(FINE_WIDTHS, taken, strict=False)), *taken[2:])
        self.strides = (2, 4, 8, 16, 32)
        self.conv_stem = _PaddedConvolution(settings.channels, STEM_WIDTH, 3, stride=2)
        self.bn1 = nn.BatchNorm2d(STEM_WIDTH, eps=NORM_EPSILON)
        self.blocks = nn.ModuleList(
            _stage(stage, before, width, depth)
            for stage, ((before, width), depth) in enumerate(zip(pairwise((STEM_WIDTH, *widths)), depths, strict=True))
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        unshuffled = settings.channels * self.strides[0] ** 2
        self.fine = nn.ModuleList(ResidualBlock(*inout) for inout in pairwise((unshuffled, *FINE_WIDTHS)))

    def forward(self, image: Tensor) -> list[Tensor]:
        """See `Encoder.forward`."""
        fine = [self.fine[0](functional.pixel_unshuffle(image, self.strides[0]))]
        fine.append(self.fine[1](functional.max_pool2d(fine[0], 2)))
        # It learned from photographs between -1 and 1; ours lie between 0 and 1.
        current, maps = functional.relu6(self.bn1(self.conv_stem(2 * image - 1))), []
        for stage, blocks in enumerate(self.blocks):
            current = blocks(current)
            if stage in LAST_OF_STRIDE:
                maps.append(current)
        joined = [torch.cat(pair, dim=1) for pair in zip(fine, maps, strict=False)]
        return [*joined, *maps[len(fine) :]]


def _stage(stage: int, inputs: int, width: int, depth: int) -> nn.Sequential:
    """Blocks at one resolution; the first takes ``inputs`` channels and the stride."""
    kernel, stride = KERNELS[stage], STAGE_STRIDES[stage]
    block = _InvertedBlock if stage else _SeparableBlock
    return nn.Sequential(
        block(inputs, width, kernel, stride), *(block(width, width, kernel, 1) for _ in range(depth - 1))
    )
