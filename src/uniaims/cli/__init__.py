"""The command line: ``uniaims analyse``, ``measure``, ``info``, ``scale``, ``models``, ``train`` and others.

``uniaims dataset`` is a group of commands of its own.

Exit codes: 0 all went well, 1 something failed (an image of a batch, a file that can't be read or written) or it was
stopped by Ctrl-C or SIGTERM, 2 the command was wrong.

Flags are made from the settings classes, so that every default is written once. Those classes live beside code that
takes seconds to import; the flags of a command are therefore made only when that command is called.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from uniaims.cli import commands, dataset
from uniaims.cli.flags import plain_command, with_flags
from uniaims.cli.screen import say_error
from uniaims.errors import PixelSizeError, SettingsError, UniaimsError

USAGE = 2
TRACEBACK = "UNIAIMS_TRACEBACK"
"""With this environment variable a fault of the program itself is raised with its traceback."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (``sys.argv`` if not given) and return its exit code. Nothing is raised."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with _ending_like_ctrl_c():
            build(given[:1])(args=given, prog_name="uniaims")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except (SettingsError, PixelSizeError) as error:
        say_error(str(error))
        return USAGE
    except UniaimsError as error:
        say_error(str(error))
        return 1
    except KeyboardInterrupt:
        say_error("stopped.")
        return 1
    except Exception as error:
        if TRACEBACK in os.environ:
            raise
        say_error(f"a fault in uniaims, {type(error).__name__}: {error}. Please report it; {TRACEBACK}=1 tells more.")
        return 1
    return 0


def build(names: Sequence[str]) -> typer.Typer:
    """The program, with the flags of those commands that are in ``names``; the others can only be listed."""
    app = typer.Typer(
        name="uniaims",
        help="From micrograph to measured objects and a report.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(commands.program)
    for command in commands.COMMANDS:
        name = command.__name__
        app.command(name)(with_flags(command) if name in names else plain_command(command))
    app.add_typer(dataset.group())
    return app


@contextmanager
def _ending_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM, by which servers and schedulers end a program, stop as cleanly as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():  # only there can signals be set
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def __getattr__(name: str) -> Any:
    """``app``: the whole program with all flags."""
    if name == "app":
        return build([command.__name__ for command in commands.COMMANDS])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
