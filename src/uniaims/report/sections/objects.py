"""The table of all objects, to be sorted, filtered and saved."""

from uniaims.report import wording
from uniaims.report.findings import Findings
from uniaims.report.section import Section
from uniaims.report.still import still_table


def section(findings: Findings) -> Section:
    """The table; without scripts its first rows."""
    noun = findings.noun
    has_border = any(column.property_name == "touches_border" for column in findings.columns)
    details = {"has_border_column": has_border, "is_empty": not findings.counts.total, "noun": noun}
    return Section(
        "objects-section", noun.heading, lead=wording.table_lead(noun), tables=(still_table(findings.columns),),
        details=details, partial="sections/objects.html.j2",
    )  # fmt: skip
