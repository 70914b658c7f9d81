"""The state of a training on disk, from which a killed one goes on exactly."""

from dataclasses import asdict, fields
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, ClassVar, Protocol

import torch

from uniaims.atomic import atomic_file, sweep
from uniaims.errors import ModelError, SettingsError

STATE_FILE = "training.pt"
SETTINGS_FILE = "settings.toml"
BEST_FILE = "best.safetensors"
LAST_FILE = "last.safetensors"
FREE_TO_CHANGE = frozenset(
    {
        "output", "steps", "minutes", "patience", "device", "loader_threads", "checkpoint_every", "batch_parts",
        "name", "description", "calibrate", "backgrounds", "fonts",
    }
)  # fmt: skip
"""Settings that may differ when a training goes on."""
NAMES_BEFORE = {"best_score": "best_ap50"}
"""Numbers of a state as versions before 0.2 called them."""
_PARTS = ("network", "average", "optimiser")


class RunSettings(Protocol):
    """Settings of a training: a dataclass that names the folder of the run."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def output(self) -> Path:
        """Folder of the run."""


class RunState(Protocol):
    """State of a training: a dataclass of `network`, `average`, `optimiser`, and numbers."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def network(self) -> torch.nn.Module:
        """What is trained."""


def save_state(state: RunState, settings: RunSettings) -> None:
    """Write everything that going on needs.

    Raises:
        ModelError: if a weight is no number; what was saved before stays.
    """
    path = settings.output / STATE_FILE
    unsound = [name for name, weight in state.network.state_dict().items() if not weight.isfinite().all()]
    if unsound:
        raise ModelError(
            f"{path}: not written, {len(unsound)} tensors of the network hold what is no number, such as "
            f"{unsound[0]}. Start anew in another folder with a lower learning rate."
        )
    saved: dict[str, Any] = {name: getattr(state, name).state_dict() for name in _PARTS}
    saved |= {name: getattr(state, name) for name in _numbers(state)} | {"settings": identity(settings)}
    with atomic_file(path) as temporary, temporary.open("wb") as stream:  # of a path, torch forgets why it failed
        torch.save(saved, stream)


def restore(state: RunState, settings: RunSettings, device: torch.device) -> None:
    """Bring the state to where the training in the output folder was left; nothing to do if there is none.

    Half-written files that a kill left are removed.

    Raises:
        SettingsError: if the folder holds another training, or a file that can't be read.
    """
    path = settings.output / STATE_FILE
    sweep(settings.output)
    if not path.exists():
        return
    try:
        # weights_only refuses everything but tensors and plain containers: our own file, but a file all the same.
        saved = torch.load(path, map_location=device, weights_only=True)
        _check_same_training(saved["settings"], settings)
        for name in _PARTS:
            getattr(state, name).load_state_dict(saved[name])
        for name in _numbers(state):
            setattr(state, name, saved[name if name in saved else NAMES_BEFORE[name]])
    except SettingsError:
        raise
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, UnpicklingError) as error:
        raise SettingsError(
            f"{path}: no state of this training ({error}). "
            "Choose another --output folder, or delete the file to start anew."
        ) from error


def identity(settings: RunSettings) -> dict[str, str]:
    """What makes it the same training; length, device and threads may change on the way."""
    return {name: _text(value) for name, value in asdict(settings).items() if name not in FREE_TO_CHANGE}


def _check_same_training(saved: dict[str, str], settings: RunSettings) -> None:
    """Going on is only for the training that was begun: other data or knobs would be told falsely in the card."""
    other = [name for name, value in identity(settings).items() if saved.get(name) != value]
    if other:
        raise SettingsError(
            f"{settings.output}: holds a training with other settings ({', '.join(other)}). "
            "Give the same settings to go on, or choose another --output folder."
        )


def _numbers(state: RunState) -> tuple[str, ...]:
    return tuple(item.name for item in fields(state) if item.name not in _PARTS)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_text, value))
    return str(value.absolute()) if isinstance(value, Path) else str(value)
