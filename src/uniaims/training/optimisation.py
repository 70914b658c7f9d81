"""What every training shares: the device, the learning rate over time, the running average of the weights."""

import math
from typing import Protocol

import torch
from torch import nn

from uniaims.errors import ModelError, SettingsError

GRADIENT_NORM = 5.0
"""Longer gradients are shortened to this length."""


class Schedule(Protocol):
    """Settings that the learning rate hangs on."""

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""

    @property
    def minutes(self) -> float:
        """Wall time in all; 0: no limit."""

    @property
    def batch(self) -> int:
        """Images in a step."""

    @property
    def learning_rate(self) -> float:
        """Highest rate."""

    @property
    def warmup_steps(self) -> int:
        """Steps over which the rate rises."""


def learning_rate(schedule: Schedule, step: int, seconds: float) -> float:
    """Linear warm-up, then a half cosine to zero over the steps or the minutes, whichever is further on.

    Loshchilov & Hutter, SGDR, ICLR 2017.
    """
    warm = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    spent = step / schedule.steps
    if schedule.minutes:
        spent = max(spent, seconds / (60 * schedule.minutes))
    return schedule.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, spent)))


def time_is_up(schedule: Schedule, seconds: float) -> bool:
    """Whether the wall time is spent."""
    return schedule.minutes > 0 and seconds >= 60 * schedule.minutes


def check_loss(loss: float, step: int) -> None:
    """Refuse to go on from a loss that is no number.

    Raises:
        ModelError: if it is none.
    """
    if not math.isfinite(loss):
        raise ModelError(
            f"the loss is no number any more at step {step}. Start anew in another folder with a lower learning rate "
            "(`uniaims train --find-learning-rate` suggests one); the last checkpoint is still sound."
        )


def mixed_precision(device: torch.device, *, wanted: bool) -> torch.autocast:
    """Where convolutions are computed in bfloat16, if that is wanted and the device has instructions for it.

    Processors without them compute it too, but many times slower than float32.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted and has_bfloat16(device))


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is quicker than float32 there: on a GPU, and on processors that oneDNN takes for it."""
    if device.type != "cpu":
        return True
    asked = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)  # not there in builds without oneDNN
    return asked is not None and bool(asked())


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of weights and batch statistics (Polyak & Juditsky 1992), quicker at the start."""
    kept_share = min(decay, (1 + step) / (10 + step))
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - kept_share)
        else:
            kept.copy_(new)


def device_named(name: str) -> torch.device:
    """The device for ``auto``, ``cpu`` or ``cuda``.

    Raises:
        SettingsError: if the name is another, or there is no such device.
    """
    if name not in {"auto", "cpu", "cuda"}:
        raise SettingsError(f"device {name!r}: wanted auto, cpu or cuda.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device cuda: no CUDA GPU is there. Use --device cpu.")
    return torch.device(name)
