"""Work that takes longer than a request: start it, see how far it is, stop it."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from uniaims.engine.queue import Job
from uniaims.server.bodies import JobBody, JobKind, JobList, NewJob, job_body
from uniaims.server.desk import AtDesk, Desk, Id, Visitor
from uniaims.server.errors import ProblemError, missing
from uniaims.server.orders import ORDERS, order_of

router = APIRouter(tags=["jobs"])


@router.get("/jobs/kinds")
def kinds(_account: Visitor) -> list[JobKind]:
    """What can be done, each with the form of its parameters."""
    return [JobKind(kind=name, form=order.model_json_schema()) for name, order in ORDERS.items()]


@router.post("/projects/{project}/jobs", status_code=201)
def start(project: Id, body: NewJob, account: Visitor, desk: AtDesk) -> JobBody:
    """Put a job into the queue."""
    desk.engine.projects.project(project)
    order = order_of(body.kind, body.params)
    for image in order.image_numbers():
        if desk.engine.images.image(image).project_id != project:
            raise missing(f"image {image}")
    job = desk.queue.add(body.kind, order.model_dump(exclude_none=True), account, project, order.one_image)
    desk.tell_job(job)
    return job_body(job)


@router.get("/jobs")
def listed(
    _account: Visitor,
    desk: AtDesk,
    project: Id | None = None,
    state: str | None = None,
    after: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobList:
    """Jobs, the newest first."""
    found = desk.queue.list(project, state, after, limit)
    return JobList(items=[job_body(job) for job in found], next=found[-1].id if len(found) == limit else None)


@router.get("/jobs/{number}")
def one(number: Id, _account: Visitor, desk: AtDesk) -> JobBody:
    """How far a job is."""
    return job_body(_found(desk, number))


@router.post("/jobs/{number}/cancel")
def cancel(number: Id, _account: Visitor, desk: AtDesk) -> JobBody:
    """Stop a job; one that has ended stays as it is."""
    _found(desk, number)
    job = desk.queue.cancel(number)
    desk.tell_job(job)
    return job_body(job)


@router.post("/jobs/{number}/retry")
def retry(number: Id, _account: Visitor, desk: AtDesk) -> JobBody:
    """Do a job again that failed or was stopped."""
    job = _found(desk, number)
    if job.state not in {"failed", "cancelled"}:
        raise ProblemError(409, f"Job {number} is {job.state}: only one that failed or was stopped is done again.")
    job = desk.queue.retry(number)
    desk.tell_job(job)
    return job_body(job)


@router.get("/jobs/{number}/artefact", response_class=FileResponse)
def artefact(number: Id, _account: Visitor, desk: AtDesk) -> FileResponse:
    """The file that a job has made."""
    result = _found(desk, number).result
    if "blob" not in result:
        raise missing(f"file of job {number}")
    path = desk.engine.blobs.path(str(result["blob"]))
    return FileResponse(path, filename=str(result["name"]), media_type="application/octet-stream")


def _found(desk: Desk, number: int) -> Job:
    job = desk.queue.find(number)
    if job is None:
        raise missing(f"job {number}")
    return job
