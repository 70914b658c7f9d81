"""What stands before every route: who may knock (host, origin, size), and what browsers are told about the answer.

Pages of strangers reach a server on this machine through the browser: by names that lead to 127.0.0.1 (DNS
rebinding), and by forms and fetches that carry its cookie. The first are refused by their ``Host``, the second by
``Sec-Fetch-Site`` and ``Origin``.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from uniaims.server.errors import ProblemError, problem_answer

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""No script but our own files, nothing from other hosts."""
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; frame-ancestors 'self'"
)
"""Of reports: pages of their own origin, without cookies, that can fetch nothing."""
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MB = 10**6
_SIZES = (("/uploads", 17 * _MB), ("/edits", 8 * _MB))
"""Largest bodies, by a part of the path; all others 1 MB."""


@dataclass(frozen=True)
class Door:
    """An application behind the checks.

    Attributes:
        app: what is behind.
        names: of this host, beside localhost and addresses in numbers, which no foreign name server can give.
    """

    app: ASGIApp
    names: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if problem := self._refusal(scope, headers):
            await problem_answer(problem)(scope, receive, _with_headers(send))
            return
        await self.app(scope, _limited(receive, _largest(scope["path"])), _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> ProblemError | None:
        """Why a request is refused at the door."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return ProblemError(421, f"The address says host {host!r}: open the link that the terminal prints.")
        if scope["method"] not in _SAFE and _is_foreign(scope, headers, host):
            return ProblemError(403, "Another web page sent this: only the page of this server may.", "cross_site")
        size, largest = headers.get("content-length", ""), _largest(scope["path"])
        if size and not (size.isascii() and size.isdigit() and int(size) <= largest):
            return ProblemError(413, f"{size} bytes came: wanted at most {largest:,}. Send less at a time.")
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name == "localhost" or name in self.names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def _is_foreign(scope: Scope, headers: Headers, host: str) -> bool:
    """Whether a request that changes something comes from another page; scripts tell neither site nor origin."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and origin != f"{scope['scheme']}://{host}"


def _largest(path: str) -> int:
    return next((size for part, size in _SIZES if part in path), _MB)


def _limited(receive: Receive, largest: int) -> Receive:
    """Receive no more bytes than a body may have, whatever its length was said to be."""
    seen = 0

    async def limited() -> Message:
        """The next part."""
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > largest:
            raise HTTPException(413, f"More than {largest:,} bytes came. Send less at a time.")
        return message

    return limited


def _with_headers(send: Send) -> Send:
    async def told(message: Message) -> None:
        """Send a part, the first one with our headers where the route has not set its own."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return told
