"""Settings of a training as a TOML file: one line for each field, named as in the class.

Relative paths count from the folder of the file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from uniaims.atomic import atomic_file
from uniaims.errors import SettingsError
from uniaims.runtime import SHIPPED
from uniaims.settings import settings_text, values_from
from uniaims.training.settings import TrainingSettings

WEIGHTS = ("initial_weights", "encoder_weights")
"""Settings that are a name, or the path of a file or folder."""


def read_settings(path: Path, changes: Mapping[str, Any] | None = None) -> TrainingSettings:
    """Read a settings file; ``changes`` go before what it says.

    Raises:
        SettingsError: if the file can't be read, or has a line that is no setting.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: can't be read as TOML ({error}). Wanted lines such as: steps = 4000") from error
    values = values_from(TrainingSettings, given, str(path), path.parent)
    values |= {name: _located(values[name], path.parent) for name in WEIGHTS if name in values}
    return settings_from(values | dict(changes or {}))


def located(settings: TrainingSettings) -> TrainingSettings:
    """The settings with absolute paths of the weights to start from, so that they serve from any folder."""
    initial, encoder = (_located(getattr(settings, name), Path()) for name in WEIGHTS)
    return replace(settings, initial_weights=initial, encoder_weights=encoder)


def settings_from(values: Mapping[str, Any]) -> TrainingSettings:
    """Settings from values by name.

    Raises:
        SettingsError: if data or output are missing, or a value is out of its range.
    """
    missing = [name for name in ("data", "output") if not values.get(name)]
    if missing:
        named = " and ".join(f"--{name}" for name in missing)
        raise SettingsError(
            f"{named} missing: wanted the dataset folders and a folder for the run, as flags or in TOML. "
            "See `uniaims train --help`."
        )
    return TrainingSettings(**values)


def write_settings(settings: TrainingSettings, path: Path) -> None:
    """Write all settings with what they mean; paths absolute, so that the file serves anywhere on this machine."""
    with atomic_file(path) as temporary:
        temporary.write_text(settings_text(settings), encoding="utf-8")


def _located(name_or_path: str, folder: Path) -> str:
    """A path from ``folder`` to something that is there, as an absolute one; anything else is a name and stays."""
    path = folder / Path(name_or_path).expanduser()
    shipped = (SHIPPED / f"{name_or_path}.onnx").is_file()
    return str(path.absolute()) if name_or_path and not shipped and path.exists() else name_or_path
