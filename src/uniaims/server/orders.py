"""What may be asked of each kind of job: the parameters, checked before anything waits in the queue."""

from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from uniaims.dataset.exchange import FORMATS
from uniaims.engine.models import SHIPPED
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.server.desk import Desk
from uniaims.server.errors import ProblemError, missing
from uniaims.server.teaching_bodies import LearningBudget
from uniaims.settings import from_table, json_schema

_OWN_FORMATS = ("labels", "measurements", "report")


class Order(BaseModel):
    """Parameters of a job; ``permission`` is what starting it needs."""

    model_config = ConfigDict(extra="forbid")
    permission: ClassVar[str] = "analysis.run"

    @property
    def one_image(self) -> int | None:
        """The image that it is about, if it is one."""
        return None

    def image_numbers(self) -> list[int]:
        """The images that it is about."""
        return []

    def check(self) -> None:
        """Refuse what does not fit; raises errors of ours."""

    def told(self, desk: Desk, project: int, account: int) -> dict[str, Any]:  # noqa: ARG002 - others look there
        """The parameters as they go into the queue; raises errors of ours where they don't fit the project."""
        for number in self.image_numbers():
            if desk.engine.images.image(number).project_id != project:
                raise missing(f"image {number}")
        return self.model_dump(exclude_none=True)


class _OfImage(Order):
    image: int

    @property
    def one_image(self) -> int:
        """The image that it is about."""
        return self.image

    def image_numbers(self) -> list[int]:
        """The images that it is about."""
        return [self.image]


class Analyse(_OfImage):
    """Find and measure the objects of an image; with one of the project's models, the current one if none is named."""

    model: int | None = None
    settings: dict[str, Any] = Field(default_factory=dict, json_schema_extra=lambda form: form.update(_analysis_form()))

    def check(self) -> None:
        """Refuse settings that there are not."""
        if {"detector", "page", "excel"} & set(self.settings):
            raise ProblemError(422, "settings: detector, page and excel are not for images of a project.")
        segmenter = self.settings.get("segmenter", {})
        if isinstance(segmenter, dict) and not _is_plain_name(segmenter.get("model", "general")):
            raise ProblemError(422, "settings, model: wanted the name of a model, not a path.")
        from_table(AnalysisSettings, self.settings, "settings")

    def told(self, desk: Desk, project: int, account: int) -> dict[str, Any]:
        """As the others; the model must be one of the project's."""
        if self.model is not None and desk.models.model(self.model).project_id != project:
            raise missing(f"model {self.model}")
        return super().told(desk, project, account)


class Measure(_OfImage):
    """Measure the objects of an image as they are drawn now."""

    mode: str = "particles"

    def check(self) -> None:
        """Refuse modes that there are not."""
        from_table(AnalysisSettings, {"mode": self.mode}, "settings")


class Export(Order):
    """Write images and their objects for other programs."""

    permission = "export.make"

    format: str
    images: list[int] | None = None

    def image_numbers(self) -> list[int]:
        """The images that it is about."""
        return self.images or []

    def check(self) -> None:
        """Refuse formats that there are not."""
        if self.format not in FORMATS and self.format not in _OWN_FORMATS:
            known = ", ".join((*_OWN_FORMATS, *FORMATS))
            raise ProblemError(422, f"format {self.format[:50]!r} is not known: wanted one of {known}.")


class Finetune(Order):
    """Teach a model with a dataset version; the parent is the project's model if none is named."""

    permission = "job.start"
    dataset: int = Field(ge=0, lt=2**53)
    parent: Annotated[int, Field(ge=0, lt=2**53)] | str | None = None
    name: str | None = Field(default=None, min_length=1, max_length=100)
    settings: LearningBudget = Field(default_factory=LearningBudget)

    def check(self) -> None:
        """Refuse files as parents: models come from here, or were shipped."""
        if isinstance(self.parent, str) and not _is_plain_name(self.parent):
            raise ProblemError(
                422, "parent: wanted the number of a model of the project, or the name of a shipped one."
            )

    def told(self, desk: Desk, project: int, account: int) -> dict[str, Any]:
        """With the parent and the name that it will have."""
        if desk.datasets.version(self.dataset).project_id != project:
            raise missing(f"dataset version {self.dataset}")
        if isinstance(self.parent, int) and desk.models.model(self.parent).project_id != project:
            raise missing(f"model {self.parent}")
        current, known = desk.models.current(project), desk.models.of_project(project)
        parent = self.parent if self.parent is not None else current.id if current else SHIPPED
        name = self.name or f"{desk.engine.projects.project(project).name} {len(known) + 1}"
        return super().told(desk, project, account) | {"parent": parent, "name": name}


class Import(Order):
    """Take in images with their labels: uploads for the purpose `archive`, unpacked where they are zips."""

    permission = "image.add"
    uploads: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=5000)
    format: str | None = None

    def check(self) -> None:
        """Refuse formats that there are not."""
        if self.format is not None and self.format not in FORMATS:
            raise ProblemError(422, f"format {self.format[:50]!r} is not known: wanted one of {', '.join(FORMATS)}.")

    def told(self, desk: Desk, project: int, account: int) -> dict[str, Any]:
        """The files, which are the job's from now on."""
        found = [desk.uploads.find(number, account) for number in self.uploads]
        sent = [each for each in found if each and each.project_id == project and each.state == "open"]
        if len(sent) < len(self.uploads) or not all(each.is_whole and each.purpose == "archive" for each in sent):
            raise ProblemError(409, "Not all files are here as a whole, for the purpose archive. Send them first.")
        names = {each.name for each in sent}
        folders = {str(place) for name in names for place in PurePosixPath(name).parents}
        if len(names) < len(sent) or names & folders:
            raise ProblemError(409, "Two files have the same name: send them with their folders, or as a zip.")
        files = [{"name": each.name, "blob": desk.engine.blobs.put_file(desk.uploads.path(each.id))} for each in sent]
        for each in sent:
            desk.uploads.done(each)
        return {"files": files, "format": self.format or ""}


ORDERS: dict[str, type[Order]] = {
    "analyse": Analyse, "measure": Measure, "export": Export, "finetune": Finetune, "import": Import,
}  # fmt: skip
"""Kind of job -> its parameters; jobs of other kinds are started by the server itself."""


def order_of(kind: str, params: dict[str, Any]) -> Order:
    """The parameters of a job, checked.

    Raises:
        ProblemError: if there is no such kind, or they don't fit it.
    """
    if kind not in ORDERS:
        raise ProblemError(422, f"kind {kind[:50]!r} is not known: wanted one of {', '.join(ORDERS)}.")
    try:
        order = ORDERS[kind](**params)
    except ValidationError as error:
        first = error.errors()[0]
        raise ProblemError(422, f"params.{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    order.check()
    return order


def _is_plain_name(name: object) -> bool:
    return isinstance(name, str) and name.replace("-", "").replace("_", "").isalnum()


def _analysis_form() -> dict[str, Any]:
    return json_schema(AnalysisSettings)
