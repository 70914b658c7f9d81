"""The folders of trainings, ``trainings/``: how they go, told line by line, and pictures of samples."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uniaims.engine.queue import Job

LOG = "log.jsonl"
SAMPLES = "samples"


@dataclass(frozen=True)
class LogLine:
    """A line of a log; of what it does not tell there is none.

    Attributes:
        line: its place in the log.
        seconds: of training, until then.
        ap50: of the parts that are looked at while learning.
    """

    line: int
    step: int
    seconds: float
    loss: float | None
    learning_rate: float | None
    ap50: float | None


@dataclass(frozen=True)
class Training:
    """The folder of one training; empty while it has not begun."""

    folder: Path

    @classmethod
    def of_job(cls, engine_folder: Path, job: Job) -> "Training":
        """That of a job; by its time too, since numbers of deleted jobs are given again."""
        return cls(engine_folder / "trainings" / f"{job.id}-{job.created_ms}")

    def log(self, after: int = 0) -> Sequence[LogLine]:
        """The lines of the log from one on; one that is being written is left for the next time."""
        path = self.folder / LOG
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        return [_line(number, text) for number, text in enumerate(lines) if number >= after and text.endswith("\n")]

    def samples(self) -> list[tuple[int, int]]:
        """Step and number of each picture, in their order."""
        names = sorted(path.stem for path in (self.folder / SAMPLES).glob("*_*.webp"))
        return [(int(step), int(index)) for step, _, index in (name.partition("_") for name in names)]

    def sample(self, step: int, index: int) -> Path:
        """Where a picture lies, or will lie."""
        return self.folder / SAMPLES / f"{step:06d}_{index}.webp"


def _line(number: int, text: str) -> LogLine:
    row = json.loads(text)
    told = (row.get(name) for name in ("total", "learning_rate", "validation_ap50"))
    return LogLine(number, row["step"], row["seconds"], *told)
