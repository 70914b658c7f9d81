"""The overview page of a batch (being written)."""

from collections.abc import Sequence
from pathlib import Path

from uniaims.report.content import IndexEntry, IndexFailure


def write_index(
    path: Path, entries: Sequence[IndexEntry], failures: Sequence[IndexFailure] = (), title: str = "Batch overview"
) -> None:
    """Write the self-contained HTML overview of a batch."""
    raise NotImplementedError
