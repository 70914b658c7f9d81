"""A server that runs: its port, its link, and how it ends."""

import errno
import secrets
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from uniaims.errors import InputError
from uniaims.server.deadline import LARGEST_HEADER_BYTES, DeadlineProtocol

MOST_CONNECTIONS = 200
KEEP_ALIVE_SECONDS = 20
GRACE_SECONDS = 5
"""So long requests may still run when the server is stopped."""


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0: one that is free.

    Raises:
        InputError: if the port is in use, or not for users, or the host is none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InputError(f"--host {host}: no address of this machine ({error.strerror}). Give 127.0.0.1.") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise _not_bound(host, port, error) from error
    listening.set_inheritable(False)
    return listening


def _not_bound(host: str, port: int, error: OSError) -> InputError:
    if error.errno == errno.EADDRINUSE:
        return InputError(
            f"port {port} is in use, perhaps by another `uniaims serve`: give another one, --port {port + 1}, or let "
            "one be chosen, --port 0."
        )
    if error.errno == errno.EACCES:
        return InputError(f"port {port} is only for the administrator of this machine: give one above 1023.")
    return InputError(f"--host {host}: no address of this machine ({error.strerror}). Give 127.0.0.1.")


def address(listening: socket.socket) -> str:
    """The address of the page."""
    host, port = listening.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"


def new_token() -> str:
    """A secret for a link."""
    return secrets.token_urlsafe(24)


def run(
    app: ASGIApp, listening: socket.socket, on_ready: Callable[[], None], on_end: Callable[[], None] = lambda: None
) -> None:
    """Serve until Ctrl-C or SIGTERM; ``on_ready`` is called once requests are answered, ``on_end`` when no more are."""
    config = uvicorn.Config(
        app,
        http=DeadlineProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LARGEST_HEADER_BYTES,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _Telling(config, on_ready, on_end).run(sockets=[listening])


class _Telling(uvicorn.Server):
    """A server that says when it is ready, and when it ends."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready, self._on_end = on_ready, on_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of those who listen, so that nobody is waited for."""
        self._on_end()
        await super().shutdown(sockets)
