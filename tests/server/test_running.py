"""A server that runs: its sockets, its address, and that it says when it begins and ends."""

import errno
import socket
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from uniaims.errors import InputError
from uniaims.server import running
from uniaims.server.running import address, bound, new_token


def test_addresses_are_those_that_open() -> None:
    with bound("127.0.0.1", 0) as listening:
        assert address(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"
    with bound("0.0.0.0", 0) as listening:
        assert address(listening).startswith("http://127.0.0.1:")
    if socket.has_ipv6:
        with bound("::1", 0) as listening:
            assert address(listening).startswith("http://[::1]:")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.EADDRINUSE, "port 80 is in use.*--port 81"),
        (errno.EACCES, "port 80 is only for the administrator"),
        (errno.EADDRNOTAVAIL, "--host 127.0.0.1: no address of this machine"),
    ],
)
def test_a_socket_that_can_not_listen_is_told_and_closed(monkeypatch: pytest.MonkeyPatch, code: int, said: str) -> None:
    made = list[socket.socket]()

    def refuse(listening: socket.socket, _address: object) -> None:
        made.append(listening)
        raise OSError(code, "refused")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(InputError, match=said):
        bound("127.0.0.1", 80)
    assert [each.fileno() for each in made] == [-1]


def test_secrets_are_long_and_each_another() -> None:
    tokens = {new_token() for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 32


def test_it_answers_once_it_is_ready_and_says_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process: uvicorn outside of the main thread takes no signals."""
    servers, events = list[running._Telling](), list[str]()
    ready = threading.Event()
    begin = running._Telling.__init__

    def kept(server: running._Telling, *given: object) -> None:
        servers.append(server)
        begin(server, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(running._Telling, "__init__", kept)
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    with bound("127.0.0.1", 0) as listening:
        place = address(listening)
        thread = threading.Thread(target=running.run, args=(app, listening, ready.set, lambda: events.append("end")))
        thread.start()
        assert ready.wait(10)
        answer = httpx.get(place)
        assert (answer.text, "server" in answer.headers, events) == ("here", False, [])
        servers[0].should_exit = True
        thread.join(10)
    assert not thread.is_alive()
    assert events == ["end"]
