"""What is left out of the statistics, and why: kept and left out make what was found."""

from uniaims.pages.units import count, percent
from uniaims.report.findings import Findings
from uniaims.report.section import Section, Table


def section(findings: Findings) -> Section | None:
    """The reasons with their numbers; ``None`` where nothing was found."""
    reasons, kept = findings.exclusions, findings.counts.complete
    found = kept + sum(reasons.values())
    if not found:
        return None
    rows = [("in the statistics", kept), *((reason, number) for reason, number in reasons.items() if number)]
    told = tuple((name, count(number), percent(number / found)) for name, number in rows)
    caption, whole = f"All {findings.noun.counted(found)} that were found.", "found"
    if findings.candidates:
        caption = f"All {count(found)} candidates. Those below confidence are no {findings.noun.plural} of this report."
        whole = "candidates"
    table = Table(("Reason", findings.noun.heading, "Share"), (*told, (whole, count(found), percent(1.0))), caption)
    return Section("excluded", "Left out", tables=(table,))
