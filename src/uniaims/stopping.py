"""Ctrl-C and SIGTERM: how a program stops, what led to an error, and when a long work hears of it.

Servers and schedulers end a program by SIGTERM; both signals arrive as a `KeyboardInterrupt`, which carries the number
of the signal where it is known.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stop_behind(error: BaseException) -> KeyboardInterrupt | None:
    """The stop that led to an error: a library that was being imported may make another one of it."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen


def stop_signal(stop: KeyboardInterrupt | None) -> int:
    """Number of the signal that a stop came by, where that is told; else, or if there was none, 0."""
    return int(stop.args[0]) if stop and stop.args else 0


class StopRequest:
    """Whether somebody has asked a long work to stop: the number of the signal, 0 for nobody."""

    def __init__(self) -> None:
        self.number = 0

    @property
    def asked(self) -> bool:
        """Whether it is to stop."""
        return self.number != 0

    def obey(self) -> None:
        """Stop here, if it is to stop; what is to be kept must be saved.

        Raises:
            KeyboardInterrupt: with the number of the signal, from which the command line makes its exit code.
        """
        if self.asked:
            raise KeyboardInterrupt(self.number)


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Note the first signal instead of breaking off; a second one breaks off at once, as without this."""
    request = StopRequest()
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, _frame: FrameType | None) -> None:
        """Note the signal; the next one stops at once."""
        request.number = number
        for each, handler in before.items():
            signal.signal(each, handler)

    with handling(dict.fromkeys(SIGNALS, note)):
        yield request


@contextmanager
def terminating_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM stop as cleanly as Ctrl-C."""

    def stop(number: int, _frame: FrameType | None) -> None:
        """Stop as Ctrl-C does."""
        raise KeyboardInterrupt(number)

    with handling({signal.SIGTERM: stop}):
        yield


@contextmanager
def handling(handlers: dict[signal.Signals, Handler]) -> Iterator[None]:
    """Handle signals in another way meanwhile; outside the main thread, where Python allows none, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
