"""Events as a browser gets them: those that concern it, again after it was away, and whether all were kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi.sse import ServerSentEvent

from uniaims.server.desk import Desk
from uniaims.server.routes.events import events


class Listener:
    """A request of somebody who listens until he has had enough."""

    gone = False

    async def is_disconnected(self) -> bool:
        """Whether he has."""
        return self.gone


async def heard(desk: Desk, count: int, act: Any = lambda: None, **asked: str) -> list[ServerSentEvent]:
    """The first events that come; ``act`` is done once he listens."""
    listener = Listener()
    stream: AsyncIterator[ServerSentEvent] = events(listener, desk.engine.accounts.local().id, desk, **asked)  # type: ignore[arg-type]
    first = await anext(stream)
    assert first.comment == "listening"
    act()
    found = [await asyncio.wait_for(anext(stream), 5) for _ in range(count)]
    listener.gone = True
    await stream.aclose()  # type: ignore[attr-defined]
    return found


def test_a_browser_hears_what_concerns_it(desk: Desk) -> None:
    def act() -> None:
        """Things happen."""
        desk.stream.tell("image", {"id": 1}, project=1)
        desk.stream.tell("image", {"id": 2}, project=2)
        desk.stream.tell("edit", {"seq": 1}, layer=7)
        desk.stream.tell("edit", {"seq": 2}, layer=8)
        desk.stream.tell("job", {"id": 3})

    found = asyncio.run(heard(desk, 3, act, projects="1,5", layers="8"))
    assert [(each.event, each.data) for each in found] == [
        ("image", {"id": 1}),
        ("edit", {"seq": 2}),
        ("job", {"id": 3}),
    ]
    assert not desk.stream._listeners


def test_a_browser_that_was_away_hears_what_it_missed(desk: Desk) -> None:
    seen = str(desk.stream.last)
    desk.stream.tell("image", {"id": 4}, project=1)
    (event,) = asyncio.run(heard(desk, 1, last_event_id=seen))
    assert (event.data, event.id) == ({"id": 4}, str(desk.stream.last))
    (reset,) = asyncio.run(heard(desk, 1, last_event_id="17"))
    assert (reset.event, reset.id) == ("reset", str(desk.stream.last))
