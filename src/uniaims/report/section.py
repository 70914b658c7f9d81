"""A section of a report: what stands under one heading.

A section is one module in `uniaims.report.sections` with a function ``section`` and one line in the list of sections.
The PDF prints its sentences, pictures, charts, tables and notes; so does the page, unless a partial in
``templates/sections`` shows the same for readers who zoom, sort and switch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

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
        data: what it shows, columns of one length by heading with unit; written beside an exported drawing.
        drawn: draws it anew so many units wide; ``None`` where it has one width only.
    """

    name: str
    svg: Markup
    caption: str
    wide: bool = False
    data: Mapping[str, Sequence[object] | NDArray[np.generic]] = field(default_factory=dict)
    drawn: Callable[[float], Markup] | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels to be looked at, with what is seen.

    Attributes:
        name: of its file.
        pixels: gives them, (h, w) or (h, w, 3) uint8, when they are printed.
        caption: plain text.
        aspect: width / height on the sample.
        bar: length of a scale bar as a part of the width, and what stands beside it; empty text: none.
    """

    name: str
    pixels: Callable[[], NDArray[np.uint8]]
    caption: str
    aspect: float
    bar: tuple[float, str] = (0.0, "")


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A small picture of one object.

    Attributes:
        number: its label.
        pixels: (h, w, 3) uint8.
        title, note: below it.
    """

    number: int
    pixels: NDArray[np.uint8]
    title: str
    note: str


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
        pictures: numbered in order over the whole report, before the drawings.
        details_of: pictures beside the last of these, under its number: letters tell them apart.
        figures: drawings, numbered on.
        thumbnails: small pictures, side by side.
        tables: below the figures.
        notes: a list below all.
        is_lead_printed: whether the lead is for paper too; else it tells how to use the page.
        details: what only its partial knows, by name.
        partial: its template.
        package: whose template that is, in the folder ``templates``.
    """

    name: str
    heading: str
    short: str = ""
    lead: str = ""
    sentences: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    details_of: tuple[Picture, ...] = ()
    figures: tuple[Chart, ...] = ()
    thumbnails: tuple[Thumbnail, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    is_lead_printed: bool = True
    details: Mapping[str, object] = field(default_factory=dict)
    partial: str = PLAIN
    package: str = "uniaims.report"

    @property
    def figure_count(self) -> int:
        """How many figures are numbered in it."""
        return len(self.pictures) + len(self.figures)


def first_numbers(sections: Sequence[Section]) -> list[int]:
    """The number of the first figure of each section; figures are numbered over the whole report."""
    return list(accumulate((section.figure_count for section in sections), initial=1))[: len(sections)]


def filled_sections(sections: Sequence[Section]) -> list[Markup]:
    """The sections as HTML; figures are numbered over the whole page."""
    return [
        filled(
            section.package, section.partial, {"section": section, "details": section.details, "first_figure": number}
        )
        for section, number in zip(sections, first_numbers(sections), strict=True)
    ]
