"""What training minimises."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from uniaims.networks.flownet import RawFields

FLOW_WEIGHT = 2.0
TOPOGRAPHY_WEIGHT = 1.0
DICE_WEIGHT = 0.5
BOUNDARY_WEIGHT = 2.0
"""Extra weight of pixels beside a boundary: the weight map of U-Net (Ronneberger et al. 2015) in its simplest form."""
BACKGROUND_FLOW_WEIGHT = 0.1


KIND_WEIGHT = 1.0


@dataclass(frozen=True)
class Target:
    """What the network should have said, float32 on the network's device.

    ``fields`` (N, 4, H, W): probability, flow y, flow x, topography. ``known`` (N, 1, H, W): 0 where nobody
    labelled. ``boundary`` (N, 1, H, W): 1 beside a boundary. ``kinds`` (N, H, W) int64: number of the kind, -1
    outside of objects and for those whose kind nobody has said.
    """

    fields: Tensor
    known: Tensor
    boundary: Tensor
    kinds: Tensor


@dataclass(frozen=True)
class Loss:
    """The total and its parts, each a scalar tensor; a part is 0 where the network has no such head."""

    total: Tensor
    probability: Tensor
    flow: Tensor
    topography: Tensor
    kinds: Tensor

    def parts(self) -> dict[str, Tensor]:
        """The numbers by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def detached(self) -> "Loss":
        """The same numbers without what led to them."""
        return Loss(*(part.detach() for part in self.parts().values()))


def fields_loss(raw: RawFields, target: Target, boundary_weight: float = BOUNDARY_WEIGHT) -> Loss:
    """Raw fields against the target; pixels beside a boundary weigh ``1 + boundary_weight``.

    Probability: binary cross-entropy + soft Dice (Milletari et al., V-Net, 2016). Flow: squared error inside the
    instances (Cellpose, Stringer et al. 2021), lightly pulled to zero outside. Topography: absolute error. Kinds:
    cross-entropy + soft Dice, as HoVer-Net (Graham et al. 2019), inside the instances.
    """
    weight = target.known * (1 + boundary_weight * target.boundary)
    nothing = target.fields.new_zeros(())
    probability = nothing if raw.probability is None else _probability_loss(raw.probability, target, weight)
    flow = nothing if raw.flow is None else _flow_loss(raw.flow, target, weight)
    topography = nothing
    if raw.topography is not None:
        topography = _mean((raw.topography.sigmoid() - target.fields[:, 3:]).abs(), weight)
    kinds = nothing if raw.kinds is None else _kinds_loss(raw.kinds, target)
    total = probability + FLOW_WEIGHT * flow + TOPOGRAPHY_WEIGHT * topography + KIND_WEIGHT * kinds
    return Loss(total, probability, flow, topography, kinds)


def _probability_loss(logit: Tensor, target: Target, weight: Tensor) -> Tensor:
    foreground = target.fields[:, :1]
    entropy = functional.binary_cross_entropy_with_logits(logit, foreground, reduction="none")
    return _mean(entropy, weight) + DICE_WEIGHT * _dice(logit.sigmoid(), foreground, target.known)


def _flow_loss(flow: Tensor, target: Target, weight: Tensor) -> Tensor:
    foreground = target.fields[:, :1]
    flow_weight = weight * (foreground + BACKGROUND_FLOW_WEIGHT * (1 - foreground))
    return _mean((flow - target.fields[:, 1:3]).square().sum(1, keepdim=True), flow_weight)


def _kinds_loss(logits: Tensor, target: Target) -> Tensor:
    """Logits (N, K, H, W)."""
    told = ((target.kinds >= 0)[:, None] * target.known).float()
    numbers = target.kinds.clamp(min=0)
    entropy = functional.cross_entropy(logits, numbers, reduction="none")[:, None]
    true = functional.one_hot(numbers, logits.shape[1]).movedim(-1, 1).float()
    predicted = logits.softmax(1)
    dice = [_dice(predicted[:, k, None], true[:, k, None], told) for k in range(logits.shape[1])]
    return _mean(entropy, told) + torch.stack(dice).mean()


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
