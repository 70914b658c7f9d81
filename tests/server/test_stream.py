"""Events: kept for those that come back, in order, and not for ever."""

from uniaims.server.stream import KEPT, Stream


def test_events_since_one_come_in_order() -> None:
    stream = Stream()
    before = stream.last
    stream.tell("image", {"id": 1}, project=2)
    stream.tell("edit", {}, layer=3)
    told = stream.since(before)
    assert told is not None
    assert [(each.kind, each.project, each.layer) for each in told] == [("image", 2, None), ("edit", None, 3)]
    assert stream.since(told[0].number) == told[1:]
    assert stream.since(stream.last) == []


def test_who_missed_too_much_or_an_earlier_server_is_told_so() -> None:
    stream = Stream()
    start = stream.last
    assert stream.since(start - 1) is None
    for _ in range(KEPT + 1):
        stream.tell("job", {})
    assert stream.since(start) is None
    assert stream.since(start + 1) is not None


def test_listeners_are_woken_until_they_end() -> None:
    stream, woken = Stream(), list[int]()
    end = stream.listen(lambda: woken.append(1))
    stream.tell("job", {})
    end()
    stream.tell("job", {})
    assert woken == [1]
