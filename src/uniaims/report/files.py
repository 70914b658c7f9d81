"""The files of a report: the page, and what else is asked for."""

from pathlib import Path

from uniaims.pages.language import speaking
from uniaims.pages.report_settings import ReportSettings
from uniaims.report.document import Document
from uniaims.report.figure_files import refuse_missing_for_figures, write_figures
from uniaims.report.findings import Findings
from uniaims.report.html import document_of, write_document
from uniaims.report.lab_template import PLAIN_TEMPLATE, LabTemplate, read_template
from uniaims.report.pdf import refuse_missing_typst, write_pdf
from uniaims.report.presentation import Presentation

PAGE, PDF, FIGURES = "report.html", "report.pdf", "figures"


def template_of(settings: ReportSettings) -> LabTemplate:
    """The template that is asked for, in the language that is asked for.

    Raises:
        SettingsError: if it is none.
    """
    return read_template(settings.template) if settings.template else PLAIN_TEMPLATE


def refuse_report(settings: ReportSettings) -> None:
    """Raise before an analysis where its report could not be written.

    Raises:
        SettingsError: if the template is none.
        MissingDependencyError: if something is asked for whose library is not installed.
    """
    template_of(settings)
    if settings.pdf:
        refuse_missing_typst()
    refuse_missing_for_figures(settings)


def write_report_files(
    folder: Path, findings: Findings, presentation: Presentation, settings: ReportSettings = ReportSettings()
) -> None:
    """Write the page of an image, and PDF and figures where they are asked for.

    Raises:
        OutputError: if they can't be written.
        SettingsError: if the template is none.
        MissingDependencyError: if something is asked for whose library is not installed.
    """
    template = template_of(settings)
    with speaking(template.language or settings.language):
        document = document_of(findings, presentation, template)
        write_document(folder / PAGE, document, findings)
        write_prints(folder, document, settings)


def write_prints(folder: Path, document: Document, settings: ReportSettings, pdf: str = PDF) -> None:
    """Write what is asked for beside a page, in the language that is spoken: its PDF and its figures."""
    if settings.pdf:
        write_pdf(folder / pdf, document)
    if settings.figures != "none":
        write_figures(folder / FIGURES, document.sections, settings)


def missing_files(folder: Path, settings: ReportSettings) -> bool:
    """Whether something that is asked for is not in a folder of results."""
    wanted = [PDF] * settings.pdf + [FIGURES] * (settings.figures != "none")
    return any(not (folder / name).exists() for name in wanted)
