"""The page of a comparison, and its PDF: the frame around its sections."""

from pathlib import Path

from uniaims.pages.language import speaking
from uniaims.pages.page import Layout, write_page
from uniaims.pages.report_settings import ReportSettings
from uniaims.pages.units import count
from uniaims.report.compared import ComparedGroups
from uniaims.report.comparison_sections import FIRST_PAIRS, comparison_sections, finding
from uniaims.report.document import Document, chosen_sections
from uniaims.report.files import template_of, write_prints
from uniaims.report.lab_template import LabTemplate
from uniaims.report.section import filled_sections

LAYOUT = Layout("uniaims.report", "comparison.html.j2", styles=("report.css",))
COMPARISON_PDF = "comparison.pdf"


def write_comparison_page(
    path: str | Path, compared: ComparedGroups, report: ReportSettings = ReportSettings()
) -> None:
    """Write the self-contained HTML page of a comparison, and what else is asked for beside it.

    Raises:
        OutputError: if it can't be written.
    """
    template = template_of(report)
    with speaking(template.language or report.language):
        document = _document(compared, template)
        view = {**vars(document), "parts": filled_sections(document.sections)}
        write_page(path, LAYOUT, view, {"stem": "comparison"})
        write_prints(Path(path).parent, document, report, COMPARISON_PDF)


def _document(compared: ComparedGroups, template: LabTemplate) -> Document:
    return Document(
        kind="overview",
        overline="Comparison",
        title=" · ".join(group.name for group in compared.groups),
        facts=(
            ("Compared", f"{compared.what} ({compared.symbol})"),
            ("Pictures", count(sum(group.picture_count for group in compared.groups))),
            ("Complete objects", count(sum(group.object_count for group in compared.groups))),
        ),
        finding=" ".join(finding(compared, pair) for pair in compared.pairs[:FIRST_PAIRS]),
        warnings=compared.warnings,
        sections=chosen_sections(comparison_sections(compared), template),
        template=template,
    )
