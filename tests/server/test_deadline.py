"""Slow senders: the connection of who is too slow ends, that of who is not stays."""

import asyncio
from contextlib import suppress

import pytest
import uvicorn

from uniaims.server import deadline
from uniaims.server.deadline import DeadlineProtocol

HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 6\r\n"


async def _echo(scope: dict[str, object], receive: object, send: object) -> None:
    body = b""
    while True:
        message = await receive()  # type: ignore[operator]
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": body})  # type: ignore[operator]


async def _talk(parts: list[bytes], pause: float) -> bytes:
    """What comes back from a server that gets parts with pauses between them, until it ends the connection."""
    config = uvicorn.Config(_echo, http=DeadlineProtocol, lifespan="off", ws="none", log_level="critical")
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: DeadlineProtocol(config, state, {}, loop), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    answer = asyncio.ensure_future(reader.read())
    for part in parts:
        if not answer.done():
            writer.write(part)
            await asyncio.sleep(pause)
    data = await asyncio.wait_for(answer, 5)
    writer.close()
    with suppress(OSError):  # the server has gone first
        await writer.wait_closed()
    server.close()
    await server.wait_closed()
    return data


@pytest.mark.parametrize(
    ("parts", "begins"),
    [
        ([HEAD + b"\r\nabcdef"], b"HTTP/1.1 200"),
        ([HEAD + b"\r\n", b"abc", b"def"], b"HTTP/1.1 200"),
        ([b"", b"", b"", b"", b"", HEAD + b"\r\nabcdef"], b"HTTP/1.1 408"),  # says nothing
        ([HEAD[:20], HEAD[20:30], HEAD[30:40], HEAD[40:], b"", b"\r\nabcdef"], b"HTTP/1.1 408"),  # dribbles headers
        ([HEAD + b"\r\nabc", b"", b"", b"", b"", b"def"], b""),  # stops within the body
    ],
)
def test_who_is_too_slow_is_cut_off(monkeypatch: pytest.MonkeyPatch, parts: list[bytes], begins: bytes) -> None:
    monkeypatch.setattr(deadline, "HEADER_SECONDS", 0.06)
    monkeypatch.setattr(deadline, "BODY_SECONDS", 0.06)
    data = asyncio.run(_talk(parts, 0.03))
    assert data.startswith(begins)
    assert bool(data) == bool(begins)
