"""Who may ask for what: every route takes one of these in the place of the account, and so names its permission.

What one may not see answers 404, what one sees and may not do 403.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError

from uniaims.engine.accounts import Account
from uniaims.engine.permissions import Role, may
from uniaims.server.desk import AtDesk, Desk, Id, Visitor
from uniaims.server.errors import ProblemError

_NUMBER: TypeAdapter[int] = TypeAdapter(Id)


@dataclass(frozen=True)
class Permit:
    """The account that asks, if the table of `engine.permissions` lets it, in the project that the path is about."""

    permission: str

    def __call__(self, request: Request, desk: AtDesk, account: Visitor) -> int:
        """Number of the account.

        Raises:
            ProblemError: 401, 403 or 404.
        """
        person = desk.engine.accounts.account(account)
        if not person.is_administrator:
            require(desk, person, self.permission, _project_of(desk, request.path_params))
        return account


def require(desk: Desk, person: Account, permission: str, project: int | None) -> None:
    """Refuse what somebody may not do in a project; without one, what annotators may not do.

    Raises:
        ProblemError: 404 if he may not know of it, 403 if he may not do it.
    """
    if person.is_administrator:
        return
    role = Role.ANNOTATOR if project is None else desk.engine.accounts.role(person, project)
    settings = None if project is None else desk.engine.projects.project(project).settings
    if role is None:
        raise ProblemError(404, "There is none of this number.")
    if not may(role, permission, settings):
        raise ProblemError(403, "That is not for you to do here: ask whoever leads the project.")


def require_of(desk: Desk, account: int, permission: str, project: int | None) -> None:
    """As `require`, of an account by its number."""
    require(desk, desk.engine.accounts.account(account), permission, project)


def seen(desk: Desk, account: int, project: int | None) -> bool:
    """As `seen_by`, of an account by its number."""
    return seen_by(desk, desk.engine.accounts.account(account), project)


def seen_by(desk: Desk, person: Account, project: int | None) -> bool:
    """Whether somebody may know of a project, or of what belongs to none."""
    return person.is_administrator or project is None or desk.engine.accounts.role(person, project) is not None


_PROJECTS: Mapping[str, Callable[[Desk, int], int | None]] = {
    "project": lambda _desk, number: number,
    "image": lambda desk, number: desk.engine.images.image(number).project_id,
    "layer": lambda desk, number: desk.engine.images.of_layer(number).project_id,
    "job": lambda desk, number: desk.queue.get(number).project_id,
    "dataset": lambda desk, number: desk.datasets.version(number).project_id,
    "model": lambda desk, number: desk.models.model(number).project_id,
}
"""Part of a path -> the project that what it names belongs to."""


def _project_of(desk: Desk, named: Mapping[str, Any]) -> int | None:
    """The project that a path is about; none: it is about none, or names what is no number and is refused later."""
    for name in _PROJECTS.keys() & named.keys():
        try:
            number = _NUMBER.validate_python(named[name])
        except ValidationError:
            return None
        return _PROJECTS[name](desk, number)
    return None


Reader = Annotated[int, Depends(Permit("project.read"))]
LabelReader = Annotated[int, Depends(Permit("label.read"))]
Editor = Annotated[int, Depends(Permit("label.edit_free"))]
Restorer = Annotated[int, Depends(Permit("label.restore"))]
Assisted = Annotated[int, Depends(Permit("assist.use"))]
Adder = Annotated[int, Depends(Permit("image.add"))]
Remover = Annotated[int, Depends(Permit("image.delete"))]
Starter = Annotated[int, Depends(Permit("analysis.run"))]
Maker = Annotated[int, Depends(Permit("project.make"))]
Manager = Annotated[int, Depends(Permit("project.manage"))]
Teacher = Annotated[int, Depends(Permit("dataset.make"))]
Promoter = Annotated[int, Depends(Permit("model.promote"))]
