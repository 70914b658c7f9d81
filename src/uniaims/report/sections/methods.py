"""The methods text, to be copied into a paper."""

from uniaims.report import wording
from uniaims.report.findings import Findings
from uniaims.report.section import Section


def section(findings: Findings) -> Section:
    """The paragraphs."""
    return Section(
        "methods", "Methods", lead="Ready to be copied into a paper.",
        sentences=tuple(wording.methods(findings)), is_lead_printed=False, partial="sections/methods.html.j2",
    )  # fmt: skip
