"""One child process, and the pipes to it."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, cast

from uniaims.guard.frames import Frame, Reply, Terms, pickled, receive, send, unpickled
from uniaims.guard.watch import Verdict, Watch

if sys.platform == "linux":
    import fcntl

_START_S = 300.0
"""A child that hasn't come up by then never will: on a busy machine with a slow disk, imports take a minute."""
_PIPE_BYTES = 2**20
_DAMAGED = "the file is damaged, or made to do so; export it again with the program that it comes from"


@dataclass(frozen=True)
class Death:
    """How a child ended in place of an answer; `status` is its exit status, negative for a signal."""

    verdict: Verdict
    status: int

    def reason(self, terms: Terms) -> str:
        """For the user."""
        if self.verdict == "time":
            return f"reading it took more than {terms.seconds:.0f} s and was stopped: {_DAMAGED}"
        if self.verdict == "memory":
            limit = f"{terms.memory_bytes / 1e9:.1f} GB"
            return f"reading it took more memory than there is for it ({limit}) and was stopped: {_DAMAGED}"
        return f"the process that read it died of it ({_named(self.status)}): {_DAMAGED}"


class Child:
    """A fresh interpreter that serves calls, see `uniaims.guard.child`."""

    def __init__(self, modules: Sequence[str]) -> None:
        path = [entry for entry in sys.path if isinstance(entry, str)]
        code = f"import sys; sys.path[:] = {path!r}; from uniaims.guard.child import serve; serve({tuple(modules)!r})"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # it would reserve 40 MB for each
            process_group=0 if os.name == "posix" else None,  # Ctrl-C is for the first process
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._replies = cast("IO[bytes]", self._process.stdout)
        _widen(self._requests, self._replies)
        self._is_ready = False
        self.is_used = False

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def answer(self, terms: Terms, request: Frame) -> Reply | Death:
        """What came of a request.

        Raises:
            RuntimeError: if the process could not be started.
        """
        if not self._is_ready:
            self._await_ready()
        self.is_used = True
        with Watch(self._process, terms.seconds, terms.memory_bytes) as watch:
            try:
                send(self._requests, pickled(terms))
                send(self._requests, request)
                reply = unpickled(receive(self._replies))
            except (OSError, EOFError, pickle.UnpicklingError):
                reply = None
        if isinstance(reply, Reply):
            return reply
        status = self.end()
        return Death(watch.verdict or _verdict_on(status), status)

    def end(self) -> int:
        """Kill it and close the pipes; gives its exit status."""
        self._process.kill()
        status = self._process.wait()
        for stream in (self._requests, self._replies):
            with suppress(OSError):  # what was not sent yet can't be any more
                stream.close()
        return status

    def _await_ready(self) -> None:
        with Watch(self._process, _START_S, sys.maxsize):
            try:
                receive(self._replies)
            except (OSError, EOFError) as error:
                text = f"the process that reads files could not be started (exit status {self.end()})"
                raise RuntimeError(text) from error
        self._is_ready = True


def _widen(*pipes: IO[bytes]) -> None:
    """Larger pipes, where the system has them: fewer changes between the processes."""
    if sys.platform == "linux":
        for pipe in pipes:
            with suppress(OSError):  # the user's share may be spent
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _verdict_on(status: int) -> Verdict:
    """Why a child ended that nobody here had killed."""
    if sys.platform != "win32":
        if status == -signal.SIGALRM:
            return "time"
        if status == -signal.SIGKILL:  # by the system, which then was short of memory
            return "memory"
    return "crash"


def _named(status: int) -> str:
    """A status for the user: ``SIGSEGV``, or its number."""
    with suppress(ValueError):
        return signal.Signals(-status).name
    return f"exit status {status}"
