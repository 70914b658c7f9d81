"""One image of a batch: how it is analysed, and what became of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from uniaims.errors import UniaimsError
from uniaims.formats import guarded as guarded_formats
from uniaims.pipeline.analysis import analyse
from uniaims.pipeline.plan import BatchImage
from uniaims.pipeline.results import Summary
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.progress import Progress
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.stopping import stop_behind

Status = Literal["done", "skipped", "failed"]

_segmenters: dict[SegmenterSettings, Segmenter] = {}
"""In a process that works at a batch: the model, loaded once."""


@dataclass(frozen=True)
class Outcome:
    """What became of one image.

    Attributes:
        name: name of its result folder; for inputs that lead to no image, the input.
        status: ``done`` now, ``skipped`` because it was done before, or ``failed``.
        message: why it failed, or why results that were there have been made anew; else empty.
        instance_count: instances found; ``None`` if it failed.
        diameter_px: size of the objects at which the image was seen; ``None`` if unknown.
        pixel_size_nm: ``None`` where none is known, so that lengths are in pixels.
        image: the file; ``None`` for inputs that lead to no image.
        page: which image of the file, where one was chosen or all of several are done.
        is_unsure: whether nearly half of the objects that were found are unsure, or more.
        contradictions: sentences on a pixel size that is far from what file or scale bar say.
    """

    name: str
    status: Status
    message: str = ""
    instance_count: int | None = None
    diameter_px: float | None = None
    pixel_size_nm: float | None = None
    image: Path | None = None
    page: int | None = None
    is_unsure: bool = False
    contradictions: tuple[str, ...] = ()

    @classmethod
    def of_summary(cls, image: BatchImage, status: Status, summary: Summary, message: str = "") -> Self:
        """The outcome of an image whose results are there, now or since an earlier run."""
        return cls(
            image.name,
            status,
            message,
            summary.instance_count,
            summary.diameter_px,
            summary.pixel_size_nm,
            image.image,
            image.page,
            bool(summary.is_unsure),
            tuple(summary.contradictions),
        )

    @property
    def has_pixel_size(self) -> bool:
        """``False`` where none is known, so that lengths are in pixels."""
        return self.pixel_size_nm is not None


@dataclass(frozen=True)
class ImageRun:
    """One image to analyse, complete and small enough to be sent to another process."""

    image: BatchImage
    settings: AnalysisSettings
    reason: str = ""

    def run(self, segmenter: Segmenter, progress: Progress | None = None) -> Outcome:
        """Analyse and save; every failure becomes an outcome.

        Raises:
            KeyboardInterrupt: if the user stops it, also where a library takes that for an error of its own.
        """
        try:
            analysis = analyse(self.image.image, self.settings, segmenter, progress, guarded=True)
            summary = analysis.save(self.image.folder)
        except Exception as error:
            if stop := stop_behind(error):
                raise stop from None
            return Outcome(
                self.image.name, "failed", failure_message(error), image=self.image.image, page=self.image.page
            )
        return Outcome.of_summary(self.image, "done", summary, self.reason)

    def run_elsewhere(self) -> Outcome:
        """`run` in a process of its own, which loads the model itself and keeps it for the next."""
        wanted = self.settings.segmenter
        if wanted not in _segmenters:
            guarded_formats.start()  # while the model loads
            _segmenters[wanted] = Segmenter.load(settings=wanted)
        return self.run(_segmenters[wanted])

    def lost(self) -> Outcome:
        """What became of an image whose process died."""
        message = "the process that analysed it died, most likely for want of memory. Cut the image into parts."
        return self._failed(message)

    def _failed(self, message: str) -> Outcome:
        return Outcome(self.image.name, "failed", message, image=self.image.image, page=self.image.page)


def failure_message(error: Exception) -> str:
    """What to tell the user about a failed image: our own messages as they are, others with their type."""
    if isinstance(error, UniaimsError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this image. Use fewer --workers, or cut it into parts."
    return f"{type(error).__name__}: {error}. This is a fault in uniaims: please report it with the image."
