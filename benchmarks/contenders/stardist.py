# ruff: noqa: D102  (what the methods mean stands in contender.py)
"""StarDist: star-convex polygons, restated from Schmidt et al., MICCAI 2018, doi 10.1007/978-3-030-00934-2_30.

Each pixel says how far its instance reaches along 32 rays, and how deep in the instance it lies (distance to the
outline over the largest such distance: the object probability). Of overlapping polygons the most probable is kept.
As in the authors' published models the network speaks at half resolution (a grid of 2 px); what it says is brought
to full resolution linearly, and the pixels of the grid are candidates.
"""

import itertools
import math

import numba
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from contenders.contender import DenseContender, Floats, Labels, MaskedLoss, Option

RAYS = 32
WIDTHS = (32, 64, 128, 256)
FEATURES = 128
DISTANCE_WEIGHT = 0.5
BACKGROUND_WEIGHT = 1e-4
UNIT_PX = 16.0
"""Distances are learned in this unit; in px their error would drown that of the probability for thousands of steps."""
GRID_PX = 2


def twice(inputs: int, outputs: int) -> nn.Sequential:
    """Two convolutions with batch normalisation and ReLU."""
    layers = []
    for before in (inputs, outputs):
        layers += [nn.Conv2d(before, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


class StarNet(nn.Module):
    """A U-Net; image (N, 1, H, W) -> logit and 32 distances in `UNIT_PX` (N, 33, H, W); sides are multiples of 16."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.stem = twice(1, widths[0])
        self.downs = nn.ModuleList(twice(i, o) for i, o in zip((widths[0], *widths[:-1]), widths, strict=True))
        self.ups = nn.ModuleList(twice(low + high, high) for high, low in itertools.pairwise(widths))
        self.features = nn.Sequential(nn.Conv2d(widths[0], FEATURES, 3, padding=1), nn.ReLU())
        self.head = nn.Conv2d(FEATURES, 1 + RAYS, 1)

    def forward(self, image: Tensor) -> Tensor:
        maps = [self.downs[0](functional.max_pool2d(self.stem(image), GRID_PX))]
        for down in self.downs[1:]:
            maps.append(down(functional.max_pool2d(maps[-1], 2)))
        current = maps[-1]
        for up, skip in zip(reversed(self.ups), reversed(maps[:-1]), strict=True):
            current = up(torch.cat([functional.interpolate(current, scale_factor=2.0), skip], dim=1))
        return functional.interpolate(self.head(self.features(current)), scale_factor=float(GRID_PX), mode="bilinear")


class StarDistContender(DenseContender):
    """Targets and maps: object probability, then the distance along each ray."""

    title = "StarDist head, 32 rays (restated)"
    grid = tuple({"probability": p, "overlap": o} for p in (0.3, 0.4, 0.5, 0.6, 0.7) for o in (0.3, 0.5))

    def network(self) -> nn.Module:
        return StarNet()

    def targets(self, labels: Labels, fields: Floats) -> Floats:
        return np.concatenate([fields[3:4], ray_distances(labels, *directions())])

    def loss(self, network: nn.Module, image: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        raw = network(image).float()
        depth, distances = targets[:, :1], targets[:, 1:] / UNIT_PX
        entropy = functional.binary_cross_entropy_with_logits(raw[:, :1], depth, reduction="none")
        inside = known * depth
        error = MaskedLoss.mean((raw[:, 1:] - distances).abs().mean(dim=1, keepdim=True), inside)
        outside = known * (depth == 0)
        pull = BACKGROUND_WEIGHT * MaskedLoss.mean(raw[:, 1:].abs().mean(dim=1, keepdim=True), outside)
        return MaskedLoss.mean(entropy, known) + DISTANCE_WEIGHT * (error + pull)

    def activated(self, raw: Tensor) -> Tensor:
        return torch.cat([raw[:, :1].sigmoid(), raw[:, 1:] * UNIT_PX], dim=1)

    def decode(self, maps: Floats, option: Option) -> Labels:
        places = GRID_PX * np.argwhere(maps[0, ::GRID_PX, ::GRID_PX] > option["probability"])
        order = np.argsort(-maps[0][tuple(places.T)], kind="stable")
        places = places[order]
        distances = np.maximum(maps[1:, places[:, 0], places[:, 1]].T, 1e-3)
        return suppressed(
            places, np.ascontiguousarray(distances), *directions(), maps.shape[1], maps.shape[2], option["overlap"]
        )


def directions() -> tuple[Floats, Floats]:
    """Rows and columns of a step along each ray, (32,) each."""
    angles = np.arange(RAYS, dtype=np.float32) * np.float32(2 * math.pi / RAYS)
    return np.sin(angles), np.cos(angles)


@numba.njit(cache=False, nogil=True)
def ray_distances(labels: Labels, down: Floats, right: Floats) -> Floats:
    """How far (32, H, W), in px, each pixel's instance reaches along each ray; 0 in the background."""
    height, width = labels.shape
    out = np.zeros((len(down), height, width), np.float32)
    for y in range(height):
        for x in range(width):
            if labels[y, x] == 0:
                continue
            for ray in range(len(down)):
                steps = 0
                while True:
                    steps += 1
                    row, column = round(y + steps * down[ray]), round(x + steps * right[ray])
                    if not (0 <= row < height and 0 <= column < width) or labels[row, column] != labels[y, x]:
                        break
                # The outline lies half a pixel before the first pixel outside, along the longer axis.
                out[ray, y, x] = steps - 0.5 / max(abs(down[ray]), abs(right[ray]))
    return out


@numba.njit(cache=False, nogil=True)
def suppressed(places, distances, down, right, height, width, overlap):  # type: ignore[no-untyped-def]  # noqa: C901
    """Labels (H, W) of the polygons that are left, by falling probability.

    A polygon goes if it shares more than ``overlap`` of the smaller area with one that is kept. What a kept polygon
    covers is painted at once, where no earlier one lies, and overlaps are counted in that picture.
    """
    labels = np.zeros((height, width), np.uint32)
    areas, rays = np.zeros(len(places) + 1), len(down)
    shared, touched = np.zeros(len(places) + 1, np.int64), np.zeros(len(places) + 1, np.int64)
    rows, columns = np.empty(height * width, np.int64), np.empty(height * width, np.int64)
    kept = 0
    for k in range(len(places)):
        y, x = places[k]
        reach = int(np.ceil(distances[k].max()))
        area, touching = 0, 0
        for row in range(max(0, y - reach), min(height, y + reach + 1)):
            for column in range(max(0, x - reach), min(width, x + reach + 1)):
                if not _inside(row - y, column - x, distances[k], down, right, rays):
                    continue
                rows[area], columns[area] = row, column
                area += 1
                other = labels[row, column]
                if other:
                    if shared[other] == 0:
                        touched[touching] = other
                        touching += 1
                    shared[other] += 1
        wanted = area > 0
        for number in range(touching):
            other = touched[number]
            if shared[other] > overlap * min(area, areas[other]):
                wanted = False
            shared[other] = 0
        if not wanted:
            continue
        kept += 1
        areas[kept] = area
        for pixel in range(area):
            if labels[rows[pixel], columns[pixel]] == 0:
                labels[rows[pixel], columns[pixel]] = kept
    return labels


@numba.njit(cache=False, nogil=True)
def _inside(y, x, distances, down, right, rays):  # type: ignore[no-untyped-def]
    """Whether a place lies in the polygon about (0, 0): on the near side of the edge of its sector."""
    if y == 0 and x == 0:
        return True
    turn = np.arctan2(y, x) / (2 * np.pi) * rays
    first = int(np.floor(turn)) % rays
    second = (first + 1) % rays
    y0, x0 = distances[first] * down[first], distances[first] * right[first]
    y1, x1 = distances[second] * down[second], distances[second] * right[second]
    return (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0
