"""Projects: images, the kinds of objects in them, and how people work on them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from uniaims.engine.accounts import Account
from uniaims.engine.database import Database, now_ms
from uniaims.engine.settings import Limits, ProjectSettings
from uniaims.engine.tables import images, models, projects
from uniaims.errors import ConflictError, NotFoundError, SettingsError
from uniaims.settings import from_table

LONGEST_GUIDELINES_BYTES = 64 << 10
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Kind:
    """A kind of objects: its number in labels, what it is called, and the key that sets it."""

    number: int
    name: str
    colour: str
    key: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 255:
            raise SettingsError(f"the kind {self.name[:40]!r} has the number {self.number}: give one from 1 to 255.")
        if not _COLOUR.fullmatch(self.colour):
            raise SettingsError(f"the colour {self.colour[:20]!r} is none: six hexadecimal digits such as #0072b2.")
        if self.key is not None and not re.fullmatch("[1-9]", self.key):
            raise SettingsError(f"the key {self.key[:20]!r} is none of 1 to 9.")
        checked_name(self.name, "kind")


@dataclass(frozen=True)
class Project:
    """A project, and how much is in it."""

    id: int
    owner_id: int | None
    name: str
    description: str
    guidelines: str
    kinds: tuple[Kind, ...]
    settings: ProjectSettings
    model_id: int | None
    state: str
    image_count: int
    instance_count: int
    created_ms: int


class Projects:
    """The projects of a data folder. Who may see and change them, `engine.permissions` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, owner: Account | None = None, description: str = "") -> Project:
        """A new project without images.

        Raises:
            ConflictError: if one is called so.
            SettingsError: if the name is none.
        """
        values = {"name": checked_name(name, "project"), "description": description, "created_ms": now_ms()}

        def unit(connection: Connection) -> int:
            made = insert(projects).values(values | {"owner_id": owner.id if owner else None})
            return int(connection.execute(made.returning(projects.c.id)).scalar_one())

        return self.project(self._write(unit, name))

    def project(self, project_id: int) -> Project:
        """One of them.

        Raises:
            NotFoundError: if there is none of this id.
        """
        with self._database.read() as connection:
            row = connection.execute(_with_counts().where(projects.c.id == project_id)).first()
        if row is None:
            raise NotFoundError(f"there is no project {project_id}.")
        return _project(row)

    def named(self, name: str) -> Project | None:
        """That of a name, if there is one."""
        with self._database.read() as connection:
            row = connection.execute(_with_counts().where(projects.c.name == name)).first()
        return _project(row) if row else None

    def page(self, limit: int = 200, after: int = 0) -> list[Project]:
        """Up to ``limit`` of them with ids above ``after``, in order of id."""
        with self._database.read() as connection:
            rows = connection.execute(_with_counts().where(projects.c.id > after).order_by(projects.c.id).limit(limit))
            return [_project(row) for row in rows]

    def change(self, project_id: int, changes: Mapping[str, Any]) -> Project:
        """Set name, description, guidelines, kinds (a list of tables), settings (a table) or model_id.

        Raises:
            SettingsError: if something is not to be set, or not so.
            ConflictError: if another project is called so.
        """
        values = {name: _checked(name, value) for name, value in changes.items()}

        def unit(connection: Connection) -> int:
            if values:
                connection.execute(update(projects).where(projects.c.id == project_id).values(values))
            return project_id

        return self.project(self._write(unit, str(changes.get("name", ""))))

    def remove(self, project_id: int) -> None:
        """Delete a project with its images, their layers and all edits; its blobs go when all is cleaned."""
        self.project(project_id)

        def unit(connection: Connection) -> None:
            own = projects.c.id == project_id
            connection.execute(update(projects).where(own).values(model_id=None))
            connection.execute(delete(models).where(models.c.project_id == project_id))
            connection.execute(delete(projects).where(own))

        self._database.write(unit)

    def _write(self, unit: Any, name: str) -> int:
        try:
            return int(self._database.write(unit))
        except IntegrityError as error:
            raise ConflictError(f"there is a project {name!r} already: choose another name.") from error


def checked_name(name: str, what: str) -> str:
    """A name for people to read, as it was given.

    Raises:
        SettingsError: if it is empty or too long.
    """
    if not name.strip():
        raise SettingsError(f"the name of the {what} is empty: give one.")
    size = len(name.encode("utf-8", "surrogateescape"))
    if size > Limits.name_bytes:
        raise SettingsError(f"the name of the {what} has {size} bytes: at most {Limits.name_bytes} are stored.")
    return name


def _checked(name: str, value: Any) -> Any:
    match name:
        case "name":
            return checked_name(value, "project")
        case "description" | "guidelines":
            if len(value.encode("utf-8", "surrogatepass")) > LONGEST_GUIDELINES_BYTES:
                raise SettingsError(f"the {name} are longer than {LONGEST_GUIDELINES_BYTES >> 10} KB.")
            return value
        case "kinds":
            return _checked_kinds(value)
        case "settings":
            return asdict(from_table(ProjectSettings, value, "settings"))
        case "model_id":
            return value
    raise SettingsError(f"{name[:40]!r} of a project can't be set.")


def _checked_kinds(value: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    kinds = [Kind(each["number"], each["name"], each["colour"], each.get("key")) for each in value]
    for what in ("number", "name", "key"):
        used = [getattr(kind, what) for kind in kinds if getattr(kind, what) is not None]
        if len(set(used)) < len(used):
            raise SettingsError(f"two kinds have the same {what}: give each its own.")
    return [asdict(kind) for kind in kinds]


def _with_counts() -> Select[Any]:
    own = images.c.project_id == projects.c.id
    return select(
        projects,
        select(func.count(images.c.id)).where(own).scalar_subquery().label("image_count"),
        select(func.coalesce(func.sum(images.c.instance_count), 0)).where(own).scalar_subquery().label("instances"),
    )


def _project(row: Row[Any]) -> Project:
    return Project(
        row.id, row.owner_id, row.name, row.description, row.guidelines, tuple(Kind(**kind) for kind in row.kinds),
        ProjectSettings(**row.settings), row.model_id, row.state, row.image_count, int(row.instances),
        row.created_ms,
    )  # fmt: skip
