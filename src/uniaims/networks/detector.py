"""A one-stage detector of the YOLOv8 kind, for scale bars, their text and instrument banners.

Written from the papers and the published structure of YOLOv8 (Jocher et al., 2023): a CSP backbone of C2f stages with
a pyramid pooling at its end, a path-aggregation neck (Liu et al., CVPR 2018, doi 10.1109/CVPR.2018.00913) and a
decoupled head without anchors whose box sides are distributions (Li et al., Generalized Focal Loss, NeurIPS 2020).
Banners are as wide as the image, so the distributions reach farther than usual.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from uniaims.networks.onnx_file import write_onnx

STRIDES = (8, 16, 32)
"""Input pixels per cell of the three levels."""


@dataclass(frozen=True)
class DetectorSettings:
    """The architecture.

    Attributes:
        classes: names of what is found, in the order of the scores.
        channels: of the input; 1 is grey.
        widths: channels of the five backbone stages.
        depths: bottlenecks of the last four stages.
        reach: bins of a side's distribution; a side is at most ``reach - 1`` cells long.
    """

    classes: tuple[str, ...] = ("bar", "ruler", "text", "banner")
    channels: int = 1
    widths: tuple[int, int, int, int, int] = (16, 32, 64, 128, 256)
    depths: tuple[int, int, int, int] = (1, 2, 2, 1)
    reach: int = 24


class Unit(nn.Module):
    """Convolution, batch normalisation, SiLU."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)
        self.activation = nn.SiLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        activated: Tensor = self.activation(self.norm(self.convolution(maps)))
        return activated


class Stage(nn.Module):
    """C2f: the maps are parted, one half goes through bottlenecks, and every step is kept for the last layer."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, shortcut: bool) -> None:
        super().__init__()
        self.width, self.shortcut = outputs // 2, shortcut
        self.first = Unit(inputs, 2 * self.width)
        self.steps = nn.ModuleList(
            nn.Sequential(Unit(self.width, self.width, 3), Unit(self.width, self.width, 3)) for _ in range(depth)
        )
        self.last = Unit((2 + depth) * self.width, outputs)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) -> (N, outputs, H, W)."""
        kept = list(self.first(maps).split(self.width, dim=1))
        for step in self.steps:
            kept.append(kept[-1] + step(kept[-1]) if self.shortcut else step(kept[-1]))
        joined: Tensor = self.last(torch.cat(kept, dim=1))
        return joined


class Pooling(nn.Module):
    """Maxima over ever larger surroundings, side by side (He et al., spatial pyramid pooling, ECCV 2014)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Unit(width, width // 2)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.last = Unit(2 * width, width)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, width, H, W) -> the same shape."""
        kept = [self.first(maps)]
        for _ in range(3):
            kept.append(self.pool(kept[-1]))
        joined: Tensor = self.last(torch.cat(kept, dim=1))
        return joined


class Backbone(nn.Module):
    """From the image to maps at 1/8, 1/16 and 1/32 of its size."""

    def __init__(self, settings: DetectorSettings) -> None:
        super().__init__()
        widths = settings.widths
        self.stem = Unit(settings.channels, widths[0], 3, 2)
        self.stages = nn.ModuleList(
            nn.Sequential(Unit(before, width, 3, 2), Stage(width, width, depth, shortcut=True))
            for before, width, depth in zip(widths, widths[1:], settings.depths, strict=False)
        )
        self.pooling = Pooling(widths[-1])

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image (N, C, H, W), sides multiples of 32 -> maps at strides 8, 16, 32."""
        maps, kept = self.stem(image), []
        for stage in self.stages:
            maps = stage(maps)
            kept.append(maps)
        return [*kept[1:-1], self.pooling(kept[-1])]


class Neck(nn.Module):
    """Down the pyramid and up again, so that each level knows of what is coarser and finer."""

    def __init__(self, settings: DetectorSettings) -> None:
        super().__init__()
        fine, middle, coarse = settings.widths[2:]
        depth = settings.depths[-1]
        self.upsample = nn.Upsample(scale_factor=2.0, mode="nearest")
        self.down_middle = Stage(coarse + middle, middle, depth, shortcut=False)
        self.down_fine = Stage(middle + fine, fine, depth, shortcut=False)
        self.shrink_fine = Unit(fine, fine, 3, 2)
        self.up_middle = Stage(fine + middle, middle, depth, shortcut=False)
        self.shrink_middle = Unit(middle, middle, 3, 2)
        self.up_coarse = Stage(middle + coarse, coarse, depth, shortcut=False)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Maps at strides 8, 16, 32 -> the same shapes."""
        fine, middle, coarse = maps
        middle = self.down_middle(torch.cat([self.upsample(coarse), middle], dim=1))
        fine = self.down_fine(torch.cat([self.upsample(middle), fine], dim=1))
        middle = self.up_middle(torch.cat([self.shrink_fine(fine), middle], dim=1))
        return [fine, middle, self.up_coarse(torch.cat([self.shrink_middle(middle), coarse], dim=1))]


class Head(nn.Module):
    """Scores and box sides of every cell, by separate branches."""

    def __init__(self, width: int, settings: DetectorSettings, stride: int) -> None:
        super().__init__()
        sides, classes = max(16, width // 4, 4 * settings.reach // 2), len(settings.classes)
        scores = max(settings.widths[2], classes)
        self.sides = nn.Sequential(
            Unit(width, sides, 3), Unit(sides, sides, 3), nn.Conv2d(sides, 4 * settings.reach, 1)
        )
        last = nn.Conv2d(scores, classes, 1)
        self.scores = nn.Sequential(Unit(width, scores, 3), Unit(scores, scores, 3), last)
        # At the start some five objects are expected in an image of 640 px.
        nn.init.constant_(last.bias, math.log(5 / classes / (640 / stride) ** 2))  # type: ignore[arg-type]

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (N, width, H, W) -> score logits (N, H W, K) and side logits (N, H W, 4 reach)."""
        return self.scores(maps).flatten(2).mT, self.sides(maps).flatten(2).mT


@dataclass(frozen=True)
class RawDetections:
    """What the network says of the A cells of all levels.

    Attributes:
        scores: (N, A, K) logits.
        sides: (N, A, 4, reach) logits of the distance, in cells, to the left, top, right and bottom side.
        centres: (A, 2) x, y of the cells' centres in px.
        strides: (A, 1) px per cell.
    """

    scores: Tensor
    sides: Tensor
    centres: Tensor
    strides: Tensor

    def boxes(self) -> Tensor:
        """Boxes (N, A, 4) x0, y0, x1, y1 in px: the means of the sides' distributions."""
        bins = torch.arange(self.sides.shape[-1], device=self.sides.device, dtype=self.sides.dtype)
        distances = (self.sides.softmax(-1) * bins).sum(-1) * self.strides
        return torch.cat([self.centres - distances[..., :2], self.centres + distances[..., 2:]], dim=-1)


class DetectorNet(nn.Module):
    """Backbone, neck and heads."""

    def __init__(self, settings: DetectorSettings) -> None:
        super().__init__()
        self.settings = settings
        self.backbone = Backbone(settings)
        self.neck = Neck(settings)
        self.heads = nn.ModuleList(
            Head(width, settings, stride) for width, stride in zip(settings.widths[2:], STRIDES, strict=True)
        )

    def forward(self, image: Tensor) -> RawDetections:
        """Image (N, C, H, W), grey levels 0 to 1, sides multiples of 32 -> raw detections."""
        maps = self.neck(self.backbone(image))
        scores, sides = zip(*(head(level) for head, level in zip(self.heads, maps, strict=True)), strict=True)
        centres, strides = _cells(maps)
        joined = torch.cat(sides, dim=1).float().reshape(len(image), -1, 4, self.settings.reach)
        return RawDetections(torch.cat(scores, dim=1).float(), joined, centres, strides)


class Detections(nn.Module):
    """The network with its last steps: what is exported and run."""

    def __init__(self, network: DetectorNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Image (N, C, H, W) -> (N, A, 4 + K): box x0, y0, x1, y1 in px, then the score of each class, 0 to 1."""
        raw = self.network(image)
        return torch.cat([raw.boxes(), raw.scores.sigmoid()], dim=-1)


def export_detector(path: Path, network: DetectorNet, card: dict[str, Any]) -> None:
    """Write ONNX: ``image`` (N, C, H, W) float32 -> ``detections`` (N, A, 4 + K) float32; the card as JSON inside."""
    example = torch.zeros(2, network.settings.channels, 2 * STRIDES[-1], 3 * STRIDES[-1])
    write_onnx(path, Detections(network), example, "detections", json.dumps(card))


def _cells(maps: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Centres (A, 2) and strides (A, 1) of the cells of all levels, row by row."""
    centres, strides = [], []
    for level, stride in zip(maps, STRIDES, strict=True):
        rows, columns = level.shape[-2:]
        x = (torch.arange(columns, device=level.device, dtype=torch.float32) + 0.5) * stride
        y = (torch.arange(rows, device=level.device, dtype=torch.float32) + 0.5) * stride
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 2)
        centres.append(grid)
        strides.append(torch.full_like(grid[:, :1], stride))
    return torch.cat(centres), torch.cat(strides)
