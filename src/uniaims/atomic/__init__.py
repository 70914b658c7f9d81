"""Files and folders that are either whole or not there, and that stay once they are.

What is written here outlives a kill and a power cut: its bytes are on the disk before it takes its name, and the name
is before the block is left. What a killed program left goes when the next one writes into the same folder.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uniaims.atomic.claims import claimed, is_left, sweep, sweep_once
from uniaims.atomic.disk import keep_folder, keep_tree, make_folder, write_error
from uniaims.errors import InputError

__all__ = ["atomic_file", "atomic_folder", "is_left", "keep_folder", "keep_tree", "make_folder", "sweep", "write_error"]


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, of the same suffix; it becomes ``path`` on success and goes on failure.

    The file gets the rights that the umask leaves, whatever writes it (safetensors keeps its files to their owner).

    Raises:
        OutputError: if the file can't be written (full disk, missing rights).
    """
    with _explained(path):
        make_folder(path.parent)
        sweep_once(path.parent.absolute())
        with claimed(path.parent) as claim, _removed(claim.place(path.stem, path.suffix)) as temporary:
            rights = _usual_rights(temporary)
            yield temporary
            if temporary.stat().st_mode != rights:
                temporary.chmod(rights)
            keep_tree(temporary)
            temporary.replace(path)
        keep_folder(path.parent)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``; put it in the place of ``path`` on success, delete it on failure.

    A folder that was there is replaced as a whole, so ``path`` must be one that the program made. It is put aside
    first and comes back if the new one can't take its place, or the program is killed just then.

    Raises:
        OutputError: if the folder can't be written.
    """
    path = path.absolute()
    with _explained(path):
        make_folder(path.parent)
        sweep_once(path.parent)
        with claimed(path.parent) as claim, _removed(claim.place(path.name)) as temporary:
            temporary.mkdir()
            yield temporary
            keep_tree(temporary)
            _put_in_place(temporary, path, claim.aside(path.name))
        keep_folder(path.parent)


def _put_in_place(temporary: Path, path: Path, aside: Path) -> None:
    if not path.exists():
        temporary.replace(path)
        return
    path.replace(aside)
    try:
        temporary.replace(path)
    finally:
        if not path.exists():
            aside.replace(path)
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Tell errors of the disk as the user should read them; those of what is read meanwhile pass."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        explained = write_error(path, error)
        if explained is None:
            raise
        raise explained from error


@contextmanager
def _removed(temporary: Path) -> Iterator[Path]:
    """Remove what still has the temporary name when the block is left."""
    try:
        yield temporary
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def _usual_rights(path: Path) -> int:
    """Mode of a new file at ``path``, which is not there; asking for the umask would change it for other threads."""
    path.touch()
    try:
        return path.stat().st_mode
    finally:
        path.unlink()
