"""One loop for all contenders: the same crops in the same order, optimiser, schedule, running average and budget."""

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from contenders.contender import Contender
from uniaims.atomic import atomic_file
from uniaims.training.optimisation import GRADIENT_NORM, learning_rate, mixed_precision, time_is_up, update_average
from uniaims.training.prefetch import prefetched
from uniaims.training.samples import TrainingData
from uniaims.training.sampling import CropLoader
from uniaims.training.settings import TrainingSettings

SAVE_SECONDS = 60.0
LOG_EVERY = 50


@dataclass(frozen=True)
class Trained:
    """The running average of the weights, and what it took."""

    network: nn.Module
    steps: int
    seconds: float


class Run:
    """The training of one contender; goes on from ``state`` where that file is there."""

    def __init__(self, contender: Contender, settings: TrainingSettings, state: Path, device: torch.device) -> None:
        torch.manual_seed(settings.seed)
        network = contender.network()
        assert network is not None
        self.contender, self.settings, self.file, self.device = contender, settings, state, device
        self.network = network.to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        decay, rate = settings.weight_decay, settings.learning_rate
        self.optimiser = torch.optim.AdamW(self.network.parameters(), rate, weight_decay=decay)
        self.step, self.seconds = 0, 0.0
        if state.is_file():
            self._restore(torch.load(state, map_location=device, weights_only=True))

    def go(self, data: TrainingData) -> Trained:
        """Train until the steps or the minutes are spent; only the steps count, not the waiting for crops.

        Minutes are those of the processor where one thread computes, so that other work on the machine costs nobody.
        """
        alone = self.device.type == "cpu" and torch.get_num_threads() == 1
        clock = time.thread_time if alone else time.perf_counter
        saved = time.monotonic()
        batches = self._batches(data)
        while self.step < self.settings.steps and not time_is_up(self.settings, self.seconds):
            image, targets, known = (torch.from_numpy(array).to(self.device) for array in next(batches))
            started = clock()
            loss = self._update(image, targets, known)
            if not np.isfinite(loss):
                raise FloatingPointError(f"{self.contender.title}: the loss is no number at step {self.step}.")
            self.seconds += clock() - started
            self.step += 1
            if self.step % LOG_EVERY == 0:
                print(f"{self.contender.title}: step {self.step}, {self.seconds:.0f} s, loss {loss:.3f}", flush=True)
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()
        return Trained(self.average.eval(), self.step, self.seconds)

    def save(self) -> None:
        """Write the state whole or not at all."""
        parts = {"network": self.network, "average": self.average, "optimiser": self.optimiser}
        state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        with atomic_file(self.file) as temporary:
            torch.save(state | {"step": self.step, "seconds": self.seconds}, temporary)

    def _restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _update(self, image: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> float:
        torch.manual_seed((self.settings.seed << 40) + self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.settings, self.step, self.seconds)
        self.network.train()
        self.optimiser.zero_grad(set_to_none=True)
        with mixed_precision(self.device, wanted=self.settings.mixed_precision):
            loss = self.contender.loss(
                self.network, image.contiguous(memory_format=torch.channels_last), targets, known
            )
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        self.optimiser.step()
        update_average(self.average, self.network, self.settings.average_decay, self.step)
        return loss.item()

    def _batches(self, data: TrainingData) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Image (N, 1, S, S), targets (N, C, S, S), known (N, 1, S, S) of each step from the present one on."""
        loader = CropLoader(data, self.settings, self.step)

        def make(step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            batch = loader.batch(step)
            pairs = zip(batch.labels[:, 0].astype(np.uint32), batch.fields, strict=True)
            return batch.image, np.stack([self.contender.targets(*pair) for pair in pairs]), batch.known

        return prefetched(make, self.step, self.settings.loader_threads)
