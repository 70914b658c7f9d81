"""Pages and pictures for people: the report of one image, its overlay, and the overview of a batch.

::

    write_report(path, ReportContent(...))            self-contained HTML page, < 10 MB at 20,000 instances
    write_overlay(path, image, labels)                PNG: the image with crisp coloured outlines
    write_index(path, entries, failures, title, ways)  self-contained HTML overview of a batch

All three write atomically (whole file or none) and raise ``OutputError`` where they can't. A page loads nothing: its
styles, scripts, picture and numbers stand in it, and its content security policy forbids anything else.

How a report is made::

    findings.py   what is computed of an image       presentation.py  noun, headline figures, sections of a report
    headline.py   the large numbers at the top       section.py       what a section is; sections/ has one module each
    html.py       the report page                    columns.py       the table's columns, packed
    index.py      the overview of a batch            facts.py         where the numbers come from
    wording/      sentences, methods text            overlay.py       the picture with outlines
    document.py   a report before it is laid out     pdf.py, files.py the PDF; all that is asked for
    lab_template.py, figure_files.py                  a laboratory's look; drawings as files
    image_counts.py, kinds.py, sizes.py  figures     charts.py, violins.py, still.py  drawings
    templates/    what stands in `uniaims.pages`' frame

A `Presentation` says how an analysis is told. A section is one module with a function, one partial, and one line in
`uniaims.report.sections`; a headline figure is one entry in `uniaims.report.headline`.
"""

from uniaims.report.content import IndexEntry, IndexFailure, IndexWay, Reading, ReportContent
from uniaims.report.findings import Findings
from uniaims.report.headline import Headline
from uniaims.report.html import USUAL, write_findings, write_report
from uniaims.report.index import write_index
from uniaims.report.kinds import KindFigures, kind_figures
from uniaims.report.overlay import overlay, write_overlay
from uniaims.report.presentation import Presentation
from uniaims.report.section import Chart, Section, Table

__all__ = [
    "USUAL",
    "Chart",
    "Findings",
    "Headline",
    "IndexEntry",
    "IndexFailure",
    "IndexWay",
    "KindFigures",
    "Presentation",
    "Reading",
    "ReportContent",
    "Section",
    "Table",
    "kind_figures",
    "overlay",
    "write_findings",
    "write_index",
    "write_overlay",
    "write_report",
]
