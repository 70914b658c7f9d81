"""What training minimises."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

FLOW_WEIGHT = 2.0
TOPOGRAPHY_WEIGHT = 1.0
DICE_WEIGHT = 0.5
BOUNDARY_WEIGHT = 2.0
"""Extra weight of pixels beside a boundary: the weight map of U-Net (Ronneberger et al. 2015) in its simplest form."""
BACKGROUND_FLOW_WEIGHT = 0.1


@dataclass(frozen=True)
class Target:
    """What the network should have said, float32 on the network's device.

    ``fields`` (N, 4, H, W): probability, flow y, flow x, topography. ``known`` (N, 1, H, W): 0 where nobody
    labelled. ``boundary`` (N, 1, H, W): 1 beside a boundary.
    """

    fields: Tensor
    known: Tensor
    boundary: Tensor


@dataclass(frozen=True)
class Loss:
    """The total and its parts, each a scalar tensor."""

    total: Tensor
    probability: Tensor
    flow: Tensor
    topography: Tensor


def fields_loss(raw: Tensor, target: Target) -> Loss:
    """Raw fields (N, 4, H, W) against the target.

    Probability: binary cross-entropy + soft Dice (Milletari et al., V-Net, 2016). Flow: squared error inside the
    instances (Cellpose, Stringer et al. 2021), lightly pulled to zero outside. Topography: absolute error.
    """
    raw = raw.float()
    foreground = target.fields[:, :1]
    weight = target.known * (1 + BOUNDARY_WEIGHT * target.boundary)
    entropy = functional.binary_cross_entropy_with_logits(raw[:, :1], foreground, reduction="none")
    probability = _mean(entropy, weight) + DICE_WEIGHT * _dice(raw[:, :1].sigmoid(), foreground, target.known)
    flow_weight = weight * (foreground + BACKGROUND_FLOW_WEIGHT * (1 - foreground))
    flow = _mean((raw[:, 1:3] - target.fields[:, 1:3]).square().sum(1, keepdim=True), flow_weight)
    topography = _mean((raw[:, 3:].sigmoid() - target.fields[:, 3:]).abs(), weight)
    total = probability + FLOW_WEIGHT * flow + TOPOGRAPHY_WEIGHT * topography
    return Loss(total, probability.detach(), flow.detach(), topography.detach())


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1.0)


def _dice(probability: Tensor, foreground: Tensor, known: Tensor) -> Tensor:
    overlap = 2 * (probability * foreground * known).sum() + 1
    return 1 - overlap / (((probability + foreground) * known).sum() + 1)


def boundary_of(labels: Tensor) -> Tensor:
    """Labels (N, 1, H, W) as float -> (N, 1, H, W) of 1 where a 3x3 neighbourhood holds more than one label."""
    highest = functional.max_pool2d(labels, 3, stride=1, padding=1)
    lowest = -functional.max_pool2d(-labels, 3, stride=1, padding=1)
    return (highest != lowest).to(torch.float32)
