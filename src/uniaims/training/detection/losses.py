"""Losses of the detector: classes, boxes, and the distributions of the boxes' sides."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from uniaims.networks.detector import RawDetections
from uniaims.training.detection.assignment import Assignment, Truth, assign, overlaps

CLASS_WEIGHT, BOX_WEIGHT, SIDE_WEIGHT = 0.5, 7.5, 1.5
"""As YOLOv8 balances them."""


@dataclass(frozen=True)
class DetectionLoss:
    """The parts of the loss, each a scalar, already weighted; ``total`` is their sum."""

    total: Tensor
    classes: Tensor
    boxes: Tensor
    sides: Tensor

    def parts(self) -> dict[str, Tensor]:
        """The numbers by name."""
        return {item.name: getattr(self, item.name).detach() for item in fields(self)}


def detection_loss(raw: RawDetections, truth: Truth) -> DetectionLoss:
    """Loss of raw detections against the truth.

    Classes: binary cross-entropy against the strength of the assignment. Boxes: 1 - complete IoU. Sides:
    distribution focal loss (Li et al., NeurIPS 2020). The last two are weighted by that strength.
    """
    boxes = raw.boxes()
    wanted = assign(raw.scores.detach().sigmoid(), boxes.detach(), raw.centres, truth)
    total_strength = wanted.scores.sum().clamp(min=1)
    classes = binary_cross_entropy_with_logits(raw.scores, wanted.scores.to(raw.scores.dtype), reduction="sum")
    strength = wanted.scores.sum(-1)[wanted.positive]
    box_loss = ((1 - overlaps(boxes[wanted.positive], wanted.boxes[wanted.positive])) * strength).sum()
    side_loss = (_side_loss(raw, wanted) * strength).sum()
    parts = (
        CLASS_WEIGHT * classes / total_strength,
        BOX_WEIGHT * box_loss / total_strength,
        SIDE_WEIGHT * side_loss / total_strength,
    )
    return DetectionLoss(torch.stack(parts).sum(), *parts)


def _side_loss(raw: RawDetections, wanted: Assignment) -> Tensor:
    """(P,) cross-entropy of the two bins around the true distance, mean over the four sides of each positive cell."""
    reach = raw.sides.shape[-1]
    centres = raw.centres.expand(*wanted.boxes.shape[:2], 2)
    distances = torch.cat([centres - wanted.boxes[..., :2], wanted.boxes[..., 2:] - centres], dim=-1) / raw.strides
    target = distances[wanted.positive].clamp(0, reach - 1.01)
    low = target.long()
    share = target - low
    logits = raw.sides[wanted.positive].reshape(-1, reach)
    below = cross_entropy(logits, low.reshape(-1), reduction="none").reshape(-1, 4)
    above = cross_entropy(logits, low.reshape(-1) + 1, reduction="none").reshape(-1, 4)
    return (below * (1 - share) + above * share).mean(-1)
