"""The child's side: call after call, until the process that started it is gone."""

import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from uniaims import guard
from uniaims.errors import UniaimsError
from uniaims.guard.frames import Frame, Reply, Terms, pickled, receive, send, unpickled

if sys.platform != "win32":
    import resource

_GRACE_S = 5.0
"""The alarm, for when nobody is left to stop this process, waits so much longer than the other side does."""


def serve(modules: Sequence[str]) -> None:
    """Import `modules`, say that all is ready, and answer what comes by standard input on standard output."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    guard.inside = True
    _settle()
    for name in modules:
        import_module(name)
    waiting: SimpleQueue[Frame] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    send(replies, pickled(Reply()))
    while True:
        _keep_to(unpickled(waiting.get()))
        answer = _answer(waiting.get())
        _set_alarm(0)
        send(replies, answer)
        del answer


def _listen(requests: IO[bytes], waiting: "SimpleQueue[Frame]") -> None:
    """Queue what comes; at its end the other process is gone, and so is the reason to go on with anything."""
    while True:
        try:
            waiting.put(receive(requests))
        except (OSError, EOFError):
            os._exit(0)


def _answer(request: Frame) -> Frame:
    """The answer to a call, ready to be sent."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            function, arguments = unpickled(request)
            reply = Reply(function(*arguments))
        except Exception as error:
            reply = Reply(error=_portable(error))
    told = dict.fromkeys((str(each.message), each.category, each.filename, each.lineno) for each in caught)
    try:
        return pickled(replace(reply, warnings=tuple(told)))
    except Exception as error:
        return pickled(Reply(error=_portable(error)))


def _portable(error: Exception) -> Exception:
    """The error, if pickle takes it as it is, else one that says the same; with its traceback, unless it is ours."""
    try:
        copied = pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:
        copied = None
    told = error if type(copied) is type(error) else RuntimeError(f"{type(error).__name__}: {error}")
    if not isinstance(error, UniaimsError):
        told.add_note("".join(traceback.format_exception(error)))
    return told


def _settle() -> None:
    """Signals and limits that hold for the whole life of this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # where memory gets short after all, Linux then ends this process before any other
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _keep_to(terms: Terms) -> None:
    """Set the limits of a call, and the folder that it starts from."""
    _set_alarm(terms.seconds + _GRACE_S)
    if terms.folder:
        os.chdir(terms.folder)
    if sys.platform != "win32":
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = terms.memory_bytes if most == resource.RLIM_INFINITY else min(terms.memory_bytes, most)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


def _set_alarm(seconds: float) -> None:
    """End this process after so many seconds, 0 for never; nothing that runs in it can put that off."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)
