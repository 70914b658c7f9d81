"""One image of a batch: what to do with it, and what became of it."""

from dataclasses import dataclass
from typing import Literal

from uniaims.errors import UniaimsError
from uniaims.pipeline.analysis import AnalysisSettings, analyse
from uniaims.pipeline.jobs import Job
from uniaims.segmenter import Segmenter
from uniaims.tiles import Progress

Status = Literal["done", "skipped", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one image.

    Attributes:
        name: name of its result folder; for inputs that lead to no image, the input.
        status: ``done`` now, ``skipped`` because it was done before, or ``failed``.
        message: why it failed, or why results that were there have been made anew; else empty.
        instance_count: instances found; ``None`` if it failed.
        diameter_px: size of the objects at which the image was seen; ``None`` if unknown.
        has_pixel_size: ``False`` where this run found none, so that lengths are in pixels.
    """

    name: str
    status: Status
    message: str = ""
    instance_count: int | None = None
    has_pixel_size: bool = True
    diameter_px: float | None = None


@dataclass(frozen=True)
class Task:
    """One image to analyse, complete and small enough to be sent to another process."""

    job: Job
    settings: AnalysisSettings
    reason: str = ""

    def run(self, segmenter: Segmenter, progress: Progress | None = None) -> Outcome:
        """Analyse and save; every failure but an interruption becomes an outcome."""
        try:
            analysis = analyse(self.job.image, self.settings, segmenter, progress)
            summary = analysis.save(self.job.folder)
        except Exception as error:
            return Outcome(self.job.name, "failed", failure_message(error))
        has_pixel_size, count = summary.pixel_size_nm is not None, summary.instance_count
        return Outcome(self.job.name, "done", self.reason, count, has_pixel_size, summary.diameter_px)


def failure_message(error: Exception) -> str:
    """What to tell the user about a failed image: our own messages as they are, others with their type."""
    if isinstance(error, UniaimsError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this image. Use fewer --workers, or cut it into parts."
    return f"{type(error).__name__}: {error}. This is a fault in uniaims: please report it with the image."
