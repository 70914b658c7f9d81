"""A child process in which strangers' files are read: a hang, a crash or want of memory there costs that file alone.

>>> raw = guarded(formats.read, Path("powder.tif"), 0, about="powder.tif")         # doctest: +SKIP

The child is a fresh interpreter that imports what it is asked for and stays for the next file. Functions go there by
name, arguments and results as pickles, arrays as the bytes that they are. It ends with the process that started it,
however that ends. It guards against accidents and bad files; it is no prison for code that has taken it over.
"""

import atexit
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from uniaims.errors import ImageError
from uniaims.guard.frames import Reply, Terms, pickled
from uniaims.guard.process import Child
from uniaims.guard.watch import free_bytes

__all__ = ["Guard", "Limits", "cool", "guarded", "warm"]

Result = TypeVar("Result")

LEAST_MEMORY_BYTES = 2**30
MEMORY_SHARE = 0.75


@dataclass(frozen=True)
class Limits:
    """What one call may take.

    Attributes:
        seconds: for every call.
        seconds_per_mb: and for each megabyte (10^6 bytes) of the files and arguments that it is given.
        memory_bytes: of the child; ``None``: three quarters of what is free when the call begins, at least 1 GiB.
    """

    seconds: float = 60.0
    seconds_per_mb: float = 1.0
    memory_bytes: int | None = None

    def terms(self, size_bytes: int) -> Terms:
        """Those of a call that begins now and reads so many bytes."""
        free = max(LEAST_MEMORY_BYTES, int(MEMORY_SHARE * free_bytes()))
        seconds = self.seconds + self.seconds_per_mb * size_bytes / 1e6
        return Terms(seconds, free if self.memory_bytes is None else self.memory_bytes, _current_folder())


class Guard:
    """One child process, for one caller at a time; `guarded` shares those of the whole process out.

    The child starts with the first call, or by `start` without waiting for it. Where one has died, the next call
    starts another.
    """

    def __init__(self, limits: Limits | None = None, modules: Sequence[str] = ()) -> None:
        """With `limits` for each call; `modules` are imported while the child starts."""
        self._limits = limits or Limits()
        self._modules = tuple(modules)
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Number of the child's process, if there is one."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start the child, if there is none, and don't wait until it is ready."""
        self._started()

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def call(self, function: Callable[..., Result], *arguments: Any, about: str | Path) -> Result:
        """What ``function(*arguments)`` gives in the child; its exceptions and warnings come here too.

        Args:
            function: of the first level of a module.
            arguments: what pickle takes.
            about: the file or image that it reads, for messages.

        Raises:
            ImageError: if it took more time or memory than it may, or the child died of it.
        """
        request = pickled((function, arguments))
        terms = self._limits.terms(sum(part.nbytes for part in request) + sum(map(_file_bytes, arguments)))
        while True:
            child = self._started()
            is_fresh = not child.is_used
            try:
                reply = child.answer(terms, request)
            except BaseException:  # Ctrl-C, say: an answer that nobody waits for would be taken for the next one's
                self.close()
                raise
            if isinstance(reply, Reply):
                result: Result = reply.result()
                return result
            self.close()
            if is_fresh or reply.verdict == "time":
                raise ImageError(f"{about}: {reply.reason(terms)}")
            # An earlier file may have done the damage: that is tried out with a fresh child.

    def _started(self) -> Child:
        if self._child is None:
            self._child = Child(self._modules)
        return self._child


def guarded(function: Callable[..., Result], *arguments: Any, about: str | Path) -> Result:
    """`Guard.call` with a child that is free, else with a new one; threads that call at a time have one each.

    Raises:
        ImageError: if it took more time or memory than it may, or the child died of it.
    """
    if inside:
        return function(*arguments)
    idle = _idle_here()
    try:
        guard = idle.pop()
    except IndexError:
        guard = Guard()
    try:
        return guard.call(function, *arguments, about=about)
    finally:
        idle.append(guard)


def warm(*modules: str) -> None:
    """Start the child that the next `guarded` will use, if there is none, and let it import `modules` meanwhile."""
    idle = _idle_here()
    if not idle:
        guard = Guard(modules=modules)
        guard.start()
        idle.append(guard)


inside = False
"""Whether this process is a child itself, which needs no further one."""

_idle: dict[int, list[Guard]] = {}
"""By process: one that was forked must leave the pipes of the first alone."""


def _idle_here() -> list[Guard]:
    return _idle.setdefault(os.getpid(), [])


@atexit.register
def cool() -> None:
    """End the children that wait for calls; what comes next starts another."""
    idle = _idle_here()
    while idle:
        idle.pop().close()


def _file_bytes(argument: Any) -> int:
    """Size of an argument that is the path of a file; else 0."""
    try:
        return argument.stat().st_size if isinstance(argument, Path) and argument.is_file() else 0
    except OSError:
        return 0


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was deleted
        return ""
