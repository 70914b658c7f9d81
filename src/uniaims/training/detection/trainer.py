"""The training of the scale bar detector, and its finished network."""

import copy
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from uniaims.atomic import atomic_file
from uniaims.networks.detector import DetectorNet, DetectorSettings, export_detector
from uniaims.progress import Progress
from uniaims.settings import settings_text
from uniaims.stopping import stop_request
from uniaims.training.checkpoint import SETTINGS_FILE, restore
from uniaims.training.clock import Clock
from uniaims.training.detection.assignment import Truth
from uniaims.training.detection.losses import DetectionLoss, detection_loss
from uniaims.training.detection.sampling import CLASSES, DetectionBatch, DetectionLoader, Regions
from uniaims.training.detection.settings import DetectorTraining
from uniaims.training.distributed import ALONE
from uniaims.training.loop import Loop, Plan
from uniaims.training.optimisation import device_named, mixed_precision
from uniaims.training.state import State, new_state, optimise
from uniaims.version import __version__

ONNX_FILE = "scalebar.onnx"


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
    network = DetectorNet(DetectorSettings(CLASSES, widths=settings.widths, depths=settings.depths))
    state = new_state(network, settings.learning_rate, settings.weight_decay, device)
    restore(state, settings, device)
    settings.output.mkdir(parents=True, exist_ok=True)
    job = DetectorTrainingJob(settings, state, device)
    with stop_request() as stop:
        Loop(job, ALONE, device, stop, clock).go(progress)
    finished = copy.deepcopy(state.average).cpu().float().eval()
    export_detector(settings.output / ONNX_FILE, finished, _card(state, settings))
    return settings.output / ONNX_FILE


class DetectorTrainingJob:
    """What the training loop asks of the detector; it is validated when it is finished (`benchmarks/detector.py`)."""

    def __init__(self, settings: DetectorTraining, state: State[DetectorNet], device: torch.device) -> None:
        self.settings, self.state, self.device = settings, state, device
        names = [item.name for item in fields(Plan) if hasattr(settings, item.name)]
        self.plan = Plan(**{name: getattr(settings, name) for name in names})

    def batches(self) -> Iterator[DetectionBatch]:
        """See `TrainingJob`."""
        return iter(DetectionLoader(self.settings, self.state.step))

    def step(self, batch: DetectionBatch, rate: float) -> DetectionLoss:
        """See `TrainingJob`."""
        return optimise(self.state, rate, self.settings.average_decay, lambda: self._gradients(batch))

    def _gradients(self, batch: DetectionBatch) -> DetectionLoss:
        images = torch.from_numpy(batch.images).to(self.device, memory_format=torch.channels_last)
        truth = padded(batch.regions)
        with mixed_precision(self.device, wanted=self.settings.mixed_precision):
            raw = self.state.network(images)
        on_device = (each.to(self.device) for each in (truth.boxes, truth.classes, truth.real))
        loss = detection_loss(raw, Truth(*on_device))
        torch.autograd.backward(loss.total)
        return loss

    def validate(self) -> None:
        """Nothing is held out."""

    def write_settings(self) -> None:
        """Write the settings as they are used."""
        with atomic_file(self.settings.output / SETTINGS_FILE) as temporary:
            temporary.write_text(settings_text(self.settings), encoding="utf-8")

    def write_best(self) -> None:
        """Nothing is validated."""

    def write_last(self) -> None:
        """The state alone is kept, and the finished network."""


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


def _card(state: State[DetectorNet], settings: DetectorTraining) -> dict[str, Any]:
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
