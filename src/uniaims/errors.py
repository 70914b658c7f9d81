"""Every exception of Uni-AIMS.

::

    UniaimsError                      exit code 1 on the command line
    ├── InputError (ValueError)       what the user gave can't be used
    │   ├── ImageError                a file that is no readable image, or an array that is no image
    │   ├── LabelsError               an array or file that is no label image
    │   ├── PixelSizeError            a text that is no length, a number that is no size of a pixel
    │   ├── SettingsError             a setting out of its range, an unknown name
    │   ├── NotFoundError (LookupError)   something that is not there, or no longer
    │   └── ConflictError             what can't be done as things stand now
    ├── ModelError                    a model that can't be found, read or run
    ├── OutputError (OSError)         a result that can't be written
    │   └── DataFolderError           a data folder that can't be opened: held, newer, damaged
    └── MissingDependencyError (ImportError)   an optional library that is not installed

A message says what came, what was wanted and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The end of a message, such as ``" Did you mean general?"``, where a name comes near a known one; else ``""``."""
    close = get_close_matches(given, list(known), 1)
    return f" Did you mean {close[0]}?" if close else ""


class UniaimsError(Exception):
    """Anything that Uni-AIMS refuses or fails to do, with a message meant for the user."""


class InputError(UniaimsError, ValueError):
    """What the user gave can't be used."""


class ImageError(InputError):
    """A file that is no readable image, or an array that is no image."""


class LabelsError(InputError):
    """An array or file that is no label image."""


class PixelSizeError(InputError):
    """A text that is no length, or a number that is no size of a pixel."""


class SettingsError(InputError):
    """A setting out of its range, or an unknown name."""


class NotFoundError(InputError, LookupError):
    """Something that is not there, or no longer."""


class ConflictError(InputError):
    """What can't be done as things stand now, and could have been before, or later."""


class ModelError(UniaimsError):
    """A model that can't be found, read or run."""


class OutputError(UniaimsError, OSError):
    """A result that can't be written."""


class DataFolderError(OutputError):
    """A data folder that can't be opened: another program holds it, it is of a newer version, or damaged."""


class MissingDependencyError(UniaimsError, ImportError):
    """An optional library that is not installed."""
