"""The report page of one image: what goes where on it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.errors import LabelsError
from uniaims.labels import polygons, relabel
from uniaims.pages.array_encoding import pack_outlines
from uniaims.pages.page import Layout, write_page
from uniaims.pages.palette import INSTANCE_COLOURS, MISSING, OKABE_ITO, VIRIDIS, kind_colours
from uniaims.pages.pictures import jpeg_data_uri
from uniaims.pages.units import (
    MEGAPIXEL,
    METRIC,
    NOTHING,
    count,
    counted,
    density_unit,
    interval,
    number,
    percent,
    quantity,
)
from uniaims.report import wording
from uniaims.report.census import Census, take_census
from uniaims.report.columns import Column, eye_unit, table_columns
from uniaims.report.content import ReportContent
from uniaims.report.kinds import KIND_HEADINGS, kind_order, kind_rows
from uniaims.report.provenance import fact_groups, pixel_size_text
from uniaims.report.shapes import FIRST_SHAPE_FIGURE, rose_view, scatter_view, shape_views
from uniaims.report.sizes import CONFIDENCE, SizeFigures, size_figures, size_view
from uniaims.report.still import still_outlines, still_table

PICTURE_LONGEST_SIDE_PX = 2400
PICTURE_BYTES = 2_400_000
"""With the table and outlines of 20,000 objects, this keeps a page below 10 MB."""

LONGEST_VALUE = 9
"""Characters of a key figure that have room in large type."""

LAYOUT = Layout(
    "uniaims.report",
    "report.html.j2",
    styles=("report.css",),
    scripts=("array_encoding.js", "store.js", "viewer.js", "table.js", "charts.js", "report.js"),
)


@dataclass(frozen=True)
class KeyFigure:
    """One of the large numbers at the top."""

    name: str
    value: str
    unit: str
    note: str

    @property
    def is_long(self) -> bool:
        """Whether it needs smaller type to stay on one line of its box."""
        return len(self.value) > LONGEST_VALUE


@dataclass(frozen=True)
class _Parts:
    """Everything computed before the page is laid out."""

    content: ReportContent
    census: Census
    columns: list[Column]
    complete: NDArray[np.bool_]
    sizes: list[SizeFigures]


def write_report(path: str | Path, content: ReportContent) -> None:
    """Write the self-contained HTML report of one image.

    Args:
        path: where to; folders are made.
        content: what to show; density and size statistics are computed from its measurements here.

    Raises:
        LabelsError: if image, labels and measurements do not belong together.
        OutputError: if the file can't be written.
    """
    outlines = _checked_outlines(content)
    columns = table_columns(content.measurements, content.kinds)
    complete = content.measurements.values("touches_border") == 0
    parts = _Parts(content, take_census(content), columns, complete, size_figures(columns, complete))
    write_page(path, LAYOUT, _view(parts, outlines), _page_data(parts, outlines))


def _checked_outlines(content: ReportContent) -> list[NDArray[np.float32]]:
    """Trace the outline of each object, in the order of the table's rows."""
    if content.image.shape[:2] != content.labels.shape:
        raise LabelsError(
            f"The image is {content.image.shape[:2]} and the labels are {content.labels.shape} (height, width). "
            "Give labels made from this image."
        )
    numbers = content.measurements.table["label"]
    dense = not len(numbers) or numbers[-1] == len(numbers)
    outlines = polygons(content.labels if dense else relabel(content.labels))
    if len(outlines) != len(content.measurements):
        raise LabelsError(
            f"The labels hold {len(outlines)} instances and the measurements {len(content.measurements)}. "
            "Give the measurements of these labels."
        )
    return outlines


def _view(parts: _Parts, outlines: Sequence[NDArray[np.float32]]) -> dict[str, object]:
    content, census = parts.content, parts.census
    known = kind_order(content.measurements, content.kinds)
    height, width = content.labels.shape
    left, right = fact_groups(content, census)
    return {
        "kind": "report",
        "title": content.title,
        "facts": _facts(content),
        "finding": wording.finding(census, parts.sizes),
        "warnings": content.warnings,
        "notes": content.notes,
        "figures": _key_figures(census, parts.sizes, calibrated=content.measurements.pixel_size is not None),
        "picture": jpeg_data_uri(content.image, PICTURE_LONGEST_SIDE_PX, PICTURE_BYTES),
        "picture_proportion": _proportion(content),
        "still_outlines": still_outlines(outlines, (height, width), content.measurements.kinds, known),
        "still_table": still_table(parts.columns),
        "picture_caption": wording.picture_caption(content, census),
        "object_count": counted(census.total, "object"),
        "object_total": census.total,
        "interval_heading": f"{percent(CONFIDENCE, 0)} interval",
        "nothing": wording.nothing_complete(census),
        "methods": wording.methods(content, census, parts.sizes),
        "kind_headings": KIND_HEADINGS,
        "kinds": kind_rows(content, unit := eye_unit(content.measurements)),
        "kind_unit": unit.symbol,
        "provenance_left": left,
        "provenance_right": right,
        **_sections(parts),
        **_tables(parts),
    }


def _sections(parts: _Parts) -> dict[str, object]:
    shapes = shape_views(parts.columns, parts.complete)
    scatter = scatter_view(parts.columns, parts.complete, FIRST_SHAPE_FIGURE + len(shapes))
    rose = rose_view(parts.columns, parts.complete, FIRST_SHAPE_FIGURE + len(shapes) + (scatter is not None))
    return {
        "sizes": [size_view(size) for size in parts.sizes],
        "size_lead": wording.exclusion(parts.census) if parts.sizes else "",
        "shapes": shapes,
        "shape_lead": "Complete objects only." if shapes else "",
        "scatter": scatter,
        "rose": rose,
    }


def _tables(parts: _Parts) -> dict[str, object]:
    numeric = [column for column in parts.columns[1:] if column.kind == "number"]
    flags = [column for column in parts.columns if column.kind == "boolean"]
    return {
        "numeric_columns": numeric,
        "colour_columns": [column for column in parts.columns if column.kind == "name"] + flags + numeric,
        "definitions": parts.columns,
        "has_border_column": any(column.property_name == "touches_border" for column in parts.columns),
        "table_lead": wording.TABLE_LEAD,
    }


def _proportion(content: ReportContent) -> str:
    """CSS for width / height of the picture on the sample, where that is not the picture's own."""
    size, (height, width) = content.measurements.pixel_size, content.labels.shape
    return f"{width / height / size.aspect:.6g}" if size and size.aspect != 1.0 else ""


def _facts(content: ReportContent) -> list[tuple[str, str]]:
    height, width = content.labels.shape
    facts = [("Image", f"{count(width)} × {count(height)} px"), ("Pixel size", pixel_size_text(content))]
    if content.model:
        facts.append(("Model", content.model))
    return facts


def _key_figures(census: Census, sizes: Sequence[SizeFigures], *, calibrated: bool) -> list[KeyFigure]:
    area_unit = density_unit(census.density) if calibrated else MEGAPIXEL
    density = census.density * area_unit.size**2
    area = quantity(census.content_area / area_unit.size**2, area_unit.area_symbol, 3)
    cut = f"{count(census.cut)} cut by the border" if census.cut else "none cut by the border"
    return [
        KeyFigure("Objects", count(census.total), "", f"{count(census.complete)} complete, {cut}"),
        KeyFigure("Number density", number(density, 3), area_unit.density_symbol, f"all objects on {area}"),
        KeyFigure("Area fraction", percent(census.covered_fraction), "", "of the evaluated area"),
        *_size_figures(sizes),
    ]


def _size_figures(sizes: Sequence[SizeFigures]) -> list[KeyFigure]:
    if not sizes:
        return [
            KeyFigure(name, NOTHING, "", "no complete object")
            for name in ("Median diameter, D50", "Mean diameter", "D10 – D90")
        ]
    size = sizes[0]
    low, median, high = (size.percentiles[share] for share in (10, 50, 90))
    sure = f"{percent(CONFIDENCE, 0)} interval {interval(median.low, median.high)}"
    spread = f"standard deviation {quantity(size.deviation.estimate, size.unit)}"
    several = len(size.values) > 1
    return [
        KeyFigure("Median diameter, D50", number(median.estimate), size.unit, sure if several else "a single object"),
        KeyFigure("Mean diameter", number(size.mean.estimate), size.unit, spread if several else "a single object"),
        KeyFigure("D10 – D90", _range(low.estimate, high.estimate), size.unit, f"span {number(size.span, 3)}")
        if several
        else KeyFigure("D10 – D90", NOTHING, "", "a single object"),
    ]


def _range(low: float, high: float) -> str:
    return f"{number(low)} – {number(high)}"


def _page_data(parts: _Parts, outlines: Sequence[NDArray[np.float32]]) -> dict[str, object]:
    content, census = parts.content, parts.census
    height, width = content.labels.shape
    size = content.measurements.pixel_size
    whole = census.content == Box.whole((height, width))
    return {
        "stem": Path(content.title).stem or "image",
        "width": width,
        "height": height,
        "pixel_size_nm": size.nm if size else None,
        "pixel_sides": [size.width_nm / size.nm, size.height_nm / size.nm] if size else [1, 1],
        "units": [{"symbol": unit.symbol, "size": unit.size} for unit in METRIC],
        "content": None if whole else asdict(census.content),
        "printed": [asdict(box) for box in content.printed],
        "colours": {
            "instances": INSTANCE_COLOURS,
            "complete": OKABE_ITO["sky blue"],
            "cut": OKABE_ITO["orange"],
            "kinds": list(kind_colours(kind_order(content.measurements, content.kinds)).values()),
            "ramp": VIRIDIS,
            "missing": MISSING,
        },
        "columns": [column.page_data() for column in parts.columns],
        "outlines": pack_outlines(outlines),
    }
