"""Labels that another program made: read with what their file says of the scale, doubted, measured, saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars
import tifffile

from uniaims.errors import LabelsError, UniaimsError
from uniaims.formats.complaints import Complaints
from uniaims.formats.tiff_bounds import check_directories
from uniaims.guard import guarded as guarded_call
from uniaims.labels import TIFF_SUFFIXES, Labels, ObjectLabels, objects_of, pieces_of, read_objects
from uniaims.measurements import Measurements
from uniaims.measurements.files import FileType, Sheet, wanted_types, write_tables
from uniaims.micrograph import Micrograph, PixelSize, read_image
from uniaims.modes import DEFAULT_MODE, Mode, Objects, mode_named
from uniaims.modes.edges import signal_of
from uniaims.names import folder_name, page_folder_name, shown_name
from uniaims.page_choice import PageChoice
from uniaims.pipeline.overview import write_joined_tables
from uniaims.pipeline.settings import MeasureSettings
from uniaims.pipeline.sheets import TableSource, sheets_of
from uniaims.report import Findings, IndexEntry, ReportContent, write_index, write_overlay
from uniaims.report.files import write_report_files
from uniaims.scalebar import resolve_pixel_size

Result = TypeVar("Result")
_CHANNELS = (1, 3, 4)
"""Numbers of gray, colours, and colours with alpha: an array (H, W, 3) is a colour picture and no stack."""
FEWEST_LEVELS = 32
"""Label images of fewer numbers are never taken for grey levels: they may be classes."""
PIECES_PER_LEVEL = 20
"""A picture has its grey levels all over the place; labels of objects lie in one piece each, or a few."""
SCATTERED_SOLIDITY = 0.4
"""Objects of a label image fill more of their hull than this; the grey levels of a micrograph taken as labels don't."""
NO_MICROGRAPH = "No micrograph was given: the picture shows the labels."
OBJECT_GREY, BACKGROUND_GREY = 150, 30
"""Of the picture of labels without a micrograph."""
FEW_PIECES, SPECK_PX = 1.5, 3.0
"""So many pieces for each number are enough where they are also smaller than this on average: noise, or 16 bits."""


@dataclass(frozen=True, eq=False)
class GivenLabels:
    """The labels of one page with their measurements.

    Attributes:
        name: of the file, with the page where there are several, for the eye.
        page: counted from 0; ``None``: the only one.
        labels: (H, W) uint32, a number for each object.
        measurements: of these.
        micrograph: the image that they belong to, where one was given.
        warnings: sentences that the user should read.
        mode: what they were measured for.
    """

    name: str
    page: int | None
    labels: Labels
    measurements: Measurements
    micrograph: Micrograph | None
    warnings: tuple[str, ...]
    mode: str = DEFAULT_MODE


def measure_file(
    path: Path,
    image: Path | None = None,
    pixel_size: str | None = None,
    page: PageChoice = None,
    *,
    mode: str = DEFAULT_MODE,
    outline: str = "network",
    guarded: bool = False,
) -> list[GivenLabels]:
    """Measure the objects of a label image; of a stack one page, some, or each.

    The pixel size is the given one, else that of the image, else the one that the file of the labels carries.

    Args:
        path: TIFF, PNG, BMP, GIF or ``.npy``; see `uniaims.labels.read_objects`.
        image: the micrograph; of a stack with as many pages, the page of the labels.
        pixel_size: side of a pixel with unit.
        page: counted from 0; several; or all.
        mode: what the measuring is for, see `uniaims.modes`.
        outline: which outline sizes belong to: "auto", "edge", or "network", that of the labels.
        guarded: whether files are read in a child process, see `uniaims.micrograph.read_image`.

    Raises:
        LabelsError: if it holds no labels, or the grey levels of a picture, or several pages and none was chosen.
        ImageError: if the image can't be read or has another shape.
        PixelSizeError: if the pixel size is no length.
        SettingsError: if there is no such mode.
    """
    work = mode_named(mode).work
    given = PixelSize.parse(pixel_size) if pixel_size else None
    call = guarded_call if guarded else _called
    found, count = call(_chosen, path, page, about=path)
    own = call(_own_pixel_size, path, about=path)
    results, numbers = [], [number for number, _ in found]
    micrographs = _beside(image, numbers, count, guarded=guarded) if image else [None] * len(numbers)
    for (number, objects), micrograph in zip(found, micrographs, strict=True):
        size = given or (micrograph.pixel_size if micrograph else None) or own
        name = shown_name(path.name) + (f", page {number}" if number is not None else "")
        measurements = work(_objects_of(objects.labels, size, micrograph, outline))
        warnings = objects.warnings + (micrograph.warnings if micrograph else ())
        warnings += _contradictions(objects.labels, size, (micrograph.pixel_size if micrograph else None, own))
        warnings += _doubts(name, measurements)
        results.append(GivenLabels(name, number, objects.labels, measurements, micrograph, warnings, mode))
    return results


def _objects_of(labels: Labels, size: PixelSize | None, micrograph: Micrograph | None, outline: str) -> Objects:
    signal = signal_of(micrograph.acquisition) if micrograph else ""
    return Objects(labels, size, micrograph, outline=outline, signal=signal)


def _contradictions(labels: Labels, used: PixelSize | None, others: tuple[PixelSize | None, ...]) -> tuple[str, ...]:
    """What files say of the size of a pixel, where that is far from the one that is used."""
    told = (Micrograph(labels.astype(np.uint8), other) for other in others if used and other and other is not used)
    return tuple(text for each in told for text in resolve_pixel_size(each, used).warnings)


def _doubts(name: str, measurements: Measurements) -> tuple[str, ...]:
    """What is said of labels that are scattered over the image as those of no object are."""
    if (
        not len(measurements)
        or not measurements.has("solidity")
        or np.nanmedian(measurements.values("solidity")) >= SCATTERED_SOLIDITY
    ):
        return ()
    return (
        f"{name}: most objects are scattered pixels. Is this a micrograph? Labels give each object a number of its "
        "own; `uniaims analyse` makes them from a micrograph.",
    )


def _called(function: Callable[..., Result], *arguments: Any, about: str | Path) -> Result:  # noqa: ARG001 as guarded
    return function(*arguments)


def _chosen(path: Path, page: PageChoice) -> tuple[list[tuple[int | None, ObjectLabels]], int]:
    """The pages that are wanted with their numbers, and how many there are."""
    planes = _planes(path)
    if planes is None:
        if page not in (None, 0, (0,), "all"):
            raise LabelsError(f"{path}: {_asked(page)} asked for, the file has one label image.")
        objects = read_objects(path)
        _refuse_grey_levels(path, objects.labels)
        return [(None, objects)], 1
    count = len(planes)
    if page is None:
        height, width = planes[0].shape
        raise LabelsError(
            f"{path}: a stack of {count} label images of {width} x {height} px. Choose one with --page, counted from "
            "0, or several as 1-3,7, or measure each with --page all."
        )
    pages = tuple(range(count)) if page == "all" else page if isinstance(page, tuple) else (page,)
    missing = tuple(number for number in pages if not 0 <= number < count)
    if missing:
        raise LabelsError(f"{path}: {_asked(missing)} asked for, the file has pages 0 to {count - 1}.")
    return [(number, _objects(path, planes[number], number)) for number in pages], count


def _asked(pages: PageChoice) -> str:
    numbers = pages if isinstance(pages, tuple) else (pages,)
    named = ", ".join(map(str, numbers))
    return f"page {named} was" if len(numbers) == 1 else f"pages {named} were"


def _planes(path: Path) -> list[np.ndarray[Any, Any]] | None:
    """The label images (H, W) of a stack; ``None`` where the file holds one image, or can't be read as a stack."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".npy":
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            arrays = [array] if array.ndim == 3 and array.shape[0] > 1 and array.shape[-1] not in _CHANNELS else []
        elif suffix in TIFF_SUFFIXES:
            with path.open("rb") as stream:
                check_directories(stream, path.stat().st_size)
            # Other files that OME-XML may name are not opened.
            with Complaints(), tifffile.TiffFile(path, _multifile=False, is_ome=False) as file:
                series = [each for each in file.series if each.axes.endswith("YX")]
                arrays = [each.asarray() for each in series] if sum(each.size for each in series) else []
        else:
            return None
    except Exception:
        return None
    planes = [plane for array in arrays for plane in array.reshape(-1, *array.shape[-2:])]
    return planes if len(planes) > 1 else None


def _objects(path: Path, plane: np.ndarray[Any, Any], number: int) -> ObjectLabels:
    try:
        objects = objects_of(plane)
    except LabelsError as error:
        raise LabelsError(f"{path}, page {number}: {error}") from error
    _refuse_grey_levels(path, objects.labels)
    return replace(objects, warnings=tuple(f"{path}, page {number}: {text}" for text in objects.warnings))


def _beside(image: Path, numbers: Sequence[int | None], count: int, *, guarded: bool) -> list[Micrograph]:
    """The image of each page of the labels: the one that there is, or where it has as many pages the same one.

    Raises:
        LabelsError: where it has several, but not as many.
    """
    if None in numbers:
        return [read_image(image, guarded=guarded)]
    first = read_image(image, 0, guarded=guarded)
    if first.page_count not in {1, count}:
        raise LabelsError(
            f"{image} has {first.page_count} images and the labels have {count}: give one image, or as many."
        )
    if first.page_count == 1:
        return [first] * len(numbers)
    return [read_image(image, number, guarded=guarded) if number else first for number in numbers]


def _own_pixel_size(path: Path) -> PixelSize | None:
    """What the file of the labels says of the size of a pixel; ``None`` for files that can say nothing."""
    if path.suffix.lower() not in TIFF_SUFFIXES:
        return None
    try:
        return read_image(path, 0).pixel_size
    except UniaimsError:  # labels of a kind that no micrograph has
        return None


def looks_like_a_picture(labels: Labels) -> bool:
    """Whether the numbers lie about as grey levels of a picture do, and not in a piece for each object or a few."""
    numbers = int(np.unique(labels[labels > 0]).size)
    if numbers < FEWEST_LEVELS:
        return False
    pieces = pieces_of(labels).count
    speck_px = np.count_nonzero(labels) / pieces
    return bool(pieces >= PIECES_PER_LEVEL * numbers or (pieces >= FEW_PIECES * numbers and speck_px < SPECK_PX))


def _refuse_grey_levels(path: Path, labels: Labels) -> None:
    if looks_like_a_picture(labels):
        raise LabelsError(
            f"{path}: its numbers lie about as the grey levels of a picture do. Is this a micrograph? Labels give each "
            "object a number of its own; `uniaims analyse` makes them from a micrograph."
        )


def save_measurements(
    folder: Path,
    measurements: Measurements,
    labels: Labels,
    micrograph: Micrograph | None,
    title: str,
    warnings: tuple[str, ...] | None = None,
    settings: MeasureSettings = MeasureSettings(),
) -> None:
    """Write tables, overlay and report into ``folder``; without a micrograph they show a picture of the labels.

    Args:
        folder: made if it is not there; other files in it stay.
        measurements: of ``labels``.
        labels: (H, W) uint32.
        micrograph: the image that the labels belong to.
        title: heading of the report.
        warnings: sentences that the reader of the report should know; ``None``: those of the micrograph.
        settings: what they were measured for, and what is to be written.

    Raises:
        OutputError: if it can't be written.
        MissingDependencyError: if a file is asked for whose library is not installed.
    """
    types, mode = wanted_types(settings), mode_named(settings.mode)
    told = warnings if warnings is not None else micrograph.warnings if micrograph else ()
    write_overlay(folder / "overlay.png", _picture(labels, micrograph), labels)
    content = _content(title, labels, measurements, micrograph, told)
    findings = mode.findings(content)
    write_report_files(folder, findings, mode, settings.report)
    write_tables(folder, sheets_of([_source(findings, mode)]), types)


def _content(
    title: str, labels: Labels, measurements: Measurements, micrograph: Micrograph | None, warnings: tuple[str, ...]
) -> ReportContent:
    return ReportContent(
        title,
        _picture(labels, micrograph),
        labels,
        measurements,
        warnings=warnings,
        notes=() if micrograph else (NO_MICROGRAPH,),
        has_micrograph=micrograph is not None,
    )


def _picture(labels: Labels, micrograph: Micrograph | None) -> np.ndarray[Any, Any]:
    """The micrograph's pixels; without one (H, W) uint8, the objects bright on dark."""
    if micrograph is not None:
        return np.asarray(micrograph.pixels)
    return np.where(labels > 0, OBJECT_GREY, BACKGROUND_GREY).astype(np.uint8)


def save_pages(
    output: Path, stem: str, pages: Sequence[GivenLabels], settings: MeasureSettings = MeasureSettings()
) -> None:
    """Write a folder for each page of a stack, one table of all, and an overview.

    Args:
        output: made if it is not there; other files in it stay.
        stem: of the file, which the folders are named after.
        pages: of one file, in order.
        settings: what is to be written.

    Raises:
        OutputError: if it can't be written.
        MissingDependencyError: if a file is asked for whose library is not installed.
    """
    folders = [page_folder_name(folder_name(stem), each.page or 0) for each in pages]
    for folder, each in zip(folders, pages, strict=True):
        own = replace(settings, mode=each.mode)
        save_measurements(
            output / folder, each.measurements, each.labels, each.micrograph, each.name, each.warnings, own
        )
    sources = [replace(source_of_page(each), name=folder) for each, folder in zip(pages, folders, strict=True)]
    write_joined_tables(output, sources, wanted_types(settings))
    entries = [_entry(*each) for each in zip(pages, sources, strict=True)]
    told = mode_named(pages[0].mode)
    write_index(output / "index.html", entries, title=shown_name(stem), presentation=told, report=settings.report)


def source_of_page(page: GivenLabels) -> TableSource:
    """One page of labels, for a workbook."""
    mode = mode_named(page.mode)
    content = _content(page.name, page.labels, page.measurements, page.micrograph, page.warnings)
    return _source(mode.findings(content), mode)


def _source(findings: Findings, mode: Mode) -> TableSource:
    content = findings.content
    size = content.measurements.pixel_size
    facts = {
        "image": content.title,
        "shape": content.labels.shape,
        "pixel_size_source": size.source if size else None,
        **PixelSize.told(size),
        "settings": {"mode": mode.name},
    }
    figures, table = mode.figure_table(findings), content.measurements.table
    return TableSource(content.title, table, mode, size is not None, figures, facts, content.warnings)


def _entry(page: GivenLabels, source: TableSource) -> IndexEntry:
    measurements, size = page.measurements, page.measurements.pixel_size
    return IndexEntry(
        name=page.name,
        href=f"{source.name}/report.html",
        thumbnail=_picture(page.labels, page.micrograph),
        instance_count=len(measurements),
        border_count=source.cut.height,
        diameters=source.sizes,
        area_fraction=np.count_nonzero(page.labels) / page.labels.size,
        pixel_size_nm=size.nm if size else None,
        warnings=page.warnings,
        figures=source.readings,
    )


def table_of_pages(pages: Sequence[GivenLabels]) -> polars.DataFrame:
    """The measurements of all pages in one table; of a stack the first column, ``page``, counts from 0."""
    if len(pages) == 1:
        return pages[0].measurements.table
    return polars.concat(
        [each.measurements.table.select(polars.lit(each.page or 0).alias("page"), polars.all()) for each in pages],
        how="diagonal",
    )


def save_table(path: Path, pages: Sequence[GivenLabels], file_type: FileType) -> None:
    """Write the table of all pages; a workbook has what explains it too.

    Raises:
        OutputError: if it can't be written.
        MissingDependencyError: if the library for such files is not installed.
    """
    table, headings = table_of_pages(pages), {"page": "Page"}
    explained = sheets_of([source_of_page(each) for each in pages]) if file_type.asked_by else [Sheet("Objects", table)]
    objects = Sheet("Objects", table, headings | dict(explained[0].headings))
    file_type.write(path, [objects, *explained[1:]])
