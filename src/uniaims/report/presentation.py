"""How an analysis is told: what its objects are called, which figures head the page, which sections follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from uniaims.measurements import PROPERTIES, Property
from uniaims.pages.language import spoken
from uniaims.pages.units import Noun
from uniaims.report import wording
from uniaims.report.content import Reading, ReportContent
from uniaims.report.findings import Findings
from uniaims.report.headline import Headline
from uniaims.report.section import Section


def _finding(findings: Findings) -> str:
    """The result in one or two sentences, in the language that is spoken."""
    told: str = wording.wording_in(spoken()).finding(findings)
    return told


SectionOf = Callable[[Findings], Section | None]
"""Makes a section; ``None`` where there is nothing to tell."""


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """How an analysis is told.

    Attributes:
        noun: what the objects are called.
        title: kind of report, above the name of the image.
        figures: the large numbers at the top, in order; those of ``summary.json``.
        overview: those of them that have a column in the overview of a batch, in order.
        sections: in order.
        finding: findings -> the result in one or two sentences.
        size: the length whose distribution the overview of a batch shows; its median decides the unit for the eye.
        former: what the figures of the release before come to.
    """

    noun: Noun
    title: str
    figures: tuple[Headline, ...]
    overview: tuple[Headline, ...]
    sections: tuple[SectionOf, ...]
    finding: Callable[[Findings], str] = _finding
    size: Property = PROPERTIES["diameter"]
    former: tuple[Headline, ...] = ()

    def findings(self, content: ReportContent) -> Findings:
        """What the figures and sections of an image are made of."""
        return Findings(content, self.noun, self.size.name)

    def readings(self, findings: Findings) -> Mapping[str, Reading]:
        """What the headline figures come to, by name."""
        return {figure.name: figure.function(findings) for figure in self.figures}

    def figure_table(self, findings: Findings) -> dict[str, dict[str, Any]]:
        """The figures as they stand in ``summary.json``, by name; those of the release before by column name."""
        calibrated = findings.content.measurements.pixel_size is not None
        former = {each.column(calibrated=calibrated): each.function(findings).as_dict() for each in self.former}
        readings = self.readings(findings)
        plain = {
            each.column(calibrated=calibrated): readings[each.name].as_dict()
            for each in self.figures
            if readings[each.name].estimate is None
        }
        return former | plain | {name: reading.as_dict() for name, reading in readings.items()}
