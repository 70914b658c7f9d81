"""The report page of one image: the frame around its sections."""

from dataclasses import asdict
from pathlib import Path

from uniaims.boxes import Box
from uniaims.pages.array_encoding import pack_outlines
from uniaims.pages.page import Layout, write_page
from uniaims.pages.palette import INSTANCE_COLOURS, MISSING, OKABE_ITO, VIRIDIS, kind_colours
from uniaims.pages.units import METRIC, OBJECT, count
from uniaims.report.content import ReportContent
from uniaims.report.facts import pixel_size_text
from uniaims.report.findings import Findings
from uniaims.report.headline import SIZE_HEADLINES, SIZE_OVERVIEW, KeyFigure
from uniaims.report.presentation import Presentation
from uniaims.report.section import Section, filled_sections
from uniaims.report.sections import SECTIONS

LAYOUT = Layout(
    "uniaims.report",
    "report.html.j2",
    styles=("report.css",),
    scripts=("array_encoding.js", "store.js", "viewer.js", "table.js", "charts.js", "report.js"),
)
USUAL = Presentation(
    noun=OBJECT, title="Analysis report", figures=SIZE_HEADLINES, overview=SIZE_OVERVIEW, sections=SECTIONS
)
"""How separate objects are told of which nothing else is known."""


def write_report(path: str | Path, content: ReportContent, presentation: Presentation = USUAL) -> None:
    """Write the self-contained HTML report of one image.

    Args:
        path: where to; folders are made.
        content: what to show; density and size statistics are computed from its measurements here.
        presentation: how to tell it: what objects are called, which figures and sections there are.

    Raises:
        LabelsError: if image, labels and measurements do not belong together.
        OutputError: if the file can't be written.
    """
    write_findings(path, presentation.findings(content), presentation)


def write_findings(path: str | Path, findings: Findings, presentation: Presentation) -> None:
    """Write the report of findings that are there already; see `write_report`."""
    data = _page_data(findings)
    made = (section(findings) for section in presentation.sections)
    write_page(path, LAYOUT, _view(findings, presentation, [each for each in made if each]), data)


def _view(findings: Findings, presentation: Presentation, sections: list[Section]) -> dict[str, object]:
    content = findings.content
    return {
        "kind": "report",
        "overline": presentation.title,
        "title": content.title,
        "noun": presentation.noun,
        "facts": _facts(content),
        "finding": presentation.finding(findings),
        "warnings": content.warnings,
        "figures": key_figures(findings, presentation),
        "sections": sections,
        "parts": filled_sections(sections),
    }


def key_figures(findings: Findings, presentation: Presentation) -> list[KeyFigure]:
    """The headline figures as they are written."""
    readings = presentation.readings(findings)
    return [figure.told(readings[figure.name], findings.unit, findings.noun) for figure in presentation.figures]


def _facts(content: ReportContent) -> list[tuple[str, str]]:
    height, width = content.labels.shape
    facts = [("Image", f"{count(width)} × {count(height)} px"), ("Pixel size", pixel_size_text(content))]
    if content.model:
        facts.append(("Model", content.model))
    return facts


def _page_data(findings: Findings) -> dict[str, object]:
    content, part = findings.content, findings.counts.content
    height, width = content.labels.shape
    size = content.measurements.pixel_size
    return {
        "stem": Path(content.title).stem or "image",
        "noun": asdict(findings.noun),
        "width": width,
        "height": height,
        "pixel_size_nm": size.nm if size else None,
        "pixel_sides": [size.width_nm / size.nm, size.height_nm / size.nm] if size else [1, 1],
        "units": [{"symbol": unit.symbol, "size": unit.size} for unit in METRIC],
        "content": None if part == Box.whole((height, width)) else asdict(part),
        "printed": [asdict(box) for box in content.printed],
        "colours": {
            "instances": INSTANCE_COLOURS,
            "complete": OKABE_ITO["sky blue"],
            "cut": OKABE_ITO["orange"],
            "kinds": list(kind_colours(findings.known_kinds).values()),
            "ramp": VIRIDIS,
            "missing": MISSING,
        },
        "columns": [column.page_data() for column in findings.columns],
        "outlines": pack_outlines(findings.outlines),
    }
