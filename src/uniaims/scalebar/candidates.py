"""Where a bar may be, before it is measured."""

from dataclasses import dataclass
from typing import Literal

from uniaims.boxes import Box

LEAST_CONTRAST = 12
"""Grey levels of 255 by which a bar stands out; less is hidden by noise and compression."""

Kind = Literal["bar", "split", "cut", "ruler"]


@dataclass(frozen=True)
class Candidate:
    """Where a bar may be, roughly.

    ``bright``: lighter than what is around. `marks` are a ruler's columns, `parts` the two lines of a bar that its
    label splits, or the pieces of one that tails of letters cut.
    """

    box: Box
    bright: bool
    kind: Kind = "bar"
    marks: tuple[float, ...] = ()
    parts: tuple[Box, ...] = ()
