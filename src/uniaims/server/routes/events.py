"""What happens, as it happens: server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from uniaims.engine.accounts import Account
from uniaims.errors import NotFoundError
from uniaims.server.desk import AtDesk, Desk
from uniaims.server.permits import Reader, seen_by
from uniaims.server.stream import Event

router = APIRouter(tags=["events"])
_NUMBERS = r"^(\d{1,18}(,\d{1,18}){0,63})?$"
CHECK_SECONDS = 5.0
"""So often it is looked whether somebody still listens."""


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request,
    account: Reader,
    desk: AtDesk,
    projects: Annotated[str, Query(pattern=_NUMBERS)] = "",
    layers: Annotated[str, Query(pattern=_NUMBERS)] = "",
    last_event_id: Annotated[str, Header(pattern=r"^\d{0,18}$")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Events of projects and layers from now on, or from the one of ``Last-Event-ID`` on; see docs/server.md."""
    stream, loop, woken = desk.stream, asyncio.get_running_loop(), asyncio.Event()
    wanted, person = (_numbers(projects), _numbers(layers)), desk.engine.accounts.account(account)
    told = int(last_event_id) if last_event_id else stream.last

    def wake() -> None:
        """Called by other threads, also when the loop is ending."""
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(woken.set)

    end = stream.listen(wake)
    try:
        yield ServerSentEvent(comment="listening")
        while not (stream.ended or await request.is_disconnected()):
            woken.clear()
            missed = stream.since(told)
            if missed is None:
                told = stream.last
                yield ServerSentEvent(data={}, event="reset", id=str(told))
            for event in missed or ():
                told = event.number
                if _concerns(event, *wanted) and may_know(desk, person, event):
                    yield ServerSentEvent(data=event.payload, event=event.kind, id=str(told))
            try:
                await asyncio.wait_for(woken.wait(), CHECK_SECONDS)
            except TimeoutError:
                continue
    finally:
        end()


def may_know(desk: Desk, person: Account, event: Event) -> bool:
    """Whether an event is for somebody: one of a project or layer that he may see, or of none."""
    if person.is_administrator or event.layer is None:
        return seen_by(desk, person, event.project)
    with suppress(NotFoundError):
        return seen_by(desk, person, desk.engine.images.of_layer(event.layer).project_id)
    return False


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(part) for part in text.split(",") if part)


def _concerns(event: Event, projects: frozenset[int], layers: frozenset[int]) -> bool:
    """Whether somebody who looks at these wants to know; of layers only who looks at them, projects all if none."""
    if event.layer is not None:
        return event.layer in layers
    return event.project is None or not projects or event.project in projects
