"""Time limits for slow senders, which uvicorn has none of: on headers, and between two parts of a body."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
LARGEST_HEADER_BYTES = 16 * 2**10
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class DeadlineProtocol(H11Protocol):
    """The HTTP protocol of uvicorn, with an end to waiting for a request that doesn't come."""

    _timer: asyncio.TimerHandle | None = None
    _waits_for_body = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for headers."""
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Take a part, and wait for the next one if there must be one."""
        super().data_received(data)
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._await_body()
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            if self._timer is None or self._waits_for_body:
                self._await_headers()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        self._wait(HEADER_SECONDS, for_body=False)

    def _await_body(self) -> None:
        self._wait(BODY_SECONDS, for_body=True)

    def _wait(self, seconds: float, *, for_body: bool) -> None:
        self._stop_waiting()
        self._waits_for_body = for_body
        self._timer = self.loop.call_later(seconds, self._end)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        """Close the connection; where we ourselves don't take what is sent, its sender is not slow."""
        self._timer = None
        if self._waits_for_body and self.flow.read_paused:
            self._await_body()
            return
        if not self._waits_for_body:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
