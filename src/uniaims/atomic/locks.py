"""Locks on files that the operating system lets go of when their program ends, however it ends."""

import errno
import sys
from typing import Literal

Lock = Literal["ours", "another's", "unknown"]

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)


def take_lock(descriptor: int) -> Lock:
    """Lock an open file without waiting; ``unknown`` where the file system knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return "another's" if error.errno in _TAKEN else "unknown"
    return "ours"
