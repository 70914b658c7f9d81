"""The bodies of requests and answers; what the page's types are made from."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from uniaims.engine.queue import Job, State

Name = Field(min_length=1, max_length=200)


class Body(BaseModel):
    """A body: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


def time_of(milliseconds: int) -> datetime:
    """A time as bodies tell it: UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Health(Body):
    """The server answers."""

    status: Literal["ok"]
    version: str


class Ready(Body):
    """The server can work."""

    ready: bool


class Start(Body):
    """The secret of a link."""

    token: str = Field(max_length=200)


class Account(Body):
    """A person."""

    id: int
    name: str
    display_name: str
    is_administrator: bool
    language: str


class Session(Body):
    """Who is signed in."""

    account: Account
    version: str
    single_user: bool


class NounFact(Body):
    """What the objects of a mode are called."""

    singular: str
    plural: str


class ColumnFact(Body):
    """A measured property."""

    name: str
    label: str
    unit: str
    pixel_unit: str
    definition: str
    group: str


class ModeFact(Body):
    """What an analysis can be made for."""

    name: str
    title: str
    noun: NounFact
    settings: dict[str, Any]
    columns: list[ColumnFact]
    figures: list[str]


class ModelFact(Body):
    """A model that comes with the program."""

    name: str
    default: bool
    description: str
    advice: str
    nominal_diameter_px: float
    megabytes: float
    mean_ap50: float | None
    kinds: list[str]


class FormatFact(Body):
    """A format of another program."""

    name: str
    description: str


class Limits(Body):
    """What is too large."""

    upload_bytes: int
    upload_part_bytes: int


class SettingsFact(Body):
    """What the server allows."""

    limits: Limits


class JobKind(Body):
    """What a job can do; ``form`` is the JSON schema of its parameters."""

    kind: str
    form: dict[str, Any]


class NewJob(Body):
    """A job to be done."""

    kind: str = Name
    params: dict[str, Any] = Field(default_factory=dict)


class JobBody(Body):
    """A job, and how far it is."""

    id: int
    kind: str
    project_id: int | None
    image_id: int | None
    state: State
    stage: str
    done: int
    total: int
    attempts: int
    error: str
    result: dict[str, Any]
    created_at: datetime
    ended_at: datetime | None


class JobList(Body):
    """Some jobs."""

    items: list[JobBody]
    next: int | None


def job_body(job: Job) -> JobBody:
    """A job as it is told."""
    result = {name: value for name, value in job.result.items() if name != "blob"}
    if "blob" in job.result:
        result["artefact"] = f"/api/v1/jobs/{job.id}/artefact"
    return JobBody(
        id=job.id,
        kind=job.kind,
        project_id=job.project_id,
        image_id=job.image_id,
        state=job.state,
        stage=job.stage,
        done=job.done,
        total=job.total,
        attempts=job.attempts,
        error=job.error,
        result=result,
        created_at=time_of(job.created_ms),
        ended_at=time_of(job.ended_ms) if job.ended_ms else None,
    )


Key = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9"]


class KindBody(Body):
    """A kind of objects."""

    number: int = Field(ge=1, le=255)
    name: str = Name
    colour: str = Field(pattern="^#[0-9a-f]{6}$")
    key: Key | None = None


class ProjectBody(Body):
    """A project."""

    id: int
    name: str
    description: str
    guidelines: str
    kinds: list[KindBody]
    settings: dict[str, Any]
    state: str
    image_count: int
    instance_count: int
    created_at: datetime


class ProjectList(Body):
    """Some projects."""

    items: list[ProjectBody]
    next: int | None


class NewProject(Body):
    """A project to be made."""

    name: str = Name
    description: str = Field(default="", max_length=20_000)


class ProjectChange(Body):
    """What is to be changed of a project; what is not named stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=20_000)
    guidelines: str | None = Field(default=None, max_length=65_536)
    kinds: list[KindBody] | None = Field(default=None, max_length=255)
    settings: dict[str, Any] | None = None


class Pyramid(Body):
    """Where the tiles of an image are: levels, the key in their addresses, and how values became grey."""

    key: str
    levels: int
    tile_px: int
    low: float
    high: float
    bits: int


class ImageBody(Body):
    """An image."""

    id: int
    project_id: int
    name: str
    state: str
    error: str
    width_px: int
    height_px: int
    pixel_size_nm: float | None
    pixel_size_source: str
    instance_count: int
    layer_id: int | None
    warnings: list[str]
    notes: list[str]
    has_report: bool
    has_measurements: bool
    pyramid: Pyramid | None
    acquisition: dict[str, Any]
    record: dict[str, Any]
    scale_bar: dict[str, Any] | None
    created_at: datetime


class ImageList(Body):
    """Some images."""

    items: list[ImageBody]
    next: int | None


class ImageChange(Body):
    """What is to be changed of an image; what is not named stays. A pixel size of null is: not known."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    pixel_size_nm: float | None = Field(default=None, gt=0, le=1e9)


class FiguresBody(Body):
    """Figures of the last analysis of an image: its summary, as it was written."""

    seq: int
    mode: str
    summary: dict[str, Any]
