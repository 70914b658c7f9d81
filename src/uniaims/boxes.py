"""A part of an image, in whole pixels.

Edges have names, because the order of four numbers can't be seen. Where many boxes are an array, it is (N, 4) int32 and
its columns are `EDGES`: top, left, bottom, right, the last two exclusive, as `box_array` makes it.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from uniaims.deprecation import warn_of_old_name
from uniaims.errors import SettingsError

EDGES = ("top", "left", "bottom", "right")
"""The columns of an array of boxes."""
TOP, LEFT, BOTTOM, RIGHT = range(4)

Boxes = NDArray[np.int32]
"""(N, 4), one box a row."""


@dataclass(frozen=True, order=True)
class Box:
    """Pixels ``top <= row < bottom``, ``left <= column < right``; boxes sort from top to bottom, then left to right.

    `dataclasses.asdict` gives its edges by name, as JSON has them.
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns, to index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Self:
        """All of an image of ``shape`` (H, W, ...)."""
        return cls(0, 0, shape[0], shape[1])

    @classmethod
    def of_row(cls, row: Iterable[Any]) -> Self:
        """The box of one row of an array of boxes (N, 4), see `uniaims.boxes`."""
        return cls(*(int(edge) for edge in row))

    @property
    def edges(self) -> tuple[int, ...]:
        """Old name of `dataclasses.astuple` of a box: top, left, bottom, right."""
        warn_of_old_name("Box.edges", "the box itself, or its top, left, bottom, right")
        return astuple(self)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    @property
    def transposed(self) -> "Box":
        """The same box in the image with rows and columns exchanged."""
        return Box(self.left, self.top, self.right, self.bottom)

    def clipped(self, shape: tuple[int, ...]) -> "Box":
        """The part inside an image of ``shape``; without rows or columns where it is outside."""
        (top, bottom), (left, right) = (
            (min(max(low, 0), side), min(max(high, 0), side))
            for low, high, side in ((self.top, self.bottom, shape[0]), (self.left, self.right, shape[1]))
        )
        return Box(top, left, max(top, bottom), max(left, right))

    def moved(self, down: int, right: int) -> "Box":
        """The box shifted by whole pixels."""
        return Box(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def grown(self, down: int, across: int, shape: tuple[int, ...]) -> "Box":
        """The box with margins of so many rows and columns on each side, inside an image of ``shape``."""
        return Box(self.top - down, self.left - across, self.bottom + down, self.right + across).clipped(shape)

    def share_in(self, other: "Box") -> float:
        """Which part of the box, 0..1, lies in another one."""
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        across = min(self.right, other.right) - max(self.left, other.left)
        return max(0, down) * max(0, across) / max(1, self.area)

    def union(self, other: "Box") -> "Box":
        """The smallest box around both."""
        top, left = min(self.top, other.top), min(self.left, other.left)
        return Box(top, left, max(self.bottom, other.bottom), max(self.right, other.right))

    def lies_in(self, shape: tuple[int, ...]) -> bool:
        """Whether it has pixels and all of them are in an image of ``shape`` (H, W, ...)."""
        return 0 <= self.top < self.bottom <= shape[0] and 0 <= self.left < self.right <= shape[1]


def check_panel(panel: Box, shape: tuple[int, ...]) -> None:
    """See that the panel of a figure that a user chose lies in the picture of ``shape`` (H, W).

    Raises:
        SettingsError: where it reaches out of it, or is less than 2 x 2 pixels.
    """
    said = f"{panel.left},{panel.top},{panel.right},{panel.bottom}"
    if min(panel.shape) < 2:
        raise SettingsError(f"the panel {said} is {panel.width} x {panel.height} px: at least 2 x 2 are needed.")
    if not panel.lies_in(shape):
        raise SettingsError(
            f"the panel {said} reaches out of the picture of {shape[1]} x {shape[0]} px: give a box within it."
        )


def box_array(boxes: Iterable[Box]) -> Boxes:
    """Boxes as an array (N, 4) int32 with the columns `EDGES`."""
    return np.array([astuple(box) for box in boxes], np.int32).reshape(-1, 4)
