"""The worker: takes jobs from the queue, lets a child process do them, and beats so that nobody else takes them."""

import logging
import re
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from uniaims.engine import Engine
from uniaims.engine.queue import Claim, Job, LeaseLostError, Queue
from uniaims.errors import UniaimsError
from uniaims.jobs.kinds import KINDS, handler_of
from uniaims.jobs.order import Answer
from uniaims.jobs.process import Child
from uniaims.names import shown

_log = logging.getLogger(__name__)
BEAT_SECONDS = 10.0
LOOK_SECONDS = 0.5
"""So often it looks whether a job is to be stopped, and whether there is a new one."""
HOUSE_SECONDS = 60.0
OnChange = Callable[[Job], None]


class Worker:
    """A thread that works at the jobs of an engine until it is closed."""

    def __init__(self, engine: Engine, queue: Queue, on_change: OnChange) -> None:
        """``on_change`` is told of every job that has got further."""
        self._engine, self._queue, self._on_change = engine, queue, on_change
        self._child: Child | None = None
        self._scratch = engine.folder / "runs"
        self._house_due = time.monotonic() + HOUSE_SECONDS
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="uniaims worker", daemon=True)

    def start(self) -> None:
        """Begin; jobs that a server before this one had running are done again."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        self._queue.abandon()
        self._thread.start()

    def close(self) -> None:
        """End the child, whatever it does: its job is done again by the next server."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._end_child()

    def _work(self) -> None:
        while not self._closing.is_set():
            try:
                claim = self._queue.claim(tuple(KINDS))
            except Exception:  # a full disk, say: it may be better later
                _log.exception("no job can be claimed")
                claim = None
            if claim is None:
                self._keep_house()
                self._closing.wait(LOOK_SECONDS)
            else:
                self.do(claim)

    def _keep_house(self) -> None:
        """Now and then, with nothing to do: jobs of silent workers wait again, edited layers get snapshots."""
        if time.monotonic() < self._house_due:
            return
        self._house_due = time.monotonic() + HOUSE_SECONDS
        try:
            self._queue.sweep()
            self._engine.layers.tidy()
        except UniaimsError:  # a full disk: nothing is lost, it may be better later
            _log.exception("no snapshots can be made")

    def do(self, claim: Claim) -> None:
        """Do one job, whatever comes of it."""
        self._on_change(claim.job)
        try:
            with suppress(LeaseLostError):
                job = self._ended(claim)
                mark_failed(self._engine, job)
                self._on_change(job)
        except Exception:
            _log.exception("job %s", claim.job.id)

    def _ended(self, claim: Claim) -> Job:
        folder = Path(mkdtemp(prefix="job-", dir=self._scratch))
        handler = handler_of(claim.job.kind)
        try:
            answer = self._answered(claim, folder)
            if answer is None:
                self._end_child()
                return self._queue.put_off(claim) if self._closing.is_set() else self._queue.give_back(claim)
            if answer.result is None:
                return self._queue.fail(claim, _without_scratch(answer.error, self._scratch))
            self._queue.beat(claim, "saving", 0, 1)
            return self._queue.finish(claim, handler.apply(self._engine, claim.job, answer.result))
        except UniaimsError as error:
            return self._queue.fail(claim, _without_scratch(shown(str(error)), self._scratch))
        except Exception as error:
            _log.exception("job %s", claim.job.id)
            return self._queue.fail(claim, f"A fault in uniaims, {type(error).__name__}. Please report it.")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _answered(self, claim: Claim, folder: Path) -> Answer | None:
        """What the child made of it; ``None`` where it died, or is to end."""
        child = self._child = self._child or Child()
        beaten = time.monotonic()
        try:
            child.send(handler_of(claim.job.kind).prepare(self._engine, claim.job, folder))
            while not self._closing.is_set():
                said = child.answer(LOOK_SECONDS)
                if said is not None and said.is_last:
                    return said
                if said is not None:
                    self._on_change(self._queue.beat(claim, said.stage, said.done, said.total))
                    beaten = time.monotonic()
                elif time.monotonic() > beaten + BEAT_SECONDS:
                    self._renew(claim)
                    beaten = time.monotonic()
                if self._queue.get(claim.job.id).cancel:
                    child.stop()
        except (EOFError, OSError):
            if self._queue.get(claim.job.id).cancel:
                self._end_child()
                return Answer(stopped=True)
        return None

    def _renew(self, claim: Claim) -> None:
        now = self._queue.get(claim.job.id)
        self._queue.beat(claim, now.stage, now.done, now.total)

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


def _without_scratch(said: str, scratch: Path) -> str:
    """An error without the folder that the file lay in while the job ran: it says nothing to a reader."""
    return re.sub(rf"{re.escape(str(scratch))}/job-[^/]+/((original|incoming|\.archive-[^/]+)/)?", "", said)


def mark_failed(engine: Engine, job: Job) -> None:
    """Tell of an image that could not be read why."""
    if job.kind == "ingest" and job.image_id is not None and job.state in {"failed", "cancelled"}:
        engine.images.fail(job.image_id, job.error or "Reading it was stopped.")
