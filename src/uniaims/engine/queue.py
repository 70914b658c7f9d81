"""The queue of jobs: a table, and a few statements on it that survive a killed worker.

A job is done at least once. Who claims one gets a lease, which beats renew; the sweep puts jobs back whose lease ran
out. What comes with an old lease is refused (fencing): a worker that was paused can't overwrite its successor.
"""

import hashlib
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, insert, select, update

from uniaims.engine.database import Database, now_ms
from uniaims.engine.tables import jobs
from uniaims.errors import InputError, NotFoundError

State = Literal["queued", "running", "done", "failed", "cancelled"]
LEASE_MS = 60_000
MOST_ATTEMPTS = 3
_ENDED = ("done", "failed", "cancelled")


class LeaseLostError(InputError):
    """Another worker has the job, or nobody wants it any more."""


@dataclass(frozen=True)
class Job:
    """Work for a worker, as the table has it.

    Attributes:
        stage, done, total: how far it is.
        result: what came of it, as JSON.
        cancel: whether somebody wants it to stop.
    """

    id: int
    kind: str
    project_id: int | None
    params: Mapping[str, Any]
    state: State
    attempts: int
    stage: str
    done: int
    total: int
    cancel: bool
    result: Mapping[str, Any]
    error: str
    created_ms: int
    ended_ms: int | None
    created_by: int
    image_id: int | None


@dataclass(frozen=True)
class Claim:
    """A job with the lease of who works at it."""

    job: Job
    lease: str


@dataclass
class Queue:
    """The jobs of a database.

    Attributes:
        database: where they stand.
        changed: notified when there may be work to claim.
    """

    database: Database
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(
        self,
        kind: str,
        params: Mapping[str, Any],
        created_by: int,
        project_id: int | None = None,
        image_id: int | None = None,
        key: str | None = None,
    ) -> Job:
        """Put a job into the queue; where one of the same key is waiting, running or done, that one."""

        def added(connection: Connection) -> Job:
            """In one transaction."""
            if key is not None:
                same = select(jobs).where(jobs.c.key == key, jobs.c.state.not_in(("failed", "cancelled")))
                if known := connection.execute(same).first():
                    return _job(known)
            row = {
                "kind": kind, "params": dict(params), "project_id": project_id, "image_id": image_id, "key": key,
                "created_by": created_by, "most_attempts": MOST_ATTEMPTS, "created_ms": now_ms(),
            }  # fmt: skip
            made = connection.execute(insert(jobs).values(row).returning(jobs)).one()
            return _job(made)

        job = self.database.write(added)
        with self.changed:
            self.changed.notify_all()
        return job

    def claim(self, kinds: Sequence[str]) -> Claim | None:
        """Take the first job that waits; ``None`` if there is none."""
        lease = secrets.token_urlsafe(24)
        with self.database.read() as connection:  # an empty queue costs no write
            if connection.execute(_first(kinds)).first() is None:
                return None

        def claimed(connection: Connection) -> Row[Any] | None:
            """In one transaction."""
            found = connection.execute(_first(kinds)).first()
            if found is None:
                return None
            values = {"state": "running", "attempts": jobs.c.attempts + 1, **_leased(lease)}
            return connection.execute(update(jobs).where(jobs.c.id == found.id).values(values).returning(jobs)).one()

        row = self.database.write(claimed)
        return Claim(_job(row), lease) if row is not None else None

    def beat(self, claim: Claim, stage: str, done: int, total: int) -> Job:
        """Renew the lease and tell how far the job is; the job tells whether it is to stop.

        Raises:
            LeaseLostError: if the lease is not the job's any more.
        """
        return self._leased_update(
            claim, {"stage": stage, "done": done, "total": total, "lease_ms": now_ms() + LEASE_MS}
        )

    def finish(self, claim: Claim, result: Mapping[str, Any]) -> Job:
        """The job is done.

        Raises:
            LeaseLostError: if the lease is not the job's any more; its result is not wanted.
        """
        return self._leased_update(claim, {"state": "done", "result": dict(result), **_ended()})

    def fail(self, claim: Claim, error: str) -> Job:
        """The job can't be done, or was stopped because somebody wanted it."""
        state = "cancelled" if self.get(claim.job.id).cancel else "failed"
        return self._leased_update(claim, {"state": state, "error": error, **_ended()})

    def give_back(self, claim: Claim) -> Job:
        """Nobody works at the job any more: it waits again, or has failed where that happened too often."""
        return self._leased_update(claim, _given_back(claim.job.attempts))

    def put_off(self, claim: Claim) -> Job:
        """The worker is closed: the job waits again, and that is no fault of it."""
        return self._leased_update(claim, _given_back(0) | {"attempts": claim.job.attempts - 1})

    def _leased_update(self, claim: Claim, values: Mapping[str, Any]) -> Job:
        mine = and_(jobs.c.id == claim.job.id, jobs.c.lease_hash == _hash(claim.lease), jobs.c.state == "running")
        row = self.database.write(
            lambda connection: connection.execute(update(jobs).where(mine).values(values).returning(jobs)).first()
        )
        if row is None:
            raise LeaseLostError(f"job {claim.job.id} is another worker's now, or cancelled: stop, drop its result.")
        return _job(row)

    def sweep(self) -> int:
        """Put jobs back whose worker has been silent for longer than its lease; how many."""

        def swept(connection: Connection) -> int:
            """In one transaction."""
            late = connection.execute(
                select(jobs.c.id, jobs.c.attempts).where(jobs.c.state == "running", jobs.c.lease_ms < now_ms())
            ).all()
            for number, attempts in late:
                connection.execute(update(jobs).where(jobs.c.id == number).values(_given_back(attempts)))
            return len(late)

        return self.database.write(swept)

    def abandon(self) -> None:
        """Put all running jobs back: for the start of a server, whose workers have died with the one before."""
        self.database.write(
            lambda connection: connection.execute(update(jobs).where(jobs.c.state == "running").values(lease_ms=0))
        )
        self.sweep()

    def cancel(self, number: int) -> Job:
        """Stop a job: one that waits at once, one that runs at the next beat of its worker."""

        def cancelled(connection: Connection) -> Job:
            """In one transaction."""
            waiting = and_(jobs.c.id == number, jobs.c.state == "queued")
            connection.execute(update(jobs).where(waiting).values(state="cancelled", **_ended()))
            row = connection.execute(update(jobs).where(jobs.c.id == number).values(cancel=True).returning(jobs)).one()
            return _job(row)

        return self.database.write(cancelled)

    def retry(self, number: int) -> Job:
        """Let a job that failed or was cancelled wait again.

        Raises:
            InputError: if it did neither.
        """
        again = {
            "state": "queued",
            "attempts": 0,
            "cancel": False,
            "error": "",
            "stage": "",
            "done": 0,
            "ended_ms": None,
        }
        stopped = and_(jobs.c.id == number, jobs.c.state.in_(("failed", "cancelled")))
        row = self.database.write(
            lambda connection: connection.execute(update(jobs).where(stopped).values(again).returning(jobs)).first()
        )
        if row is None:
            raise InputError(f"job {number} has neither failed nor been cancelled: only such a job is done again.")
        with self.changed:
            self.changed.notify_all()
        return _job(row)

    def find(self, number: int) -> Job | None:
        """A job by its number."""
        with self.database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == number)).first()
        return _job(row) if row is not None else None

    def get(self, number: int) -> Job:
        """A job that is there.

        Raises:
            NotFoundError: if it is not.
        """
        job = self.find(number)
        if job is None:
            raise NotFoundError(f"job {number}: there is none of this number.")
        return job

    def list(
        self, project_id: int | None = None, state: str | None = None, before: int | None = None, limit: int = 50
    ) -> Sequence[Job]:
        """Jobs, the newest first."""
        query = select(jobs).order_by(jobs.c.id.desc()).limit(limit)
        query = query if project_id is None else query.where(jobs.c.project_id == project_id)
        query = query if state is None else query.where(jobs.c.state == state)
        query = query if before is None else query.where(jobs.c.id < before)
        with self.database.read() as connection:
            return [_job(row) for row in connection.execute(query)]


def _first(kinds: Sequence[str]) -> Any:
    waiting = and_(jobs.c.state == "queued", jobs.c.not_before_ms <= now_ms(), jobs.c.kind.in_(kinds))
    return select(jobs.c.id).where(waiting).order_by(jobs.c.priority.desc(), jobs.c.id).limit(1)


def _hash(lease: str) -> str:
    return hashlib.sha256(lease.encode()).hexdigest()


def _leased(lease: str) -> dict[str, Any]:
    return {"lease_hash": _hash(lease), "lease_ms": now_ms() + LEASE_MS}


def _ended() -> dict[str, Any]:
    return {"ended_ms": now_ms(), "lease_hash": None, "lease_ms": None}


def _given_back(attempts: int) -> dict[str, Any]:
    """What becomes of a job that its worker died at."""
    if attempts < MOST_ATTEMPTS:
        return {"state": "queued", "lease_hash": None, "lease_ms": None}
    times = "once" if attempts == 1 else f"{attempts} times"
    return {"state": "failed", "error": f"The worker died {times} at it, most likely for want of memory.", **_ended()}


def _job(row: Row[Any]) -> Job:
    table = row._mapping
    return Job(**{name: table[name] for name in Job.__dataclass_fields__})
