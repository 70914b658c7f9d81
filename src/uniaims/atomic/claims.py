"""Who is writing: each temporary file has a claim beside it, which its program holds while it lives.

A claim is a small file under a lock. The system drops the lock when the program ends, however it ends, so no number
of a process need be trusted: numbers come again, and mean nothing on another computer. What stands under a claim that
nobody holds was left by a killed program. Network file systems may keep a lock from other computers; so a claim tells
its computer, and that of another one counts as held for a day. Where there are no locks at all, nothing is swept.
"""

import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from uniaims.atomic.locks import take_lock

LONGEST_STEM_BYTES = 150
"""Longer names are cut in temporary names, which must not grow beyond what file systems take."""
TRUSTED_SECONDS = 24 * 3600
"""A claim of another computer counts as held for so long."""

_CLAIM = re.compile(r"\.uniaims-([0-9a-f]{8})\.claim")
_PARTIAL = re.compile(r"\..*\.([0-9a-f]{8})\.partial(\..*)?", re.DOTALL)
_ASIDE = re.compile(r"\.(.+)\.([0-9a-f]{8})\.old", re.DOTALL)


@dataclass(frozen=True)
class Claim:
    """The right to the temporary names in ``folder`` that have ``number`` in them."""

    folder: Path
    number: str

    def place(self, stem: str, suffix: str = "") -> Path:
        """A temporary path for a file or folder that will be called ``stem`` + ``suffix``."""
        short = os.fsdecode(os.fsencode(stem)[:LONGEST_STEM_BYTES])
        return self.folder / f".{short}.{self.number}.partial{suffix}"

    def aside(self, name: str) -> Path:
        """Where what is called ``name`` waits while another takes its place."""
        return self.folder / f".{name}.{self.number}.old"


@contextmanager
def claimed(folder: Path) -> Iterator[Claim]:
    """Claim temporary names in a folder until the block is left.

    Raises:
        OSError: if the folder can't be written.
    """
    held = None
    while held is None:
        number = uuid4().hex[:8]
        path = _claim_path(folder, number)
        held = _new_claim(path)
    try:
        yield Claim(folder, number)
    finally:
        os.close(held)
        path.unlink(missing_ok=True)


def sweep(folder: Path, *, is_ours: bool = False) -> None:
    """Delete what killed programs left of atomic files and folders, as far as a claim tells that it was theirs.

    What a living program is writing stays. A folder that was put aside comes back if nothing took its place.

    Args:
        folder: where to look; those in it are not looked into.
        is_ours: whether nobody but Uni-AIMS writes there, as in a dataset: what has a temporary name without a claim,
            as older versions left it, goes too.
    """
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:  # no folder, or none that may be read: nothing of ours lies there
        return
    claims = {found[1] for name in names if (found := _CLAIM.fullmatch(name))}
    if is_ours:
        claims |= {found[1] for name in names if (found := _PARTIAL.fullmatch(name))}
    for number in claims:
        with _taken_over(_claim_path(folder, number)) as is_free:
            if is_free:
                _clear(folder, [name for name in names if number in name], number)


@lru_cache(256)
def sweep_once(folder: Path) -> None:
    """Sweep a folder the first time that this process writes there; again where it wrote into many others since."""
    sweep(folder)


def is_left(name: str) -> bool:
    """Whether a file name is one that only atomic files and folders have while they are written."""
    return any(form.fullmatch(name) for form in (_CLAIM, _PARTIAL, _ASIDE))


def _clear(folder: Path, names: list[str], number: str) -> None:
    """Bring back what was put aside, and delete the rest that has the number of a claim, the claim last."""
    for name in names:
        aside, partial = _ASIDE.fullmatch(name), _PARTIAL.fullmatch(name)
        if aside and aside[2] == number:
            if not is_left(aside[1]):  # what was itself half written (one folder written inside another) stays away
                with suppress(OSError):  # another has taken the place, so that it is not needed
                    (folder / name).rename(folder / aside[1])
            _delete(folder / name)
        elif partial and partial[1] == number:
            _delete(folder / name)
    _delete(_claim_path(folder, number))


def _delete(path: Path) -> None:
    """Delete a file or folder, if that is allowed and nobody did it meanwhile."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _claim_path(folder: Path, number: str) -> Path:
    return folder / f".uniaims-{number}.claim"


def _new_claim(path: Path) -> int | None:
    """Descriptor of a new claim, locked where that is possible; None if another swept it before it was."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        if take_lock(descriptor) != "another's" and _is_same(path, descriptor):
            os.write(descriptor, socket.gethostname().encode())
            return descriptor
    except OSError:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    os.close(descriptor)
    return None


def _is_same(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextmanager
def _taken_over(path: Path) -> Iterator[bool]:
    """Whether nobody living holds the claim at ``path``; nobody takes it meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:  # an older version wrote without claims, or its program has just ended
        yield True
        return
    except OSError:  # another user's
        yield False
        return
    try:
        yield take_lock(descriptor) == "ours" and _is_from_here(descriptor)
    finally:
        os.close(descriptor)


def _is_from_here(descriptor: int) -> bool:
    """Whether a claim is of this computer, whose locks are seen for sure, or so old that it must be a dead one's."""
    if time.time() - os.fstat(descriptor).st_mtime > TRUSTED_SECONDS:
        return True
    return os.read(descriptor, 255) == socket.gethostname().encode()
