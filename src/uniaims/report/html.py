"""The report page of one image: the frame around its sections."""

from dataclasses import asdict
from pathlib import Path

from uniaims.boxes import Box
from uniaims.pages.array_encoding import pack_outlines
from uniaims.pages.language import told
from uniaims.pages.page import Layout, write_page
from uniaims.pages.palette import INSTANCE_COLOURS, MISSING, OKABE_ITO, VIRIDIS, kind_colours
from uniaims.pages.units import METRIC, OBJECT, count
from uniaims.report.content import ReportContent
from uniaims.report.document import Document, chosen_sections
from uniaims.report.facts import pixel_size_text
from uniaims.report.findings import Findings
from uniaims.report.headline import FORMER_HEADLINES, SIZE_HEADLINES, SIZE_OVERVIEW, KeyFigure
from uniaims.report.lab_template import PLAIN_TEMPLATE, LabTemplate
from uniaims.report.presentation import Presentation
from uniaims.report.section import filled_sections
from uniaims.report.sections import SECTIONS
from uniaims.report.still import simplified

LAYOUT = Layout(
    "uniaims.report",
    "report.html.j2",
    styles=("report.css",),
    scripts=("array_encoding.js", "store.js", "viewer.js", "table.js", "charts.js", "report.js"),
)
USUAL = Presentation(
    noun=OBJECT, title="Analysis report", figures=SIZE_HEADLINES, overview=SIZE_OVERVIEW, sections=SECTIONS,
    former=FORMER_HEADLINES,
)  # fmt: skip
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
    write_document(path, document_of(findings, presentation), findings)


def write_document(path: str | Path, document: Document, findings: Findings) -> None:
    """Write a document as the page of an image, with all that its scripts need of the findings."""
    sections = document.sections
    view = {"kind": document.kind, "document": document, "noun": findings.noun}
    parts = {"sections": sections, "parts": filled_sections(sections)}
    write_page(path, LAYOUT, view | parts, _page_data(findings))


def document_of(findings: Findings, presentation: Presentation, template: LabTemplate = PLAIN_TEMPLATE) -> Document:
    """What both renderers show of an image, in the language that is spoken."""
    made = [section for make in presentation.sections if (section := make(findings))]
    content = findings.content
    return Document(
        "report", presentation.title, content.title, presentation.finding(findings), tuple(_facts(content)),
        content.warnings, tuple(key_figures(findings, presentation)), chosen_sections(made, template), template,
    )  # fmt: skip


def key_figures(findings: Findings, presentation: Presentation) -> list[KeyFigure]:
    """The headline figures as they are written."""
    large = [figure for figure in presentation.figures if figure.is_large]
    return [figure.told(figure.function(findings), findings.unit, findings.noun) for figure in large]


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
        "noun": {name: told(text) for name, text in asdict(findings.noun).items()},
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
        "outlines": pack_outlines(simplified(findings.outlines)),
    }
