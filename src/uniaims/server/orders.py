"""What may be asked of each kind of job: the parameters, checked before anything waits in the queue."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from uniaims.dataset.exchange import FORMATS
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.server.errors import ProblemError
from uniaims.settings import from_table, json_schema

_OWN_FORMATS = ("labels", "measurements", "report")


class _Order(BaseModel):
    """Parameters of a job."""

    model_config = ConfigDict(extra="forbid")

    @property
    def one_image(self) -> int | None:
        """The image that it is about, if it is one."""
        return None

    def image_numbers(self) -> list[int]:
        """The images that it is about."""
        return []

    def check(self) -> None:
        """Refuse what does not fit; raises errors of ours."""


class _OfImage(_Order):
    image: int

    @property
    def one_image(self) -> int:
        """The image that it is about."""
        return self.image

    def image_numbers(self) -> list[int]:
        """The images that it is about."""
        return [self.image]


class Analyse(_OfImage):
    """Find and measure the objects of an image."""

    settings: dict[str, Any] = Field(default_factory=dict, json_schema_extra=lambda form: form.update(_analysis_form()))

    def check(self) -> None:
        """Refuse settings that there are not."""
        if {"detector", "page", "excel"} & set(self.settings):
            raise ProblemError(422, "settings: detector, page and excel are not for images of a project.")
        segmenter = self.settings.get("segmenter", {})
        if isinstance(segmenter, dict) and not _is_plain_name(segmenter.get("model", "general")):
            raise ProblemError(422, "settings, model: wanted the name of a model, not a path.")
        from_table(AnalysisSettings, self.settings, "settings")


class Measure(_OfImage):
    """Measure the objects of an image as they are drawn now."""

    mode: str = "particles"

    def check(self) -> None:
        """Refuse modes that there are not."""
        from_table(AnalysisSettings, {"mode": self.mode}, "settings")


class Export(_Order):
    """Write images and their objects for other programs."""

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


ORDERS: dict[str, type[_Order]] = {"analyse": Analyse, "measure": Measure, "export": Export}
"""Kind of job -> its parameters; jobs of other kinds are started by the server itself."""
Kind = Literal["analyse", "measure", "export"]


def order_of(kind: str, params: dict[str, Any]) -> _Order:
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
