"""A line for those who wait: in its first run the program compiles its inner loops."""

from collections.abc import Iterator
from contextlib import contextmanager

from numba.core import event

from uniaims.cli.screen import say_warning

NOTE = "compiling for this machine, in the first run only; this takes up to a minute."


class _Listener(event.Listener):  # type: ignore[misc]  # Numba has no types
    """Says once that something is compiled. Loops that were compiled in an earlier run come from a cache, silently."""

    def __init__(self) -> None:
        self.has_told = False

    def on_start(self, event: event.Event) -> None:  # noqa: ARG002  Numba's interface
        if not self.has_told:
            self.has_told = True
            say_warning(NOTE)

    def on_end(self, event: event.Event) -> None:
        pass


@contextmanager
def compiling_told() -> Iterator[None]:
    """Within the block, the first compilation is told on stderr."""
    with event.install_listener("numba:compile", _Listener()):
        yield
