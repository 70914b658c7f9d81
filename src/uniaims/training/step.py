"""One optimiser step of the segmenting network, alone or in a team."""

from contextlib import ExitStack

import torch
from torch import Tensor, nn

from uniaims.networks.flownet import FlowNet
from uniaims.training.distributed import ALONE, Team
from uniaims.training.losses import Loss, Target, boundary_of, fields_loss
from uniaims.training.optimisation import mixed_precision
from uniaims.training.sampling import Batch
from uniaims.training.settings import TrainingSettings
from uniaims.training.state import State, optimise


class Stepper:
    """Makes optimiser steps on a state, alone or in a team."""

    def __init__(
        self, state: State[FlowNet], settings: TrainingSettings, device: torch.device, team: Team = ALONE
    ) -> None:
        self._state = state
        self._settings = settings
        self._device = device
        self._team = team
        self._network = team.wrapped(state.network, device)

    def __call__(self, batch: Batch, rate: float) -> Loss:
        """One step at a learning rate; gives the loss before it, of this process's crops."""
        state, settings = self._state, self._settings
        # Dropout and the like draw from numbers that hang on the step alone: a training that goes on is exact.
        torch.manual_seed(((settings.seed << 40) + (state.step << 8) + self._team.rank) % 2**64)
        return optimise(state, rate, settings.average_decay, lambda: self._gradients(batch))

    def _gradients(self, batch: Batch) -> Loss:
        parts = self._settings.batch_parts
        return mean_loss([self._backward(batch, part, parts) for part in range(parts)])

    def _backward(self, batch: Batch, part: int, parts: int) -> Loss:
        """Add the gradients of one part of the batch; processes exchange them after the last part."""
        image, target = to_device(batch.part(part, parts), self._device)
        with ExitStack() as stack:
            if part < parts - 1 and isinstance(self._network, nn.parallel.DistributedDataParallel):
                stack.enter_context(self._network.no_sync())
            with mixed_precision(self._device, wanted=self._settings.mixed_precision):
                raw = self._network(image)
            loss = fields_loss(self._state.network.split(raw), target, self._settings.boundary_weight)
            torch.autograd.backward(loss.total / parts)
        return loss.detached()


def mean_loss(losses: list[Loss]) -> Loss:
    """The mean of each part of the loss."""
    rows = [loss.parts() for loss in losses]
    return Loss(*(torch.stack([row[name] for row in rows]).mean() for name in rows[0]))


def to_device(batch: Batch, device: torch.device) -> tuple[Tensor, Target]:
    """The batch as tensors on the device: image (N, 1, S, S) and target."""
    image, fields, labels, known = (
        _moved(torch.from_numpy(array), device) for array in (batch.image, batch.fields, batch.labels, batch.known)
    )
    kinds = _moved(torch.from_numpy(batch.kinds), device).long()
    target = Target(fields, known, boundary_of(labels), kinds)
    return image.contiguous(memory_format=torch.channels_last), target


def _moved(tensor: Tensor, device: torch.device) -> Tensor:
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
