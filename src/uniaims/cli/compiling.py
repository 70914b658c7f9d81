"""A line for those who wait: in its first run the program compiles its inner loops."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from numba.core import event

from uniaims.cli.console import say_warning

NOTE = "compiling for this machine, in the first run only; this takes up to a minute."


_telling = Lock()


@cache
def _tell() -> None:
    """Say it once in the life of the program, however many parts of it compile."""
    say_warning(NOTE)


class _Listener(event.Listener):  # type: ignore[misc]  # Numba has no types
    """Says once that something is compiled. Loops that were compiled in an earlier run come from a cache, silently."""

    def on_start(self, event: event.Event) -> None:  # noqa: ARG002  Numba's interface
        """Tell it when the first thing is compiled."""
        with _telling:  # threads compile at the same time
            _tell()

    def on_end(self, event: event.Event) -> None:
        """Nothing to tell."""


@contextmanager
def compiling_told() -> Iterator[None]:
    """Within the block, the first compilation is told on stderr."""
    with event.install_listener("numba:compile", _Listener()):
        yield
