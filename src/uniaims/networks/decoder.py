"""From feature maps of any pyramid to one fine map."""

from itertools import pairwise

from torch import Tensor, nn

from uniaims.networks.blocks import ConvBlock, ResidualBlock

FINEST_STRIDE = 2
WIDTHS = {2: 32, 4: 64, 8: 128, 16: 256, 32: 256}
"""Channels in the decoder at each stride, behind encoders that are wider than it needs."""


class Neck(nn.Module):
    """Brings an encoder's maps to the decoder's widths, and adds a map at half resolution where there is none.

    Encoders made for photographs begin at a quarter of the resolution, where particles of 6 px have nearly gone; the
    added map comes from the image itself (as in CellViT, Hörst et al., Medical Image Analysis 2024,
    doi 10.1016/j.media.2024.103143).
    """

    def __init__(self, channels: int, widths: tuple[int, ...], strides: tuple[int, ...]) -> None:
        super().__init__()
        self.adds_finest = strides[0] > FINEST_STRIDE
        self.strides = (FINEST_STRIDE, *strides) if self.adds_finest else strides
        self.widths = tuple(WIDTHS[stride] for stride in self.strides)
        if self.adds_finest:
            unshuffled, finest = channels * FINEST_STRIDE**2, self.widths[0]
            self.finest = nn.Sequential(nn.PixelUnshuffle(FINEST_STRIDE), ConvBlock(unshuffled, finest))
        self.projections = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, WIDTHS[stride], 1, bias=False), nn.BatchNorm2d(WIDTHS[stride]))
            for width, stride in zip(widths, strides, strict=True)
        )

    def forward(self, image: Tensor, maps: list[Tensor]) -> list[Tensor]:
        """Image (N, C, H, W) and the encoder's maps -> maps (N, widths[i], H / strides[i], W / strides[i])."""
        projected = [project(level) for project, level in zip(self.projections, maps, strict=True)]
        return [self.finest(image), *projected] if self.adds_finest else projected


class Decoder(nn.Module):
    """Top-down path: upsample, add the map of that level, refine.

    Adding instead of concatenating (Lin et al., feature pyramid networks, CVPR 2017,
    doi 10.1109/CVPR.2017.106) halves the cost of the finest level.
    """

    def __init__(self, widths: tuple[int, ...], strides: tuple[int, ...]) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(widths))
        self.refiners = nn.ModuleList(ResidualBlock(width, width) for width in widths[:-1])
        self.upsamples = nn.ModuleList(nn.Upsample(scale_factor=coarse / fine) for fine, coarse in pairwise(strides))

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Maps of falling resolution -> refined finest map (N, widths[0], H / strides[0], W / strides[0])."""
        current = maps[-1]
        for level in reversed(range(len(self.laterals))):
            upsampled = self.upsamples[level](self.laterals[level](current))
            current = self.refiners[level](maps[level] + upsampled)
        return current
