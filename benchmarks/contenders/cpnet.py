# ruff: noqa: ARG002, D102  (what the methods mean stands in contender.py)
"""Cellpose's network and decoding, restated from Stringer et al., Nature Methods 2021, doi 10.1038/s41592-020-01018-x.

A residual U-Net of 32, 64, 128 and 256 channels whose up path is told the style: the mean of the deepest map, of unit
length. It says flow (five times) and a foreground logit. Decoding: 200 Euler steps along the flow; peaks of the
histogram of where pixels end are instances; those whose flow disagrees with their own shape are thrown away.
"""

import math

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn
from torch.nn import functional

from contenders.contender import DenseContender, Floats, Labels, MaskedLoss, Option
from uniaims.flows import Fields, flow_errors
from uniaims.labels import relabel

WIDTHS = (32, 64, 128, 256)
FLOW_FACTOR = 5.0
STEPS = 200
SEED_COUNT, GROW_COUNT, GROW_STEPS = 10, 2, 5
FLOW_ERROR = 0.4
MINIMUM_AREA_PX = 15
LARGEST_SHARE = 0.4


def convolution(inputs: int, outputs: int, side: int = 3, activated: bool = True) -> nn.Sequential:
    """Batch normalisation, ReLU, convolution, in this order."""
    before = [nn.BatchNorm2d(inputs), nn.ReLU()] if activated else [nn.BatchNorm2d(inputs)]
    return nn.Sequential(*before, nn.Conv2d(inputs, outputs, side, padding=side // 2))


class Down(nn.Module):
    """Two residual pairs of convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.shortcut = convolution(inputs, outputs, 1, activated=False)
        self.first = nn.Sequential(convolution(inputs, outputs), convolution(outputs, outputs))
        self.second = nn.Sequential(convolution(outputs, outputs), convolution(outputs, outputs))

    def forward(self, maps: Tensor) -> Tensor:
        maps = self.shortcut(maps) + self.first(maps)
        return maps + self.second(maps)


class Styled(nn.Module):
    """A convolution of a map to which a learned function of the style, one number a channel, is added."""

    def __init__(self, inputs: int, outputs: int, style: int) -> None:
        super().__init__()
        self.convolution = convolution(inputs, outputs)
        self.full = nn.Linear(style, inputs)

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        return self.convolution(maps + self.full(style)[:, :, None, None])


class Up(nn.Module):
    """Two residual pairs; the map of the down path is added after the first convolution."""

    def __init__(self, inputs: int, outputs: int, style: int) -> None:
        super().__init__()
        self.shortcut = convolution(inputs, outputs, 1, activated=False)
        self.first = convolution(inputs, outputs)
        self.styled = nn.ModuleList(Styled(outputs, outputs, style) for _ in range(3))

    def forward(self, maps: Tensor, skip: Tensor, style: Tensor) -> Tensor:
        maps = self.shortcut(maps) + self.styled[0](self.first(maps) + skip, style)
        return maps + self.styled[2](self.styled[1](maps, style), style)


class CPNet(nn.Module):
    """Image (N, 1, H, W) -> five times flow y and x, and a logit (N, 3, H, W); sides are multiples of 8."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        inputs = (1, *widths[:-1])
        self.downs = nn.ModuleList(Down(before, width) for before, width in zip(inputs, widths, strict=True))
        above = (*widths[1:], widths[-1])
        self.ups = nn.ModuleList(Up(before, width, widths[-1]) for before, width in zip(above, widths, strict=True))
        self.head = convolution(widths[0], 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        maps = [self.downs[0](image)]
        for down in self.downs[1:]:
            maps.append(down(functional.max_pool2d(maps[-1], 2)))
        style = functional.normalize(maps[-1].mean(dim=(2, 3)), dim=1)
        current = self.ups[-1](maps[-1], maps[-1], style)
        for up, skip in zip(reversed(self.ups[:-1]), reversed(maps[:-1]), strict=True):
            current = up(functional.interpolate(current, scale_factor=2.0), skip, style)
        raw: Tensor = self.head(current)
        return raw


class CPNetContender(DenseContender):
    """Targets and maps: probability, flow y, flow x; the loss is that of the paper."""

    title = "Cellpose network and flows (restated)"
    grid = tuple({"probability": probability} for probability in (0.3, 0.4, 0.5, 0.6, 0.7))

    def network(self) -> nn.Module:
        return CPNet()

    def targets(self, labels: Labels, fields: Floats) -> Floats:
        return fields[:3]

    def loss(self, network: nn.Module, image: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        raw = network(image).float()
        entropy = functional.binary_cross_entropy_with_logits(raw[:, 2:], targets[:, :1], reduction="none")
        squares = (raw[:, :2] - FLOW_FACTOR * targets[:, 1:3]).square().mean(dim=1, keepdim=True)
        return MaskedLoss.mean(entropy, known) + 0.5 * MaskedLoss.mean(squares, known)

    def activated(self, raw: Tensor) -> Tensor:
        return torch.cat([raw[:, 2:].sigmoid(), raw[:, :2] / FLOW_FACTOR], dim=1)

    def decode(self, maps: Floats, option: Option) -> Labels:
        foreground = maps[0] > option["probability"]
        flow = np.ascontiguousarray(maps[1:3] * foreground)
        ends = np.rint(follow(flow, np.argwhere(foreground).astype(np.float32), STEPS)).astype(np.int64)
        labels = np.zeros(foreground.shape, np.uint32)
        labels[foreground] = basins(ends, foreground.shape)[ends[:, 0], ends[:, 1]]
        return cleaned(labels, maps)


@numba.njit(cache=False, nogil=True)
def follow(flow: Floats, places: Floats, steps: int) -> Floats:
    """Walk from places (K, 2), row and column, along the flow (2, H, W), read between pixels; ends (K, 2)."""
    height, width = flow.shape[1:]
    for k in range(len(places)):
        y, x = places[k]
        for _ in range(steps):
            top, left = min(int(y), max(height - 2, 0)), min(int(x), max(width - 2, 0))
            down, right = y - top, x - left
            low, side = min(top + 1, height - 1), min(left + 1, width - 1)
            step_y = (1 - down) * ((1 - right) * flow[0, top, left] + right * flow[0, top, side])
            step_y += down * ((1 - right) * flow[0, low, left] + right * flow[0, low, side])
            step_x = (1 - down) * ((1 - right) * flow[1, top, left] + right * flow[1, top, side])
            step_x += down * ((1 - right) * flow[1, low, left] + right * flow[1, low, side])
            y, x = min(max(y + step_y, 0.0), height - 1.0), min(max(x + step_x, 0.0), width - 1.0)
        places[k] = y, x
    return places


def basins(ends: NDArray[np.int64], shape: tuple[int, ...]) -> Labels:
    """Peaks of the histogram of ends (K, 2), each grown five times over pixels where three walks or more end."""
    count = np.bincount(ends[:, 0] * shape[1] + ends[:, 1], minlength=math.prod(shape)).reshape(shape)
    seeds = np.argwhere((count > SEED_COUNT) & (count == ndimage.maximum_filter(count, 5)))
    seeds = seeds[np.argsort(count[seeds[:, 0], seeds[:, 1]], kind="stable")]
    padded, found = np.pad(count, GROW_STEPS), np.zeros(np.add(shape, 2 * GROW_STEPS), np.uint32)
    square, side = np.ones((3, 3), bool), 2 * GROW_STEPS + 1
    for number, (row, column) in enumerate(seeds, start=1):
        window = slice(row, row + side), slice(column, column + side)
        grown = np.zeros((side, side), bool)
        grown[GROW_STEPS, GROW_STEPS] = True
        for _ in range(GROW_STEPS):
            grown = ndimage.binary_dilation(grown, square) & (padded[window] > GROW_COUNT)
        found[window][grown] = number
    return found[GROW_STEPS:-GROW_STEPS, GROW_STEPS:-GROW_STEPS]


def cleaned(labels: Labels, maps: Floats) -> Labels:
    """Without instances that cover most of the image, whose flow is wrong, or that are tiny; holes filled."""
    areas = np.bincount(labels.ravel())
    labels = relabel(np.where(areas[labels] > LARGEST_SHARE * labels.size, 0, labels).astype(np.uint32))
    fields = Fields(maps[0], np.ascontiguousarray(maps[1:3]), np.zeros_like(maps[0]))
    wrong = np.concatenate([[False], flow_errors(labels, fields) > FLOW_ERROR])
    labels = np.where(wrong[labels], 0, labels).astype(np.uint32)
    for number, window in enumerate(ndimage.find_objects(labels.astype(np.int32)), start=1):
        if window is None:
            continue
        own = ndimage.binary_fill_holes(labels[window] == number)
        if own.sum() < MINIMUM_AREA_PX:
            labels[window][labels[window] == number] = 0
        else:
            labels[window][own & (labels[window] == 0)] = number
    return labels
