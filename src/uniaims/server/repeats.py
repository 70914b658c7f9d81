"""Requests that may come twice: a POST with an ``Idempotency-Key`` is done once, and answered the same again.

The answer is kept once the work is done: a server that is killed between the two does it again.
"""

import asyncio
import hashlib
import logging
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from uniaims.engine.repeats import Kept, Repeats
from uniaims.engine.sessions import Sessions
from uniaims.errors import UniaimsError
from uniaims.server.desk import token_of
from uniaims.server.errors import ProblemError, as_problem, problem_answer

_log = logging.getLogger(__name__)
HEADER = "idempotency-key"
LONGEST_KEY = 100
LARGEST_BYTES = 2**18
"""Longer answers are not kept."""
_TOLD = ("content-type", "location", "etag")


@dataclass(frozen=True)
class Once:
    """An application that does what has a key once.

    Attributes:
        app: the application.
        repeats: where answers are kept.
        sessions: who asks; what strangers send is not kept.
    """

    app: ASGIApp
    repeats: Repeats
    sessions: Sessions
    _running: MutableMapping[tuple[int, str], asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else None
        account = await to_thread.run_sync(self._account, scope) if key is not None else None
        if key is None or account is None:
            await self.app(scope, receive, send)
        elif not 0 < len(key) <= LONGEST_KEY:
            problem = ProblemError(422, f"Idempotency-Key: wanted 1 to {LONGEST_KEY} characters.")
            await problem_answer(problem)(scope, receive, send)
        else:
            lock = self._running.setdefault((account, key), asyncio.Lock())
            async with lock:
                await self._once(account, key, scope, receive, send)

    async def _once(self, account: int, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _whole(receive)
        except HTTPException as error:  # it is too large
            await problem_answer(as_problem(error))(scope, receive, send)
            return
        digest = hashlib.sha256(b"\0".join((scope["path"].encode(), scope["query_string"], body))).hexdigest()
        kept = await to_thread.run_sync(self.repeats.find, account, key)
        if kept is not None:
            await _again(kept, digest)(scope, receive, send)
            return
        answer = _Heard(send)
        await self.app(scope, _told(body), answer)
        if 200 <= answer.status < 300 and len(answer.body) <= LARGEST_BYTES:
            headers = {name: value for name, value in answer.headers.items() if name in _TOLD}
            await self._keep(account, key, Kept(digest, answer.status, headers, bytes(answer.body)))
        await answer.finish()

    async def _keep(self, account: int, key: str, answer: Kept) -> None:
        try:
            await to_thread.run_sync(self.repeats.keep, account, key, answer)
        except UniaimsError:  # a full disk: what was done is done, but coming again it would be done again
            _log.exception("an answer can't be kept")

    def _account(self, scope: Scope) -> int | None:
        token = token_of(Request(scope))
        return self.sessions.account_of(token) if token else None


def _again(kept: Kept, digest: str) -> Response:
    """The answer that was given, unless another request has the same key."""
    if kept.digest != digest:
        told = "This key came with another request before: take a new one."
        return problem_answer(ProblemError(422, told, "key_reused"))
    return Response(kept.body, kept.status, dict(kept.headers))


async def _whole(receive: Receive) -> bytes:
    parts, more = bytearray(), True
    while more:
        message = await receive()
        parts += message.get("body", b"")
        more = message.get("more_body", False) and message["type"] == "http.request"
    return bytes(parts)


def _told(body: bytes) -> Receive:
    """Gives a body that was read already."""
    left = [body]

    async def receive() -> Message:
        """The body, once; then nothing more comes."""
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive


class _Heard:
    """Hears an answer on its way, and holds its end back until it is kept."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._last: Message | None = None
        self.status, self.body = 0, bytearray()
        self.headers = Headers()

    async def __call__(self, message: Message) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], Headers(raw=message["headers"])
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self._last = message
                return
        await self._send(message)

    async def finish(self) -> None:
        """Send the end."""
        if self._last is not None:
            await self._send(self._last)
