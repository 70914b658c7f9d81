"""The page of a comparison: the frame around its sections."""

from pathlib import Path

from uniaims.pages.page import Layout, write_page
from uniaims.pages.units import count
from uniaims.report.compared import ComparedGroups
from uniaims.report.comparison_sections import FIRST_PAIRS, comparison_sections, finding
from uniaims.report.section import filled_sections

LAYOUT = Layout("uniaims.report", "comparison.html.j2")


def write_comparison_page(path: str | Path, compared: ComparedGroups) -> None:
    """Write the self-contained HTML page of a comparison.

    Raises:
        OutputError: if it can't be written.
    """
    sections = comparison_sections(compared)
    view = {
        "kind": "overview",
        "title": " · ".join(group.name for group in compared.groups),
        "facts": [
            ("Compared", f"{compared.what} ({compared.symbol})"),
            ("Pictures", count(sum(group.picture_count for group in compared.groups))),
            ("Complete objects", count(sum(group.object_count for group in compared.groups))),
        ],
        "finding": " ".join(finding(compared, pair) for pair in compared.pairs[:FIRST_PAIRS]),
        "warnings": compared.warnings,
        "sections": sections,
        "parts": filled_sections(sections),
    }
    write_page(path, LAYOUT, view, {"stem": "comparison"})
