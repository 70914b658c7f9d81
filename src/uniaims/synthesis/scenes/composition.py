"""From placed bodies to a scene: depth order, what is too little to be seen, whole masks.

Truth is exact: every pixel carries the number of the body whose surface is topmost there. Bodies of which
almost nothing is seen are taken out of the scene before it is rendered, never just out of the labels, so that
no unlabelled remnant stays in the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, find_objects

from uniaims.synthesis.relief import Patch, Relief, deposit, highest_points, pieces
from uniaims.synthesis.scenes.scene import SMALLEST_AREA_PX, SMALLEST_VISIBLE_FRACTION, Scene, WholeMask
from uniaims.synthesis.stamps import Stamp, imprint

_CARBON_ATOMIC_NUMBER = 6.0
"""Atomic number of the substrate under bodies that have one."""
_MOST_STACKING_ROUNDS = 12
_NOTHING = np.float32(-1e30)


@dataclass(frozen=True, eq=False)
class Placed:
    """A body in its place: its surface, where its origin lies (patches only), and the number of its owner.

    Bodies with the same `owner` are one instance: a cluster. `atomic_number` is that of its material.
    """

    surface: Patch | Stamp
    place: tuple[int, int]
    level: float
    owner: int
    atomic_number: float = 0.0


@dataclass(frozen=True)
class Counting:
    """What counts as one instance.

    `joined`: all that is seen of a body has one number, else each connected piece has its own. `by_piece`: a piece
    below the smallest visible part of its body is a sliver, else only the body as a whole has to show that much.
    `smallest_px`: fewer pixels are no piece.
    """

    joined: bool = False
    by_piece: bool = True
    smallest_px: float = SMALLEST_AREA_PX


EACH_PIECE = Counting()
"""Each connected piece is an instance, and none is a sliver."""
Groups = dict[int, list[Placed]]


def composed(
    image_shape: tuple[int, int], placed: Sequence[Placed], diameter_px: float, counting: Counting = EACH_PIECE
) -> Scene:
    """Stack bodies to a scene, again and again, each time without those that show a remnant, until none does."""
    groups: Groups = {}
    for body in placed:
        groups.setdefault(body.owner, []).append(body)
    outlines: dict[int, WholeMask] = {}
    for _ in range(_MOST_STACKING_ROUNDS):
        relief, areas = _stacked(image_shape, groups, outlines)
        poor = _poorly_visible(relief.labels, areas, counting)
        if not poor.any():
            break
        groups = {owner: group for (owner, group), is_poor in zip(groups.items(), poor, strict=True) if not is_poor}
    relief = repainted(relief, _too_small(relief.labels, areas, counting))
    scene = scene_of(relief, diameter_px, counting.joined)
    return _completed(scene, image_shape, list(groups.values()), int(areas.sum()))


def scene_of(relief: Relief, diameter_px: float, joined: bool = False) -> Scene:
    """Number what is seen in `relief`: each connected piece of a body, or (`joined`) each body."""
    if joined:
        numbers, places = np.unique(relief.labels, return_inverse=True)
        labels = places.reshape(relief.labels.shape) + int(numbers[0] > 0)
        return Scene(relief, labels.astype(np.uint32), numbers[numbers > 0].astype(np.int32), diameter_px)
    parts = pieces(relief.labels)
    return Scene(relief, parts.astype(np.uint32), (owners_of(parts, relief.labels) + 1).astype(np.int32), diameter_px)


def owners_of(parts: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.int64]:
    """Index of the body (label - 1) of each piece."""
    owners = np.zeros(int(parts.max(initial=0)) + 1, dtype=np.int64)
    owners[parts.ravel()] = labels.ravel()
    return owners[1:] - 1


def repainted(relief: Relief, tiny: NDArray[np.bool_]) -> Relief:
    """Give the pixels `tiny` (H, W) the surface and the label of their nearest neighbour."""
    if not tiny.any():
        return relief
    at = tuple(distance_transform_edt(tiny, return_distances=False, return_indices=True))
    return replace(
        relief,
        height=relief.height[at],
        slope_y=relief.slope_y[at],
        slope_x=relief.slope_x[at],
        v=relief.v[at],
        u=relief.u[at],
        labels=relief.labels[at],
    )


def _stacked(
    image_shape: tuple[int, int], groups: Groups, outlines: dict[int, WholeMask]
) -> tuple[Relief, NDArray[np.int64]]:
    """Relief of all bodies and the pixels (B,) of each one's whole outline inside the image."""
    relief = Relief.flat(image_shape)
    areas = np.zeros(len(groups), dtype=np.int64)
    for index, (owner, group) in enumerate(groups.items()):
        for body in group:
            areas[index] += _put(relief, body, index + 1)
        if len(group) > 1:
            if owner not in outlines:
                outlines[owner] = outline(image_shape, group)
            areas[index] = np.count_nonzero(outlines[owner].mask)
    return relief, areas


def _put(relief: Relief, body: Placed, number: int) -> int:
    if isinstance(body.surface, Stamp):
        return imprint(relief, body.surface, number)
    return deposit(relief, body.surface, body.place, body.level, number)


def outline(image_shape: tuple[int, int], group: Sequence[Placed]) -> WholeMask:
    """Everything that the bodies of one group cover inside an image, hidden or not."""
    pixels = np.concatenate([_pixels(image_shape, body) for body in group], axis=1)
    if pixels.shape[1] == 0:
        return WholeMask(0, 0, np.zeros((0, 0), dtype=bool))
    top, left = pixels.min(axis=1)
    mask = np.zeros(pixels.max(axis=1) - (top, left) + 1, dtype=bool)
    mask[pixels[0] - top, pixels[1] - left] = True
    return WholeMask(int(top), int(left), mask)


def _pixels(image_shape: tuple[int, int], body: Placed) -> NDArray[np.int64]:
    """Rows and columns (2, n) that a body covers inside the image."""
    if isinstance(body.surface, Stamp):
        return np.stack([body.surface.rows, body.surface.columns]).astype(np.int64)
    corner = np.array(body.place)[:, None] - body.surface.middle
    pixels = np.stack(np.nonzero(body.surface.upper > _NOTHING)) + corner
    return np.asarray(pixels[:, ((pixels >= 0) & (pixels < np.array(image_shape)[:, None])).all(axis=0)])


def _allowed(areas: NDArray[np.int64], counting: Counting) -> NDArray[np.float64]:
    """Pixels (B,) that a piece of each body needs."""
    share = SMALLEST_VISIBLE_FRACTION * areas if counting.by_piece else np.zeros(len(areas))
    return np.maximum(counting.smallest_px, share)


def _poorly_visible(labels: NDArray[np.int32], areas: NDArray[np.int64], counting: Counting) -> NDArray[np.bool_]:
    """Which bodies (B,) show too little, or a piece too small to be an instance and too large to paint over."""
    parts = pieces(labels)
    sizes = np.bincount(parts.ravel())[1:]
    owners = owners_of(parts, labels)
    allowed = _allowed(areas, counting)
    poor = np.ones(len(areas), dtype=bool)
    poor[owners[sizes >= allowed[owners]]] = False
    poor[owners[(sizes >= counting.smallest_px) & (sizes < allowed[owners])]] = True
    seen = np.bincount(labels.ravel(), minlength=len(areas) + 1)[1:]
    return np.asarray(poor | (seen < SMALLEST_VISIBLE_FRACTION * areas))


def _too_small(labels: NDArray[np.int32], areas: NDArray[np.int64], counting: Counting) -> NDArray[np.bool_]:
    """Pixels (H, W) of pieces that are no instance: a few pixels between two outlines."""
    parts = pieces(labels)
    sizes = np.bincount(parts.ravel())
    needed = np.zeros(len(sizes))
    needed[1:] = _allowed(areas, counting)[owners_of(parts, labels)]
    return np.asarray((sizes < needed)[parts] & (parts > 0))


def _completed(scene: Scene, image_shape: tuple[int, int], groups: list[list[Placed]], area: int) -> Scene:
    """Add whole masks where anything is hidden, heights and, where bodies differ, atomic numbers."""
    depth = highest_points(scene.labels, scene.relief.height, len(scene.bodies))
    numbers = np.array([_CARBON_ATOMIC_NUMBER, *(group[0].atomic_number for group in groups)], dtype=np.float32)
    whole: tuple[WholeMask, ...] = ()
    if area > np.count_nonzero(scene.labels):
        by_body = [outline(image_shape, group) for group in groups]
        boxes = find_objects(scene.labels.astype(np.int32))
        whole = tuple(
            _including(by_body[body - 1], scene.labels[box] == index + 1, box)
            for index, (body, box) in enumerate(zip(scene.bodies.tolist(), boxes, strict=True))
        )
    return replace(scene, depth=depth, whole=whole, atomic_numbers=numbers if numbers[1:].any() else None)


def _including(whole: WholeMask, visible: NDArray[np.bool_], box: tuple[slice, slice]) -> WholeMask:
    """The whole mask, widened by visible pixels that repainting gave to it."""
    top, left = min(whole.top, box[0].start), min(whole.left, box[1].start)
    bottom = max(whole.top + whole.mask.shape[0], box[0].stop)
    right = max(whole.left + whole.mask.shape[1], box[1].stop)
    mask = np.zeros((bottom - top, right - left), dtype=bool)
    mask[box[0].start - top : box[0].stop - top, box[1].start - left : box[1].stop - left] = visible
    rows = slice(whole.top - top, whole.top - top + whole.mask.shape[0])
    mask[rows, whole.left - left : whole.left - left + whole.mask.shape[1]] |= whole.mask
    return WholeMask(top, left, mask)


def half_width(body: Placed) -> int:
    """Give the half side in pixels of a body's patch, 0 for a stamp."""
    return 0 if isinstance(body.surface, Stamp) else body.surface.middle
