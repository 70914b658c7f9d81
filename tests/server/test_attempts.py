"""Wrong links: each address may fail so often, and so many addresses are remembered."""

import pytest

from uniaims.server import attempts
from uniaims.server.attempts import MOST, WITHIN_SECONDS, Attempts
from uniaims.server.errors import ProblemError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds; tests set them."""
    now = [1000.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: now[0])
    return now


def test_who_failed_too_often_waits_and_may_then_try_again(clock: list[float]) -> None:
    tried = Attempts()
    for _ in range(MOST):
        tried.failed("a")
        clock[0] += 1
    with pytest.raises(ProblemError) as told:
        tried.failed("a")
    assert (told.value.status, told.value.headers["Retry-After"]) == (429, f"{int(WITHIN_SECONDS) - MOST + 1}")
    tried.failed("b")
    clock[0] = 1000.0 + WITHIN_SECONDS
    tried.failed("a")  # the first failure is forgotten, the second not yet
    with pytest.raises(ProblemError):
        tried.failed("a")


@pytest.mark.usefixtures("clock")
def test_the_address_that_was_heard_of_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_ADDRESSES", 2)
    tried = Attempts()
    for _ in range(MOST):
        tried.failed("a")
    tried.failed("b")
    with pytest.raises(ProblemError):
        tried.failed("a")
    tried.failed("c")
    with pytest.raises(ProblemError):
        tried.failed("a")
    tried.failed("d")
    tried.failed("e")
    tried.failed("a")
