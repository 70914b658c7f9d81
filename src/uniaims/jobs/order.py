"""What a child process is asked to do, and what it answers: JSON in lines, over pipes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Order:
    """A job as its child gets it.

    Attributes:
        kind: which handler.
        params: what is to be done, as JSON.
        blobs: folder of the blobs, which it reads, and writes what it makes to.
        folder: of its own; empty, and gone when the job has ended.
        files: what it needs, by name: paths.
    """

    kind: str
    params: Mapping[str, Any]
    blobs: Path
    folder: Path
    files: Mapping[str, Path] = field(default_factory=dict)

    def line(self) -> str:
        """As one line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Invert `line`."""
        known = json.loads(line)
        files = {name: Path(path) for name, path in known["files"].items()}
        return cls(known["kind"], known["params"], Path(known["blobs"]), Path(known["folder"]), files)


@dataclass(frozen=True)
class Answer:
    """What a child says of its order: how far it is (``stage``), or what came of it (one of the others).

    Attributes:
        result: as JSON.
        error: a sentence for the user.
        stopped: whether it was stopped.
    """

    stage: str = ""
    done: int = 0
    total: int = 0
    result: Mapping[str, Any] | None = None
    error: str = ""
    stopped: bool = False

    @property
    def is_last(self) -> bool:
        """Whether the order is done with."""
        return self.result is not None or bool(self.error) or self.stopped

    def line(self) -> str:
        """As one line."""
        return json.dumps(asdict(self), allow_nan=False, default=str)

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Invert `line`."""
        return cls(**json.loads(line))
