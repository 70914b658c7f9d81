"""What jobs can do: one module for each kind, and a table of them.

A module has ``prepare(engine, job, folder) -> Order`` and ``apply(engine, job, result) -> result``, which run in the
server and see the database; between them ``run(order, progress) -> result`` runs in the child and sees files.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from uniaims.errors import SettingsError, did_you_mean
from uniaims.jobs.order import Order
from uniaims.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from uniaims.engine import Engine
    from uniaims.engine.queue import Job

KINDS: dict[str, str] = {
    "ingest": "uniaims.jobs.kinds.ingest",
    "analyse": "uniaims.jobs.kinds.analyse",
    "measure": "uniaims.jobs.kinds.measure",
    "export": "uniaims.jobs.kinds.export",
    "finetune": "uniaims.jobs.kinds.finetune",
    "import": "uniaims.jobs.kinds.taking_in",
}


class Handler(Protocol):
    """What the module of a kind has."""

    def prepare(self, engine: "Engine", job: "Job", folder: "Path") -> Order:
        """What the child is asked to do; raises where it can't be done any more."""

    def run(self, order: Order, progress: Progress) -> "Mapping[str, Any]":
        """Do it, in the child."""

    def apply(self, engine: "Engine", job: "Job", result: "Mapping[str, Any]") -> "Mapping[str, Any]":
        """Put what came of it where it belongs; harmless if done twice. Gives what is told of it."""


def handler_of(kind: str) -> Handler:
    """The module of a kind.

    Raises:
        SettingsError: if there is none of this name.
    """
    if kind not in KINDS:
        raise SettingsError(f"job {kind!r} is not known: wanted one of {', '.join(KINDS)}.{did_you_mean(kind, KINDS)}")
    return cast("Handler", import_module(KINDS[kind]))
