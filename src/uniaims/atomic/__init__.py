"""Files and folders that are either whole or not there, and that stay once they are.

What is written here outlives a kill and a power cut: its bytes are on the disk before it takes its name, and the name
is before the block is left. What a killed program left goes when the next one writes into the same folder. A path that
is a link is followed: the link stays, and what it leads to is replaced.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from uniaims.atomic.claims import claimed, is_left, sweep, sweep_once
from uniaims.atomic.disk import keep_folder, keep_tree, make_folder, write_error
from uniaims.errors import InputError, OutputError

__all__ = [
    "atomic_file",
    "atomic_files",
    "atomic_folder",
    "is_left",
    "keep_folder",
    "keep_tree",
    "make_folder",
    "sweep",
    "write_error",
]

_NOT_TO_BE_MOVED = (errno.EBUSY, errno.EXDEV)
"""What the system says of a folder that another disk or folder is mounted on."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, of the same suffix; it becomes ``path`` on success and goes on failure.

    The file gets the rights that the umask leaves, whatever writes it (safetensors keeps its files to their owner).

    Raises:
        OutputError: if the file can't be written (full disk, missing rights), or a pipe or a device is called so.
    """
    path = _behind_links(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OutputError(f"{path} is a pipe or a device: a result is a file. Give the name of a new one.")
    with _explained(path):
        make_folder(path.parent)
        sweep_once(path.parent)
        with claimed(path.parent) as claim, _removed(claim.place(path.stem, path.suffix)) as temporary:
            rights = _usual_rights(temporary)
            yield temporary
            if temporary.stat().st_mode != rights:
                temporary.chmod(rights)
            keep_tree(temporary)
            temporary.replace(path)
        keep_folder(path.parent)


def atomic_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write many files, each whole or not there, and wait for the disk once for each folder instead of each file.

    Args:
        folder: where they are written first; nobody but Uni-AIMS writes there.
        contents: the bytes of each by its path in ``folder``.

    Raises:
        OutputError: if one can't be written; those that come before it may be there.
    """
    with _explained(folder):
        make_folder(folder)
        sweep_once(folder)
        with claimed(folder) as claim:
            temporary = {name: claim.place(Path(name).name) for name in contents}
            try:
                for name, path in temporary.items():
                    path.write_bytes(contents[name])
                for name, path in temporary.items():
                    keep_tree(path)
                    make_folder((folder / name).parent)
                    path.replace(folder / name)
            finally:
                for path in temporary.values():
                    path.unlink(missing_ok=True)
        for parent in {(folder / name).parent for name in contents}:
            keep_folder(parent)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``; put it in the place of ``path`` on success, delete it on failure.

    A folder that was there is replaced as a whole, so ``path`` must be one that the program made. It is put aside
    first and comes back if the new one can't take its place, or the program is killed just then.

    Raises:
        OutputError: if the folder can't be written, or what is there can't be replaced as a whole.
    """
    path = _behind_links(path)
    _check_replaceable(path)
    with _explained(path):
        make_folder(path.parent)
        sweep_once(path.parent)
        with claimed(path.parent) as claim, _removed(claim.place(path.name)) as temporary:
            temporary.mkdir()
            yield temporary
            keep_tree(temporary)
            _put_in_place(temporary, path, claim.aside(path.name))
        keep_folder(path.parent)


def _behind_links(path: Path) -> Path:
    """The absolute path of what a path, or a link, leads to."""
    return Path(os.path.realpath(path))


def _check_replaceable(path: Path) -> None:
    """Refuse what no folder can take the place of, before there is any work to be lost."""
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path} is no folder. Choose a new one, or remove it.")
    if os.path.ismount(path):
        raise _held(path, "is where a disk or a folder is mounted")
    if path.is_dir() and any(path.samefile(folder) for folder in _folders_around()):
        raise _held(path, "is the folder that you are in, or one above it")


def _folders_around() -> list[Path]:
    """The folder that the program is in and those above it; none where it was removed meanwhile."""
    try:
        return [Path.cwd(), *Path.cwd().parents]
    except FileNotFoundError:
        return []


def _held(path: Path, why: str) -> OutputError:
    return OutputError(f"{path} {why}, so that it can't be replaced as a whole. Choose a new folder: {path / 'new'}")


def _put_in_place(temporary: Path, path: Path, aside: Path) -> None:
    if not path.exists():
        temporary.replace(path)
        return
    try:
        path.replace(aside)
    except OSError as error:
        if error.errno in _NOT_TO_BE_MOVED:
            raise _held(path, "is where a disk or a folder is mounted") from error
        raise
    try:
        temporary.replace(path)
    finally:
        if not path.exists():
            aside.replace(path)
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Tell errors of the disk as the user should read them, be it of what is written or of what is read meanwhile."""
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
