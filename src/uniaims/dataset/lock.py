"""One writer at a time: a lock on a dataset that the operating system lets go of when its program ends, however."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uniaims.atomic.disk import write_error
from uniaims.atomic.locks import take_lock
from uniaims.errors import OutputError

LOCK = ".lock"
"""Name of the file that is locked; it stays, and holds nothing."""


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep other programs from writing to the dataset in ``folder``; file systems that know no locks let all write.

    Raises:
        OutputError: if another program writes to it, or nothing can be written there.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise write_error(folder, error) or error from error
    try:
        if take_lock(descriptor) == "another's":
            raise OutputError(
                f"{folder}: another program is writing to this dataset. Wait until it is done, then repeat."
            )
        yield
    finally:
        os.close(descriptor)
