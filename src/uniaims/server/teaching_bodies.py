"""The bodies of what models are taught with, and of what comes of it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from uniaims.engine.sharing import Split
from uniaims.server.bodies import Body, JobBody, ModelName, Small

Reason = Annotated[str, Field(max_length=2000)]


class BoxBody(Body):
    """Pixels of an image, half-open."""

    top: Small
    left: Small
    bottom: Small
    right: Small


class NewPart(Body):
    """An image, or a box of it, that somebody has looked at; without a split it is shared out."""

    image: int = Field(ge=0, lt=2**53)
    box: BoxBody | None = None
    split: Split | None = None


class NewDataset(Body):
    """What a dataset version is to hold."""

    parts: list[NewPart] = Field(min_length=1, max_length=2000)
    note: str = Field(default="", max_length=2000)
    seed: int = Field(default=0, ge=0, lt=2**31)


class PartBody(Body):
    """A part of a dataset version; ``untouched_count``: suggestions that nobody has touched."""

    image_id: int
    image_name: str
    box: BoxBody | None
    split: Split
    instance_count: int
    untouched_count: int


class SplitCount(Body):
    """How much is in a split."""

    parts: int
    instances: int


class DatasetBody(Body):
    """A dataset version."""

    id: int
    project_id: int
    number: int
    note: str
    state: str
    image_count: int
    instance_count: int
    content_hash: str
    made_by: str
    created_at: datetime
    counts: dict[Split, SplitCount]
    parts: list[PartBody]


class DatasetList(Body):
    """Dataset versions, the newest first."""

    items: list[DatasetBody]
    next: int | None


class TeachableBody(Body):
    """How far people are with an image, and the dataset versions that it is in."""

    image_id: int
    name: str
    width_px: int
    height_px: int
    instance_count: int
    suggested_count: int
    edited_count: int
    accepted_count: int
    versions: list[int]


class TeachableList(Body):
    """Images that can be taught with."""

    items: list[TeachableBody]
    next: int | None


class LearningBudget(Body):
    """How long and how fast a model learns."""

    minutes: float = Field(default=5.0, gt=0, le=10_000)
    steps: int = Field(default=100, ge=1, le=100_000)
    batch: int = Field(default=8, ge=1, le=256)
    learning_rate: float = Field(default=3e-4, gt=0, le=1)
    seed: int = Field(default=0, ge=0, lt=2**31)


class TeachingBody(Body):
    """What a fine-tuning would begin with, and how long a step takes: measured here, or on two cores elsewhere."""

    parent: ModelName
    settings: LearningBudget
    seconds_per_step: float
    measured: bool
    available: bool
    advice: str


class LogLineBody(Body):
    """A line of the log of a training."""

    line: int
    step: int
    seconds: float
    loss: float | None
    learning_rate: float | None
    ap50: float | None


class LogBody(Body):
    """Lines of a log; ``next`` is where to ask on."""

    items: list[LogLineBody]
    next: int


class SampleBody(Body):
    """A picture of a training: left what people drew, right what was found at a step."""

    step: int
    index: int


class SampleList(Body):
    """Pictures of a training, in order of steps."""

    items: list[SampleBody]


class ComparedModel(Body):
    """A model's figures on the parts kept apart."""

    name: str
    ap50: float | None
    count_error: float | None


class Difference(Body):
    """Mean difference of AP50 and its 95 % interval."""

    mean: float
    low: float
    high: float


class ComparedPart(Body):
    """A part kept apart, seen by both models."""

    image_id: int
    box: BoxBody | None
    true_count: int
    parent_ap50: float
    child_ap50: float
    parent_count: int
    child_count: int


class ComparisonBody(Body):
    """A model beside its parent, on parts that it was not taught with."""

    parts: int
    instances: int
    parent: ComparedModel
    child: ComparedModel
    difference: Difference | None
    verdict: Literal["better", "worse", "undecided", "too few"]
    sentence: str
    each: list[ComparedPart]


class DatasetName(Body):
    """A dataset version."""

    id: int
    number: int


class ModelBody(Body):
    """A model that was trained here."""

    id: int
    project_id: int
    name: str
    state: str
    is_current: bool
    parent: ModelName
    dataset: DatasetName | None
    job_id: int | None
    settings: dict[str, Any]
    steps: int
    comparison: ComparisonBody | None
    kinds: list[str]
    nominal_diameter_px: float
    bytes: int
    created_at: datetime
    promoted_at: datetime | None
    promoted_by: str


class ModelList(Body):
    """The models of a project, the newest first."""

    items: list[ModelBody]
    next: int | None


class Promotion(Body):
    """Why a model is wanted that was not shown to be better."""

    reason: Reason = ""


class RollBack(Body):
    """The model to go back to; without one, that before."""

    model: int | None = Field(default=None, ge=0, lt=2**53)


class SuggestAgain(Body):
    """Images to be looked at again by the project's model; without any, all that have been read."""

    images: list[Annotated[int, Field(ge=0, lt=2**53)]] | None = Field(default=None, max_length=2000)
    settings: dict[str, Any] = Field(default_factory=dict)


class Jobs(Body):
    """Jobs that were started."""

    items: list[JobBody]
