"""The table of all objects, to be sorted, filtered and saved."""

from uniaims.report import wording
from uniaims.report.findings import Findings
from uniaims.report.section import Section
from uniaims.report.still import MOST_ROWS, still_table

MOST_PRINTED = 200
"""Of more objects the PDF points to the CSV file."""


def section(findings: Findings) -> Section:
    """The table; without scripts its first rows."""
    noun = findings.noun
    has_border = any(column.property_name == "touches_border" for column in findings.columns)
    total, columns = findings.counts.total, findings.columns
    details = {
        "has_border_column": has_border,
        "is_empty": not total,
        "noun": noun,
        "still": still_table(columns, MOST_ROWS),
    }
    printed = (still_table(columns, MOST_PRINTED),) if 0 < total <= MOST_PRINTED else ()
    pointer = f"{noun.counted(total)} are too many to be printed: all are in measurements.csv beside this report."
    nothing = f"No {noun.singular} was found, so there is nothing to list."
    return Section(
        "objects-section", noun.heading, lead=wording.table_lead(noun), tables=printed,
        sentences=() if printed else (pointer if total else nothing,),
        details=details, is_lead_printed=False, partial="sections/objects.html.j2",
    )  # fmt: skip
