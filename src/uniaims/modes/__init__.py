"""What an analysis is made for: each mode is one module that says what is measured and how it is told.

::

    MODES                          the modes: name -> module that has it as ``MODE``
    mode_named(name) -> Mode       noun, properties, headline figures, sections, and the function that does the work

A new mode is one file and its line in `MODES`. Names alone can be had without anything heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from uniaims.errors import SettingsError, did_you_mean
from uniaims.lazily import at_first_use

if TYPE_CHECKING:
    from uniaims.modes.mode import Mode, Objects

__all__ = ["DEFAULT_MODE", "MODES", "Mode", "Objects", "mode_named"]

MODES: dict[str, str] = {
    "particles": "uniaims.modes.particles",
}
DEFAULT_MODE = next(iter(MODES))


def mode_named(name: str) -> "Mode":
    """A mode by its name.

    Raises:
        SettingsError: if there is none of this name.
    """
    refuse_unknown_mode(name)
    mode: Mode = import_module(MODES[name]).MODE
    return mode


def refuse_unknown_mode(name: str) -> None:
    """Raise where there is no mode of a name.

    Raises:
        SettingsError: with the nearest known name.
    """
    if name not in MODES:
        raise SettingsError(f"mode {name!r} is not known: wanted one of {', '.join(MODES)}.{did_you_mean(name, MODES)}")


__getattr__ = at_first_use(__name__, {"Objects": "mode", "Mode": "mode"})
