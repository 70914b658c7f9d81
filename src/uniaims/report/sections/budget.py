"""The uncertainty of each figure and what it comes from."""

from uniaims.pages.units import NOTHING, percent
from uniaims.report.findings import Findings
from uniaims.report.headline import SIZE_HEADLINES, Headline
from uniaims.report.section import Section, Table

PARTS = ("scale", "outline", "sampling", "finding")


def section(findings: Findings) -> Section | None:
    """A table of figures with their shares; ``None`` where no figure has an uncertainty."""
    rows = [row for figure in SIZE_HEADLINES if (row := _row(figure, findings))]
    if not rows:
        return None
    headings = ("What", "Value", "± (k = 2)", *(f"{part.capitalize()}, of the variance" for part in PARTS))
    scale = findings.content.scale_note or "The uncertainty of the pixel size is not stated and counts as none."
    return Section(
        "budget",
        "Uncertainty",
        sentences=(
            f"{scale} Outline: how far the outline may lie from the edge. Sampling: other objects of this picture "
            "could have been seen; it speaks of this picture only. Finding: objects that may be none.",
        ),
        tables=(Table(headings, tuple(rows), "Relative standard uncertainties add in squares (GUM)."),),
    )


def _row(figure: Headline, findings: Findings) -> tuple[str, ...] | None:
    found = findings.estimates.get(figure.name)
    if found is None or not found.u > 0:
        return None
    reading = figure.function(findings)
    value, unit = figure.written(reading, findings.unit)
    half = " ".join((figure.half_width(found, findings.unit), unit or "%" * (figure.quantity == "fraction"))).strip()
    shares = found.shares
    cells = (percent(shares[part], 0) if part in shares else NOTHING for part in PARTS)
    return (figure.named(findings.noun), f"{value} {unit}".strip(), half, *cells)
