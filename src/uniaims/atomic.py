"""Files that are either whole or not there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from uniaims.errors import OutputError


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, of the same suffix; it becomes ``path`` on success and goes on failure.

    Raises:
        OutputError: if the file can't be written (full disk, missing rights).
    """
    temporary = path.with_name(f".{path.stem}.{uuid4().hex[:8]}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path}: can't be written ({error.strerror or error}). Free space or choose another --output."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``; put it in the place of ``path`` on success, delete it on failure.

    A folder that was there is replaced as a whole, so ``path`` must be one that the program made. It is put aside
    first and comes back if the new one can't take its place.

    Raises:
        OutputError: if the folder can't be written.
    """
    path = path.absolute()
    temporary, aside = (path.with_name(f".{path.name}.{uuid4().hex[:8]}.{kind}") for kind in ("partial", "old"))
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
