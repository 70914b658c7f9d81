"""How often somebody may try: wrong links are answered calmly only so many times."""

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from uniaims.server.errors import ProblemError

MOST = 10
WITHIN_SECONDS = 300.0
MOST_ADDRESSES = 1000
"""Held at a time; the one that was heard of longest ago goes first."""


@dataclass
class Attempts:
    """Failures by address. Who has the right link is let in however often others failed."""

    _failed: "OrderedDict[str, deque[float]]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def failed(self, address: str) -> None:
        """Note a failure.

        Raises:
            ProblemError: 429 if there were too many.
        """
        now = time.monotonic()
        with self._lock:
            times = self._failed.setdefault(address, deque(maxlen=MOST))
            self._failed.move_to_end(address)
            while len(self._failed) > MOST_ADDRESSES:
                self._failed.popitem(last=False)
            if len(times) == MOST and times[0] > now - WITHIN_SECONDS:
                wait = int(times[0] + WITHIN_SECONDS - now) + 1
                raise ProblemError(429, f"Too many wrong links: wait {wait} s.", headers={"Retry-After": str(wait)})
            times.append(now)
