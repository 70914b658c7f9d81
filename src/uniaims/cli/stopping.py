"""Ctrl-C and SIGTERM: one line, and an exit code that names the signal."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from uniaims.cli import stopped_code
from uniaims.cli.console import say_error
from uniaims.stopping import stop_behind


@contextmanager
def told_if_stopped(then: str = "") -> Iterator[None]:
    """End a command that is stopped with one line and its exit code; ``then`` says what the user can do.

    Around all commands it stands without ``then``; one that has more to say has it once more inside.
    """
    try:
        yield
    except typer.Exit:  # told already, or no stop at all
        raise
    except (KeyboardInterrupt, Exception) as error:
        stop = stop_behind(error)
        if stop is None:
            raise
        say_error(f"stopped. {then}".rstrip())
        raise typer.Exit(stopped_code(stop)) from None
