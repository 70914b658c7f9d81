"""From a label image to a snapshot; it needs blobs alone, so that a child process can do it."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uniaims._kernels.threads import map_blocks, thread_count
from uniaims.engine.blobs import Blobs
from uniaims.engine.layers.instances import EDITED, LARGEST_NUMBER, SUGGESTED, Rows, empty_rows, measured_rows
from uniaims.engine.layers.levels import Levels, Shapes, coarser, shapes_of
from uniaims.engine.layers.manifest import write_manifest
from uniaims.engine.layers.tile import TILE_PX, Place, Tile, padded, tile_of
from uniaims.engine.settings import Limits
from uniaims.errors import LabelsError
from uniaims.labels import Labels, check_labels, relabel


def write_labels(labels: ArrayLike, blobs: Blobs, said: Callable[[Rows], None] | None = None) -> str:
    """Keep a label image as a snapshot, and return the name of its manifest.

    Numbers stay, unless they are too large for the tables of pages: then they are made 1..N.

    Args:
        labels: (H, W), 0 = background.
        blobs: where to.
        said: sets what is known of the instances in their rows (see `instances.SAID`); else they were drawn by hand.

    Raises:
        LabelsError: if that is no label image, or too large.
    """
    checked = check_labels(labels)
    if checked.size == 0 or checked.size > Limits.image_px:
        raise LabelsError(f"labels have the shape {checked.shape}: 1 to {Limits.image_px} pixels are wanted.")
    if int(checked.max()) >= LARGEST_NUMBER:
        checked = relabel(checked)
    rows = measured_rows(checked)
    if len(rows) > Limits.instances:
        raise LabelsError(f"labels hold {len(rows)} instances: at most {Limits.instances} are stored.")
    if said is None:
        rows["state"] = EDITED
    else:
        said(rows)
    levels = tuple(_levels(checked, shapes_of(rows)))
    return write_manifest((checked.shape[0], checked.shape[1]), 0, rows, levels, blobs)[0]


def write_empty(shape: tuple[int, int], blobs: Blobs) -> str:
    """Keep a label image (H, W) without instances as a snapshot, and return the name of its manifest."""
    levels: tuple[dict[Place, Tile], ...] = tuple({} for _ in range(Levels(*shape).count))
    return write_manifest(shape, 0, empty_rows(), levels, blobs)[0]


def suggested(
    confidence: NDArray[np.floating], kinds: NDArray[np.integer] | None = None, model_id: int = 0
) -> Callable[[Rows], None]:
    """What a model says of the instances 1..N of a label image, for `write_labels`.

    Args:
        confidence: (N,), 0..1.
        kinds: (N,), 1..255 and 0 for none.
        model_id: row of the model in the tables, 0 for none.
    """

    def say(rows: Rows) -> None:
        known = rows["number"] <= len(confidence)
        index = rows["number"][known].astype(np.int64) - 1
        rows["confidence"][known] = confidence[index]
        rows["state"][known] = SUGGESTED
        rows["model"][known] = model_id
        if kinds is not None:
            rows["kind"][known] = kinds[index]

    return say


def _levels(labels: Labels, shapes: Shapes) -> Iterator[dict[Place, Tile]]:
    """The tiles of all levels of labels (H, W), the finest first."""
    grid = Levels(labels.shape[0], labels.shape[1])
    for level in range(grid.count):
        rows, columns = grid.grid(level)
        places = [(row, column) for row in range(rows) for column in range(columns)]
        if level:
            labels = _halved(labels, level, grid, shapes)
        yield _cut(labels, places)


def _halved(fine: Labels, level: int, grid: Levels, shapes: Shapes) -> Labels:
    """A whole level of the one before."""
    coarse = np.zeros(grid.shape(level), np.uint32)
    rows, columns = grid.grid(level)

    def make(first: int, stop: int) -> None:
        for index in range(first, stop):
            row, column = divmod(index, columns)
            own = window(row, column)
            below = fine[2 * own[0].start : 2 * own[0].stop, 2 * own[1].start : 2 * own[1].stop]
            target = coarse[own]
            pixels = coarser(padded(below, 2 * TILE_PX), level, (row, column), shapes)
            target[...] = pixels[: target.shape[0], : target.shape[1]]

    map_blocks(make, [(index, index + 1) for index in range(rows * columns)], thread_count())
    return coarse


def _cut(labels: Labels, places: list[Place]) -> dict[Place, Tile]:
    """The tiles of labels (H, W) that are not all background."""

    def make(first: int, stop: int) -> list[Tile | None]:
        return [tile_of(padded(labels[window(*places[index])])) for index in range(first, stop)]

    tiles = map_blocks(make, [(index, index + 1) for index in range(len(places))], thread_count())
    return {place: tile for place, (tile,) in zip(places, tiles, strict=True) if tile is not None}


def window(row: int, column: int) -> tuple[slice, slice]:
    """Rows and columns of pixels of a tile in its level."""
    return (
        slice(row * TILE_PX, (row + 1) * TILE_PX),
        slice(column * TILE_PX, (column + 1) * TILE_PX),
    )
