"""What a batch has in common: one page and one table over all results of an output folder."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars

from uniaims.measurements.table import write_csv, write_parquet
from uniaims.modes import Mode
from uniaims.names import shown
from uniaims.pipeline.plan import OVERVIEW_FILES, Unusable, shown_pages
from uniaims.pipeline.results import ResultFolder
from uniaims.pipeline.run import Outcome
from uniaims.pipeline.ways import Way, differing
from uniaims.report import USUAL, IndexEntry, IndexFailure, IndexWay, Presentation, Reading, write_index

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


def is_overview_due(output: Path, results: Sequence[Result]) -> bool:
    """Whether the overview is not there, or older than a result: its program was killed before it wrote it."""
    try:
        written = min((output / name).stat().st_mtime_ns for name in OVERVIEW_FILES)
    except FileNotFoundError:
        return True
    return any(result.folder.modified_ns > written for result in results)


def write_overview(output: Path, results: Sequence[Result], failures: Sequence[Outcome]) -> None:
    """Write ``index.html``, ``measurements.csv`` and ``measurements.parquet`` of a batch into ``output``.

    The page names images by their files, since images of one stem may differ in their suffix only.

    Where results were made in different ways (settings, model, version), the page says which were made how.

    The table has the columns of each image's own, after a column ``image`` with the name of its folder. Where some
    images have a pixel size and others have none, their lengths stand in different columns, the others being null.

    Raises:
        OutputError: if they can't be written.
    """
    failed = [(each.image.resolve() if each.image else Path(each.name), each.page) for each in failures]
    names = shown_pages([*((result.folder.summary.file, result.folder.summary.page) for result in results), *failed])
    entries = [_entry(result, name) for result, name in zip(results, names, strict=False)]
    refused = zip(names[len(results) :], failures, strict=True)
    listed = [IndexFailure(name, each.message) for name, each in refused]
    title = shown(output.resolve().name) or "Batch overview"
    told = _told([result.folder.summary.mode for result in results])
    write_index(output / "index.html", entries, listed, title, _ways(results, names), told)
    write_joined_tables(output, [(result.folder.name, result.table) for result in results])


def write_joined_tables(output: Path, tables: Sequence[tuple[str, polars.DataFrame]]) -> None:
    """Write named tables as one, ``measurements.parquet`` and ``measurements.csv``; the names are the column ``image``.

    Raises:
        OutputError: if they can't be written.
    """
    named = [table.select(polars.lit(name).alias("image"), polars.all()) for name, table in tables]
    joined = polars.concat(named, how="diagonal") if named else polars.DataFrame(schema={"image": polars.String})
    write_parquet(output / "measurements.parquet", joined)
    write_csv(output / "measurements.csv", joined)


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


def _entry(result: Result, name: str) -> IndexEntry:
    summary, table, mode = result.folder.summary, result.table, result.folder.summary.mode
    whole = table.filter(~polars.col("touches_border")) if "touches_border" in table.columns else table
    calibrated = summary.pixel_size_nm is not None
    column = mode.size.column(calibrated=calibrated)
    return IndexEntry(
        name=name,
        href=f"{result.folder.name}/report.html",
        thumbnail=_thumbnail(result.folder.path / "overlay.png"),
        instance_count=summary.instance_count,
        border_count=summary.border_count,
        diameters=whole[column].to_numpy().astype(np.float64),
        area_fraction=summary.area_fraction,
        pixel_size_nm=summary.pixel_size_nm,
        warnings=tuple(summary.warnings),
        seconds=sum(summary.seconds.values()),
        figures={
            figure.name: Reading.of_dict(summary.figures[column])
            for figure in mode.figures
            if (column := figure.column(calibrated=calibrated)) in summary.figures
        },
    )


def _thumbnail(path: Path) -> np.ndarray[Any, Any] | None:
    """(h, w, 3) RGB uint8, at most ``THUMBNAIL_PX`` long; ``None`` where the picture can't be read."""
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    shrink = min(1.0, THUMBNAIL_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1])
