"""A light U-Net encoder on pixel-unshuffled input: the default on CPU.

The first level works at half resolution on the four pixels of each 2x2 cell as channels (pixel-unshuffle,
Shi et al., CVPR 2016, doi 10.1109/CVPR.2016.207), which quarters the cost of the finest level and loses nothing.
"""

from itertools import pairwise

from torch import Tensor, nn

from uniaims.networks.blocks import ResidualBlock
from uniaims.networks.card import NetworkSettings
from uniaims.networks.encoders.encoder import Encoder

UNSHUFFLE = 2


class UNetEncoder(Encoder):
    """Residual blocks with max-pooling between levels (Ronneberger et al., MICCAI 2015)."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.widths = settings.widths
        self.strides = tuple(UNSHUFFLE * 2**level for level in range(len(settings.widths)))
        self.unshuffle = nn.PixelUnshuffle(UNSHUFFLE)
        self.pool = nn.MaxPool2d(2)
        inputs = (settings.channels * UNSHUFFLE**2, *settings.widths)
        self.levels = nn.ModuleList(
            nn.Sequential(ResidualBlock(before, width), *(ResidualBlock(width, width) for _ in range(depth - 1)))
            for (before, width), depth in zip(pairwise(inputs), settings.depths, strict=True)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """See `Encoder.forward`."""
        maps = [self.levels[0](self.unshuffle(image))]
        for level in self.levels[1:]:
            maps.append(level(self.pool(maps[-1])))
        return maps
