"""How long work tells how far it is: a callable, or ``None`` for silence."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told ``(stage, done, total)``."""


def silence(_stage: str, _done: int, _total: int) -> None:
    """Progress for nobody."""
