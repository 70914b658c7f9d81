"""What a kind of file of measurements is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from uniaims.atomic import atomic_file
from uniaims.errors import MissingDependencyError, OutputError
from uniaims.measurements.files.sheet import Sheet


@dataclass(frozen=True)
class FileType:
    """A kind of file that measurements are written to.

    Attributes:
        suffix: of its files, ``.csv``.
        file: name of that which stands beside a report.
        fill: writes sheets, that of the objects first, into a file that is not there yet.
        asked_by: the setting that asks for it; empty: it is always written.
        library: that it needs beyond those of every installation, as it is imported.
        extra: of this package, with which that comes.
        most_rows: that a table in it may have; ``None``: any number.
    """

    suffix: str
    file: str
    fill: Callable[[Path, Sequence[Sheet]], None]
    asked_by: str = ""
    library: str = ""
    extra: str = ""
    most_rows: int | None = None

    def write(self, path: Path, sheets: Sequence[Sheet]) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: if it can't be written, or a table is too long for it.
            MissingDependencyError: if a library that it needs is not installed.
        """
        self.refuse_missing()
        if why := self.why_not(max(sheet.table.height for sheet in sheets)):
            raise OutputError(f"{path}: {why}")
        with atomic_file(path) as temporary:
            self.fill(temporary, sheets)

    @property
    def is_installed(self) -> bool:
        """Whether the library that it needs is there."""
        return not self.library or find_spec(self.library) is not None

    def refuse_missing(self) -> None:
        """Raise where a library that it needs is not installed.

        Raises:
            MissingDependencyError: saying how to get it.
        """
        if not self.is_installed:
            raise MissingDependencyError(
                f"{self.suffix} files need {self.library}, which is not installed: "
                f"pip install 'uniaims[{self.extra}]'. CSV and Parquet files are written without."
            )

    def why_not(self, rows: int) -> str:
        """Why a table of so many rows can't be written; empty where it can."""
        if self.most_rows is None or rows <= self.most_rows:
            return ""
        return (
            f"{rows:,} rows are more than the {self.most_rows:,} that a {self.suffix} file holds. Use the Parquet file."
        )
