"""Ctrl-C and SIGTERM, heard between two steps, so that nothing is lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Whether somebody has asked the training to stop: the number of the signal, 0 for nobody."""

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
    if threading.current_thread() is not threading.main_thread():  # only there can signals be set
        yield request
        return
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _frame: FrameType | None) -> None:
        request.number = number
        restore()

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield request
    finally:
        restore()
