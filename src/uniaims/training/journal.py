"""The log of a training, as lines of JSON and for TensorBoard, and how long it will take."""

import json
import math
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from uniaims.atomic import atomic_file
from uniaims.training.optimisation import Schedule, learning_rate
from uniaims.training.state import Losses, State

LOG_FILE = "log.jsonl"
SCORE = "AP50"
"""What validations tell, of networks that find objects."""


class Journal:
    """The log of one start of a training; it also keeps the time."""

    def __init__(self, output: Path, plan: Schedule, state: State[Any]) -> None:
        self._output, self._plan, self._state = output, plan, state
        self.schedule = plan
        """The plan with the minutes that steps may take."""
        self._started, self._before, self._first = time.monotonic(), state.seconds, state.step
        self._loss, self._score = math.nan, state.best_score
        self._board: Any = None

    def __enter__(self) -> "Journal":
        self._started = time.monotonic()
        _forget_after(self._output / LOG_FILE, self._state.step)
        self._board = _board(self._output, self._state.step)
        return self

    def __exit__(self, *_: object) -> None:
        if self._board:
            self._board.close()

    def seconds(self) -> float:
        """Seconds of training, those of earlier starts included."""
        return self._before + time.monotonic() - self._started

    def images_per_second(self) -> float:
        """Crops a second since this start."""
        made = (self._state.step - self._first) * self._plan.batch
        return made / max(self.seconds() - self._before, 1e-6)

    def seconds_left(self) -> float:
        """Seconds to the end, if the pace stays."""
        pace = max(self.images_per_second(), 1e-6) / self._plan.batch
        left, minutes = (self._plan.steps - self._state.step) / pace, self.schedule.minutes
        return min(left, 60 * minutes - self.seconds()) if minutes else left

    def steps_expected(self) -> int:
        """How many steps it will be at the end: fewer than asked for where time is short."""
        pace = self.images_per_second() / self._plan.batch
        within = math.ceil(self._state.step + max(self.seconds_left(), 0) * pace)
        return max(self._state.step, min(self._plan.steps, within))

    def headline(self) -> str:
        """How it goes, in a few words."""
        score = f", {SCORE} {self._score:.3f}" if self._score >= 0 else ""
        loss = "" if math.isnan(self._loss) else f", loss {self._loss:.3f}"
        rate = self.images_per_second()
        pace = f"{rate:.0f} images/s" if rate >= 1 else f"{1 / rate:.1f} s per image" if rate else "starting"
        return f"training{loss}{score}, {pace}"

    def log_step(self, loss: Losses) -> None:
        """Log losses, learning rate and pace."""
        row = {name: round(part.item(), 5) for name, part in loss.parts().items()}
        self._loss = row["total"]
        rate = learning_rate(self.schedule, self._state.step - 1, self._state.seconds)
        self._write(row | {"learning_rate": rate, "images_per_second": round(self.images_per_second(), 2)})

    def log_validation(self, score: float) -> None:
        """Log the score of a validation."""
        self._score = score
        self._write({f"validation_{SCORE.lower()}": round(score, 5)})

    def _write(self, row: dict[str, float]) -> None:
        for name, value in row.items() if self._board else ():
            self._board.add_scalar(name, value, self._state.step)
        place = self._output / LOG_FILE
        whole = {"step": self._state.step, "seconds": round(self.seconds(), 1)} | row
        with place.open("a", encoding="utf-8") as log:
            log.write(json.dumps(whole) + "\n")


def _forget_after(log: Path, step: int) -> None:
    """Take out the lines of steps that a kill lost, which are made again, and a line that it broke off."""
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True) if log.is_file() else []
    kept = [line for line in lines if _step_of(line) <= step]
    if len(kept) < len(lines):
        with atomic_file(log) as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def _board(output: Path, step: int) -> Any:
    """What writes for TensorBoard; ``None`` where it is not installed, for the lines of JSON say the same."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(output / "tensorboard"), purge_step=step)
