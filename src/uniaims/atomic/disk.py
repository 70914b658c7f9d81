"""What is on the disk for good, and what an error of the disk means.

A file that was written lies in memory until the system finds time; a power cut loses it, and may keep its new name for
the old bytes. `os.fsync` waits for the disk: of a file for its bytes, of a folder for the names in it.
"""

import errno
import os
import re
import sys
from pathlib import Path

from uniaims.atomic.claims import is_left
from uniaims.errors import InputError, OutputError, UniaimsError

_NO_SUCH_WAIT = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""File systems that can't wait for the disk answer so; there is nothing more to be done on them."""
_NUMBER_IN_WORDS = re.compile(r"\(os error (\d+)\)")
"""Libraries written in Rust (Polars, safetensors) tell the system's error in words only."""
_DISK = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG,
        errno.ESTALE, errno.EMFILE, errno.ENFILE,
    }
)  # fmt: skip
"""What is the machine's fault, or the user's, and none of the program's."""
_ONLY_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def keep_tree(path: Path) -> None:
    """Wait until a file, or a folder with all that is in it, is on the disk.

    Raises:
        OSError: if it can't be written.
    """
    if not path.is_dir():
        _wait_for(path)
        return
    for folder, _, names in os.walk(path):
        for name in names:
            _wait_for(Path(folder, name))
        keep_folder(Path(folder))


def keep_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk.

    Raises:
        OSError: if they can't be written.
    """
    if sys.platform != "win32":  # Windows opens no folders, and keeps names by itself
        _wait_for(folder)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are not there, for good.

    Raises:
        OSError: if one can't be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    keep_folder(folder.parent)


def write_error(path: Path, error: Exception) -> OutputError | InputError | None:
    """The error to raise where ``path`` could not be written; None if ``error`` is none of the disk.

    What is read meanwhile, to be written there, can fail too: where the system names another file, that can't be read.
    Libraries make other errors of a full disk, or tell it only in words; so what led to the error is looked at too.
    """
    if isinstance(error, UniaimsError) and not isinstance(error, OutputError):
        return None
    reason = str(error) if isinstance(error, OSError) and not isinstance(error, UniaimsError) else ""
    seen: BaseException | None = error
    while seen is not None:
        number = _system_number(seen)
        if number in _DISK or (number and seen is error):
            reason = os.strerror(number)
            if number not in _ONLY_WRITING and (other := _other_file(seen, path)):
                return InputError(f"{other}: can't be read ({reason}). Is it there, whole, and are you allowed to?")
            break
        seen = seen.__cause__ or seen.__context__
    if not reason:
        return None
    return OutputError(f"{path}: can't be written ({reason}). Free space or choose another --output.")


def _other_file(error: BaseException, path: Path) -> str:
    """Name of the file that an error is about, if it is neither ``path`` nor made on the way to it; else empty."""
    name = getattr(error, "filename", None)
    if not isinstance(name, str | bytes) or getattr(error, "filename2", None):
        return ""
    place, target = Path(os.fsdecode(name)).resolve(), path.resolve()
    if place.is_relative_to(target) or target.is_relative_to(place):
        return ""
    beside = place.relative_to(target.parent).parts if place.is_relative_to(target.parent) else ()
    return "" if beside and is_left(beside[0]) else os.fsdecode(name)


def is_of_the_disk(error: Exception) -> bool:
    """Whether an error tells that the machine can't write or read: full, faulty, or not allowed."""
    return _system_number(error) in _DISK


def _system_number(error: BaseException) -> int:
    """The system's number of an error, 0 if it has none."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = _NUMBER_IN_WORDS.search(str(error))
    return int(found[1]) if found else 0


def _wait_for(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_WAIT:
            raise
    finally:
        os.close(descriptor)
