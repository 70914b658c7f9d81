"""Where each number comes from, and the definitions of what was measured."""

from uniaims.report.facts import fact_groups
from uniaims.report.findings import Findings
from uniaims.report.section import Section


def section(findings: Findings) -> Section:
    """The facts, in two columns, and the definitions."""
    left, right = fact_groups(findings)
    return Section(
        "provenance", "Provenance", lead="Where each number on this page comes from.",
        details={"left": left, "right": right, "definitions": findings.columns},
        partial="sections/provenance.html.j2",
    )  # fmt: skip
