"""From feature maps of every resolution back to one fine map."""

from itertools import pairwise

from torch import Tensor, nn

from uniaims.networks.blocks import ResidualBlock


class Decoder(nn.Module):
    """Top-down path: upsample, add the encoder's map of that level, refine.

    Adding instead of concatenating (Lin et al., feature pyramid networks, CVPR 2017,
    doi 10.1109/CVPR.2017.106) halves the cost of the finest level.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(widths))
        self.refiners = nn.ModuleList(ResidualBlock(width, width) for width in widths[:-1])
        self.upsample = nn.Upsample(scale_factor=2.0, mode="nearest")

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Encoder maps, finest first -> refined finest map (N, widths[0], H / 2, W / 2)."""
        current = maps[-1]
        for level in reversed(range(len(self.laterals))):
            current = self.refiners[level](maps[level] + self.upsample(self.laterals[level](current)))
        return current
