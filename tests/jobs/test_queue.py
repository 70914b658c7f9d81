"""The queue: each job is claimed by one, leases run out, and who comes too late is refused."""

from collections.abc import Iterator

import pytest

from uniaims.engine import Engine
from uniaims.engine import queue as module
from uniaims.engine.queue import LEASE_MS, MOST_ATTEMPTS, Claim, LeaseLostError, Queue
from uniaims.errors import InputError


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine.open(tmp_path_factory.mktemp("data")) as engine:
        yield engine


@pytest.fixture
def queue(engine: Engine) -> Queue:
    queue = Queue(engine.database)
    while claim := queue.claim(["work", "other"]):
        queue.finish(claim, {})
    return queue


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Milliseconds; tests set them."""
    now = [1_000_000_000_000]
    monkeypatch.setattr(module, "now_ms", lambda: now[0])
    return now


def add(engine: Engine, queue: Queue, kind: str = "work", key: str | None = None) -> int:
    return queue.add(kind, {"a": 1}, engine.accounts.local().id, key=key).id


def claimed(queue: Queue, kind: str = "work") -> Claim:
    claim = queue.claim([kind])
    assert claim is not None
    return claim


def test_jobs_are_claimed_in_order_each_once(engine: Engine, queue: Queue) -> None:
    first, other, second = add(engine, queue), add(engine, queue, "other"), add(engine, queue)
    assert [claimed(queue).job.id for _ in range(2)] == [first, second]
    assert queue.claim(["work"]) is None
    assert claimed(queue, "other").job.id == other


def test_progress_and_result_are_kept(engine: Engine, queue: Queue) -> None:
    number = add(engine, queue)
    claim = claimed(queue)
    queue.beat(claim, "network", 3, 9)
    assert (queue.get(number).stage, queue.get(number).done, queue.get(number).total) == ("network", 3, 9)
    queue.finish(claim, {"count": 5})
    done = queue.get(number)
    assert (done.state, done.result, done.attempts) == ("done", {"count": 5}, 1)
    assert done.ended_ms is not None


def test_a_job_whose_lease_ran_out_is_done_again_and_its_first_worker_refused(
    engine: Engine, queue: Queue, clock: list[int]
) -> None:
    number = add(engine, queue)
    old = claimed(queue)
    clock[0] += LEASE_MS - 1
    assert queue.sweep() == 0
    queue.beat(old, "", 0, 0)
    clock[0] += LEASE_MS - 1
    assert queue.sweep() == 0
    clock[0] += 2
    assert queue.sweep() == 1
    new = claimed(queue)
    assert new.job.attempts == 2
    for late in (lambda: queue.beat(old, "", 0, 0), lambda: queue.finish(old, {}), lambda: queue.fail(old, "no")):
        with pytest.raises(LeaseLostError):
            late()
    assert queue.get(number).state == "running"
    queue.finish(new, {})


def test_a_job_that_kills_its_workers_fails(engine: Engine, queue: Queue) -> None:
    number = add(engine, queue)
    for attempt in range(MOST_ATTEMPTS):
        claim = claimed(queue)
        assert claim.job.attempts == attempt + 1
        queue.give_back(claim)
    assert queue.claim(["work"]) is None
    assert queue.get(number).state == "failed"
    assert "died 3 times" in queue.get(number).error
    queue.retry(number)
    assert claimed(queue).job.attempts == 1


def test_the_jobs_of_a_dead_server_wait_again(engine: Engine, queue: Queue) -> None:
    number = add(engine, queue)
    claimed(queue)
    queue.abandon()
    assert queue.get(number).state == "queued"


def test_cancelling(engine: Engine, queue: Queue) -> None:
    waiting = add(engine, queue)
    assert queue.cancel(waiting).state == "cancelled"
    assert queue.claim(["work"]) is None
    running = add(engine, queue)
    claim = claimed(queue)
    assert queue.cancel(running).state == "running"
    assert queue.get(running).cancel
    assert queue.fail(claim, "").state == "cancelled"
    with pytest.raises(InputError, match="neither failed"):
        queue.retry(add(engine, queue))


def test_a_key_makes_jobs_one_until_it_has_failed(engine: Engine, queue: Queue) -> None:
    first = add(engine, queue, key="same")
    assert add(engine, queue, key="same") == first
    queue.fail(claimed(queue), "broken")
    again = add(engine, queue, key="same")
    assert again != first
    queue.finish(claimed(queue), {})
    assert add(engine, queue, key="same") == again


def test_lists_are_the_newest_first(engine: Engine, queue: Queue) -> None:
    numbers = [add(engine, queue) for _ in range(3)]
    assert [job.id for job in queue.list(limit=2)] == numbers[:0:-1]
    assert [job.id for job in queue.list(before=numbers[1], limit=1)] == numbers[:1]
    assert {job.state for job in queue.list(state="queued")} == {"queued"}


def test_a_closed_worker_is_no_fault_of_its_job(engine: Engine, queue: Queue) -> None:
    number = add(engine, queue)
    for _ in range(MOST_ATTEMPTS + 1):
        queue.put_off(claimed(queue))
    assert (queue.get(number).state, queue.get(number).attempts) == ("queued", 0)
