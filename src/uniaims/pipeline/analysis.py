"""One image: read, segment, measure, save."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from uniaims.atomic import atomic_folder
from uniaims.dataset import AnnotatedImage, ImageRecord, InstanceMasks
from uniaims.deprecation import OldAttribute
from uniaims.errors import SettingsError
from uniaims.formats import Acquisition
from uniaims.labels import write_labels
from uniaims.measurements import Measurements
from uniaims.measurements.files import unwritten, wanted_types, write_tables
from uniaims.micrograph import Micrograph, PixelSize, read_image
from uniaims.modes import Mode, Objects, mode_named
from uniaims.modes.edges import signal_of
from uniaims.names import page_folder_name, shown_name, uri
from uniaims.pipeline.provenance import (
    confidence_in_force,
    method_sentences,
    printed_boxes,
    scale_bar_note,
    scale_bar_rows,
    scale_bar_trace,
    scale_facts,
    scale_note,
    scale_uncertainty,
    settings_in_words,
    writing_boxes,
)
from uniaims.pipeline.results import ImageFile, Summary, image_file, write_results
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.pipeline.sheets import sheets_of, source_of
from uniaims.progress import Progress
from uniaims.report import Findings, ReportContent, kind_figures, write_overlay
from uniaims.report.files import write_report_files
from uniaims.runtime import file_hash
from uniaims.scalebar import ResolvedPixelSize, ScaleReading, resolve_pixel_size, scan_scale
from uniaims.scalebar.detector import detector_at
from uniaims.segmenter import Segmentation, Segmenter, Stopwatch, as_micrograph
from uniaims.version import __version__


@dataclass(frozen=True, eq=False)
class Analysis:
    """An image with its instances and their measurements."""

    micrograph: Micrograph
    segmentation: Segmentation
    measurements: Measurements
    settings: AnalysisSettings
    seconds: Mapping[str, float]
    scale_bar_reading: ScaleReading | None = None
    file: ImageFile | None = None

    scale = OldAttribute("scale_bar_reading")

    @property
    def name(self) -> str:
        """Of the image, for the eye: that of its file, with the page where one was chosen."""
        if self.micrograph.path is None:
            return "array"
        page = self.settings.page
        return shown_name(self.micrograph.path.name) + (f", page {page}" if page is not None else "")

    @property
    def mode(self) -> Mode:
        """What it was made for."""
        return mode_named(self.settings.mode)

    @cached_property
    def findings(self) -> Findings:
        """What the report is made of."""
        return self.mode.findings(self._report_content())

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the reader, from every stage."""
        told = self.micrograph.warnings + self._doubts() + self.segmentation.warnings
        return told + unwritten(wanted_types(self.settings), len(self.measurements))

    @property
    def acquisition(self) -> Acquisition:
        """How the image was taken, by the file and, where that is silent, by the banner."""
        known = self.micrograph.acquisition
        return known.filled_from(self.scale_bar_reading.acquisition) if self.scale_bar_reading else known

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Those of the warnings that tell of a pixel size far from what file or scale bar say."""
        return self._resolved.contradictions

    @property
    def _resolved(self) -> ResolvedPixelSize:
        return resolve_pixel_size(self.micrograph, self.settings.given_pixel_size(), self.scale_bar_reading)

    def _doubts(self) -> tuple[str, ...]:
        """What the reader has to know about the pixel size."""
        resolved = self._resolved
        if resolved.pixel_size is None:
            return ("The pixel size is unknown: all lengths are in pixels.", *resolved.warnings)
        return resolved.warnings

    @property
    def summary(self) -> Summary:
        """The figures, and all that is needed to trace them."""
        return self._summary(self.seconds)

    def _summary(self, seconds: Mapping[str, float]) -> Summary:
        size, path = self.measurements.pixel_size, self.micrograph.path
        file = self.file or image_file(path)
        labels, content = self.segmentation.labels, self.segmentation.content
        return Summary(
            image=shown_name(str(path.resolve())) if path else "array",
            image_uri=uri(path.resolve()) if path else None,
            image_bytes=file.size,
            image_modified=file.modified,
            image_state=file.state,
            shape=self.micrograph.shape,
            pixel_size_source=size.source if size else None,
            **(_way(self.segmentation) | PixelSize.told(size)),
            scale_bar=scale_bar_trace(self.scale_bar_reading, size),
            instance_count=len(self.measurements),
            border_count=int(np.count_nonzero(~self.measurements.complete)),
            area_fraction=np.count_nonzero(labels[content.window]) / (content.height * content.width),
            content_edges=content,
            detector_hash=detector_hash(self.settings),
            settings=asdict(self.settings),
            version=__version__,
            seconds={stage: round(value, 4) for stage, value in seconds.items()},
            warnings=self.warnings,
            contradictions=self.contradictions,
            acquisition=asdict(self.acquisition),
            not_measured=self.measurements.reasons,
            kinds=self._kinds(),
            figures=self.mode.figure_table(self.findings),
            found_count=self.findings.counts.complete + sum(self.findings.exclusions.values()),
            kept_count=self.findings.counts.complete,
            excluded=self.findings.exclusions,
        )

    def _kinds(self) -> dict[str, Any]:
        """Figures of each kind of object that the model tells apart."""
        known, content = self.segmentation.model.settings.kinds, self.segmentation.content
        figures = kind_figures(self.measurements, known, content)
        return {each.name: each.as_dict(self.measurements.column("equivalent_diameter")) for each in figures}

    def save(self, folder: str | Path) -> Summary:
        """Write all results into ``folder``: all of ``RESULT_FILES`` and what else is asked for or, on failure, none.

        Raises:
            OutputError: if it can't be written.
            MissingDependencyError: if a file is asked for whose library is not installed.
        """
        clock, types = Stopwatch(), wanted_types(self.settings)
        with atomic_folder(Path(folder)) as place:
            with clock("write"):
                size = self.measurements.pixel_size
                sides_nm = (size.width_nm, size.height_nm) if size else None
                write_labels(place / "labels.tif", self.segmentation.labels, sides_nm)
                write_tables(place, [self.measurements.sheet()], [each for each in types if not each.asked_by])
            with clock("report"):
                self._write_pictures(place)
            summary = self._summary({**self.seconds, **clock.seconds})
            asked = [each for each in types if each.asked_by]
            if asked:
                sheets = sheets_of([source_of(summary, self.measurements.table, self.name)])
                write_tables(place, sheets, asked)
            write_results(place, summary)
        return summary

    def entry(self) -> AnnotatedImage:
        """The image with its instances and their kinds, for a dataset or a file of another program.

        ``uniaims.dataset.exchange.FORMATS["coco"].write([analysis.entry()], folder)`` writes one.
        """
        path, labels, size = self.micrograph.path, self.segmentation.labels, self.measurements.pixel_size
        page, name = _one_page(self.settings), path.stem if path else "array"
        name = page_folder_name(name, page) if page else name
        record = ImageRecord(
            image_id=name,
            file=path.name if path else f"{name}.png",
            width_px=labels.shape[1],
            height_px=labels.shape[0],
            pixel_size_nm=size.nm if size else None,
            pixel_size_source=size.source if size else "",
            annotator=f"uniaims {self.segmentation.model.name}",
            review_state="suggested",
        )
        instances = InstanceMasks.from_labels(labels, dict(enumerate(self.segmentation.kind_names, start=1)))
        pixels = path if path and not self.settings.page else np.asarray(self.micrograph.pixels)
        return AnnotatedImage(record, instances, pixels)

    def _write_pictures(self, place: Path) -> None:
        """Write overlay and report, at the same time: both wait for compression, which leaves other threads free."""
        pixels, segmentation = np.asarray(self.micrograph.pixels), self.segmentation
        known = segmentation.model.settings.kinds
        with ThreadPoolExecutor(1) as pool:
            drawn = pool.submit(
                write_overlay, place / "overlay.png", pixels, segmentation.labels,
                kind_names=segmentation.kind_names, known_kinds=known,
            )  # fmt: skip
            write_report_files(place, self.findings, self.mode, self.settings.report)
            drawn.result()

    def _report_content(self) -> ReportContent:
        path, segmentation, size = self.micrograph.path, self.segmentation, self.measurements.pixel_size
        hashed = {"SHA-256 of the image file": file_hash(path)} if path and path.is_file() else {}
        known = {name: value for name, value in asdict(self.acquisition).items() if value is not None}
        return ReportContent(
            title=self.name,
            image=np.asarray(self.micrograph.pixels),
            labels=segmentation.labels,
            measurements=self.measurements,
            content=segmentation.content,
            model=segmentation.model.name,
            model_hash=segmentation.model.hash,
            settings=settings_in_words(self.settings, segmentation),
            method=method_sentences(self.settings, segmentation, size, self.mode.noun),
            scale_bar=scale_bar_rows(self.scale_bar_reading, size),
            pixel_size_note=scale_bar_note(self.scale_bar_reading, size),
            printed=printed_boxes(self.scale_bar_reading),
            provenance=hashed | known | scale_facts(segmentation, size, self.mode.noun),
            warnings=self.warnings,
            notes=segmentation.notes,
            seconds=self.seconds,
            known_kinds=segmentation.model.settings.kinds,
            writing=writing_boxes(self.scale_bar_reading),
            left_out=segmentation.left_out,
            scale_uncertainty=scale_uncertainty(size, self.scale_bar_reading, self.acquisition),
            scale_note=scale_note(size, self.scale_bar_reading, self.acquisition),
        )


def detector_hash(settings: AnalysisSettings) -> str | None:
    """SHA-256 of the scale bar detector's file; ``None`` for the built-in chain."""
    return file_hash(Path(settings.detector)) if settings.detector else None


def _way(segmentation: Segmentation) -> dict[str, Any]:
    """What a summary tells of how objects were found: `pipeline.results.Summary`'s words."""
    return {
        "working_scale": segmentation.working_scale,
        "diameter_px": segmentation.diameter_px,
        "diameter_source": "found" if segmentation.scale_found else "given",
        "suited_size_fraction": _rounded(segmentation.suited_size_fraction),
        "minimum_confidence": confidence_in_force(segmentation),
        "expected_ap50": _rounded(segmentation.expected_ap50),
        "unsure_fraction": _rounded(segmentation.unsure_fraction),
        "is_unsure": segmentation.is_unsure,
        "model": segmentation.model.name,
        "model_hash": segmentation.model.hash,
        "notes": segmentation.notes,
    }


def _rounded(share: float) -> float | None:
    return None if math.isnan(share) else round(share, 4)


def analyse(
    image: Micrograph | ArrayLike | str | Path,
    settings: AnalysisSettings = AnalysisSettings(),
    segmenter: Segmenter | None = None,
    progress: Progress | None = None,
    *,
    guarded: bool = False,
) -> Analysis:
    """Read, segment and measure one image.

    Args:
        image: path of an image file; or a micrograph; or an array (H, W) or (H, W, 3).
        settings: all that can be chosen.
        segmenter: one that is loaded already, to save loading the model for each image; ``settings.segmenter`` then
            is not looked at.
        progress: told ``(stage, done, total)``.
        guarded: whether a file is read in a child process, see `read_image`.

    Raises:
        ImageError: if the image can't be read.
        ModelError: if the model can't be found or run.
        SettingsError: if several pages of a file are asked for, or the panel reaches out of the image.
    """
    clock = Stopwatch()
    file = image_file(Path(image)) if isinstance(image, str | Path) else None
    with clock("read"):
        if isinstance(image, str | Path):
            micrograph = read_image(image, _one_page(settings), guarded=guarded)
        else:
            micrograph = as_micrograph(image)
    with clock("model"):
        segmenter = segmenter or Segmenter.load(settings=settings.segmenter)
    panel = settings.given_panel()
    with clock("scale bar"):
        scale = scan_scale(micrograph, detector_at(settings.detector), panel) if settings.scale_bar else None
    size = resolve_pixel_size(micrograph, settings.given_pixel_size(), scale).pixel_size
    segmentation = segmenter(replace(micrograph, pixel_size=size), progress, panel)
    if scale is not None:
        segmentation = segmentation.without(scale.drawn, scale.letters)
    with clock("measure"):
        acquired = micrograph.acquisition.filled_from(scale.acquisition) if scale else micrograph.acquisition
        kind_names = segmentation.kind_names if segmentation.model.settings.kinds else None
        objects = Objects(
            segmentation.labels, size, micrograph, segmentation.confidence, segmentation.content, kind_names,
            writing_boxes(scale), settings.outline, signal_of(acquired), segmentation.working_scale,
        )  # fmt: skip
        measurements = mode_named(settings.mode).work(objects)
    seconds = {**clock.seconds, **segmentation.seconds}
    used = replace(settings, segmenter=segmenter.settings)
    return Analysis(micrograph, segmentation, measurements, used, seconds, scale, file)


def _one_page(settings: AnalysisSettings) -> int | None:
    if isinstance(settings.page, int | None):
        return settings.page
    raise SettingsError(f"page = {settings.page!r} is for batches (analyse_batch): give the number of one page.")
