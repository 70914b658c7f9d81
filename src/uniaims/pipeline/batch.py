"""Many images: skip what is done, go on after failures, stop cleanly, join the results."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from uniaims.atomic import make_folder, sweep
from uniaims.errors import OutputError, SettingsError
from uniaims.formats import guarded as guarded_formats
from uniaims.measurements.files import FileType, unwritten, wanted_types
from uniaims.names import listed
from uniaims.pages.report_settings import ReportSettings
from uniaims.pipeline.overview import is_overview_due, read_tables, write_missing_tables, write_overview
from uniaims.pipeline.plan import BatchImage, plan_batch, shown_pages
from uniaims.pipeline.results import ResultFolder, image_file, read_results
from uniaims.pipeline.run import ImageRun, Outcome, Status
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.pipeline.ways import Way, differing
from uniaims.progress import Progress, silence
from uniaims.report.files import missing_files, refuse_report
from uniaims.segmenter import Segmenter
from uniaims.stopping import stop_signal
from uniaims.workers import executor_for


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        output: folder with the results, ``index.html``, ``measurements.csv`` and ``measurements.parquet``.
        outcomes: of the images that were looked at, in the order in which they were finished.
        interrupted: whether it was stopped by the user before all were done.
        seconds: wall time.
        signal: number of the signal by which it was stopped, where that is told; else 0.
        differing: in what the results in ``output``, those of earlier runs included, were made in different ways: names
            of settings, ``Model``, ``Version``; the overview says which were made how.
        warnings: sentences on the batch as a whole.
    """

    output: Path
    outcomes: tuple[Outcome, ...]
    interrupted: bool
    seconds: float
    signal: int = 0
    differing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def having(self, status: Status) -> tuple[Outcome, ...]:
        """The outcomes of one status."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)


def analyse_batch(
    inputs: Iterable[str | Path],
    output: str | Path,
    settings: AnalysisSettings | None = None,
    *,
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BatchResult:
    """Analyse many images and write a result folder for each, an overview page and a joined table.

    Images whose results are there and complete, made from the same file, are skipped. Results of another model or
    version, or of other settings, are neither replaced nor mixed with new ones, unless ``overwrite`` says to analyse
    the images that are given again. An image that fails leaves nothing behind and does not stop the others. Ctrl-C
    stops after cleaning up; what is finished stays, and the overview is written.

    Args:
        inputs: files, folders and patterns.
        output: folder for the results; made if it is not there.
        settings: the same for all images; ``None``: the defaults.
        workers: number of processes that analyse an image each; 1 works in this process. With more, a script needs
            the usual ``if __name__ == "__main__":`` around its call.
        overwrite: analyse again what is done, also where other settings made it.
        progress: told ``("images", done, total)``, and with one worker the stages of each image too.

    Raises:
        OutputError: if the output folder or the overview can't be written.
        ModelError: if the model can't be found.
        MissingDependencyError: if a file is asked for whose library is not installed.
        SettingsError: if a setting can't be used, or the results in ``output`` were made in another way.
    """
    if workers < 1:
        raise SettingsError(f"{workers} workers: wanted at least 1.")
    started, output, settings = time.perf_counter(), Path(output), settings or AnalysisSettings()
    types = wanted_types(settings)
    refuse_report(settings.report)
    sweep(output)
    found = read_results(output)
    plan = plan_batch(inputs, output, settings.page, found)
    outcomes = [Outcome(each.name, "failed", each.message) for each in plan.unusable]
    if not plan.images:
        return BatchResult(output, tuple(outcomes), interrupted=False, seconds=time.perf_counter() - started)
    if workers == 1:
        guarded_formats.start()  # while the model loads
    segmenter = Segmenter.load(settings=settings.segmenter)
    if not overwrite:
        refuse_other_ways(output, found.values(), Way.of_settings(settings, segmenter.model.info))
    skipped, runs = _due(plan.images, found, settings, overwrite)
    outcomes += skipped
    made = _make(output)
    stop = _run(runs, segmenter, workers, outcomes, progress)
    renewed = {run.image.name for run in runs}
    kept = {name: each for name, each in found.items() if name not in renewed}
    joined = _join(output, outcomes, made, read_results(output, kept), types, settings.report)
    seconds = time.perf_counter() - started
    return replace(joined, interrupted=stop is not None, seconds=seconds, signal=stop_signal(stop))


def _join(
    output: Path,
    outcomes: list[Outcome],
    made: list[Path],
    results: Mapping[str, ResultFolder],
    types: Sequence[FileType],
    report: ReportSettings,
) -> BatchResult:
    """Write the overview where it is due; gives the result, with the outcomes of results that turn out to be damaged.

    Where there is no result at all, not even the folders that were made for them are left behind.
    """
    without = {each.name for each in outcomes if each.status == "failed" and each.image}
    complete = (each for each in results.values() if each.is_complete and each.name not in without)
    finished = read_tables(complete)
    given = {each.name: each for each in outcomes}
    damaged = {
        each.name: replace(given.get(each.name, Outcome(each.name, "failed")), status="failed", message=each.message)
        for each in finished.damaged
    }
    outcomes = [each for each in outcomes if each.name not in damaged] + list(damaged.values())
    failures = [each for each in outcomes if each.status == "failed"]
    write_missing_tables(finished.results, types)
    is_due = is_overview_due(output, finished.results, types, report)
    if not finished.results and not finished.damaged and is_due:
        with suppress(OSError):  # something else was written there meanwhile
            for folder in made:
                folder.rmdir()
    elif failures or any(each.status == "done" for each in outcomes) or is_due:
        write_overview(output, finished.results, failures, types, report)
    differences = differing([Way.of_summary(each.folder.summary) for each in finished.results])
    notes = unwritten(types, sum(each.table.height for each in finished.results))
    return BatchResult(output, tuple(outcomes), False, 0.0, differing=tuple(differences), warnings=notes)


def refuse_other_ways(output: Path, results: Iterable[ResultFolder], now: Way) -> None:
    """Raise where results in ``output`` were made in another way than they would be now.

    Raises:
        SettingsError: saying in what the ways differ, and how to go on.
    """
    summaries = (each.summary for each in results if each.is_complete)
    others = [summary for summary in summaries if Way.of_summary(summary).facts != now.facts]
    if not others:
        return
    names = shown_pages([(summary.file, summary.page) for summary in others])
    changes = " / ".join(dict.fromkeys(Way.of_summary(summary).change(now) for summary in others))
    raise SettingsError(
        f"{output} holds results of other settings ({listed(names)}). {changes}. Nothing was changed. Give another "
        "--output to keep them, the same settings to go on there, or --overwrite to analyse these images again there; "
        "results of images that are not among those given stay until their folders are deleted."
    )


def _due(
    images: Iterable[BatchImage], found: Mapping[str, ResultFolder], settings: AnalysisSettings, overwrite: bool
) -> tuple[list[Outcome], list[ImageRun]]:
    """What became of images whose results are there already, and the runs of the others."""
    skipped, runs = list[Outcome](), list[ImageRun]()
    for image in images:
        before = found.get(image.name)
        reason = "you asked to" if overwrite else why_not_done(image, before, settings.report)
        if before and reason is None:
            skipped.append(Outcome.of_summary(image, "skipped", before.summary))
        else:
            again = reason or "" if image.folder.exists() else ""
            runs.append(ImageRun(image, replace(settings, page=image.page), again))
    return skipped, runs


def why_not_done(image: BatchImage, before: ResultFolder | None, report: ReportSettings) -> str | None:
    """Why the results of an image have to be made (again); ``None`` if they are there and up to date."""
    if before is None or not before.is_complete:
        return "its results were incomplete"
    if before.summary.image_state is None:
        return "its results were written by an older version"
    if before.summary.image_state != image_file(image.image).state:
        return "the image has changed"
    if missing_files(image.folder, report):
        return "a file of its report that is asked for was not there"
    return None


def _make(output: Path) -> list[Path]:
    """Make the output folder; gives it and those above it that were not there, the innermost first."""
    missing = [folder for folder in (output, *output.parents) if not folder.exists()]
    try:
        make_folder(output)
    except OSError as error:
        raise OutputError(
            f"{output}: this folder can't be made ({error.strerror or error}). Choose another --output."
        ) from error
    return missing


def _run(
    runs: list[ImageRun], segmenter: Segmenter, workers: int, outcomes: list[Outcome], progress: Progress | None
) -> KeyboardInterrupt | None:
    """Analyse the images and append their outcomes; gives what stopped them early, if anything did."""
    tell = progress or silence
    tell("images", 0, len(runs))
    work = ImageRun.run_elsewhere if workers > 1 else partial(ImageRun.run, segmenter=segmenter, progress=progress)
    finished = executor_for(workers).results(work, runs, ImageRun.lost)
    try:
        with closing(finished):
            for count, outcome in enumerate(finished, start=1):
                outcomes.append(outcome)
                tell("images", count, len(runs))
    except KeyboardInterrupt as stop:
        return stop
    return None
