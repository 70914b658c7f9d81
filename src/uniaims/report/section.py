"""A section of a report: what stands under one heading.

A section is one module in `uniaims.report.sections` with a function ``section``, one partial in ``templates/sections``,
and one line in the list of sections. A section of sentences, charts, tables and notes alone needs no partial.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from markupsafe import Markup

from uniaims.pages.page import filled

PLAIN = "section.html.j2"
"""Shows sentences, charts, tables and notes, one after the other; the other partials extend it."""


@dataclass(frozen=True)
class Chart:
    """A drawing with its caption.

    Attributes:
        name: of its downloads.
        svg: the drawing.
        caption: plain text; the page puts the number of the figure in front.
        wide: whether it takes a line of its own; others stand side by side.
    """

    name: str
    svg: Markup
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """A table as plain text: headings, and rows of cells."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """What stands under one heading. All but the drawings is plain text: the page escapes it.

    Attributes:
        name: anchor in the page.
        heading: above it.
        short: in the bar of contents; the heading, where it is empty.
        lead: beside the heading.
        sentences: a paragraph each.
        figures: drawings, numbered in order over the whole page.
        more_figures: how many numbers its partial gives to drawings of its own, before those of ``figures``.
        tables: below the figures.
        notes: a list below all.
        details: what only its partial knows, by name.
        partial: its template.
        package: whose template that is, in the folder ``templates``.
    """

    name: str
    heading: str
    short: str = ""
    lead: str = ""
    sentences: tuple[str, ...] = ()
    figures: tuple[Chart, ...] = ()
    more_figures: int = 0
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    partial: str = PLAIN
    package: str = "uniaims.report"

    @property
    def figure_count(self) -> int:
        """How many figures are numbered in it."""
        return self.more_figures + len(self.figures)


def filled_sections(sections: Sequence[Section]) -> list[Markup]:
    """The sections as HTML; figures are numbered over the whole page."""
    first = accumulate((section.figure_count for section in sections), initial=1)
    return [
        filled(
            section.package, section.partial, {"section": section, "details": section.details, "first_figure": number}
        )
        for section, number in zip(sections, first, strict=False)
    ]
