"""The worker and its child: what comes of a job, whatever becomes of the child."""

import io
import queue
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from uniaims.engine import Engine
from uniaims.engine.images import NewImage
from uniaims.engine.queue import MOST_ATTEMPTS, Job, Queue
from uniaims.errors import ImageError
from uniaims.jobs import child, worker
from uniaims.jobs.order import Answer, Order
from uniaims.jobs.process import Child
from uniaims.jobs.worker import Worker


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine.open(tmp_path_factory.mktemp("data")) as engine:
        (engine.folder / "runs").mkdir()
        yield engine


class Handler:
    """A kind of job; ``run`` is what a test says."""

    def __init__(self, run: Callable[[], Mapping[str, Any]] = dict) -> None:
        self._run = run

    def prepare(self, _engine: Engine, job: Job, folder: Path) -> Order:
        assert folder.is_dir()
        return Order(job.kind, job.params, folder, folder)

    def run(self, order: Order, progress: Callable[[str, int, int], None]) -> Mapping[str, Any]:
        progress("working", 1, 2)
        return self._run()

    def apply(self, _engine: Engine, _job: Job, result: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**result, "applied": True}


class Script:
    """A child that says what a test has written down; at the end it dies."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers, self.stops, self.ended = list(answers), 0, False

    def send(self, order: Order) -> None:
        assert order.kind == "ingest"

    def answer(self, _seconds: float) -> Answer | None:
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    def stop(self) -> None:
        self.stops += 1

    def end(self) -> None:
        self.ended = True


def done(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, make: Callable[[], Script], cancel: bool = False
) -> tuple[Job, list[Job]]:
    """A job when the worker is through with it, and what was told meanwhile."""
    monkeypatch.setattr(worker, "handler_of", lambda _kind: Handler())
    monkeypatch.setattr(worker, "Child", make)
    told, queue = list[Job](), Queue(engine.database)
    account = engine.accounts.local()
    project = engine.projects.named("p") or engine.projects.add("p", account)
    image = engine.images.add(project.id, NewImage("a", f"{len(engine.images.page(project.id)):064x}", 1), account)
    number = queue.add("ingest", {}, account.id, project.id, image.id).id
    claim = queue.claim(["ingest"])
    assert claim is not None
    if cancel:
        queue.cancel(number)
    Worker(engine, queue, told.append).do(claim)
    return queue.get(number), told


def test_progress_and_result_are_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(Answer("read", 1, 3), None, Answer(result={"a": 1}))
    job, told = done(engine, monkeypatch, lambda: script)
    assert (job.state, job.result) == ("done", {"a": 1, "applied": True})
    assert [(each.state, each.stage) for each in told] == [("running", ""), ("running", "read"), ("done", "saving")]
    assert not list((engine.folder / "runs").iterdir())


def test_an_error_fails_the_job_and_its_image(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    place = engine.folder / "runs" / "job-x1" / "original"
    job, _ = done(engine, monkeypatch, lambda: Script(Answer(error=f"{place}/a.png: no image.")))
    assert (job.state, job.error) == ("failed", "a.png: no image.")
    assert job.image_id is not None
    assert engine.images.image(job.image_id).error == "a.png: no image."


def test_a_child_that_dies_costs_an_attempt(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(Answer("read", 1, 3))
    job, _ = done(engine, monkeypatch, lambda: script)
    assert (job.state, job.attempts) == ("queued", 1)
    assert script.ended
    queue = Queue(engine.database)
    for _ in range(MOST_ATTEMPTS - 1):
        claim = queue.claim(["ingest"])
        assert claim is not None
        Worker(engine, queue, lambda _: None).do(claim)
    failed = queue.get(job.id)
    assert failed.state == "failed"
    assert failed.image_id is not None
    assert engine.images.image(failed.image_id).state == "failed"


@pytest.mark.parametrize("last", [[Answer(stopped=True)], []])
def test_a_job_is_stopped_whether_its_child_obeys_or_not(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, last: list[Answer]
) -> None:
    script = Script(None, *last)
    job, _ = done(engine, monkeypatch, lambda: script, cancel=True)
    assert job.state == "cancelled"
    assert script.stops


def answers(run: Callable[[], Mapping[str, Any]], monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """What a child says of an order, in this process."""
    monkeypatch.setattr(child, "handler_of", lambda _kind: Handler(run))
    said = io.StringIO()
    child.answer(Order("any", {}, Path("blobs"), Path("folder")), said)
    return [Answer.from_line(line) for line in said.getvalue().splitlines()]


def raising(error: BaseException) -> Callable[[], Mapping[str, Any]]:
    def run() -> Mapping[str, Any]:
        raise error

    return run


def test_a_child_says_how_far_it_is_and_what_came_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = answers(lambda: {"a": [1]}, monkeypatch)
    assert (first.stage, first.done, first.total, first.is_last) == ("working", 1, 2, False)
    assert (last.result, last.is_last) == ({"a": [1]}, True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImageError("a\x1b.png: no image."), "a\ufffd.png: no image."),
        (MemoryError(), "not enough memory"),
        (ValueError("odd"), "A fault in uniaims, ValueError: odd"),
    ],
)
def test_a_child_says_what_went_wrong(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    assert said in answers(raising(error), monkeypatch)[-1].error


def test_a_child_that_is_stopped_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers(raising(KeyboardInterrupt(15)), monkeypatch)[-1] == Answer(stopped=True)


def test_a_real_child_answers_and_ends() -> None:
    process = Child()
    try:
        process.send(Order("nothing", {}, Path(), Path()))
        said = process.answer(60)
        assert said is not None
        assert "is not known" in said.error
        process.stop()
        with pytest.raises(EOFError):
            while True:
                process.answer(60)
    finally:
        process.end()


def test_a_child_that_obeyed_is_not_killed_at_its_next_order() -> None:
    process, killed = Child.__new__(Child), list[bool]()
    process._orders = io.StringIO()
    process._process = SimpleNamespace(kill=lambda: killed.append(True))  # type: ignore[assignment]
    process._answers, process._stop_by = queue.Queue(), 0.0
    process.send(Order("a", {}, Path(), Path()))
    assert process.answer(0) is None
    assert not killed
