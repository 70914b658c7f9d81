"""What happens, told to browsers as it happens; the last few thousand events are kept for those that come back."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

KEPT = 4_096
"""Whoever missed more fetches all anew."""


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        number: in rising order, over restarts of the server too.
        kind: ``edit``, ``image``, ``job`` and so on.
        payload: what is told, as JSON.
        project: whom it concerns; ``None``: everybody.
        layer: the layer that it is about, for those who look at it only.
    """

    number: int
    kind: str
    payload: Mapping[str, Any]
    project: int | None = None
    layer: int | None = None


class Stream:
    """The events of a server; once it has ``ended`` nobody listens any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = time.time_ns() // 1_000  # above that of any server before
        self._first = self._number
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._listeners: set[Callable[[], None]] = set()
        self.ended = False

    @property
    def last(self) -> int:
        """Number of the last event."""
        return self._number

    def tell(self, kind: str, payload: Mapping[str, Any], project: int | None = None, layer: int | None = None) -> None:
        """Tell everybody who listens; from any thread."""
        with self._lock:
            self._number += 1
            self._kept.append(Event(self._number, kind, payload, project, layer))
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()

    def end(self) -> None:
        """Let those who listen go: the server stops."""
        self.ended = True
        with self._lock:
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()

    def since(self, number: int) -> list[Event] | None:
        """The events after one; ``None`` if not all of them are kept."""
        with self._lock:
            oldest = self._kept[0].number if self._kept else self._number + 1
            if number < max(self._first, oldest - 1):
                return None
            return [event for event in self._kept if event.number > number]

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have ``wake`` called after each event, from any thread; gives what ends that."""
        with self._lock:
            self._listeners.add(wake)

        def end() -> None:
            """Listen no more."""
            with self._lock:
                self._listeners.discard(wake)

        return end
