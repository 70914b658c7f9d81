"""The command line: ``uniaims analyse``, ``measure``, ``info``, ``scale``, ``models``, ``train`` and others.

``uniaims dataset`` is a group of commands of its own.

Exit codes: 0 all went well; 1 something failed (an image of a batch, a file that can't be read or written); 2 the
command was wrong (an unknown option, a model or a detector that is not there, or none of the images is); 130 it was
stopped by Ctrl-C, 143 by SIGTERM.

Here stands only what has to be there before anything else is imported: whoever presses Ctrl-C in the first second
gets one line too, and what is wrong at first sight is refused at once.
"""

import io
import os
import sys
from collections.abc import Sequence

from uniaims.errors import PixelSizeError, SettingsError, UniaimsError
from uniaims.stopping import stop_behind, stop_signal, terminating_like_ctrl_c

USAGE, STOPPED = 2, 130
TRACEBACK = "UNIAIMS_TRACEBACK"
"""With this environment variable a fault of the program itself is raised with its traceback."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (``sys.argv`` if not given) and return its exit code. Nothing is raised."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with terminating_like_ctrl_c():
            return _run(given)
    except KeyboardInterrupt as stop:
        sys.stderr.write("Error: stopped before anything was done. The same command starts it again.\n")
        return stopped_code(stop)


def stopped_code(stop: KeyboardInterrupt) -> int:
    """The exit code by which shells know what stopped a program: 128 and the number of the signal, if it is told."""
    number = stop_signal(stop)
    return 128 + number if number else STOPPED


def _run(given: list[str]) -> int:
    from uniaims.atomic.disk import is_of_the_disk
    from uniaims.cli.app import build
    from uniaims.cli.console import say_error
    from uniaims.cli.words import as_on_disk, refuse_dashes

    given = as_on_disk(given)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that has no µ shows another sign in its place
        sys.stdout.reconfigure(errors="replace")
    try:
        refuse_dashes(given[1:])
        build(given[:1])(args=given, prog_name="uniaims")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except UniaimsError as error:
        say_error(str(error))
        return USAGE if isinstance(error, SettingsError | PixelSizeError) else 1
    except Exception as error:
        if stop := stop_behind(error):
            raise stop from None
        if TRACEBACK in os.environ:
            raise
        if isinstance(error, OSError) and is_of_the_disk(error):
            say_error(f"{error.filename or 'a file'}: {error.strerror}. Free space, or choose another place.")
            return 1
        say_error(f"a fault in uniaims, {type(error).__name__}: {error}. Please report it; {TRACEBACK}=1 tells more.")
        return 1
    return 0
