"""Models that were trained here: where each comes from, which one a project works with, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, insert, select, update

from uniaims.engine.database import now_ms
from uniaims.engine.tables import audit, models, projects
from uniaims.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from uniaims.engine import Engine

SHIPPED = "general"
"""Name of the shipped model that a project begins with."""
_PROMOTE, _ROLL_BACK = "model.promote", "model.roll_back"


class UnprovenError(ConflictError):
    """A model that was not shown to be better than its parent; a reason is wanted."""


@dataclass(frozen=True)
class NewModel:
    """What a training has made.

    Attributes:
        parent_id: none: a shipped model, whose name is in ``scores``.
        onnx: name of the blob; ``weights``: that of the safetensors file.
        card: of the model, as JSON.
        scores: ``parent`` (a name), ``settings``, ``steps``, ``comparison``.
    """

    name: str
    parent_id: int | None
    job_id: int | None
    dataset_version_id: int | None
    onnx: str
    weights: str
    card: Mapping[str, Any]
    scores: Mapping[str, Any]


@dataclass(frozen=True)
class Model(NewModel):
    """A model of a project, as the table has it."""

    id: int
    project_id: int
    state: str
    promoted_by: int | None
    promoted_ms: int | None
    created_ms: int

    @property
    def is_better(self) -> bool:
        """Whether it was shown to be better than its parent."""
        return bool((self.scores.get("comparison") or {}).get("verdict") == "better")


@dataclass(frozen=True)
class Models:
    """The models of an engine. Their files were written by trainings here; none comes from outside."""

    engine: "Engine"

    def add(self, project_id: int, new: NewModel) -> Model:
        """Keep a model whose files are blobs already; that of a job is kept once."""

        def unit(connection: Connection) -> int:
            same = select(models.c.id).where(models.c.job_id == new.job_id)
            if new.job_id is not None and (known := connection.execute(same).scalar()):
                return int(known)
            values = {name: getattr(new, name) for name in NewModel.__dataclass_fields__} | {
                "project_id": project_id, "hash": new.weights, "created_ms": now_ms(),
            }  # fmt: skip
            return int(connection.execute(insert(models).values(values).returning(models.c.id)).scalar_one())

        return self.model(self.engine.database.write(unit))

    def model(self, model_id: int) -> Model:
        """One of them.

        Raises:
            NotFoundError: if there is none of this id.
        """
        with self.engine.database.read() as connection:
            row = connection.execute(select(models).where(models.c.id == model_id)).first()
        if row is None:
            raise NotFoundError(f"there is no model {model_id}.")
        return _model(row)

    def of_project(self, project_id: int) -> list[Model]:
        """The models of a project, the newest first."""
        wanted = select(models).where(models.c.project_id == project_id).order_by(models.c.id.desc())
        with self.engine.database.read() as connection:
            return [_model(row) for row in connection.execute(wanted)]

    def current(self, project_id: int) -> Model | None:
        """The model that a project works with; none: the shipped one."""
        number = self.engine.projects.project(project_id).model_id
        return self.model(number) if number is not None else None

    def promote(self, model_id: int, account_id: int, reason: str = "") -> Model:
        """Let the project of a model work with it from now on.

        Raises:
            UnprovenError: if it was not shown to be better than its parent and no reason is given.
        """
        model = self.model(model_id)
        if not (model.is_better or reason.strip()):
            told = (model.scores.get("comparison") or {}).get("sentence") or "It was not compared with its parent."
            raise UnprovenError(f"{model.name} was not shown to be better: {told} Say why it is wanted all the same.")
        self._change(model.project_id, model.id, _PROMOTE, account_id, reason)
        return self.model(model_id)

    def roll_back(self, project_id: int, account_id: int, model_id: int | None = None) -> None:
        """Let a project work with the model that it had before, or with one that is named.

        Raises:
            ConflictError: if there was none before.
            NotFoundError: if the one that is named is not the project's.
        """
        before = self._path(project_id)
        if model_id is None and not before:
            raise ConflictError("the project works with the shipped model: there is none before it.")
        if model_id is not None and self.model(model_id).project_id != project_id:
            raise NotFoundError(f"there is no model {model_id} in this project.")
        target = model_id if model_id is not None else (before[-2] if len(before) > 1 else None)
        self._change(project_id, target, _ROLL_BACK, account_id, "")

    def _path(self, project_id: int) -> list[int]:
        """The models that a project went through to its current one, without those that it went back from."""
        wanted = select(audit.c.action, audit.c.detail).where(
            audit.c.project_id == project_id, audit.c.action.in_((_PROMOTE, _ROLL_BACK))
        )
        path: list[int] = []
        with self.engine.database.read() as connection:
            for row in connection.execute(wanted.order_by(audit.c.id)):
                number = row.detail["model"]
                if row.action == _ROLL_BACK and (number is None or number in path):
                    path = path[: path.index(number) + 1] if number is not None else []
                elif number is not None:
                    path.append(number)
        return path

    def _change(self, project_id: int, model_id: int | None, action: str, account_id: int, reason: str) -> None:
        """Set the model of a project, and write down who did it."""
        told = {
            "at_ms": now_ms(), "account_id": account_id, "project_id": project_id, "action": action,
            "target": f"model {model_id}" if model_id is not None else SHIPPED,
            "detail": {"model": model_id, "reason": reason},
        }  # fmt: skip
        promoted = {"state": "promoted", "promoted_by": account_id, "promoted_ms": now_ms()}

        def unit(connection: Connection) -> None:
            own = models.c.project_id == project_id
            connection.execute(update(models).where(own, models.c.state == "promoted").values(state="retired"))
            connection.execute(update(models).where(models.c.id == model_id).values(promoted))
            connection.execute(update(projects).where(projects.c.id == project_id).values(model_id=model_id))
            connection.execute(insert(audit).values(told))

        self.engine.database.write(unit)


def _model(row: Row[Any]) -> Model:
    return Model(**{name: getattr(row, name) for name in Model.__dataclass_fields__})
