# ruff: noqa: ARG002, D102  (what the methods mean stands in contender.py)
"""Mask R-CNN (He et al., ICCV 2017, doi 10.1109/ICCV.2017.322) of torchvision, from random weights."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from contenders.contender import Contender, Floats, Labels, Option

DETECTIONS = 400
SMALLEST_SIDE_PX = 2
SCORE = 0.05


def why_not() -> str:
    """Why it can't run here; empty if it can."""
    try:
        import torchvision
        from torchvision.models.detection import maskrcnn_resnet50_fpn

        del maskrcnn_resnet50_fpn
    except (ImportError, RuntimeError, OSError) as error:
        return f"torchvision can't be imported: {error}".splitlines()[0]
    return "" if torchvision else "no torchvision"


class MaskRCNNContender(Contender):
    """ResNet-50 with a feature pyramid; targets: the labels; maps: score, left, top, and mask of each detection.

    Anchors are of 8 to 128 px: crops show objects of about 32 px.
    """

    title = "Mask R-CNN, ResNet-50 FPN (torchvision)"
    grid = tuple({"score": score} for score in (0.3, 0.4, 0.5, 0.6, 0.7))

    def network(self) -> nn.Module:
        from torchvision.models.detection import maskrcnn_resnet50_fpn
        from torchvision.models.detection.anchor_utils import AnchorGenerator

        anchors = AnchorGenerator(((8,), (16,), (32,), (64,), (128,)), ((0.5, 1.0, 2.0),) * 5)
        network: nn.Module = maskrcnn_resnet50_fpn(
            weights=None,
            weights_backbone=None,
            num_classes=2,
            rpn_anchor_generator=anchors,
            min_size=64,
            max_size=1 << 14,
            image_mean=[0.5] * 3,
            image_std=[0.25] * 3,
            box_detections_per_img=DETECTIONS,
            box_score_thresh=SCORE,
        )
        network.transform.resize = lambda image, target: (image, target)  # all contenders see the same pixels
        return network

    def targets(self, labels: Labels, fields: Floats) -> Floats:
        return labels[None].astype(np.float32)

    def loss(self, network: nn.Module, image: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """The five losses of torchvision; grey levels where nobody labelled are blotted out, which is all it allows."""
        shown = torch.where(known > 0, image, 0.5).expand(-1, 3, -1, -1)
        parts: dict[str, Tensor] = network(list(shown), [instances_of(each[0]) for each in targets])
        return torch.stack(list(parts.values())).sum()

    def maps(self, network: nn.Module | None, image: Floats) -> Floats:
        """Score times mask (K, H, W) of the detections, the best first."""
        assert network is not None
        device = next(network.parameters()).device
        with torch.inference_mode():
            found = network([torch.from_numpy(image)[None].expand(3, -1, -1).to(device)])[0]
        order = torch.argsort(found["scores"], descending=True)
        masks = found["masks"][order, 0] >= 0.5
        return (masks * found["scores"][order, None, None]).cpu().numpy().astype(np.float32)

    def decode(self, maps: Floats, option: Option) -> Labels:
        labels = np.zeros(maps.shape[1:], np.uint32)
        for number, mask in enumerate(maps, start=1):
            if mask.max(initial=0) >= option["score"]:
                labels[(mask > 0) & (labels == 0)] = number
        return labels

    def ideal(self, targets: Floats) -> Floats:
        numbers = np.unique(targets[targets > 0])
        return (targets == numbers[:, None, None]).astype(np.float32)


def instances_of(labels: Tensor) -> dict[str, Any]:
    """Labels (S, S) as boxes (K, 4), masks (K, S, S) and classes (K,), as torchvision wants them."""
    numbers = labels.unique()
    masks = labels[None] == numbers[numbers > 0][:, None, None]
    rows, columns = masks.any(dim=2), masks.any(dim=1)
    spans = [(line.float().argmax(1), line.shape[1] - line.flip(1).float().argmax(1)) for line in (columns, rows)]
    boxes = torch.stack([spans[0][0], spans[1][0], spans[0][1], spans[1][1]], dim=1).float()
    large = ((boxes[:, 2:] - boxes[:, :2]) >= SMALLEST_SIDE_PX).all(dim=1)
    boxes, masks = boxes[large], masks[large]
    classes = torch.ones(len(boxes), dtype=torch.int64, device=labels.device)
    return {"boxes": boxes, "masks": masks.to(torch.uint8), "labels": classes}
