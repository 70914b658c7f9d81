"""Counts and sizes by kind of object, as a table."""

from dataclasses import dataclass

from uniaims.pages.palette import kind_colours
from uniaims.pages.units import NOTHING, count, interval, number, percent
from uniaims.report.findings import Findings
from uniaims.report.kinds import KindFigures, kind_figures
from uniaims.report.section import Section, Table


@dataclass(frozen=True)
class KindRow:
    """One row of the table of kinds, ready for the page; ``code`` is the kind's number in the page's data."""

    name: str
    code: int
    colour: str
    values: tuple[str, ...]


HEADINGS = ("Complete", "Area fraction", "Median diameter", "95 % interval", "D10 – D90")


def section(findings: Findings) -> Section | None:
    """The table; ``None`` where the model tells no kinds apart."""
    rows, noun = kind_rows(findings), findings.noun
    if not rows:
        return None
    complete, *others = HEADINGS
    headings = (noun.heading, complete, f"Share of {noun.plural}", *others)
    details = {"headings": headings, "rows": rows, "noun": noun}
    table = Table(("Kind", *headings), tuple((row.name, *row.values) for row in rows))
    return Section(
        "kinds", "Kinds", lead=f"Equivalent diameters in {findings.unit.symbol}, of complete {noun.plural}.",
        tables=(table,), details=details, partial="sections/kinds.html.j2",
    )  # fmt: skip


def kind_rows(findings: Findings) -> list[KindRow]:
    """The rows of the table of kinds; empty where the model tells no kinds apart."""
    content, names = findings.content, findings.known_kinds
    colours, total = kind_colours(names), findings.counts.total
    return [
        KindRow(figures.name, code, colours[figures.name], _values(figures, total, findings.unit.size))
        for code, figures in enumerate(kind_figures(content.measurements, names, content.content))
    ]


def _values(figures: KindFigures, total: int, unit_size: float) -> tuple[str, ...]:
    median, size = figures.median, figures.size
    complete = figures.count - figures.border_count
    spread = (
        interval(median.low / unit_size, median.high / unit_size),
        interval(size.p10 / unit_size, size.p90 / unit_size, 3),
    )
    return (
        count(figures.count),
        count(complete),
        percent(figures.count / total) if total else number(None),
        percent(figures.covered_fraction),
        number(median.estimate / unit_size),
        *(spread if complete > 1 else (NOTHING, NOTHING)),
    )
