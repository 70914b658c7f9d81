"""The pipes to a child process that does jobs."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import IO, cast

from uniaims.jobs.order import Answer, Order

PATIENCE_SECONDS = 30.0
"""So long a child may take to stop before it is killed."""


class Child:
    """A fresh interpreter that does orders, see `uniaims.jobs.child`."""

    def __init__(self) -> None:
        path = [entry for entry in sys.path if isinstance(entry, str)]
        code = f"import sys; sys.path[:] = {path!r}; from uniaims.jobs.child import serve; serve()"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            process_group=0 if os.name == "posix" else None,  # Ctrl-C is for the first process
        )
        self._orders = cast("IO[str]", self._process.stdin)
        self._answers: queue.Queue[Answer | None] = queue.Queue()
        self._stop_by: float | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def send(self, order: Order) -> None:
        """Give it something to do; it must not be doing anything.

        Raises:
            OSError: if it has died.
        """
        self._stop_by = None  # who obeyed is not killed for it in the middle of what comes next
        self._orders.write(order.line() + "\n")
        self._orders.flush()

    def answer(self, seconds: float) -> Answer | None:
        """The next thing it says; ``None`` if it says nothing for so long.

        Raises:
            EOFError: if it has died.
        """
        if self._stop_by is not None and time.monotonic() > self._stop_by:
            self._process.kill()
        try:
            said = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        if said is None:
            raise EOFError("the child has died")
        return said

    def stop(self) -> None:
        """Ask it to stop what it does; it is killed where it does not."""
        if self._stop_by is None:
            self._stop_by = time.monotonic() + PATIENCE_SECONDS
            self._process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        self._orders.close()

    def _listen(self) -> None:
        with cast("IO[str]", self._process.stdout) as lines:
            for line in lines:
                self._answers.put(Answer.from_line(line))
        self._answers.put(None)
