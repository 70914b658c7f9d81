"""The training loop, whatever is trained: steps, running average, validation, checkpoints, stops.

A run folder holds::

    settings.toml          the settings as they were used
    training.pt            the state from which a stopped training goes on
    log.jsonl              loss, learning rate, images a second, score; a line every 10 steps and for each validation
    tensorboard/           the same, where TensorBoard is installed
    best.safetensors       the running average at the best validation
    last.safetensors       the running average at the last checkpoint
"""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from uniaims.progress import Progress
from uniaims.stopping import StopRequest
from uniaims.training.checkpoint import RunSettings, save_state
from uniaims.training.clock import Clock
from uniaims.training.distributed import Team
from uniaims.training.journal import Journal
from uniaims.training.optimisation import check_loss, learning_rate, time_is_up
from uniaims.training.state import Losses, State

LOG_EVERY = 10
CHECKPOINT_SECONDS = 300.0
"""A checkpoint is written at least this often, however long a step takes."""


@dataclass(frozen=True)
class Plan:
    """How long a training is and how fast it learns; the fields are those of its settings.

    ``validation_every`` 0: no validation. ``patience`` 0: validations without a better score do not end it.
    """

    steps: int
    minutes: float
    batch: int
    learning_rate: float
    warmup_steps: int
    checkpoint_every: int
    validation_every: int = 0
    patience: int = 0


class TrainingJob(Protocol):
    """What is trained: everything that the loop does not know."""

    @property
    def settings(self) -> RunSettings:
        """What makes it this training; written into the state."""

    @property
    def plan(self) -> Plan:
        """How long, how fast."""

    @property
    def state(self) -> State[Any]:
        """What is trained, and how far it is."""

    def batches(self) -> Iterator[Any]:
        """What to learn from, from the state's step on."""

    def step(self, batch: Any, rate: float) -> Losses:
        """One optimiser step at a learning rate."""

    def validate(self) -> float | None:
        """How good the running average is, the more the better; None where nothing is held out."""

    def write_settings(self) -> None:
        """Write the settings as they are used into the run folder."""

    def write_best(self) -> None:
        """Write the running average, which is the best so far."""

    def write_last(self) -> None:
        """Write the running average of a checkpoint, if such a file is wanted.

        Raises:
            ModelError: if a weight is no number.
        """


class Loop:
    """One start of a training: from where its state is to the end, or to a stop."""

    def __init__(self, job: TrainingJob, team: Team, device: torch.device, stop: StopRequest, clock: Clock) -> None:
        self.job, self.team, self.device, self.stop, self.clock = job, team, device, stop, clock
        self.schedule = job.plan
        self.journal = Journal(self.output, job.plan, job.state) if team.leads else None
        self.saved_at = time.monotonic()

    @property
    def output(self) -> Path:
        """The run folder."""
        return self.job.settings.output

    def go(self, progress: Progress | None = None) -> None:
        """Make steps until the end.

        Raises:
            ModelError: if the loss is no number any more.
            KeyboardInterrupt: after Ctrl-C or SIGTERM, when the state is saved.
        """
        job, batches = self.job, self.job.batches()
        if self.team.leads:
            job.write_settings()
        self.clock.begin_steps()
        self._share_time()
        with self.journal or nullcontext():
            while not self._ended():
                loss = job.step(next(batches), learning_rate(self.schedule, job.state.step, job.state.seconds))
                self._after(loss)
                if progress and self.journal:
                    progress(self.journal.headline(), job.state.step, self.journal.steps_expected())
            if not self.stop.asked and job.state.validated_step != job.state.step:
                self._validate()
            self._save()
        self.stop.obey()

    def _share_time(self) -> None:
        """Leave to the steps what reading took no time of, and the last validation will take none of."""
        left = self.clock.minutes_for_steps(self.job.plan.minutes)
        self.schedule = replace(self.job.plan, minutes=self.team.agreed((left,), self.device)[0])
        if self.journal:
            self.journal.schedule = self.schedule

    def _ended(self) -> bool:
        """Whether it is time to end; one answer for the whole team, whose clocks differ."""
        state, plan = self.job.state, self.job.plan
        seconds = self.journal.seconds() if self.journal else 0.0
        state.seconds, asked = self.team.agreed((seconds, float(self.stop.number)), self.device)
        self.stop.number = int(asked)
        stale = plan.patience and state.stale >= plan.patience
        late = time_is_up(self.schedule, state.seconds)
        if late:  # all the time is spent, what reading took of it too: the same command does not go on from here
            state.seconds = max(state.seconds, 60 * plan.minutes)
        return bool(asked or stale or state.step >= plan.steps or late)

    def _after(self, loss: Losses) -> None:
        """What follows a step: log, validate, save."""
        step, plan = self.job.state.step, self.job.plan
        if step % LOG_EVERY == 0:
            check_loss(loss.total.item(), step)
            if self.journal:
                self.journal.log_step(loss)
        if plan.validation_every and step % plan.validation_every == 0:
            self._validate()
        overdue = time.monotonic() - self.saved_at > CHECKPOINT_SECONDS
        if step % plan.checkpoint_every == 0 or (overdue and self.team.processes == 1):
            self._save()

    def _validate(self) -> None:
        state = self.job.state
        state.validated_step = state.step
        with self.clock.validating():
            score = self.job.validate()
        if score is None:
            return
        self._share_time()
        if self.journal:
            self.journal.log_validation(score)
        if score > state.best_score:
            state.best_score, state.best_step, state.stale = score, state.step, 0
            if self.team.leads:
                self.job.write_best()
        else:
            state.stale += 1

    def _save(self) -> None:
        if self.team.leads:
            self.job.write_last()  # before the state: it refuses what is no number
            save_state(self.job.state, self.job.settings)
            self.saved_at = time.monotonic()
