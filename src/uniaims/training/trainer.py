"""The training loop: steps, running average, validation, checkpoints, the finished model.

A run folder holds::

    settings.toml          the settings as they were used
    training.pt            the state from which a stopped training goes on
    log.jsonl              loss, learning rate, images a second, AP50; a line every 10 steps and for each validation
    tensorboard/           the same, where TensorBoard is installed
    best.safetensors       the running average at the best validation
    last.safetensors       the running average at the last checkpoint
    NAME.safetensors       the finished model: the best one, or the last one where nothing was validated
    NAME.onnx              the same
"""

import copy
import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from uniaims.networks.card import ModelCard
from uniaims.networks.flownet import FlowNet
from uniaims.networks.weights import export_onnx, load_weights, save_weights
from uniaims.stopping import StopRequest, stop_request
from uniaims.tiles import Progress
from uniaims.training.calibration import calibrated_card
from uniaims.training.checkpoint import BEST_FILE, LAST_FILE, restore, save_state
from uniaims.training.clock import Clock
from uniaims.training.distributed import Team, team
from uniaims.training.journal import Journal
from uniaims.training.losses import Loss
from uniaims.training.optimisation import check_loss, device_named, learning_rate, time_is_up
from uniaims.training.samples import load_data, synthetic_files
from uniaims.training.sampling import Batch, CropLoader
from uniaims.training.settings import TrainingSettings
from uniaims.training.settings_file import located, write_settings
from uniaims.training.start import resolved, start_of
from uniaims.training.step import State, Stepper, new_state
from uniaims.training.validation import Validator
from uniaims.version import __version__

SETTINGS_FILE = "settings.toml"
LOG_EVERY = 10
CHECKPOINT_SECONDS = 300.0
"""A checkpoint is written at least this often, however long a step takes."""


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


def train(settings: TrainingSettings, progress: Progress | None = None, clock: Clock | None = None) -> TrainedModel:
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
        state = new_state(start.network, settings, device)
        restore(state, settings, device)
        if settings.synthetic:
            with members.leader_first():
                synthetic_files(settings, progress)
        data = load_data(settings, start.card.normalisation, progress)
        loader = CropLoader(data, settings, state.step, members.portion(settings.batch, settings.batch_parts))
        with stop_request() as stop:  # before there is nothing to save, and afterwards all is
            validator = Validator(data.held_out, start.card, device, members, progress)
            run = _Run(settings, state, validator, stop, clock)
            run.go(iter(loader), Stepper(state, settings, device, members))
        return run.finish()


class _Run:
    """One start of a training: from where its state is to the end, or to a stop."""

    def __init__(
        self,
        settings: TrainingSettings,
        state: State,
        validator: Validator,
        stop: StopRequest,
        clock: Clock,
    ) -> None:
        self.settings, self.state, self.validator, self.stop, self.clock = settings, state, validator, stop, clock
        self.team: Team = validator.team
        self.schedule = settings
        self.journal = Journal(settings, state) if self.team.leads else None
        self.saved_at = time.monotonic()

    def go(self, batches: Iterator[Batch], step: Stepper) -> None:
        """Make steps until the end."""
        if self.team.leads:
            write_settings(self.settings, self.settings.output / SETTINGS_FILE)
        self.clock.begin_steps()
        self._share_time()
        with self.journal or nullcontext():
            while not self._ended():
                self._after(step(next(batches), learning_rate(self.schedule, self.state.step, self.state.seconds)))
            if not self.stop.asked and self.state.validated_step != self.state.step:
                self._validate()
            self._save()
        self.stop.obey()

    def _share_time(self) -> None:
        """Leave to the steps what reading took no time of, and the last validation will take none of."""
        left = self.clock.minutes_for_steps(self.settings.minutes)
        self.schedule = replace(self.settings, minutes=self.team.agreed((left,), self.validator.device)[0])
        if self.journal:
            self.journal.schedule = self.schedule

    def _ended(self) -> bool:
        """Whether it is time to end; one answer for the whole team, whose clocks differ."""
        state, settings = self.state, self.settings
        seconds = self.journal.seconds() if self.journal else 0.0
        state.seconds, asked = self.team.agreed((seconds, float(self.stop.number)), self.validator.device)
        self.stop.number = int(asked)
        stale = settings.patience and state.stale >= settings.patience
        late = time_is_up(self.schedule, state.seconds)
        if late:  # all the time is spent, what reading took of it too: the same command does not go on from here
            state.seconds = max(state.seconds, 60 * settings.minutes)
        return bool(asked or stale or state.step >= settings.steps or late)

    def _after(self, loss: Loss) -> None:
        """What follows a step: log, validate, save, tell."""
        state, settings = self.state, self.settings
        if state.step % LOG_EVERY == 0:
            check_loss(loss.total.item(), state.step)
            if self.journal:
                self.journal.log_step(loss)
        if state.step % settings.validation_every == 0:
            self._validate()
        overdue = time.monotonic() - self.saved_at > CHECKPOINT_SECONDS
        if state.step % settings.checkpoint_every == 0 or (overdue and self.team.processes == 1):
            self._save()
        if self.validator.progress and self.journal:
            self.validator.progress(self.journal.headline(), state.step, self.journal.steps_expected())

    def _validate(self) -> None:
        state = self.state
        state.validated_step = state.step
        if not self.validator.files:
            return
        with self.clock.validating():
            score = self.validator(state.average)
        self._share_time()
        if self.journal:
            self.journal.log_validation(score)
        if score > state.best_ap50:
            state.best_ap50, state.best_step, state.stale = score, state.step, 0
            self._write_weights(BEST_FILE)
        else:
            state.stale += 1

    def _save(self) -> None:
        if self.team.leads:
            self._write_weights(LAST_FILE)  # before the state: it refuses what is no number
            save_state(self.state, self.settings)
            self.saved_at = time.monotonic()

    def _write_weights(self, name: str) -> None:
        if self.team.leads:
            card = replace(self.validator.card, provenance=_provenance(self))
            save_weights(self.settings.output / name, self.state.average, card)

    def finish(self) -> TrainedModel:
        """Write the finished model; only the leading process does."""
        state, settings = self.state, self.settings
        name = self.validator.card.name
        weights, onnx = (settings.output / f"{name}{suffix}" for suffix in (".safetensors", ".onnx"))
        validated = state.best_ap50 >= 0
        if self.team.leads:
            network, card = _finished(self, validated)
            save_weights(weights, network, card)
            export_onnx(onnx, network, card)
        score = state.best_ap50 if validated else math.nan
        return TrainedModel(weights, onnx, state.step, state.seconds, score, state.best_step)


def _finished(run: _Run, validated: bool) -> tuple[FlowNet, ModelCard]:
    """The network to ship, on the CPU, and its card, calibrated if that is wished for."""
    card = replace(run.validator.card, provenance=_provenance(run))
    if not validated:
        return copy.deepcopy(run.state.average).cpu().float().eval(), card
    network = load_weights(run.settings.output / BEST_FILE)[0]
    if not run.settings.calibrate:
        return network, card
    on_device = run.validator.model_of(copy.deepcopy(network).to(run.validator.device))
    return network, calibrated_card(card, on_device, run.validator.files)


def _provenance(run: _Run) -> dict[str, Any]:
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
    if state.best_ap50 >= 0:
        told["validation"] = {
            "ap50": round(state.best_ap50, 4), "step": state.best_step, "images": len(run.validator.files),
        }  # fmt: skip
    return run.validator.card.provenance | told
