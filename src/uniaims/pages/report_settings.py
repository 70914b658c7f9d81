"""What users choose about reports: in which form, in which language, after whose template."""

from dataclasses import dataclass
from typing import Literal

from uniaims.errors import SettingsError
from uniaims.pages.language import Language
from uniaims.settings import Words, setting

FigureFormat = Literal["none", "svg", "png", "pdf"]


@dataclass(frozen=True)
class ReportSettings:
    """What is written of a report, and how it is told. No result depends on it.

    Raises:
        SettingsError: if a setting is out of its range.
    """

    pdf: bool = setting(
        False, "Write report.pdf too; needs the extra pdf.", words=Words("PDF", in_methods=False, matters=False)
    )
    language: Language = setting(
        "en",
        "Language of the report: en (English) or zh (Chinese).",
        words=Words("Language", in_methods=False, matters=False),
    )
    template: str = setting(
        "",
        "Folder with the template.toml of a laboratory: logo, colour, paper, sections, footer, signatures.",
        words=Words("Report template", in_methods=False, matters=False),
    )
    figures: FigureFormat = setting(
        "none",
        "Write each figure as a file of its own, svg, png or pdf, with its data as CSV.",
        words=Words("Figures as files", in_methods=False, matters=False),
    )
    figure_width: float = setting(
        180.0,
        "Width of these figures in mm, as journals ask: 88 for one column, 180 for two.",
        words=Words("Width of the figures", "{} mm", in_methods=False, matters=False),
    )
    figure_font: float = setting(
        7.0,
        "Size of the numbers in them, in points.",
        words=Words("Numbers in the figures", "{} pt", in_methods=False, matters=False),
    )

    def __post_init__(self) -> None:
        if self.language not in ("en", "zh"):
            raise SettingsError(f"language is {self.language!r}: wanted en or zh.")
        if self.figures not in ("none", "svg", "png", "pdf"):
            raise SettingsError(f"figures is {self.figures!r}: wanted svg, png or pdf.")
        if not 30 <= self.figure_width <= 400 or not 4 <= self.figure_font <= 20:
            raise SettingsError(
                f"figure_width = {self.figure_width:g}, figure_font = {self.figure_font:g} came: wanted 30 to 400 mm, "
                "4 to 20 points."
            )
