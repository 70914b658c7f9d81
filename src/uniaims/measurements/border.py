"""What the border of the evaluated field does to counts and sizes, and what undoes it.

Large objects are cut by the border more often than small ones. Two rules give unbiased figures:

- **Counts and densities** take every object, cut ones with less weight (`count_weights`): 1/2 where one side cuts, 1/4
  where two that meet do, 0 where opposite sides do. That is the mean of the four rules "count what two neighbouring
  sides do not cut" (Gundersen, Journal of Microscopy 111, 1977), and is known as the half rule.
- **Sizes and shapes** take whole objects only, each divided by its chance to lie whole in the field (`size_weights`):
  Miles, in Harding & Kendall, Stochastic geometry, 1974; Lantuejoul, Journal de Microscopie et de Spectroscopie
  Electroniques 5, 1980.

Boxes are (N, 4) int32 in pixels of the whole image, see `uniaims.boxes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import BOTTOM, LEFT, RIGHT, TOP, Box, Boxes
from uniaims.labels import Labels

Floats = NDArray[np.float64]

HEAVY_WEIGHT = 4.0
"""An object above this weight is larger than about half of the field: a larger field is needed."""
LARGEST_DISAGREEMENT = 0.05
"""Where the two ways to count differ by more, there are too few whole objects: a larger field is needed."""


@dataclass(frozen=True)
class Field:
    """What of an image is evaluated: objects that its edges cut, or that go on under writing, are not whole.

    Attributes:
        region: the part that shows the sample.
        writing: what is drawn into the picture and covers the sample.
    """

    region: Box
    writing: tuple[Box, ...] = ()


def cut_sides(boxes: Boxes, region: Box) -> NDArray[np.bool_]:
    """Which sides (N, 4) of the field cut each object: top, left, bottom, right.

    An object with a pixel in the first or last row or column of the field counts as cut: it may go on outside.
    """
    return np.stack(
        [
            boxes[:, TOP] <= region.top,
            boxes[:, LEFT] <= region.left,
            boxes[:, BOTTOM] >= region.bottom,
            boxes[:, RIGHT] >= region.right,
        ],
        axis=1,
    )


def covered(labels: Labels, numbers: NDArray[np.uint32], obstacles: Sequence[Box]) -> NDArray[np.bool_]:
    """Which of the labels (N,) have a pixel under or right beside a box of what was drawn into the picture.

    An object that goes on under writing looks smaller than it is.
    """
    hit = [np.unique(labels[box.grown(1, 1, labels.shape).window]) for box in obstacles]
    return np.isin(numbers, np.concatenate(hit)) if hit else np.zeros(len(numbers), bool)


def evaluated_area(region: Box, obstacles: Sequence[Box] = ()) -> int:
    """Pixels of the field that show the sample: without what is drawn into it."""
    return int(_open_area(region, obstacles, 0, 0))


def counted_area(region: Box, obstacles: Sequence[Box] = ()) -> int:
    """Area in px that numbers by the half rule belong to.

    An object with a pixel in the first or last row counts as cut, so of the places where its box shows in a field of H
    rows, H - 1 count; what is drawn into the field takes one row and column more for the same reason.
    """
    return int(_open_area(region, obstacles, 1, 1))


def count_weights(boxes: Boxes, region: Box, under_writing: NDArray[np.bool_] | None = None) -> Floats:
    """What each object (N,) counts by in numbers and densities: the half rule.

    Args:
        boxes: of all objects that are seen, cut ones too.
        region: the field.
        under_writing: (N,) those that go on under writing, which cuts like a side of the field (right for boxes larger
            than the objects).
    """
    sides = cut_sides(boxes, region)
    weights = (1 - sides[:, 0::2].sum(axis=1) / 2) * (1 - sides[:, 1::2].sum(axis=1) / 2)
    if under_writing is not None:
        weights = np.where(under_writing, weights / 2, weights)
    return np.asarray(weights, np.float64)


def size_weights(boxes: Boxes, region: Box, obstacles: Sequence[Box] = ()) -> Floats:
    """What each object (N,) counts by in statistics of size and shape: one over its chance to lie whole in the field.

    The chance is that of its bounding box, moved about at random. Objects that the field cuts get 0; leave out, or set
    to 0, those that are `covered`. An object that fills the field gets infinity: there is no way to tell how many there
    are.

    Args:
        boxes: of the objects.
        region: the field.
        obstacles: what is drawn into the field.
    """
    heights, widths = boxes[:, BOTTOM] - boxes[:, TOP], boxes[:, RIGHT] - boxes[:, LEFT]
    sizes, which = np.unique(np.stack([heights, widths], axis=1), axis=0, return_inverse=True)
    # a whole object has no pixel in the outermost rows and columns: one position fewer
    free = np.array([_open_area(region, obstacles, int(high) + 1, int(wide) + 1) for high, wide in sizes])
    area = float(evaluated_area(region, obstacles))
    weights = np.divide(area, free, out=np.full(len(free), np.inf), where=free > 0)
    return np.where(cut_sides(boxes, region).any(axis=1), 0.0, weights[which.ravel()])


def _open_area(region: Box, obstacles: Sequence[Box], height: int, width: int) -> float:
    """Area of the places where the upper left corner of a box may lie: inside of the field, free of obstacles."""
    high, wide = region.height - height, region.width - width
    if high <= 0 or wide <= 0 or not obstacles:
        return float(max(high, 0) * max(wide, 0))
    grown = [
        (
            max(box.top - region.top - height, 0),
            max(box.left - region.left - width, 0),
            min(box.bottom - region.top, high),
            min(box.right - region.left, wide),
        )
        for box in obstacles
    ]
    rows = np.unique([0, high, *(edge for box in grown for edge in box[0::2] if 0 < edge < high)])
    columns = np.unique([0, wide, *(edge for box in grown for edge in box[1::2] if 0 < edge < wide)])
    closed = np.zeros((len(rows) - 1, len(columns) - 1), bool)
    for top, left, bottom, right in grown:
        window = (rows[:-1] >= top) & (rows[:-1] < bottom), (columns[:-1] >= left) & (columns[:-1] < right)
        closed |= np.outer(*window)
    return float(high * wide - (np.outer(np.diff(rows), np.diff(columns)) * closed).sum())
