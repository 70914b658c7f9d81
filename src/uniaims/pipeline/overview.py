"""What a batch has in common: one page and one table over all results of an output folder."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import polars

from uniaims.measurements.files import FILE_TYPES, FileType, Sheet, unwritten, write_tables
from uniaims.modes import Mode
from uniaims.names import shown
from uniaims.pages.report_settings import ReportSettings
from uniaims.pipeline.plan import OVERVIEW_FILES, Unusable, shown_pages
from uniaims.pipeline.results import ResultFolder
from uniaims.pipeline.run import Outcome
from uniaims.pipeline.sheets import TableSource, joined, sheets_of, source_of
from uniaims.pipeline.ways import Way, differing
from uniaims.report import USUAL, IndexEntry, IndexFailure, IndexWay, Presentation, write_index
from uniaims.report.index import INDEX_PDF

THUMBNAIL_PX = 320


@dataclass(frozen=True, eq=False)
class Result:
    """A finished result folder with its measurements."""

    folder: ResultFolder
    table: polars.DataFrame


@dataclass(frozen=True, eq=False)
class Results:
    """The results of an output folder, sorted by name, and those that can't be read."""

    results: tuple[Result, ...]
    damaged: tuple[Unusable, ...]


def read_tables(folders: Iterable[ResultFolder]) -> Results:
    """Read the measurements of finished result folders."""
    results, damaged = list[Result](), list[Unusable]()
    for folder in folders:
        try:
            results.append(Result(folder, folder.table()))
        except (polars.exceptions.PolarsError, OSError) as error:
            message = f"the results that are there can't be read ({error}). Analyse them again with --overwrite."
            damaged.append(Unusable(folder.name, message))
    return Results(tuple(results), tuple(damaged))


def is_overview_due(
    output: Path,
    results: Sequence[Result],
    types: Sequence[FileType] = (),
    report: ReportSettings = ReportSettings(),
) -> bool:
    """Whether the overview is not there, or older than a result: its program was killed before it wrote it.

    Args:
        output: of the batch.
        results: in it.
        types: of files that belong to the overview beside the usual ones.
        report: tells whether its PDF is asked for.
    """
    files = [
        *OVERVIEW_FILES,
        *([INDEX_PDF] if report.pdf else []),
        *(each.file for each in types if not unwritten([each], _rows(results))),
    ]
    try:
        written = min((output / name).stat().st_mtime_ns for name in files)
    except FileNotFoundError:
        return True
    return any(result.folder.modified_ns > written for result in results)


def write_overview(
    output: Path,
    results: Sequence[Result],
    failures: Sequence[Outcome],
    types: Sequence[FileType] = (),
    report: ReportSettings = ReportSettings(),
) -> None:
    """Write ``index.html`` and the tables of a batch into ``output``: those of all ``types``, the usual ones if none.

    The page names images by their files, since images of one stem may differ in their suffix only.

    Where results were made in different ways (settings, model, version), the page says which were made how.

    The table has the columns of each image's own, after a column ``image`` with the name of its folder. Where some
    images have a pixel size and others have none, their lengths stand in different columns, the others being null.

    Raises:
        OutputError: if they can't be written.
    """
    failed = [(each.image.resolve() if each.image else Path(each.name), each.page) for each in failures]
    names = shown_pages([*((result.folder.summary.file, result.folder.summary.page) for result in results), *failed])
    sources = [source_of(result.folder.summary, result.table, result.folder.name) for result in results]
    entries = [_entry(*each) for each in zip(results, sources, names, strict=False)]
    refused = zip(names[len(results) :], failures, strict=True)
    listed = [IndexFailure(name, each.message) for name, each in refused]
    title = shown(output.resolve().name) or "Batch overview"
    told = _told([result.folder.summary.mode for result in results])
    write_index(output / "index.html", entries, listed, title, _ways(results, names), told, report)
    refusals = {name: each.message for name, each in zip(names[len(results) :], failures, strict=True)}
    write_joined_tables(output, sources, types, refusals)


def write_joined_tables(
    output: Path,
    sources: Sequence[TableSource],
    types: Sequence[FileType] = (),
    failures: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write the tables of several images as one, as files of ``types``; a workbook that is there is made anew too.

    Raises:
        OutputError: if they can't be written.
    """
    usual = [each for each in FILE_TYPES if not each.asked_by]
    there = [each for each in FILE_TYPES if each.is_installed and (output / each.file).is_file()]
    asked = [each for each in dict.fromkeys((*types, *there)) if each.asked_by]
    write_tables(output, [Sheet("Objects", joined([(each.name, each.table) for each in sources]))], usual)
    if asked:
        write_tables(output, sheets_of(sources, failures), asked)


def write_missing_tables(results: Sequence[Result], types: Sequence[FileType]) -> None:
    """Write the files that are asked for into those result folders that were made without them.

    Raises:
        OutputError: if they can't be written.
    """
    for result in results:
        folder = result.folder
        missing = [each for each in types if each.asked_by and not (folder.path / each.file).is_file()]
        if missing:
            write_tables(folder.path, sheets_of([source_of(folder.summary, result.table, folder.name)]), missing)


def _rows(results: Sequence[Result]) -> int:
    return sum(result.table.height for result in results)


def _ways(results: Sequence[Result], names: Sequence[str]) -> list[IndexWay]:
    """In which different ways results were made, and the images of each; empty where all were made alike."""
    ways = [Way.of_summary(result.folder.summary) for result in results]
    differences = differing(ways)
    groups = defaultdict[tuple[str, ...], list[str]](list)
    for way, name in zip(ways, names, strict=False):
        groups[tuple(way.facts.get(fact, "none") for fact in differences)].append(name)
    if len(groups) < 2:
        return []
    return [IndexWay(tuple(own), dict(zip(differences, values, strict=True))) for values, own in groups.items()]


def _told(modes: Sequence[Mode]) -> Presentation:
    """How results are told together: as their mode does; those of several by the figures of all."""
    different = list({mode.name: mode for mode in modes}.values())
    if len(different) == 1:
        return different[0]
    columns = dict.fromkeys(figure for mode in different for figure in mode.overview)
    return replace(USUAL, overview=tuple(columns)) if columns else USUAL


def _entry(result: Result, source: TableSource, name: str) -> IndexEntry:
    summary = result.folder.summary
    return IndexEntry(
        name=name,
        href=f"{result.folder.name}/report.html",
        thumbnail=_thumbnail(result.folder.path / "overlay.png"),
        instance_count=summary.instance_count,
        border_count=summary.border_count,
        diameters=source.sizes,
        area_fraction=summary.area_fraction,
        pixel_size_nm=summary.pixel_size_nm,
        warnings=tuple(summary.warnings),
        seconds=sum(summary.seconds.values()),
        figures=source.readings,
    )


def _thumbnail(path: Path) -> np.ndarray[Any, Any] | None:
    """(h, w, 3) RGB uint8, at most ``THUMBNAIL_PX`` long; ``None`` where the picture can't be read."""
    data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if picture is None:
        return None
    shrink = min(1.0, THUMBNAIL_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1])
