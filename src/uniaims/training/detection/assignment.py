"""Which cells learn which object: task-aligned assignment (Feng et al., TOOD, ICCV 2021)."""

from dataclasses import dataclass

import torch
from torch import Tensor

SCORE_POWER, OVERLAP_POWER = 0.5, 6.0
CELLS_EACH = 10
"""Cells that learn one object at most."""


@dataclass(frozen=True)
class Truth:
    """Objects of a batch, padded to M in each image.

    Attributes:
        boxes: (N, M, 4) x0, y0, x1, y1 in px.
        classes: (N, M) int64.
        real: (N, M) bool; the others are padding.
    """

    boxes: Tensor
    classes: Tensor
    real: Tensor


@dataclass(frozen=True)
class Assignment:
    """What each of the A cells learns.

    Attributes:
        scores: (N, A, K) wanted scores: 0, or how well box and class of the object are met so far.
        boxes: (N, A, 4) wanted boxes in px.
        positive: (N, A) bool: cells that have an object.
    """

    scores: Tensor
    boxes: Tensor
    positive: Tensor


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, centres: Tensor, truth: Truth) -> Assignment:
    """Give each object the cells inside of its box that meet it best, by score and overlap together.

    Args:
        scores: (N, A, K) 0 to 1, as predicted.
        boxes: (N, A, 4) in px, as predicted.
        centres: (A, 2) of the cells in px.
        truth: the objects.
    """
    overlap = overlaps(truth.boxes[:, :, None], boxes[:, None]).clamp(min=0)
    own = torch.gather(scores.mT, 1, truth.classes[..., None].expand(-1, -1, scores.shape[1]))
    inside = _inside(centres, truth.boxes) & truth.real[..., None]
    metric = own**SCORE_POWER * overlap**OVERLAP_POWER * inside
    chosen = _best(metric, inside)
    shared = chosen.sum(1) > 1
    nearest = torch.nn.functional.one_hot((overlap * chosen).argmax(1), overlap.shape[1]).mT.bool()
    chosen = torch.where(shared[:, None], nearest & chosen, chosen)
    return _assignment(chosen, metric * chosen, overlap * chosen, truth, scores.shape[-1])


def _best(metric: Tensor, inside: Tensor) -> Tensor:
    """(N, M, A) bool: the cells of each object with the highest metric, among those inside of it."""
    places = metric.topk(min(CELLS_EACH, metric.shape[-1]), dim=-1).indices
    return torch.zeros_like(inside).scatter_(-1, places, value=True) & inside


def _inside(centres: Tensor, boxes: Tensor) -> Tensor:
    """(N, M, A) bool: cells whose centre lies in the box; for one thinner than the cells, those within half a cell.

    Bars may be two pixels high: without this no cell would ever learn them.
    """
    reach = torch.clamp((8.0 - (boxes[..., 2:] - boxes[..., :2])) / 2, min=0)
    low, high = boxes[..., None, :2] - reach[..., None, :], boxes[..., None, 2:] + reach[..., None, :]
    return ((centres >= low) & (centres <= high)).all(-1)


def _assignment(chosen: Tensor, metric: Tensor, overlap: Tensor, truth: Truth, classes: int) -> Assignment:
    owner, positive = chosen.float().argmax(1), chosen.any(1)
    boxes = torch.gather(truth.boxes, 1, owner[..., None].expand(-1, -1, 4))
    wanted = torch.gather(truth.classes, 1, owner)
    scaled = metric / metric.amax(-1, keepdim=True).clamp(min=1e-9) * overlap.amax(-1, keepdim=True)
    strength = scaled.amax(1) * positive
    scores = torch.nn.functional.one_hot(wanted, classes) * strength[..., None]
    return Assignment(scores, boxes, positive)


def overlaps(one: Tensor, other: Tensor) -> Tensor:
    """Complete IoU of boxes (..., 4), broadcast (Zheng et al., AAAI 2020): IoU less distance and aspect penalties."""
    low, high = torch.maximum(one[..., :2], other[..., :2]), torch.minimum(one[..., 2:], other[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    size_one, size_other = (one[..., 2:] - one[..., :2]), (other[..., 2:] - other[..., :2])
    iou = shared / (size_one.prod(-1) + size_other.prod(-1) - shared + 1e-7)
    around = torch.maximum(one[..., 2:], other[..., 2:]) - torch.minimum(one[..., :2], other[..., :2])
    apart = (one[..., :2] + one[..., 2:] - other[..., :2] - other[..., 2:]).square().sum(-1) / 4
    angles = [torch.atan(size[..., 0] / (size[..., 1] + 1e-7)) for size in (size_one, size_other)]
    aspect = 4 / torch.pi**2 * (angles[0] - angles[1]).square()
    with torch.no_grad():
        weight = aspect / (1 - iou + aspect + 1e-7)
    return iou - apart / (around.square().sum(-1) + 1e-7) - weight * aspect
