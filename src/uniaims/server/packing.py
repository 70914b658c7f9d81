"""Answers of bytes, made smaller for whoever can take that."""

import gzip
from collections.abc import Mapping

import imagecodecs
from fastapi import Request, Response

SMALLEST_BYTES = 1_000
"""Shorter answers go as they are."""


def packed(request: Request, data: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer, by zstd or gzip where the request offers one of them and there is something to win."""
    told = {"Vary": "Accept-Encoding", **(headers or {})}
    offered = request.headers.get("accept-encoding", "")
    if len(data) >= SMALLEST_BYTES and "zstd" in offered:
        data, told["Content-Encoding"] = bytes(imagecodecs.zstd_encode(data, 1)), "zstd"
    elif len(data) >= SMALLEST_BYTES and "gzip" in offered:
        data, told["Content-Encoding"] = gzip.compress(data, 1), "gzip"
    return Response(data, media_type=media_type, headers=told)
