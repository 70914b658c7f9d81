"""The log of a training, as lines of JSON and for TensorBoard, and how long it will take."""

import json
import math
import time
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from uniaims.training.losses import Loss
from uniaims.training.optimisation import learning_rate
from uniaims.training.settings import TrainingSettings
from uniaims.training.step import State

LOG_FILE = "log.jsonl"


class Journal:
    """The log of one start of a training; it also keeps the time."""

    def __init__(self, settings: TrainingSettings, state: State) -> None:
        self._settings, self._state = settings, state
        self._started, self._before, self._first = time.monotonic(), state.seconds, state.step
        self._loss, self._ap50 = math.nan, state.best_ap50
        self._board: Any = None

    def __enter__(self) -> "Journal":
        self._started = time.monotonic()
        self._board = SummaryWriter(str(self._settings.output / "tensorboard"), purge_step=self._state.step)
        return self

    def __exit__(self, *_: object) -> None:
        self._board.close()

    def seconds(self) -> float:
        """Seconds of training, those of earlier starts included."""
        return self._before + time.monotonic() - self._started

    def images_per_second(self) -> float:
        """Crops a second since this start."""
        made = (self._state.step - self._first) * self._settings.batch
        return made / max(self.seconds() - self._before, 1e-6)

    def seconds_left(self) -> float:
        """Seconds to the end, if the pace stays."""
        pace = max(self.images_per_second(), 1e-6) / self._settings.batch
        left = (self._settings.steps - self._state.step) / pace
        return min(left, 60 * self._settings.minutes - self.seconds()) if self._settings.minutes else left

    def steps_expected(self) -> int:
        """How many steps it will be at the end: fewer than asked for where time is short."""
        pace = self.images_per_second() / self._settings.batch
        within = math.ceil(self._state.step + max(self.seconds_left(), 0) * pace)
        return max(self._state.step, min(self._settings.steps, within))

    def headline(self) -> str:
        """How it goes, in a few words."""
        ap50 = f", AP50 {self._ap50:.3f}" if self._ap50 >= 0 else ""
        loss = "" if math.isnan(self._loss) else f", loss {self._loss:.3f}"
        return f"training{loss}{ap50}, {self.images_per_second():.0f} images/s"

    def log_step(self, loss: Loss) -> None:
        """Log losses, learning rate and pace."""
        row = {name: round(part.item(), 5) for name, part in loss.parts().items()}
        self._loss = row["total"]
        rate = learning_rate(self._settings, self._state.step - 1, self._state.seconds)
        self._write(row | {"learning_rate": rate, "images_per_second": round(self.images_per_second(), 2)})

    def log_validation(self, ap50: float) -> None:
        """Log the score of a validation."""
        self._ap50 = ap50
        self._write({"validation_ap50": round(ap50, 5)})

    def _write(self, row: dict[str, float]) -> None:
        for name, value in row.items():
            self._board.add_scalar(name, value, self._state.step)
        place = self._settings.output / LOG_FILE
        whole = {"step": self._state.step, "seconds": round(self.seconds(), 1)} | row
        with place.open("a", encoding="utf-8") as log:
            log.write(json.dumps(whole) + "\n")
