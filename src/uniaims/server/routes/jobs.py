"""Work that takes longer than a request: start it, see how far it is, stop it."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from uniaims.engine.queue import Job
from uniaims.server.bodies import JobBody, JobKind, JobList, NewJob, job_body
from uniaims.server.desk import AtDesk, Desk, Id
from uniaims.server.errors import ProblemError, missing
from uniaims.server.orders import ORDERS, order_of
from uniaims.server.permits import Reader, Starter, require_of, seen

router = APIRouter(tags=["jobs"])


@router.get("/jobs/kinds")
def kinds(_account: Reader) -> list[JobKind]:
    """What can be done, each with the form of its parameters."""
    return [JobKind(kind=name, form=order.model_json_schema()) for name, order in ORDERS.items()]


@router.post("/projects/{project}/jobs", status_code=201)
def start(project: Id, body: NewJob, account: Reader, desk: AtDesk) -> JobBody:
    """Put a job into the queue."""
    desk.engine.projects.project(project)
    order = order_of(body.kind, body.params)
    require_of(desk, account, order.permission, project)
    job = desk.queue.add(body.kind, order.told(desk, project, account), account, project, order.one_image)
    desk.tell_job(job)
    return job_body(job)


@router.get("/jobs")
def listed(
    account: Reader,
    desk: AtDesk,
    project: Id | None = None,
    state: str | None = None,
    after: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobList:
    """Jobs, the newest first."""
    found = desk.queue.list(project, state, after, limit)
    mine = [job for job in found if seen(desk, account, job.project_id)]
    return JobList(items=[job_body(job) for job in mine], next=found[-1].id if len(found) == limit else None)


@router.get("/jobs/{job}")
def one(job: Id, _account: Reader, desk: AtDesk) -> JobBody:
    """How far a job is."""
    return job_body(_found(desk, job))


@router.post("/jobs/{job}/cancel")
def cancel(job: Id, account: Starter, desk: AtDesk) -> JobBody:
    """Stop a job; one that has ended stays as it is."""
    _check_own(desk, account, _found(desk, job))
    stopped = desk.queue.cancel(job)
    desk.tell_job(stopped)
    return job_body(stopped)


@router.post("/jobs/{job}/retry")
def retry(job: Id, account: Starter, desk: AtDesk) -> JobBody:
    """Do a job again that failed or was stopped; a training goes on from where it was."""
    known = _found(desk, job)
    _check_own(desk, account, known)
    if known.state not in {"failed", "cancelled"}:
        raise ProblemError(409, f"Job {job} is {known.state}: only one that failed or was stopped is done again.")
    again = desk.queue.retry(job)
    desk.tell_job(again)
    return job_body(again)


@router.get("/jobs/{job}/artefact", response_class=FileResponse)
def artefact(job: Id, _account: Reader, desk: AtDesk) -> FileResponse:
    """The file that a job has made."""
    result = _found(desk, job).result
    if "blob" not in result:
        raise missing(f"file of job {job}")
    path = desk.engine.blobs.path(str(result["blob"]))
    return FileResponse(path, filename=str(result["name"]), media_type="application/octet-stream")


def _check_own(desk: Desk, account: int, job: Job) -> None:
    """Others' jobs are for experts to stop."""
    if job.created_by != account:
        require_of(desk, account, "job.cancel", job.project_id)


def _found(desk: Desk, number: int) -> Job:
    job = desk.queue.find(number)
    if job is None:
        raise missing(f"job {number}")
    return job
