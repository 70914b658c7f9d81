"""FlowNet: encoder + neck + decoder + heads for probability, flow, topography and, if wished for, kind."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from uniaims.errors import ModelError
from uniaims.networks.blocks import ConvBlock
from uniaims.networks.card import NetworkSettings
from uniaims.networks.decoder import Decoder, Neck
from uniaims.networks.encoders import build_encoder

FIELD_CHANNELS = 4
"""Probability, flow y, flow x, topography."""
HEAD_CHANNELS = {"probability": 1, "flow": 2, "topography": 1}
TOPOGRAPHY_SLOPE = 5.0
"""Probability made up from topography: 0.5 where an object is a tenth as deep as in its middle."""


@dataclass(frozen=True)
class RawFields:
    """What the heads say, before the last activation, float32; ``None`` where there is no such head.

    ``probability`` (N, 1, H, W) logit, ``flow`` (N, 2, H, W) y then x, ``topography`` (N, 1, H, W) logit,
    ``kinds`` (N, K, H, W) logits.
    """

    probability: Tensor | None
    flow: Tensor | None
    topography: Tensor | None
    kinds: Tensor | None


class FlowNet(nn.Module):
    """Predicts the raw fields of a normalised micrograph.

    The flow representation follows Cellpose (Stringer et al., Nature Methods 2021,
    doi 10.1038/s41592-020-01018-x); topography is the third head that tells where an object's middle is; the kind
    head is that of HoVer-Net (Graham et al., Medical Image Analysis 2019, doi 10.1016/j.media.2019.101563).
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = build_encoder(settings)
        widths, strides = self.encoder.widths, self.encoder.strides
        self.neck: Neck | None = None
        if not settings.widths:  # the light encoder was made for the decoder, the others were not
            self.neck = Neck(settings.channels, widths, strides)
            widths, strides = self.neck.widths, self.neck.strides
        self.decoder = Decoder(widths, strides)
        self.head = _head(widths[0], sum(HEAD_CHANNELS[head] for head in settings.heads), strides[0])
        self.kind_head = _head(widths[0], len(settings.kinds), strides[0]) if settings.kinds else None

    def forward(self, image: Tensor) -> Tensor:
        """Image (N, C, H, W) of any size -> raw fields (N, F + K, H, W): the heads' channels, then the kinds'.

        With all heads, F = 4: probability logit, flow y, flow x, topography logit. `split` takes them apart.
        """
        height, width = image.shape[-2:]
        padded = _padded(image, self.settings.stride)
        maps = self.encoder(padded)
        finest = self.decoder(maps if self.neck is None else self.neck(padded, maps))
        raw: Tensor = self.head(finest)
        if self.kind_head is not None:
            raw = torch.cat([raw, self.kind_head(finest)], dim=1)
        return raw[..., :height, :width]

    def split(self, raw: Tensor) -> RawFields:
        """The output of `forward`, head by head."""
        parts: dict[str, Tensor | None] = {"probability": None, "flow": None, "topography": None}
        channel, raw = 0, raw.float()
        for head in self.settings.heads:
            parts[head] = raw[:, channel : channel + HEAD_CHANNELS[head]]
            channel += HEAD_CHANNELS[head]
        return RawFields(**parts, kinds=raw[:, channel:] if self.settings.kinds else None)


class FieldsNet(nn.Module):
    """FlowNet with the last activations, and all fields whatever heads there are: what is exported and run."""

    def __init__(self, network: FlowNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Image (N, C, H, W) -> fields (N, 4 + K, H, W).

        Probability 0..1, flow y, flow x, topography 0..1, then the probability of each kind; those add up to 1.
        """
        raw = self.network.split(self.network(image))
        fields = [*_completed(raw)]
        if raw.kinds is not None:
            fields.append(raw.kinds.softmax(dim=1))
        return torch.cat(fields, dim=1)


def _head(width: int, channels: int, stride: int) -> nn.Sequential:
    """From the finest map (N, width, H / stride, W / stride) to (N, channels, H, W)."""
    shuffled = nn.Conv2d(width, channels * stride**2, 1)
    return nn.Sequential(ConvBlock(width, width), shuffled, nn.PixelShuffle(stride))


def _padded(image: Tensor, multiple: int) -> Tensor:
    """Image (N, C, H, W) with its last row and column repeated until both sides are multiples."""
    height, width = image.shape[-2:]
    # Rounded up without negative numbers, which ONNX divides otherwise than Python does.
    rows, columns = ((length + multiple - 1) // multiple * multiple for length in (height, width))
    return functional.pad(image, (0, columns - width, 0, rows - height), mode="replicate")


def _completed(raw: RawFields) -> tuple[Tensor, Tensor, Tensor]:
    """Probability, flow and topography; a head that is not there is made up from the others (for ablations).

    Flow from the slope of topography; probability from topography, else from the length of the flow; topography
    from probability.
    """
    topography = None if raw.topography is None else raw.topography.sigmoid()
    flow = None if raw.flow is None else raw.flow.clamp(-1, 1)
    if flow is None:
        if topography is None:
            raise ModelError("a network without flow and topography can't tell instances apart: give it one of them.")
        flow = _slope(topography)
    if raw.probability is not None:
        probability = raw.probability.sigmoid()
    elif topography is not None:
        probability = (TOPOGRAPHY_SLOPE * topography).clamp(max=1)
    else:
        probability = flow.square().sum(dim=1, keepdim=True).sqrt().clamp(max=1)
    return probability, flow, probability if topography is None else topography


def _slope(topography: Tensor) -> Tensor:
    """Unit vectors (N, 2, H, W) up a topography (N, 1, H, W), by its Sobel derivatives; short where it is flat."""
    down = topography.new_tensor([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]) / 8
    kernels = torch.stack([down, down.T])[:, None]
    slope = functional.conv2d(functional.pad(topography, (1, 1, 1, 1), mode="replicate"), kernels)
    return slope / slope.square().sum(dim=1, keepdim=True).add(1e-6).sqrt()
