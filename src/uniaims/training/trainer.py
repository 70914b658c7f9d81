"""The training of the segmenting network, and its finished model.

Beside what every training leaves (see `uniaims.training.loop`) the run folder holds::

    NAME.safetensors       the finished model: the best one, or the last one where nothing was validated
    NAME.onnx              the same
"""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from uniaims.dataset import Sample
from uniaims.labels import Labels
from uniaims.networks.card import ModelCard
from uniaims.networks.flownet import FlowNet
from uniaims.networks.weights import export_onnx, load_weights, save_weights
from uniaims.progress import Progress
from uniaims.stopping import stop_request
from uniaims.training.calibration import calibrated_card
from uniaims.training.checkpoint import BEST_FILE, LAST_FILE, SETTINGS_FILE, restore
from uniaims.training.clock import Clock
from uniaims.training.distributed import team
from uniaims.training.loop import Loop, Plan
from uniaims.training.optimisation import device_named
from uniaims.training.samples import load_data, synthetic_files
from uniaims.training.sampling import Batch, CropLoader
from uniaims.training.settings import TrainingSettings
from uniaims.training.settings_file import located, write_settings
from uniaims.training.start import resolved, start_of
from uniaims.training.state import State, new_state
from uniaims.training.step import Stepper
from uniaims.training.validation import Validator
from uniaims.version import __version__

OnStepSample = Callable[[int, Sample, Labels], None]
"""Told at a validation of the step, of each sample, and of the labels (H, W) that the network found in it."""


@dataclass(frozen=True)
class TrainedModel:
    """Where the finished model lies, and how long it took.

    ``ap50`` is that of the best validation, at step ``best_step``; NaN if nothing was held out.
    """

    weights: Path
    onnx: Path
    steps: int
    seconds: float
    ap50: float = math.nan
    best_step: int = 0


def train(
    settings: TrainingSettings,
    progress: Progress | None = None,
    clock: Clock | None = None,
    on_sample: OnStepSample | None = None,
) -> TrainedModel:
    """Train a network, or go on where a stopped training of the same output folder was.

    Where ``torchrun`` started several processes, they train one network together. Synthetic samples are made in
    processes of their own, so a script that asks for them calls this below ``if __name__ == "__main__":``.

    Raises:
        InputError: if the data can't be read.
        SettingsError: if the output folder holds a training with other settings.
        ModelError: if the weights to start from can't be read, or the loss is no number any more.
        KeyboardInterrupt: after Ctrl-C or SIGTERM, when the state is saved.
    """
    clock = clock or Clock()
    with team(device_named(settings.device)) as (members, device):
        torch.manual_seed(settings.seed)
        start = start_of(settings)
        settings = resolved(located(settings), start.card)
        state = new_state(start.network, settings.learning_rate, settings.weight_decay, device)
        restore(state, settings, device)
        if settings.synthetic:
            with members.leader_first():
                synthetic_files(settings, progress)
        data = load_data(settings, start.card.normalisation, progress)
        loader = CropLoader(data, settings, state.step, members.portion(settings.batch, settings.batch_parts))
        with stop_request() as stop:  # before there is nothing to save, and afterwards all is
            validator = Validator(data.held_out, start.card, device, members, progress)
            job = SegmenterTraining(settings, state, validator, loader, on_sample)
            Loop(job, members, device, stop, clock).go(progress)
        return job.finish()


class SegmenterTraining:
    """What the training loop asks of the segmenting network."""

    def __init__(
        self,
        settings: TrainingSettings,
        state: State[FlowNet],
        validator: Validator,
        loader: CropLoader,
        on_sample: OnStepSample | None = None,
    ) -> None:
        self._on_sample = on_sample
        self.settings, self.state, self.validator, self.loader = settings, state, validator, loader
        self.plan = Plan(**{item.name: getattr(settings, item.name) for item in fields(Plan)})
        self.step = Stepper(state, settings, validator.device, validator.team)

    def batches(self) -> Iterator[Batch]:
        """See `TrainingJob`."""
        return iter(self.loader)

    def validate(self) -> float | None:
        """AP50 of the running average on what is held out."""
        told = partial(self._on_sample, self.state.step) if self._on_sample else None
        return self.validator(self.state.average, told) if self.validator.files else None

    def write_settings(self) -> None:
        """See `TrainingJob`."""
        write_settings(self.settings, self.settings.output / SETTINGS_FILE)

    def write_best(self) -> None:
        """See `TrainingJob`."""
        self._write_weights(BEST_FILE)

    def write_last(self) -> None:
        """See `TrainingJob`."""
        self._write_weights(LAST_FILE)

    def _write_weights(self, name: str) -> None:
        card = replace(self.validator.card, provenance=_provenance(self))
        save_weights(self.settings.output / name, self.state.average, card)

    def finish(self) -> TrainedModel:
        """Write the finished model; only the leading process does."""
        state, settings = self.state, self.settings
        name = self.validator.card.name
        weights, onnx = (settings.output / f"{name}{suffix}" for suffix in (".safetensors", ".onnx"))
        validated = state.best_score >= 0
        if self.validator.team.leads:
            network, card = _finished(self, validated)
            save_weights(weights, network, card)
            export_onnx(onnx, network, card)
        score = state.best_score if validated else math.nan
        return TrainedModel(weights, onnx, state.step, state.seconds, score, state.best_step)


def _finished(run: SegmenterTraining, validated: bool) -> tuple[FlowNet, ModelCard]:
    """The network to ship, on the CPU, and its card, calibrated if that is wished for."""
    card = replace(run.validator.card, provenance=_provenance(run))
    if not validated:
        return copy.deepcopy(run.state.average).cpu().float().eval(), card
    network = load_weights(run.settings.output / BEST_FILE)[0]
    if not run.settings.calibrate:
        return network, card
    on_device = run.validator.model_of(copy.deepcopy(network).to(run.validator.device))
    return network, calibrated_card(card, on_device, run.validator.files)


def _provenance(run: SegmenterTraining) -> dict[str, Any]:
    """What the card tells of the training; folders by name only, so that no path of this machine travels."""
    settings, state = run.settings, run.state
    knobs = asdict(settings)
    del knobs["output"]
    for name in ("data", "validation"):
        knobs[name] = [folder.name for folder in getattr(settings, name)]
    for name in ("initial_weights", "encoder_weights"):
        knobs[name] = Path(getattr(settings, name)).name
    knobs["synthetic"] = [Path(name).name for name in settings.synthetic]
    told = {
        "settings": knobs,
        "steps": state.step,
        "hours": round(state.seconds / 3600, 2),
        "uniaims": __version__,
        "torch": torch.__version__,
    }
    if state.best_score >= 0:
        told["validation"] = {
            "ap50": round(state.best_score, 4), "step": state.best_step, "images": len(run.validator.files),
        }  # fmt: skip
    return run.validator.card.provenance | told
