"""The training loop of the scale bar detector: steps, running average, checkpoint, the finished network."""

import copy
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from uniaims.networks.detector import DetectorNet, DetectorSettings, export_detector
from uniaims.stopping import StopRequest, stop_request
from uniaims.tiles import Progress
from uniaims.training.checkpoint import restore, save_state
from uniaims.training.clock import Clock
from uniaims.training.detection.assignment import Truth
from uniaims.training.detection.losses import DetectionLoss, detection_loss
from uniaims.training.detection.sampling import CLASSES, DetectionBatch, DetectionLoader, Regions
from uniaims.training.detection.settings import DetectorTraining
from uniaims.training.optimisation import (
    GRADIENT_NORM,
    check_loss,
    device_named,
    learning_rate,
    time_is_up,
    update_average,
)
from uniaims.version import __version__

LOG_FILE = "log.jsonl"
LOG_EVERY = 10
ONNX_FILE = "scalebar.onnx"


@dataclass
class _State:
    network: DetectorNet
    average: DetectorNet
    optimiser: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0


def train_detector(settings: DetectorTraining, progress: Progress | None = None) -> Path:
    """Train a detector, or go on where a killed training of the same output folder stopped; gives the ONNX file.

    Raises:
        InputError: if there are no backgrounds.
        SettingsError: if the output folder holds another training.
        ModelError: if the loss is no number any more; the last checkpoint stays.
        KeyboardInterrupt: after Ctrl-C or SIGTERM, when the state is saved.
    """
    clock = Clock()
    device = device_named(settings.device)
    torch.manual_seed(settings.seed)
    state = _resume(settings, device)
    loader = DetectionLoader(settings, state.step)
    settings.output.mkdir(parents=True, exist_ok=True)
    with stop_request() as stop:
        clock.begin_steps()
        run = _Run(settings, state, clock, stop, progress)
        run.go(iter(loader), device)
    stop.obey()
    network = copy.deepcopy(state.average).cpu().float().eval()
    export_detector(settings.output / ONNX_FILE, network, _card(state, settings))
    return settings.output / ONNX_FILE


def padded(regions: tuple[Regions, ...]) -> Truth:
    """The regions of a batch as tensors, padded to the most that a view has."""
    most = max(1, *(len(each.classes) for each in regions))
    boxes, classes = torch.zeros(len(regions), most, 4), torch.zeros(len(regions), most, dtype=torch.int64)
    real = torch.zeros(len(regions), most, dtype=torch.bool)
    for row, each in enumerate(regions):
        count = len(each.classes)
        boxes[row, :count] = torch.from_numpy(each.boxes)
        classes[row, :count] = torch.from_numpy(each.classes)
        real[row, :count] = True
    return Truth(boxes, classes, real)


@dataclass
class _Run:
    """One start of a training: from where its state is to the end, or to a stop."""

    settings: DetectorTraining
    state: _State
    clock: Clock
    stop: StopRequest
    progress: Progress | None

    def go(self, batches: Iterator[DetectionBatch], device: torch.device) -> None:
        """Make steps until the end, and save the state."""
        state, started, before = self.state, time.monotonic(), self.state.seconds
        schedule = replace(self.settings, minutes=self.clock.minutes_for_steps(self.settings.minutes))
        while not self.stop.asked and state.step < schedule.steps and not time_is_up(schedule, state.seconds):
            loss = _step(state, next(batches), schedule, device)
            state.step += 1
            state.seconds = before + time.monotonic() - started
            self._after(loss)
        if time_is_up(schedule, state.seconds):
            state.seconds = max(state.seconds, 60 * self.settings.minutes)
        save_state(state, self.settings)

    def _after(self, loss: DetectionLoss) -> None:
        state, settings = self.state, self.settings
        if state.step % LOG_EVERY == 0:
            check_loss(loss.total.item(), state.step)
            _log(settings, state, loss)
        if state.step % settings.checkpoint_every == 0:
            save_state(state, settings)
        if self.progress:
            self.progress(f"training, loss {loss.total.item():.3f}", state.step, settings.steps)


def _step(state: _State, batch: DetectionBatch, settings: DetectorTraining, device: torch.device) -> DetectionLoss:
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(settings, state.step, state.seconds)
    images = torch.from_numpy(batch.images).to(device, memory_format=torch.channels_last)
    truth = padded(batch.regions)
    state.network.train()
    with torch.autocast(device.type, torch.bfloat16, enabled=settings.mixed_precision):
        raw = state.network(images)
    loss = detection_loss(raw, Truth(truth.boxes.to(device), truth.classes.to(device), truth.real.to(device)))
    state.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss.total)
    nn.utils.clip_grad_norm_(state.network.parameters(), GRADIENT_NORM)
    state.optimiser.step()
    update_average(state.average, state.network, settings.average_decay, state.step)
    return loss


def _resume(settings: DetectorTraining, device: torch.device) -> _State:
    architecture = DetectorSettings(CLASSES, widths=settings.widths, depths=settings.depths)
    network = DetectorNet(architecture).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    state = _State(network, average, optimiser)
    restore(state, settings, device)
    return state


def _log(settings: DetectorTraining, state: _State, loss: DetectionLoss) -> None:
    parts: dict[str, Tensor] = vars(loss)
    row = {name: round(float(part.detach()), 4) for name, part in parts.items()}
    with (settings.output / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": state.step, "seconds": round(state.seconds, 1)} | row) + "\n")


def _card(state: _State, settings: DetectorTraining) -> dict[str, Any]:
    """What the model file tells of itself; no path of this machine travels."""
    knobs = {name: value for name, value in asdict(settings).items() if name not in {"output", "backgrounds", "fonts"}}
    return {
        "classes": CLASSES,
        "side_px": settings.side_px,
        "steps": state.step,
        "hours": round(state.seconds / 3600, 2),
        "settings": knobs,
        "uniaims": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
