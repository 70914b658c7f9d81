"""Tags of what can be changed: who changes what he has not seen in its newest state is told."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from uniaims.server.errors import ProblemError

IfMatch = Annotated[str | None, Header(max_length=1000, description="Tag that was seen; without it none is checked.")]
_changing = threading.Lock()
"""Held while something is looked at and changed, so that nobody comes between."""


def tag_of(body: BaseModel, fields: Set[str]) -> str:
    """The tag of those fields of a body that can be changed."""
    return f'"{hashlib.sha256(body.model_dump_json(include=set(fields)).encode()).hexdigest()[:20]}"'


@contextmanager
def unchanged(if_match: str | None, tag_now: Callable[[], str]) -> Iterator[None]:
    """Change something, if its tag is the one that was seen.

    Raises:
        ProblemError: 412 if it has another tag.
    """
    with _changing:
        wanted = {part.strip() for part in if_match.split(",")} if if_match is not None else {"*"}
        if "*" not in wanted and tag_now() not in wanted:
            raise ProblemError(412, "It was changed meanwhile: look at it as it is now, and change it again.")
        yield
