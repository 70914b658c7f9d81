"""The child process that does jobs, one after another; it ends with the process that started it."""

import os
import queue
import sys
import threading
import time
from typing import IO, Any

from uniaims.errors import UniaimsError
from uniaims.jobs.kinds import handler_of
from uniaims.jobs.order import Answer, Order
from uniaims.names import shown
from uniaims.stopping import stop_behind, terminating_like_ctrl_c

PROGRESS_SECONDS = 0.25
"""So long a stage says nothing more after it has said something."""


def serve() -> None:
    """Do the orders that come, until the pipe they come by is closed."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    orders: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin, orders), daemon=True).start()
    with terminating_like_ctrl_c():
        try:
            while True:
                answer(Order.from_line(orders.get()), replies)
        except KeyboardInterrupt:
            return


def answer(order: Order, replies: IO[str]) -> None:
    """Do one order, and say what came of it; a stop is heard and said too."""
    telling = _Telling(replies)
    try:
        result = handler_of(order.kind).run(order, telling.progress)
        telling.say(Answer(result=result))
    except BaseException as error:
        stopped = stop_behind(error) is not None
        if not (stopped or isinstance(error, Exception)):
            raise
        telling.say(Answer(error="" if stopped else _in_words(error), stopped=stopped))


def _in_words(error: BaseException) -> str:
    if isinstance(error, UniaimsError):
        return shown(str(error))
    if isinstance(error, MemoryError):
        return "There is not enough memory for this. Close other programs, or take a smaller image."
    return shown(f"A fault in uniaims, {type(error).__name__}: {error}. Please report it.")


class _Telling:
    """Says how far an order is, not too often."""

    def __init__(self, replies: IO[str]) -> None:
        self._replies = replies
        self._last = ("", 0.0)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Told by the work."""
        now = time.monotonic()
        if (stage, done) == (self._last[0], total) or stage != self._last[0] or now > self._last[1] + PROGRESS_SECONDS:
            self._last = (stage, now)
            self.say(Answer(stage, done, total))

    def say(self, said: Answer) -> None:
        """Send one line."""
        self._replies.write(said.line() + "\n")
        self._replies.flush()


def _listen(source: Any, orders: "queue.Queue[str]") -> None:
    for line in source:
        orders.put(line)
    os._exit(1)  # nobody wants an answer any more
