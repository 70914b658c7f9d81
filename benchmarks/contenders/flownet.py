# ruff: noqa: D102  (what the methods mean stands in contender.py)
"""This project's network, loss and decoding."""

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from contenders.contender import DenseContender, Floats, Labels, Option
from uniaims.flows import Fields, FlowSettings, labels_from_fields
from uniaims.networks import NetworkSettings
from uniaims.networks.flownet import FieldsNet, FlowNet
from uniaims.segmenter import confidence_of
from uniaims.training.losses import Target, fields_loss


class FlowNetContender(DenseContender):
    """FlowNet with the ``unet`` encoder; the fifth target channel marks the pixels beside a boundary."""

    title = "ours (FlowNet, unet)"
    grid = tuple(
        {"probability": probability, "confidence": confidence}
        for probability in (0.4, 0.5, 0.6)
        for confidence in (0.0, 0.3, 0.5)
    )

    def network(self) -> nn.Module:
        return FlowNet(NetworkSettings())

    def targets(self, labels: Labels, fields: Floats) -> Floats:
        square, numbers = np.ones((3, 3), np.uint8), labels.astype(np.float32)
        boundary = cv2.dilate(numbers, square) != cv2.erode(numbers, square)
        return np.concatenate([fields, boundary[None].astype(np.float32)])

    def loss(self, network: nn.Module, image: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        assert isinstance(network, FlowNet)
        kinds = torch.full_like(known[:, 0], -1, dtype=torch.int64)
        target = Target(targets[:, :4], known, targets[:, 4:], kinds)
        return fields_loss(network.split(network(image)), target).total

    def maps(self, network: nn.Module | None, image: Floats) -> Floats:
        assert isinstance(network, FlowNet)
        return super().maps(FieldsNet(network), image)

    def activated(self, raw: Tensor) -> Tensor:
        return raw

    def decode(self, maps: Floats, option: Option) -> Labels:
        whole = np.ascontiguousarray
        fields = Fields(whole(maps[0]), whole(maps[1:3]), whole(maps[3])).compact()
        labels = labels_from_fields(fields, FlowSettings(probability_threshold=option["probability"]))
        kept = np.concatenate([[False], confidence_of(labels, fields) >= option["confidence"]])
        return np.where(kept[labels], labels, 0).astype(np.uint32)
