"""ResNet (He et al., CVPR 2016, doi 10.1109/CVPR.2016.90) and ResNeXt (Xie et al., CVPR 2017, arXiv 1611.05431).

Strides sit in the 3x3 convolution of a bottleneck, as in torchvision and timm, whose parameter names these are.
"""

from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from uniaims.networks.card import NetworkSettings
from uniaims.networks.encoders.encoder import Encoder

STEM_WIDTH = 64
EXPANSION = 4
"""A bottleneck's output is this many times as wide as its stage."""


@dataclass(frozen=True)
class ResNetDesign:
    """Blocks of the four stages; two 3x3 convolutions each, or a bottleneck whose 3x3 convolution is in groups."""

    depths: tuple[int, int, int, int]
    bottleneck: bool
    groups: int = 1
    group_width: int = 64


DESIGNS = {
    "resnet18": ResNetDesign((2, 2, 2, 2), bottleneck=False),
    "resnet34": ResNetDesign((3, 4, 6, 3), bottleneck=False),
    "resnet50": ResNetDesign((3, 4, 6, 3), bottleneck=True),
    "resnet101": ResNetDesign((3, 4, 23, 3), bottleneck=True),
    "resnext50": ResNetDesign((3, 4, 6, 3), bottleneck=True, groups=32, group_width=4),
    "resnext101": ResNetDesign((3, 4, 23, 3), bottleneck=True, groups=32, group_width=8),
}


class _BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        inner = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(maps)))))
        activated: Tensor = self.relu(inner + self.downsample(maps))
        return activated


class _Bottleneck(nn.Module):
    """1x1, 3x3 in groups, 1x1 convolution and a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int, design: ResNetDesign) -> None:
        super().__init__()
        inner, outputs = width * design.group_width // 64 * design.groups, width * EXPANSION
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride=stride, padding=1, groups=design.groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, 4 * width, H / stride, W / stride)."""
        inner = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(maps))))))
        activated: Tensor = self.relu(self.bn3(self.conv3(inner)) + self.downsample(maps))
        return activated


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))


class ResNetEncoder(Encoder):
    """Maps at strides 2 (the stem), 4, 8, 16 and 32."""

    first_kernel = "conv1.weight"
    unused = ("fc.",)

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        design = DESIGNS[settings.encoder]
        expansion = EXPANSION if design.bottleneck else 1
        self.widths = (STEM_WIDTH, *(STEM_WIDTH * expansion * 2**level for level in range(4)))
        self.strides = (2, 4, 8, 16, 32)
        self.conv1 = nn.Conv2d(settings.channels, STEM_WIDTH, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM_WIDTH)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for level, depth in enumerate(design.depths):
            stage = _stage(design, self.widths[level], STEM_WIDTH * 2**level, depth, 1 if level == 0 else 2)
            setattr(self, f"layer{level + 1}", stage)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Tensor) -> list[Tensor]:
        """See `Encoder.forward`."""
        maps = [self.relu(self.bn1(self.conv1(image)))]
        current = self.maxpool(maps[0])
        for level in range(4):
            current = getattr(self, f"layer{level + 1}")(current)
            maps.append(current)
        return maps


def _stage(design: ResNetDesign, inputs: int, width: int, depth: int, stride: int) -> nn.Sequential:
    """Blocks at one resolution; the first takes ``inputs`` channels and the stride."""
    block = partial(_Bottleneck, design=design) if design.bottleneck else _BasicBlock
    outputs = width * (EXPANSION if design.bottleneck else 1)
    return nn.Sequential(block(inputs, width, stride), *(block(outputs, width, 1) for _ in range(depth - 1)))
