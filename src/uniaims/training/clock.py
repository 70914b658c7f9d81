"""How the minutes of a training are shared out: what comes before its steps, the steps, and what comes after them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SHORTEST_MINUTES = 1e-9
"""What is left for steps where everything else takes all the time: 0 would mean no limit."""


class Clock:
    """The wall time of one start of a training; it runs from when it is made."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._before_steps = 0.0
        self._longest_validation = 0.0

    def begin_steps(self) -> None:
        """Say that everything is read and the first step comes."""
        self._before_steps = time.monotonic() - self._started

    @contextmanager
    def validating(self) -> Iterator[None]:
        """Take the time of a validation: another one comes at the end."""
        began = time.monotonic()
        yield
        self._longest_validation = max(self._longest_validation, time.monotonic() - began)

    def minutes_for_steps(self, minutes: float) -> float:
        """What is left of ``minutes`` in all for steps and the validations between them; 0, no limit, stays 0."""
        if not minutes:
            return 0.0
        return max(minutes - (self._before_steps + self._longest_validation) / 60, SHORTEST_MINUTES)
