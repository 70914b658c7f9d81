"""The figures of a report as files for journals: so many millimetres wide, each with its data as CSV beside it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import polars

from uniaims.atomic import atomic_file
from uniaims.names import shown
from uniaims.pages.drawings import SANS, SERIF, standalone, width_in_units
from uniaims.pages.language import told
from uniaims.pages.report_settings import ReportSettings
from uniaims.report.section import Chart, Section, first_numbers

DOTS_PER_INCH = 600
HALF_OF = 0.6
"""Figures that stand side by side in the report are so much of the width, where two columns are asked for."""
TWO_COLUMNS_MM = 140
_PAGE = '#set page(width: auto, height: auto, margin: 0pt, fill: {fill})\n#image("figure.svg", width: {width}mm)'


def refuse_missing_for_figures(settings: ReportSettings) -> None:
    """Raise where figures are asked for that need Typst, and it is not installed.

    Raises:
        MissingDependencyError: saying how to get it.
    """
    from uniaims.report.pdf import refuse_missing_typst

    if settings.figures in {"png", "pdf"}:
        refuse_missing_typst()


def write_figures(folder: Path, sections: Sequence[Section], settings: ReportSettings) -> None:
    """Write each drawing of a report, named by its number, with what it shows.

    Raises:
        OutputError: if they can't be written.
        MissingDependencyError: if PNG or PDF is asked for without Typst.
    """
    refuse_missing_for_figures(settings)
    for number, chart in _numbered(sections):
        stem = f"figure-{number:02}-{chart.name}"
        width = settings.figure_width
        if not chart.wide and width > TWO_COLUMNS_MM:
            width = round(width * HALF_OF, 1)
        with atomic_file(folder / f"{stem}.{settings.figures}") as temporary:
            temporary.write_bytes(_drawn(chart, width, settings))
        if chart.data:
            columns = {told(name): np.asarray(values) for name, values in chart.data.items()}
            with atomic_file(folder / f"{stem}.csv") as temporary:
                polars.DataFrame(columns).write_csv(temporary)


def _numbered(sections: Sequence[Section]) -> Iterator[tuple[int, Chart]]:
    for section, first in zip(sections, first_numbers(sections), strict=True):
        yield from enumerate(section.figures, start=first + len(section.pictures))


def _drawn(chart: Chart, width_mm: float, settings: ReportSettings) -> bytes:
    """The bytes of a figure so wide on paper."""
    units = width_in_units(width_mm, settings.figure_font)
    svg = chart.drawn(units) if chart.drawn else chart.svg
    family = SANS if settings.figures == "svg" else SERIF
    text = shown(standalone(svg, width_mm, family))
    return text.encode() if settings.figures == "svg" else _converted(text, width_mm, settings.figures)


def _converted(svg: str, width_mm: float, form: str) -> bytes:
    import typst

    from uniaims.report.pdf import TIME_STAMP

    with TemporaryDirectory(prefix="uniaims-") as folder:
        place = Path(folder)
        (place / "figure.svg").write_text(svg, encoding="utf-8")
        page = _PAGE.format(width=f"{width_mm:g}", fill="white" if form == "png" else "none")
        (place / "main.typ").write_text(page, encoding="utf-8")
        compiler = typst.Compiler(root=place)
        form_of_typst: Any = form
        made = compiler.compile(
            input=place / "main.typ", format=form_of_typst, ppi=DOTS_PER_INCH, timestamp=TIME_STAMP, pdf_tags=False
        )
        return cast("bytes", made)  # of several pages it would be a list
