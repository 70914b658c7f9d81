"""Pages and pictures for people: the report of one image, its overlay, and the overview of a batch.

::

    write_report(path, ReportContent(...))            self-contained HTML page, < 10 MB at 20,000 instances
    write_overlay(path, image, labels)                PNG: the image with crisp coloured outlines
    write_index(path, entries, failures, title, ways)  self-contained HTML overview of a batch

All three write atomically (whole file or none) and raise ``OutputError`` where they can't. A page loads nothing: its
styles, scripts, picture and numbers stand in it, and its content security policy forbids anything else.

How a report is made::

    html.py       what goes where on the report page     index.py      the same for the overview of a batch
    census.py     counts                                 columns.py    the table's columns, packed
    kinds.py      counts and sizes by kind               overlay.py    the picture with outlines
    sizes.py      size section                           shapes.py     shape section
    wording.py    sentences, methods text                provenance.py where the numbers come from
    still.py      outlines and table without scripts
    charts.py, violins.py                drawings        templates/    what stands in `uniaims.pages`' frame
"""

from uniaims.report.content import IndexEntry, IndexFailure, IndexWay, ReportContent
from uniaims.report.html import write_report
from uniaims.report.index import write_index
from uniaims.report.kinds import KindFigures, kind_figures
from uniaims.report.overlay import overlay, write_overlay

__all__ = [
    "IndexEntry",
    "IndexFailure",
    "IndexWay",
    "KindFigures",
    "ReportContent",
    "kind_figures",
    "overlay",
    "write_index",
    "write_overlay",
    "write_report",
]
