"""A report before it is laid out: what both renderers, the page and the PDF, show."""

from collections.abc import Sequence
from dataclasses import dataclass

from uniaims.report.headline import KeyFigure
from uniaims.report.lab_template import PLAIN_TEMPLATE, LabTemplate
from uniaims.report.section import Section


@dataclass(frozen=True, eq=False)
class Document:
    """What is told, in order. All but drawings and pictures is plain text.

    Attributes:
        kind: in the bar of the page: ``report``, ``overview``.
        overline: kind of report, above the title.
        title: name of the image as a human knows it; never translated.
        facts: name and value, below the title.
        finding: the result in one or two sentences.
        warnings: sentences that the reader should read.
        figures: the large numbers.
        sections: what follows; those that the template leaves out are not among them.
        template: of the laboratory.
    """

    kind: str
    overline: str
    title: str
    finding: str
    facts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    figures: tuple[KeyFigure, ...] = ()
    sections: tuple[Section, ...] = ()
    template: LabTemplate = PLAIN_TEMPLATE


def chosen_sections(sections: Sequence[Section], template: LabTemplate) -> tuple[Section, ...]:
    """The sections that a template wants, in its order; those that it does not name follow in their own."""
    order = {name: place for place, name in enumerate(template.sections)}
    kept = [section for section in sections if section.name not in template.without]
    return tuple(sorted(kept, key=lambda section: order.get(section.name, len(order))))
