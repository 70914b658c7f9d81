"""Teach: dataset versions, how a training goes, models and the way between them."""

from collections import Counter
from dataclasses import asdict
from importlib.util import find_spec
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from uniaims.boxes import Box
from uniaims.engine.datasets import DatasetVersion, KeptPart
from uniaims.engine.models import SHIPPED, Model, UnprovenError
from uniaims.engine.sharing import SPLITS, Part
from uniaims.engine.trainings import Training
from uniaims.names import folder_name
from uniaims.server.bodies import ModelName, ProjectBody, Small, job_body, time_of
from uniaims.server.desk import AtDesk, Desk, Id
from uniaims.server.errors import ProblemError, missing
from uniaims.server.orders import Analyse
from uniaims.server.permits import Promoter, Reader, Starter, Teacher
from uniaims.server.routes.projects import model_name, project_body
from uniaims.server.teaching_bodies import (
    BoxBody,
    ComparisonBody,
    DatasetBody,
    DatasetList,
    DatasetName,
    Jobs,
    LearningBudget,
    LogBody,
    LogLineBody,
    ModelBody,
    ModelList,
    NewDataset,
    PartBody,
    Promotion,
    RollBack,
    SampleBody,
    SampleList,
    SplitCount,
    SuggestAgain,
    TeachableBody,
    TeachableList,
    TeachingBody,
)

router = APIRouter(tags=["teach"])
SECONDS_PER_STEP = 0.8
"""Of the default batch with the shipped model on a core of our own; the next training here tells a better figure."""
NEEDED = ("torch", "onnx", "onnxscript")


@router.get("/projects/{project}/teachable")
def teachable(
    project: Id, _account: Reader, desk: AtDesk, after: Id = 0, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> TeachableList:
    """Images that have been read, and how far people are with each."""
    desk.engine.projects.project(project)
    found = desk.datasets.progress(project, limit, after)
    items = [
        TeachableBody(
            image_id=each.image.id,
            name=each.image.name,
            width_px=each.image.width_px,
            height_px=each.image.height_px,
            instance_count=each.suggested_count + each.edited_count + each.accepted_count,
            suggested_count=each.suggested_count,
            edited_count=each.edited_count,
            accepted_count=each.accepted_count,
            versions=list(each.versions),
        )
        for each in found
    ]
    return TeachableList(items=items, next=items[-1].image_id if len(items) == limit else None)


@router.get("/projects/{project}/datasets")
def datasets(
    project: Id, _account: Reader, desk: AtDesk, after: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DatasetList:  # fmt: skip
    """The dataset versions of a project, the newest first."""
    desk.engine.projects.project(project)
    found = desk.datasets.page(project, limit, after)
    return DatasetList(
        items=[_dataset(desk, each) for each in found], next=found[-1].id if len(found) == limit else None
    )


@router.post("/projects/{project}/datasets", status_code=201)
def make(project: Id, body: NewDataset, account: Teacher, desk: AtDesk) -> DatasetBody:
    """Freeze what people have looked at as a dataset version."""
    desk.engine.projects.project(project)
    parts = [Part(part.image, Box(**part.box.model_dump()) if part.box else None, part.split) for part in body.parts]
    number = desk.datasets.make(project, parts, account, body.note, body.seed)
    desk.stream.tell("project", {"id": project}, project)
    return _dataset(desk, desk.datasets.version(number))


@router.get("/datasets/{dataset}")
def dataset(dataset: Id, _account: Reader, desk: AtDesk) -> DatasetBody:
    """A dataset version, and what is in it."""
    return _dataset(desk, desk.datasets.version(dataset))


@router.get("/projects/{project}/teaching")
def teaching(project: Id, _account: Reader, desk: AtDesk) -> TeachingBody:
    """What a fine-tuning would begin with, and how long a step takes."""
    current = desk.models.current(project)
    missed = [name for name in NEEDED if find_spec(name) is None]
    last = next((each.scores for each in desk.models.of_project(project) if each.scores.get("steps")), None)
    pace = last["seconds"] / last["steps"] if last else SECONDS_PER_STEP
    return TeachingBody(
        parent=model_name(current),
        settings=LearningBudget(),
        seconds_per_step=round(pace, 3),
        measured=last is not None,
        available=not missed,
        advice=f"{', '.join(missed)} is not installed: pip install 'uniaims[train]'" if missed else "",
    )


@router.get("/jobs/{job}/log")
def log(job: Id, _account: Reader, desk: AtDesk, after: Small = 0) -> LogBody:
    """The log of a training from a line on: losses every 10 steps, and AP50 of validations."""
    items = [LogLineBody(**asdict(each)) for each in _training(desk, job).log(after)]
    return LogBody(items=items, next=items[-1].line + 1 if items else after)


@router.get("/jobs/{job}/samples")
def samples(job: Id, _account: Reader, desk: AtDesk) -> SampleList:
    """Pictures of what a training finds in parts that it does not learn from."""
    found = _training(desk, job).samples()
    return SampleList(items=[SampleBody(step=step, index=index) for step, index in found])


@router.get("/jobs/{job}/samples/{step}/{index}", response_class=FileResponse)
def sample(job: Id, step: Small, index: Small, _account: Reader, desk: AtDesk) -> FileResponse:
    """One of them: left what people drew, right what was found."""
    path = _training(desk, job).sample(step, index)
    if not path.is_file():
        raise missing(f"sample {step}, {index}")
    return FileResponse(path, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/projects/{project}/models")
def models(project: Id, _account: Reader, desk: AtDesk) -> ModelList:
    """The models that were trained for a project, the newest first."""
    desk.engine.projects.project(project)
    return ModelList(items=[_model(desk, each) for each in desk.models.of_project(project)], next=None)


@router.get("/models/{model}")
def model(model: Id, _account: Reader, desk: AtDesk) -> ModelBody:
    """A model: where it comes from, and how good it is."""
    return _model(desk, desk.models.model(model))


@router.get("/models/{model}/file", response_class=FileResponse)
def file(model: Id, _account: Reader, desk: AtDesk) -> FileResponse:
    """The ONNX file of a model, for `uniaims analyse --model`."""
    known = desk.models.model(model)
    path = desk.engine.blobs.path(known.onnx)
    return FileResponse(path, filename=f"{folder_name(known.name)}.onnx", media_type="application/octet-stream")


@router.post("/models/{model}/promote")
def promote(model: Id, body: Promotion, account: Promoter, desk: AtDesk) -> ModelBody:
    """Let the project work with a model; one that was not shown to be better needs a reason."""
    try:
        promoted = desk.models.promote(model, account, body.reason)
    except UnprovenError as error:
        raise ProblemError(409, str(error), "reason_wanted") from error
    desk.stream.tell("project", {"id": promoted.project_id}, promoted.project_id)
    return _model(desk, promoted)


@router.post("/projects/{project}/roll-back")
def roll_back(project: Id, body: RollBack, account: Promoter, desk: AtDesk) -> ProjectBody:
    """Let the project work with the model before, or with another one of its own."""
    desk.models.roll_back(project, account, body.model)
    desk.stream.tell("project", {"id": project}, project)
    return project_body(desk, desk.engine.projects.project(project))


@router.post("/projects/{project}/suggest", status_code=201)
def suggest(project: Id, body: SuggestAgain, account: Starter, desk: AtDesk) -> Jobs:
    """Look at images again with the project's model: a job for each; what people have done stays."""
    desk.engine.projects.project(project)
    numbers = body.images if body.images is not None else _ready(desk, project)
    orders = [Analyse(image=number, settings=body.settings) for number in numbers]
    for order in orders[:1]:
        order.check()
    if any(desk.engine.images.image(number).project_id != project for number in numbers):
        raise missing("image")
    jobs = [
        desk.queue.add("analyse", order.model_dump(exclude_none=True), account, project, order.image)
        for order in orders
    ]
    for job in jobs:
        desk.tell_job(job)
    return Jobs(items=[job_body(job) for job in jobs])


def _ready(desk: Desk, project: int) -> list[int]:
    numbers, after = list[int](), 0
    while page := desk.engine.images.page(project, 200, after, "ready"):
        numbers += [image.id for image in page]
        after = page[-1].id
    return numbers


def _training(desk: Desk, job: int) -> Training:
    return Training.of_job(desk.engine.folder, desk.queue.get(job))


def _dataset(desk: Desk, version: DatasetVersion) -> DatasetBody:
    parts = desk.datasets.parts(version.id)
    numbers, counts = Counter(part.split for part in parts), Counter[str]()
    for part in parts:
        counts[part.split] += part.instance_count
    names = desk.engine.accounts.names({version.made_by})
    return DatasetBody(
        id=version.id,
        project_id=version.project_id,
        number=version.number,
        note=version.note,
        state=version.state,
        image_count=version.image_count,
        instance_count=version.instance_count,
        content_hash=version.content_hash,
        made_by=names.get(version.made_by, ""),
        created_at=time_of(version.created_ms),
        counts={split: SplitCount(parts=numbers[split], instances=counts[split]) for split in SPLITS},
        parts=[_part(part) for part in parts],
    )


def _part(part: KeptPart) -> PartBody:
    box = part.box
    return PartBody(
        image_id=part.image_id,
        image_name=part.image_name,
        box=BoxBody(top=box.top, left=box.left, bottom=box.bottom, right=box.right) if box else None,
        split=part.split,
        instance_count=part.instance_count,
        untouched_count=part.untouched_count,
    )


def _model(desk: Desk, model: Model) -> ModelBody:
    version = desk.datasets.version(model.dataset_version_id) if model.dataset_version_id is not None else None
    names = desk.engine.accounts.names({model.promoted_by} if model.promoted_by is not None else set())
    told = model.scores
    return ModelBody(
        id=model.id,
        project_id=model.project_id,
        name=model.name,
        state=model.state,
        is_current=desk.engine.projects.project(model.project_id).model_id == model.id,
        parent=ModelName(id=model.parent_id, name=told.get("parent", SHIPPED)),
        dataset=DatasetName(id=version.id, number=version.number) if version else None,
        job_id=model.job_id,
        settings=told.get("settings", {}),
        steps=told.get("steps", 0),
        comparison=ComparisonBody(**told["comparison"]) if told.get("comparison") else None,
        kinds=list(model.card.get("network", {}).get("kinds", ())),
        nominal_diameter_px=model.card.get("nominal_diameter_px", 0.0),
        bytes=desk.engine.blobs.path(model.onnx).stat().st_size,
        created_at=time_of(model.created_ms),
        promoted_at=time_of(model.promoted_ms) if model.promoted_ms else None,
        promoted_by=names.get(model.promoted_by or 0, ""),
    )
