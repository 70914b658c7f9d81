"""How faults are told over HTTP: problem documents (RFC 9457) with a stable code as ``type``."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from uniaims.atomic.disk import is_of_the_disk
from uniaims.errors import ConflictError, InputError, NotFoundError, OutputError, UniaimsError
from uniaims.names import shown

_log = logging.getLogger(__name__)
_CODES = {
    400: "invalid",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "not_found",
    409: "conflict",
    412: "stale",
    413: "too_large",
    415: "wrong_type",
    421: "foreign_host",
    422: "invalid",
    429: "too_often",
    503: "busy",
    507: "disk_full",
}
_STATUS: Mapping[type[Exception], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    InputError: 422,
    UniaimsError: 422,
    UnicodeError: 422,
}
"""Status of our own errors; the first that fits counts."""
_LONGEST_DETAIL = 2000


class ProblemError(Exception):
    """A request that can't be done, as its sender is told.

    Attributes:
        status: of HTTP.
        code: stable, by which the page translates; the usual one of the status if not given.
        detail: what came, what was wanted, what to do.
        headers: of the answer.
    """

    def __init__(self, status: int, detail: str, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code or _CODES.get(status, "fault")
        self.headers = dict(headers or {})


def missing(what: str) -> ProblemError:
    """The problem that something is not there, or not for who asks."""
    return ProblemError(404, f"{what}: there is none of this number. It may have been deleted.")


def problem_answer(problem: ProblemError, **more: Any) -> JSONResponse:
    """The answer that tells a problem."""
    body = {
        "type": problem.code,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": shown(problem.detail)[:_LONGEST_DETAIL],
        **more,
    }
    return JSONResponse(body, problem.status, problem.headers, "application/problem+json")


def as_problem(error: Exception) -> ProblemError:
    """What is told of an error that a route raised."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, HTTPException):
        return ProblemError(error.status_code, str(error.detail), headers=error.headers)
    if isinstance(error, OutputError) or (isinstance(error, OSError) and is_of_the_disk(error)):
        return ProblemError(507, f"The disk of the server takes no more, nothing was changed: {error}")
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return ProblemError(status, str(error))
    _log.error("a route failed", exc_info=error)
    return ProblemError(500, f"A fault in the server, {type(error).__name__}. Please report it; its log tells more.")


def tell_problems(app: FastAPI) -> None:
    """Let an application answer every error by a problem document."""

    def told(_request: Request, error: Exception) -> JSONResponse:
        """The answer to an error."""
        return problem_answer(as_problem(error))

    @app.exception_handler(RequestValidationError)
    def not_valid(_request: Request, error: RequestValidationError) -> JSONResponse:
        """The answer to a body or an address that does not fit."""
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem_answer(ProblemError(422, f"{where}: {first['msg']}."), where=where)

    for kind in (ProblemError, HTTPException, UniaimsError, OSError, UnicodeError, Exception):
        app.add_exception_handler(kind, told)
