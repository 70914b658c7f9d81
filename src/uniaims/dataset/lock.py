"""One writer at a time: a lock on a dataset that the operating system lets go of when its program ends, however."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uniaims.errors import OutputError

LOCK = ".lock"
"""Name of the file that is locked; it stays, and holds nothing."""

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep other programs from writing to the dataset in ``folder``; file systems that know no locks let all write.

    Raises:
        OutputError: if another program writes to it, or nothing can be written there.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{folder}: can't be written ({reason}). Free space or choose another folder.") from error
    try:
        _take(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            raise OutputError(
                f"{folder}: another program is writing to this dataset. Wait until it is done, then repeat."
            ) from error
