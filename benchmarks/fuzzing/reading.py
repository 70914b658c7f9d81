"""What the child does with a mutant."""

import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from fuzzing.seeds import IMAGE, LABELS
from uniaims import formats
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.exchange.pictures import pixels_of
from uniaims.errors import UniaimsError
from uniaims.labels import read_labels

Outcome = Literal["read", "refused", "fault", "memory", "hang", "crash"]


@dataclass(frozen=True)
class Trial:
    """What became of a mutant; `memory_mb` is the most that the process held meanwhile."""

    outcome: Outcome
    text: str
    seconds: float
    memory_mb: float


def try_reading(reader: str, path: Path) -> Trial:
    """Read a mutant with all its pixels and labels."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # begins the highest mark of memory anew
    started = time.perf_counter()
    outcome, text = _read(reader, path)
    status = Path("/proc/self/status").read_text("ascii").split("VmHWM:")[1]
    return Trial(outcome, text, time.perf_counter() - started, int(status.split()[0]) / 1e3)


def _read(reader: str, path: Path) -> tuple[Outcome, str]:
    try:
        _read_all(reader, path)
    except UniaimsError as error:
        return ("memory" if _is_want_of_memory(error) else "refused"), str(error)
    except Exception as error:
        return ("memory" if _is_want_of_memory(error) else "fault"), "".join(traceback.format_exception(error))
    return "read", ""


def _read_all(reader: str, path: Path) -> None:
    if reader == IMAGE:
        pixels = np.asarray(formats.read(path).pixels)
        assert pixels.ndim in {2, 3}
    elif reader == LABELS:
        assert read_labels(path).ndim == 2
    else:
        faults: list[UniaimsError] = []
        for entry in FORMATS[reader].read(path, lambda _name, error: faults.append(error)):
            pixels_of(entry)
            assert entry.instances.shape == entry.record.shape
        for fault in faults:
            raise fault


def _is_want_of_memory(error: BaseException | None) -> bool:
    if "more memory than there is" in str(error):
        return True
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False
