"""Answers are kept by account and key for a day."""

import pytest

from uniaims.engine import repeats
from uniaims.engine.repeats import LIFETIME_MS, Kept, Repeats

ANSWER = Kept("d" * 64, 201, {"location": "/é"}, b"\0body")


@pytest.fixture
def clock(monkeypatch):
    """Milliseconds; tests set them."""
    now = [10**12]
    monkeypatch.setattr(repeats, "now_ms", lambda: now[0])
    return now


def test_an_answer_is_found_for_a_day_by_whose_it_is(engine, me, clock):
    kept = Repeats(engine.database)
    kept.keep(me.account_id, "key", ANSWER)
    assert kept.find(me.account_id, "key") == ANSWER
    assert kept.find(me.account_id, "other") is None
    assert kept.find(me.account_id + 10**6, "key") is None
    clock[0] += LIFETIME_MS - 1
    assert kept.find(me.account_id, "key") == ANSWER
    clock[0] += 1
    assert kept.find(me.account_id, "key") is None


def test_a_key_may_come_again_once_its_answer_is_too_old(engine, me, clock):
    kept = Repeats(engine.database)
    kept.keep(me.account_id, "again", ANSWER)
    clock[0] += LIFETIME_MS
    other = Kept("e" * 64, 200, {}, b"")
    kept.keep(me.account_id, "again", other)
    assert kept.find(me.account_id, "again") == other
