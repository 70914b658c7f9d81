"""The data engine: projects, images and labels that people correct, in one data folder.

A data folder holds the database (``engine.db``), blobs by their hash (``blobs/``), unfinished uploads (``uploads/``),
and what can be made anew (``fields/``, ``datasets/``, ``runs/``). One program has it open at a time.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from uniaims.atomic import make_folder
from uniaims.atomic.locks import take_lock
from uniaims.engine.accounts import Accounts
from uniaims.engine.blobs import FolderBlobs
from uniaims.engine.database import Database, open_database
from uniaims.engine.images import Images
from uniaims.engine.layers.collection import Layers
from uniaims.engine.projects import Projects
from uniaims.errors import DataFolderError, NotFoundError

__all__ = ["Engine"]

LOCK = "engine.lock"
"""Name of the file that is locked; it stays, and holds nothing."""
DATABASE = "engine.db"


class Engine:
    """An open data folder, and the parts that work on it; all of them may be called from any thread."""

    def __init__(self, folder: Path, database: Database, lock: ExitStack) -> None:
        self.folder = folder
        self.database = database
        self.blobs = FolderBlobs(folder / "blobs")
        self.accounts = Accounts(database)
        self.projects = Projects(database)
        self.images = Images(database)
        self.layers = Layers(database, self.blobs)
        self._lock = lock

    @classmethod
    def open(cls, folder: Path, *, create: bool = True) -> Self:
        """Open a data folder; with ``create`` one that is not there is made.

        Raises:
            NotFoundError: if it is not there.
            DataFolderError: if another program has it open, or it is damaged or of a newer version.
            OutputError: if it can't be written.
        """
        if not create and not (folder / DATABASE).is_file():
            raise NotFoundError(f"{folder}: no data folder is there. Give another one, or let a new one be made.")
        with ExitStack() as stack:
            stack.enter_context(_sole_program(folder))
            database = open_database(folder / DATABASE)
            engine = cls(folder, database, stack.pop_all())
        engine.blobs.sweep()
        return engine

    def close(self) -> None:
        """Finish what is being written, and let another program open the folder."""
        self.layers.close()
        self.database.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _sole_program(folder: Path) -> Iterator[None]:
    """Make the folder where it is not there, and hold its lock; file systems that know no locks let all in."""
    try:
        make_folder(folder)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _not_writable(folder, error.strerror) from error
    try:
        for part in folder.iterdir():
            if part.is_dir() and not os.access(part, os.W_OK | os.X_OK):
                raise _not_writable(part, os.strerror(errno.EACCES))
        if take_lock(descriptor) == "another's":
            raise DataFolderError(
                f"{folder}: another program has this data folder open. Close it, or give another one."
            )
        yield
    finally:
        os.close(descriptor)


def _not_writable(folder: Path, reason: str | None) -> DataFolderError:
    return DataFolderError(f"{folder}: can't be written ({reason}). Are you allowed to, and is the disk all right?")
