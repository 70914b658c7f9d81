"""Where each number comes from, and the definitions of what was measured."""

from uniaims.report.facts import fact_groups
from uniaims.report.findings import Findings
from uniaims.report.section import Section, Table


def section(findings: Findings) -> Section:
    """The facts, in two columns, and the definitions."""
    left, right = fact_groups(findings)
    tables = [Table(("Fact", "Value"), group.rows, group.name) for group in (*left, *right)]
    definitions = tuple((column.label, column.definition, column.source) for column in findings.columns)
    tables.append(Table(("Property", "Definition", "Source"), definitions, "Definitions of all measured properties"))
    return Section(
        "provenance", "Provenance", lead="Where each number on this page comes from.",
        tables=tuple(tables), details={"left": left, "right": right, "definitions": findings.columns},
        is_lead_printed=False, partial="sections/provenance.html.j2",
    )  # fmt: skip
