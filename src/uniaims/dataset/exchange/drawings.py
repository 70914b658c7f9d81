"""Instances as editors draw them: rings, parts with holes, rectangles, ellipses, masks.

Everywhere x and y are in px, (0, 0) is the upper left corner of the image, and a pixel belongs to a shape if its centre
lies inside.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, isfinite, pi, radians, sin

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uniaims._kernels import run_codes
from uniaims.boxes import Box
from uniaims.dataset.exchange.records import named_kinds
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError

Ring = NDArray[np.float64]
Part = list[Ring]
"""Rings of one piece, filled by the even-odd rule: its outline and its holes."""
Mask = tuple[int, int, NDArray[np.bool_]]
"""Row and column of the first pixel, and the mask (h, w)."""

BOX_ADVICE = (
    "A box tells no outline: draw outlines in the program that made it and export them, or let `uniaims analyse` find "
    "the objects in the images."
)
_ELLIPSE_POINTS = 180


@dataclass(frozen=True)
class Drawing:
    """One instance: all pixels of its parts and masks; ``kind`` says what it is."""

    parts: Sequence[Part] = ()
    masks: Sequence[Mask] = ()
    kind: str = ""


def instances_of(shape: tuple[int, int], drawings: Sequence[Drawing]) -> InstanceMasks:
    """Make instances (numbered from 1) of drawings; parts of one drawing are united.

    Raises:
        LabelsError: if a ring is no (K, 2) array of finite numbers.
    """
    kinds = named_kinds(drawing.kind for drawing in drawings)
    if all(len(drawing.parts) == 1 and not drawing.masks for drawing in drawings):
        return InstanceMasks.from_polygons(shape, (drawing.parts[0] for drawing in drawings), kinds)
    filled = InstanceMasks.from_polygons(shape, (part for drawing in drawings for part in drawing.parts))
    return InstanceMasks.from_masks(shape, _masks_of(drawings, filled), kinds)


def _masks_of(drawings: Sequence[Drawing], filled: InstanceMasks) -> Iterator[Mask]:
    """The mask of each drawing, one at a time; ``filled`` are the parts of all."""
    used = 0
    for drawing in drawings:
        here = range(used, used + len(drawing.parts))
        used += len(drawing.parts)
        placed = [filled.placed_mask(i) for i in here]
        yield united([*placed, *drawing.masks])


def united(masks: Sequence[Mask]) -> Mask:
    """One mask of several."""
    if len(masks) == 1:
        return masks[0]
    full = [mask for mask in masks if mask[2].any()]
    if not full:
        return 0, 0, np.zeros((0, 0), np.bool_)
    top, left = min(mask[0] for mask in full), min(mask[1] for mask in full)
    bottom, right = max(mask[0] + mask[2].shape[0] for mask in full), max(mask[1] + mask[2].shape[1] for mask in full)
    whole = np.zeros((bottom - top, right - left), np.bool_)
    for y, x, mask in full:
        whole[y - top : y - top + mask.shape[0], x - left : x - left + mask.shape[1]] |= mask
    return top, left, whole


def parts_of(rings: Sequence[Ring]) -> list[Part]:
    """Sort the rings of `InstanceMasks.rings` into pieces: each outer ring with the holes right inside it."""
    areas = [signed_area(ring) for ring in rings]
    outer = sorted((i for i, area in enumerate(areas) if area > 0), key=lambda i: areas[i])
    parts: dict[int, Part] = {i: [rings[i]] for i in outer}
    for i, area in enumerate(areas):
        if area < 0:
            around = next((j for j in outer if areas[j] > -area and _inside(rings[i][0], rings[j])), outer[0])
            parts[around].append(rings[i])
    return [parts[i] for i in sorted(outer)]


def has_holes(rings: Sequence[Ring]) -> bool:
    """Whether one of the rings of `InstanceMasks.rings` goes around a hole."""
    return len(rings) > 1 and any(signed_area(ring) < 0 for ring in rings)


def bridged(rings: Sequence[Ring]) -> Ring:
    """One ring (K, 2) of several: each further one is reached and left on the same straight way.

    The way is gone twice and so changes nothing by the even-odd rule; formats that hold one ring can thus hold holes
    and pieces.
    """
    start = rings[0][:1]
    further = [piece for ring in rings[1:] for piece in (ring, ring[:1], start)]
    return np.concatenate([rings[0], start, *further]) if further else rings[0]


def signed_area(ring: Ring) -> float:
    """Area in px², positive for rings that run clockwise on the screen."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def rectangle(x0: float, y0: float, x1: float, y1: float, degrees: float = 0.0) -> Ring:
    """Corners (4, 2) of a rectangle, turned clockwise on the screen around its centre."""
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)
    return turned(corners, ((x0 + x1) / 2, (y0 + y1) / 2), degrees) if degrees else corners


def ellipse(x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0.0) -> Ring:
    """Points (K, 2) around an ellipse with the centre (x, y), turned clockwise on the screen.

    The points lie so far outside of it that the polygon has the ellipse's area.

    Raises:
        InputError: if a number is not finite.
    """
    if not all(map(isfinite, (x, y, radius_x, radius_y, degrees))):
        raise InputError(f"an ellipse around ({x}, {y}) with radii {radius_x} and {radius_y} has no place. Remove it.")
    turn = np.linspace(0, 2 * pi, _ELLIPSE_POINTS, endpoint=False)
    step = 2 * pi / _ELLIPSE_POINTS
    swell = (step / sin(step)) ** 0.5
    points = np.stack([x + swell * radius_x * np.cos(turn), y + swell * radius_y * np.sin(turn)], axis=1)
    return turned(points, (x, y), degrees) if degrees else points


def turned(points: Ring, centre: tuple[float, float], degrees: float) -> Ring:
    """Points (K, 2) turned clockwise on the screen around ``centre``."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return np.asarray((points - centre) @ np.array([[c, s], [-s, c]]) + centre, np.float64)


def ring_of(points: ArrayLike, what: str) -> Ring:
    """Points as a ring (K, 2).

    Args:
        points: pairs x, y; or one list x, y, x, y, ...
        what: names the instance in the error.

    Raises:
        InputError: if they are no points, or fewer than three.
    """
    try:
        ring = np.asarray(points, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{what}: its points are no pairs of numbers. Export it again.") from error
    if ring.ndim == 1 and ring.size % 2 == 0:
        ring = ring.reshape(-1, 2)
    if not np.isfinite(ring).all():
        raise InputError(f"{what}: its points hold numbers that are not finite: wanted three or more pairs of numbers.")
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3:
        raise InputError(f"{what}: its points have the shape {ring.shape}: wanted three or more pairs of numbers.")
    return ring


def mask_of_row_runs(runs: NDArray[np.int64], width: int) -> Mask:
    """The mask of run lengths along the rows of an image of ``width`` columns; background comes first."""
    box = Box.of_row(run_codes.box_of_row_runs(runs, width))
    mask = np.zeros(box.shape, np.bool_)
    run_codes.paint_row_runs(runs, width, box.left, box.top, mask)
    return box.top, box.left, mask


def flat_points(ring: Ring) -> list[float]:
    """x, y, x, y, ... of a ring, whole numbers as such."""
    return [int(value) if value == int(value) else float(value) for value in ring.ravel()]


def _inside(point: Ring, ring: Ring) -> bool:
    """Whether a point lies inside a ring (even-odd)."""
    before = np.roll(ring, 1, axis=0)
    crosses = (ring[:, 1] > point[1]) != (before[:, 1] > point[1])
    rise = np.where(crosses, before[:, 1] - ring[:, 1], 1)
    at = ring[:, 0] + (point[1] - ring[:, 1]) * (before[:, 0] - ring[:, 0]) / rise
    return bool(np.count_nonzero(crosses & (point[0] < at)) % 2)
