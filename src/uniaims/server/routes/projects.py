"""Projects."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from uniaims.engine.models import SHIPPED, Model
from uniaims.engine.projects import Project
from uniaims.server.bodies import KindBody, ModelName, NewProject, ProjectBody, ProjectChange, ProjectList, time_of
from uniaims.server.desk import AtDesk, Desk, Id
from uniaims.server.etags import IfMatch, tag_of, unchanged
from uniaims.server.permits import Maker, Manager, Reader, seen

router = APIRouter(prefix="/projects", tags=["projects"])
_CHANGEABLE = ProjectChange.model_fields.keys()


@router.get("")
def listed(
    account: Reader, desk: AtDesk, after: Id = 0, limit: Annotated[int, Query(ge=1, le=200)] = 200
) -> ProjectList:
    """Projects, in order of their numbers."""
    found = desk.engine.projects.page(limit, after)
    items = [project_body(desk, each) for each in found if seen(desk, account, each.id)]
    return ProjectList(items=items, next=found[-1].id if len(found) == limit else None)


@router.post("", status_code=201)
def create(body: NewProject, account: Maker, desk: AtDesk) -> ProjectBody:
    """A new project without images."""
    owner = desk.engine.accounts.account(account)
    made = desk.engine.projects.add(body.name, owner, body.description)
    desk.stream.tell("project", {"id": made.id}, made.id)
    return project_body(desk, made)


@router.get("/{project}")
def one(project: Id, _account: Reader, desk: AtDesk, response: Response) -> ProjectBody:
    """A project, and how much is in it."""
    return _tagged(response, project_body(desk, desk.engine.projects.project(project)))


@router.patch("/{project}")
def change(
    project: Id, body: ProjectChange, _account: Manager, desk: AtDesk, response: Response, if_match: IfMatch = None
) -> ProjectBody:
    """Change what is named."""
    values = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    with unchanged(if_match, lambda: _tag(desk, project)):
        desk.engine.projects.project(project)
        changed = desk.engine.projects.change(project, values)
    desk.stream.tell("project", {"id": project}, project)
    return _tagged(response, project_body(desk, changed))


@router.delete("/{project}", status_code=204)
def remove(project: Id, _account: Manager, desk: AtDesk, if_match: IfMatch = None) -> Response:
    """Delete a project with its images and all that was drawn; the files that they came from stay."""
    with unchanged(if_match, lambda: _tag(desk, project)):
        desk.engine.projects.remove(project)
    desk.engine.layers.forget_deleted()
    desk.stream.tell("project", {"id": project}, project)
    return Response(status_code=204)


def _tag(desk: Desk, project: int) -> str:
    return tag_of(project_body(desk, desk.engine.projects.project(project)), _CHANGEABLE)


def _tagged(response: Response, body: ProjectBody) -> ProjectBody:
    response.headers["ETag"] = tag_of(body, _CHANGEABLE)
    return body


def model_name(model: Model | None) -> ModelName:
    """What a model is called; without one it is the shipped one."""
    return ModelName(id=model.id, name=model.name) if model else ModelName(id=None, name=SHIPPED)


def project_body(desk: Desk, project: Project) -> ProjectBody:
    """A project as it is told."""
    return ProjectBody(
        id=project.id,
        name=project.name,
        description=project.description,
        guidelines=project.guidelines,
        kinds=[KindBody(**asdict(kind)) for kind in project.kinds],
        settings=asdict(project.settings),
        state=project.state,
        image_count=project.image_count,
        instance_count=project.instance_count,
        model=model_name(desk.models.model(project.model_id) if project.model_id is not None else None),
        created_at=time_of(project.created_ms),
    )
