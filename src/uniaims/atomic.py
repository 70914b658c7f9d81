"""Files that are either whole or not there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from uniaims.errors import OutputError

NAME_DIGITS = 8
"""Of the random number in temporary names."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, of the same suffix; it becomes ``path`` on success and goes on failure.

    The file gets the rights that the umask leaves, whatever writes it (safetensors keeps its files to their owner).

    Raises:
        OutputError: if the file can't be written (full disk, missing rights).
    """
    temporary = path.with_name(f".{path.stem}.{uuid4().hex[:NAME_DIGITS]}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        rights = _usual_rights(temporary)
        yield temporary
        if temporary.stat().st_mode != rights:
            temporary.chmod(rights)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path}: can't be written ({error.strerror or error}). Free space or choose another --output."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def remove_partial(folder: Path) -> None:
    """Delete what killed programs left of `atomic_file` in a folder; nobody may be writing there now."""
    for left in folder.glob(f".*.{'[0-9a-f]' * NAME_DIGITS}.partial*"):
        with suppress(OSError):
            left.unlink()


def _usual_rights(path: Path) -> int:
    """Mode of a new file at ``path``, which is not there; asking for the umask would change it for other threads."""
    path.touch()
    try:
        return path.stat().st_mode
    finally:
        path.unlink()


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``; put it in the place of ``path`` on success, delete it on failure.

    A folder that was there is replaced as a whole, so ``path`` must be one that the program made. It is put aside
    first and comes back if the new one can't take its place.

    Raises:
        OutputError: if the folder can't be written.
    """
    path = path.absolute()
    temporary, aside = (
        path.with_name(f".{path.name}.{uuid4().hex[:NAME_DIGITS]}.{kind}") for kind in ("partial", "old")
    )
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            path.replace(aside)
        temporary.replace(path)
    except OSError as error:
        if aside.exists() and not path.exists():
            aside.replace(path)
        raise OutputError(
            f"{path}: can't be written ({error.strerror or error}). Free space or choose another --output."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if path.exists():
            shutil.rmtree(aside, ignore_errors=True)
