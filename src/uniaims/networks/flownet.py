"""FlowNet: encoder + decoder + heads for probability, flow and topography."""

import torch
from torch import Tensor, nn

from uniaims.networks.blocks import ConvBlock
from uniaims.networks.card import NetworkSettings
from uniaims.networks.decoder import Decoder
from uniaims.networks.encoders import build_encoder

FIELD_CHANNELS = 4
"""Probability, flow y, flow x, topography."""


class FlowNet(nn.Module):
    """Predicts the raw fields of a normalised micrograph.

    The flow representation follows Cellpose (Stringer et al., Nature Methods 2021,
    doi 10.1038/s41592-020-01018-x); topography is the third head that tells where an object's middle is.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = build_encoder(settings)
        self.decoder = Decoder(self.encoder.widths)
        finest = self.encoder.widths[0]
        self.head = nn.Sequential(
            ConvBlock(finest, finest), nn.Conv2d(finest, 4 * FIELD_CHANNELS, 1), nn.PixelShuffle(2)
        )

    def forward(self, image: Tensor) -> Tensor:
        """Image (N, C, H, W), sides multiples of ``settings.stride`` -> raw fields (N, 4, H, W).

        Channels: probability logit, flow y, flow x, topography logit.
        """
        raw: Tensor = self.head(self.decoder(self.encoder(image)))
        return raw


class FieldsNet(nn.Module):
    """FlowNet with the last activations: what is exported and run."""

    def __init__(self, network: FlowNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Image (N, C, H, W) -> fields (N, 4, H, W): probability 0..1, flow y, flow x, topography 0..1."""
        raw = self.network(image).float()
        probability, flow, topography = raw[:, :1], raw[:, 1:3], raw[:, 3:]
        return torch.cat([probability.sigmoid(), flow.clamp(-1, 1), topography.sigmoid()], dim=1)
