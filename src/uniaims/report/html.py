"""The report page (being written)."""

from pathlib import Path

from uniaims.report.content import ReportContent


def write_report(path: Path, content: ReportContent) -> None:
    """Write the self-contained HTML report of one image."""
    raise NotImplementedError
