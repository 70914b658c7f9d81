"""What every contender has: network, targets, loss, decoding. Arrays are (channels, rows, columns)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Floats = NDArray[np.float32]
Labels = NDArray[np.uint32]
Option = Mapping[str, Any]
"""Thresholds of the decoding, by name."""

TILE_PX, MARGIN_PX, STRIDE_PX = 1024, 96, 64


class MaskedLoss:
    """Means over the pixels that somebody has labelled."""

    @staticmethod
    def mean(values: Tensor, weight: Tensor) -> Tensor:
        """Weighted mean; 0 where nothing has a weight."""
        return (values * weight).sum() / weight.sum().clamp(min=1.0)


class Contender(ABC):
    """One way to find instances.

    ``targets`` are what a perfect network would say, in the layout of what ``maps`` gives: decoding the targets of a
    label image must give that label image back.
    """

    title: str
    grid: tuple[Option, ...] = ({},)
    """Thresholds to choose from, on training images."""

    @abstractmethod
    def network(self) -> nn.Module | None:
        """The network with random weights; ``None``: nothing to train."""

    @abstractmethod
    def targets(self, labels: Labels, fields: Floats) -> Floats:
        """Labels (S, S) and their fields (4, S, S): probability, flow y, flow x, topography -> targets (C, S, S)."""

    @abstractmethod
    def loss(self, network: nn.Module, image: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """Image (N, 1, S, S), targets (N, C, S, S), known (N, 1, S, S) -> a scalar."""

    @abstractmethod
    def maps(self, network: nn.Module | None, image: Floats) -> Floats:
        """What the network says of an image (H, W), whatever its size."""

    @abstractmethod
    def decode(self, maps: Floats, option: Option) -> Labels:
        """Instances (H, W), numbers above 0 in any order."""

    def ideal(self, targets: Floats) -> Floats:
        """What ``maps`` would give if the network said exactly the targets."""
        return targets


class DenseContender(Contender):
    """A contender whose network says something of each pixel."""

    @abstractmethod
    def activated(self, raw: Tensor) -> Tensor:
        """The network's output (N, C, H, W) in the layout of the targets."""

    def maps(self, network: nn.Module | None, image: Floats) -> Floats:
        """Tiles of 1024 px that share a margin; of each tile its inner part is kept."""
        assert network is not None
        device = next(network.parameters()).device
        rows, columns = (_starts(side) for side in image.shape)
        padded = np.pad(
            image,
            [(0, _padding(side)) for side in image.shape],
            mode="reflect" if min(image.shape) > STRIDE_PX else "edge",
        )
        whole: Floats | None = None
        for top in rows:
            for left in columns:
                window = np.ascontiguousarray(padded[top : top + TILE_PX, left : left + TILE_PX])
                with torch.inference_mode():
                    said = self.activated(network(torch.from_numpy(window)[None, None].to(device)))[0].cpu().numpy()
                if whole is None:
                    whole = np.zeros((said.shape[0], *padded.shape), np.float32)
                above, before = (MARGIN_PX if start else 0 for start in (top, left))
                whole[:, top + above : top + TILE_PX, left + before : left + TILE_PX] = said[:, above:, before:]
        assert whole is not None
        return np.ascontiguousarray(whole[:, : image.shape[0], : image.shape[1]])


def _padding(side: int) -> int:
    return -side % STRIDE_PX


def _starts(side: int) -> list[int]:
    """First rows of tiles that cover a side; neighbours share two margins."""
    last = max(0, side + _padding(side) - TILE_PX)
    step = TILE_PX - 2 * MARGIN_PX
    return [*range(0, last, step), last]
