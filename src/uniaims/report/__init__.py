"""Pages and pictures for people: the report of one image, its overlay, and the overview of a batch.

::

    write_report(path, ReportContent(...))            self-contained HTML page, < 10 MB at 20,000 instances
    write_overlay(path, image, labels)                PNG: the image with crisp coloured outlines
    write_index(path, entries, failures=(), title=)   self-contained HTML overview of a batch

All three write atomically (whole file or none) and raise ``OutputError`` where they can't.
"""

from uniaims.report.content import IndexEntry, IndexFailure, ReportContent
from uniaims.report.html import write_report
from uniaims.report.index import write_index
from uniaims.report.overlay import write_overlay

__all__ = ["IndexEntry", "IndexFailure", "ReportContent", "write_index", "write_overlay", "write_report"]
