"""The bodies of requests and answers; what the page's types are made from."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isnan
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from uniaims.engine.layers.editing import EditResult
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


class ModelName(Body):
    """A model; without a number it is a shipped one."""

    id: int | None
    name: str


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
    model: ModelName
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


Small = Annotated[int, Field(ge=0, lt=2**31)]
Big = Annotated[int, Field(ge=0, lt=2**53)]
InstanceNumber = Annotated[int, Field(ge=0, lt=2**32)]
Client = Annotated[str, Field(min_length=1, max_length=64)]


class LayerBody(Body):
    """A layer of labels."""

    id: int
    image_id: int
    kind: str
    seq: int
    levels: int
    tile_px: int
    width_px: int
    height_px: int
    instance_count: int


class LayerList(Body):
    """Some layers."""

    items: list[LayerBody]
    next: int | None


class TileRequest(Body):
    """Tiles as (level, y, x, head that is known; -1: none)."""

    tiles: list[tuple[Small, Small, Small, Annotated[int, Field(ge=-1, lt=2**53)]]] = Field(max_length=64)


class HistogramBody(Body):
    """Counts in bins."""

    edges: list[float]
    counts: list[int]


class LayerFigures(Body):
    """Figures of the labels as they are now; sizes are equivalent diameters of instances that no border cuts."""

    seq: int
    count: int
    whole_count: int
    area_fraction: float
    unit: Literal["nm", "px"]
    d10: float | None
    d50: float | None
    d90: float | None
    mean: float | None
    mean_area: float | None
    histogram: HistogramBody


class VersionBody(Body):
    """A version of a layer that is kept."""

    id: int
    seq: int
    kind: str
    name: str | None
    instance_count: int
    author: str
    at: datetime


class VersionList(Body):
    """Versions of a layer."""

    items: list[VersionBody]
    next: int | None


class NewVersion(Body):
    """A name for a layer as it is now."""

    name: str = Name


class Restore(Body):
    """Who makes a layer what it was; the ``edit_id`` makes sending it again harmless."""

    client: Client
    edit_id: str = Field(default="", max_length=64)


class DiffBody(Body):
    """Numbers of the instances that differ between two versions; ``iou`` of those that changed, in their order."""

    added: list[int]
    removed: list[int]
    changed: list[int]
    iou: list[float]


class NumbersRequest(Body):
    """How many fresh numbers are wanted, by which browser."""

    count: int = Field(ge=1, le=4096)
    client: Client


class Block(Body):
    """Fresh numbers: ``count`` from ``first`` on."""

    first: int
    count: int


class Touched(Body):
    """An instance that an edit touches, and the last edit of it that its author had seen."""

    number: InstanceNumber
    seen: Big


class NewInstance(Body):
    """An instance that an edit makes."""

    number: InstanceNumber
    kind: int = Field(default=0, ge=0, le=255)


class Edit(Body):
    """An edit; which of the fields it has, its kind decides: see docs/server.md."""

    edit_id: str = Field(min_length=1, max_length=64)
    version: int = Field(default=1, ge=1, le=1)
    kind: Literal["paint", "merge", "delete", "set"]
    tool: str = Field(default="", max_length=40)
    ms: int = Field(default=0, ge=0, lt=2**53)
    touched: list[Touched] = Field(default_factory=list, max_length=100_000)
    patch: str | None = Field(default=None, max_length=8 * 2**20)
    new: list[NewInstance] | None = Field(default=None, max_length=100_000)
    numbers: list[InstanceNumber] | None = Field(default=None, max_length=100_000)
    into: InstanceNumber | None = None
    field: Literal["kind", "state", "locked", "flagged"] | None = None
    value: Annotated[int, Field(ge=0, le=255)] | bool | None = None


class EditRequest(Body):
    """Edits of one browser, in order."""

    client: Client
    edits: list[Edit] = Field(min_length=1, max_length=64)


class EditResults(Body):
    """What came of edits, in their order."""

    seq: int
    results: list["EditResultBody"]


class OpponentBody(Body):
    """An instance that somebody else has changed meanwhile, by which edit and when."""

    number: int
    changed_seq: int
    by: str
    at: datetime


class EditResultBody(Body):
    """What came of an edit; in a conflict ``instances`` tells who was first."""

    edit_id: str
    status: Literal["accepted", "repeated", "conflict", "refused"]
    seq: int | None = None
    reason: str = ""
    rows: list[dict[str, Any]] = Field(default_factory=list)
    tiles: list[tuple[int, int, int]] = Field(default_factory=list)
    instances: list[OpponentBody] = Field(default_factory=list)


class UndoRequest(Body):
    """Whose newest edit is taken back, or which; the ``edit_id`` makes sending it again harmless."""

    client: Client
    edit_id: str = Field(default="", max_length=64)
    seq: Big | None = None


class RedoRequest(Body):
    """Whose last undo is taken back."""

    client: Client
    edit_id: str = Field(default="", max_length=64)


class HistoryItem(Body):
    """An edit that was made."""

    seq: int
    edit_id: str
    kind: str
    tool: str
    author: str
    client: str
    at: datetime
    undone: bool
    undoes: int | None
    box: dict[str, int] | None


class EditHistory(Body):
    """Edits, the newest first."""

    items: list[HistoryItem]
    next: int | None


PaintMode = Literal["over", "below", "only-empty"]


class ClickPrompt(Body):
    """A point; ``number`` is what the new instance will be called."""

    y: Small
    x: Small
    number: int = Field(ge=1, lt=2**24)
    mode: PaintMode = "below"
    probability: float | None = Field(default=None, ge=0, le=1)


class BoxPrompt(Body):
    """A box; new instances get the numbers from ``number`` on."""

    top: Small
    left: Small
    bottom: Small
    right: Small
    number: int = Field(ge=1, lt=2**24)
    mode: PaintMode = "below"


class RegionPrompt(BoxPrompt):
    """A box to be looked at with other thresholds."""

    probability: float | None = Field(default=None, ge=0, le=1)
    merge: float | None = Field(default=None, ge=0, le=10)
    min_area: int | None = Field(default=None, ge=0, le=10**6)
    minimum_confidence: float = Field(default=0.0, ge=0, le=1)


class SplitPrompt(Body):
    """An instance; its parts but one get the numbers from ``first`` on."""

    number: int = Field(ge=1, lt=2**24)
    first: int = Field(ge=1, lt=2**24)


class SnapPrompt(Body):
    """A ring that was drawn, rows and columns; ``number`` is what the new instance will be called."""

    ring: list[tuple[Small, Small]] = Field(min_length=3, max_length=20_000)
    number: int = Field(ge=1, lt=2**24)
    mode: PaintMode = "below"


class SimilarPrompt(Body):
    """Instances to find the like of."""

    numbers: list[InstanceNumber] = Field(min_length=1, max_length=1000)
    limit: int = Field(default=100, ge=1, le=100_000)


class SimilarBody(Body):
    """Instances, the most similar first."""

    numbers: list[int]
    distances: list[float]


class ProposalBody(Body):
    """Instances that are proposed: the patch that would make them, and which others it would change."""

    patch: str
    numbers: list[int]
    confidence: list[float | None]
    touched: list[int]
    pixels: int
    box: dict[str, int] | None


def result_body(result: EditResult, names: Mapping[int, str]) -> EditResultBody:
    """What came of an edit, as it is told; ``names`` of people by number."""
    return EditResultBody(
        edit_id=result.edit_id,
        status=result.status,
        seq=result.seq,
        reason=result.reason,
        rows=[row_body(row) for row in result.rows],
        tiles=[(0, y, x) for y, x in result.tiles],
        instances=[
            OpponentBody(
                number=each.number, changed_seq=each.seq, by=names.get(each.author_id, ""), at=time_of(each.at_ms)
            )
            for each in result.opponents
        ],
    )


def row_body(row: Any) -> dict[str, Any]:
    """An instance as it is told; a confidence of null: it was drawn by hand."""
    values = {name: row[name].item() for name in row.dtype.names}
    return values | {"confidence": None if isnan(values["confidence"]) else values["confidence"]}


def history_body(row: Any, names: Mapping[int, str]) -> HistoryItem:
    """An edit that was made, as it is told."""
    return HistoryItem(
        seq=row.seq,
        edit_id=row.edit_id,
        kind=row.kind,
        tool=row.tool,
        author=names.get(row.author_id, ""),
        client=row.client,
        at=time_of(row.at_ms),
        undone=row.undone_by is not None,
        undoes=row.undoes,
        box=row.box,
    )
