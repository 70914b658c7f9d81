"""Labels to fields, the target a network learns, and fields to labels, by following the flow.

`fields_from_labels` gives each instance a heat source at its centre; heat is lost at the instance's own outline, and
the flow points up the heat: away from the outline, which separates touching instances, and to one centre whatever the
shape. `labels_from_fields` walks up the flow from every pixel; pixels that arrive at the same place are one instance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from uniaims._kernels import basins, components, diffusion, distances, sinks, walk
from uniaims._kernels.threads import map_blocks, row_blocks, thread_count
from uniaims.errors import InputError
from uniaims.flow_settings import FlowSettings
from uniaims.labels import Labels, check_labels, relabel

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Runs = tuple[Array, Array, Array]  # as `components.find_runs` returns them: first, start, value

FLOW_SCALE = 127
MAP_SCALE = 255
SERIAL_PIXELS = 512 * 512
"""Up to this many pixels threads cost more than they save."""
LONGEST_WALK_PX = 8192
"""Pixels are followed until they stay, but never further than about this."""


@dataclass(frozen=True)
class CompactFields:
    """Fields in one byte per value, as tiles accumulate them.

    Attributes:
        probability: (H, W) uint8, 0..255 for 0..1.
        flow: (2, H, W) int8, y then x, -127..127 for -1..1.
        topography: (H, W) uint8, 0..255 for 0..1.
    """

    probability: npt.NDArray[np.uint8]
    flow: npt.NDArray[np.int8]
    topography: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        _check_shapes(self.probability, self.flow, self.topography)
        for array, wanted in ((self.probability, "uint8"), (self.flow, "int8"), (self.topography, "uint8")):
            if array.dtype != wanted:
                raise InputError(f"A compact field is {array.dtype}, not {wanted}. Use Fields(...).compact().")


@dataclass(frozen=True)
class Fields:
    """What the network predicts for an image.

    Attributes:
        probability: (H, W) float32, that a pixel belongs to an instance, 0..1.
        flow: (2, H, W) float32, y then x: unit vectors from the boundary to the centre, 0 in the background.
        topography: (H, W) float32, depth in the instance: 0 at the boundary, 1 at the deepest pixel.
    """

    probability: Floats
    flow: Floats
    topography: Floats

    def __post_init__(self) -> None:
        _check_shapes(self.probability, self.flow, self.topography)

    def compact(self, threads: int | None = None) -> CompactFields:
        """Return the fields in one byte per value, rounded and cut to their range; NaN becomes 0."""
        return CompactFields(
            _quantised(self.probability[None], np.uint8, threads)[0],
            _quantised(self.flow, np.int8, threads),
            _quantised(self.topography[None], np.uint8, threads)[0],
        )


@dataclass(frozen=True)
class _Basins:
    """Where the flow leads: basins, numbered 1..count in raster order of their first ends.

    Attributes:
        runs: of the image of basins, 0 = background.
        count: how many there are.
        places: (K,) flat indices of pixels where walks end; item 0 stands for none.
        groups: (K,) the basin of each of them.
        spare: (H, W) uint32, of any content: memory for the labels, which is costly to ask for once more.
    """

    runs: Runs
    count: int
    places: Array
    groups: Array
    spare: Labels


def fields_from_labels(labels: npt.ArrayLike, threads: int | None = None) -> Fields:
    """Return the fields a network should predict for these labels.

    Each instance by itself: heat from its centre (of the pixels at least 3/4 as deep as the deepest, the one nearest
    to the centroid) diffuses over its 8-connected pixels and is absorbed outside; the flow is the heat's normalised
    gradient. It is 0 where an instance is symmetric about a pixel, such as its centre. Topography is the Euclidean
    distance to the nearest pixel outside, divided by the largest in the instance. The image border counts as outside.
    An instance in several pieces has a centre and a deepest pixel in each.

    Args:
        labels: (H, W) integers, 0 = background, any numbers.
        threads: how many to use; by default all cores, and one for images up to 512 x 512. Results do not depend on
            it, and the function may be called from several threads at a time.

    Raises:
        LabelsError: if the array is no label image.
    """
    checked = check_labels(labels)
    flow, topography = _targets(checked, _threads_for(checked.size, threads))
    return Fields((checked != 0).astype(np.float32), flow, topography)


def _targets(labels: Labels, threads: int) -> tuple[Floats, Floats]:
    """Return flow (2, H, W) and topography (H, W) of the labels; the largest instances are begun first."""
    if int(labels.max(initial=0)) > labels.size:
        labels = relabel(labels)
    boxes = distances.bounding_boxes(labels, int(labels.max(initial=0)))
    order = 1 + np.argsort(-boxes[1:, 4], kind="stable")
    order = order[: np.count_nonzero(boxes[1:, 4])]
    flow = np.zeros((2, *labels.shape), np.float32)
    topography = np.zeros(labels.shape, np.float32)

    def write(start: int, stop: int) -> None:
        """Write the fields of some instances."""
        diffusion.write_instances(labels, boxes, order[start:stop], flow, topography)

    map_blocks(write, _halving_blocks(order.size, threads), threads)
    return flow, topography


def _halving_blocks(count: int, threads: int) -> list[tuple[int, int]]:
    """Cut ``range(count)`` into (start, stop) blocks that grow: the first, most expensive ones are short."""
    if threads == 1:
        return [(0, count)] if count else []
    bounds = np.unique((np.linspace(0, 1, 16 * threads + 1) ** 3 * count).astype(int))
    return [(int(start), int(stop)) for start, stop in pairwise(bounds)]


def labels_from_fields(
    fields: Fields | CompactFields, settings: FlowSettings | None = None, threads: int | None = None
) -> Labels:
    """Return the labels (H, W) that the flow leads to, numbered 1..N in raster order.

    Every foreground pixel walks up the flow; where walks end, 8-connected, is one basin; neighbouring basins are
    merged as `FlowSettings` tells. Pixels that the flow leads to the same end stay one instance even if a gap in the
    foreground cuts it into pieces; pieces below the smallest area are removed.

    The result is an exact function of the compact fields: integers throughout, so that no order of work and no
    number of threads changes it.

    Args:
        fields: of one image.
        settings: thresholds; by default `FlowSettings()`.
        threads: how many to use; by default all cores, and one for images up to 512 x 512.
    """
    settings = settings or FlowSettings()
    workers = _threads_for(fields.probability.size, threads)
    compact = fields.compact(workers) if isinstance(fields, Fields) else fields
    if compact.probability.size == 0:
        return np.zeros(compact.probability.shape, np.uint32)
    whole = np.ascontiguousarray
    compact = CompactFields(whole(compact.probability), whole(compact.flow), whole(compact.topography))
    basin = _follow(compact, _threshold(settings), workers)
    merges = settings.merge_difference > 0 and basin.count > 1
    runs = _merged(basin, compact, settings, workers) if merges else basin.runs
    return _cleaned(runs, basin, settings, workers)


def flow_errors(labels: npt.ArrayLike, fields: Fields | CompactFields, threads: int | None = None) -> Floats:
    """Return how far the predicted flow is from the flow of each instance's own shape.

    The measure is the mean over an instance's pixels of the squared length of the difference: 0 where the prediction
    fits the shape, 1 without any flow, 2 for unrelated directions, 4 for the opposite.

    Args:
        labels: (H, W) integers, numbered 1..N.
        fields: as predicted, of the same image.
        threads: how many to use; by default all cores, and one for images up to 512 x 512.

    Returns:
        (N,) float32, for label i + 1 at i; NaN for a number without pixels.

    Raises:
        LabelsError: if the array is no label image.
        InputError: if labels and fields differ in shape.
    """
    checked = check_labels(labels)
    if checked.shape != fields.probability.shape:
        raise InputError(f"Labels are {checked.shape} and fields {fields.probability.shape}; give both of one image.")
    count = int(checked.max(initial=0))
    if count > 4 * checked.size + 1000:
        raise InputError(f"The highest label is {count} in {checked.size} pixels; renumber with relabel() first.")
    workers = _threads_for(checked.size, threads)
    flow, _ = _targets(checked, workers)
    scale = np.float32(1 if isinstance(fields, Fields) else 1 / FLOW_SCALE)
    sums = diffusion.sum_errors(checked, flow, np.asarray(fields.flow), scale, 0, checked.shape[0], count)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums[1:, 0] / sums[1:, 1], np.float32)


def _check_shapes(probability: Array, flow: Array, topography: Array) -> None:
    """Refuse fields whose shapes do not belong together."""
    shape = probability.shape
    if len(shape) != 2 or flow.shape != (2, *shape) or topography.shape != shape:
        raise InputError(
            f"Fields have the shapes {shape} (probability), {flow.shape} (flow) and {topography.shape} (topography); "
            "give (H, W), (2, H, W) and (H, W)."
        )


def _threads_for(pixels: int, threads: int | None) -> int:
    """Return how many threads an image of this many pixels is worth, if none were asked for."""
    return 1 if threads is None and pixels <= SERIAL_PIXELS else thread_count(threads)


def _by_blocks(function: Callable[[int, int], Any], count: int, threads: int) -> list[Any]:
    """Return ``function(start, stop)`` of blocks that cover ``range(count)``."""
    return map_blocks(function, row_blocks(count, threads), threads)


def _quantised(values: Floats, kind: type[np.uint8 | np.int8], threads: int | None) -> Array:
    """Return ``values`` (C, H, W) in one byte each: 255 is 1 unsigned, 127 is 1 signed."""
    floats = np.ascontiguousarray(values, np.float32).reshape(-1, values.shape[-1])
    out = np.empty(floats.shape, kind)
    scale, low = (MAP_SCALE, 0) if kind is np.uint8 else (FLOW_SCALE, -FLOW_SCALE)

    def run(start: int, stop: int) -> None:
        """Quantise some rows."""
        walk.quantise(floats, np.float32(scale), np.float32(low), np.float32(scale), start, stop, out)

    _by_blocks(run, floats.shape[0], _threads_for(floats.size, threads))
    return out.reshape(values.shape)


def _threshold(settings: FlowSettings) -> np.uint8:
    """Return the lowest compact probability that counts as foreground; never 0, which is no evidence at all."""
    return np.uint8(max(1, np.ceil(settings.probability_threshold * MAP_SCALE)))


def _follow(fields: CompactFields, threshold: np.uint8, threads: int) -> _Basins:
    """Walk from every foreground pixel and group the places where walks end."""
    target, marks = _walked(fields.probability, fields.flow, threshold, threads)
    flat = target.ravel()
    places, ahead = _listed(marks.view(np.uint64), flat, threads)
    link = np.zeros_like(ahead)
    _by_blocks(lambda start, stop: sinks.link(ahead, flat, max(start, 1), stop, link), link.size, threads)
    groups, count = sinks.group_ends(_followed(link, threads), places, target)
    _by_blocks(lambda start, stop: sinks.name_places(places, groups, start, stop, flat), places.size, threads)
    parts = _by_blocks(lambda start, stop: sinks.basin_runs(target, start, stop), target.shape[0], threads)
    spare = target.view(np.uint32) if target.itemsize == 4 else np.empty(target.shape, np.uint32)
    return _Basins(_joined_runs(parts), int(count), places, groups, spare)


def _walked(probability: Array, flow: Array, threshold: np.uint8, threads: int) -> tuple[Array, Array]:
    """Return the flat index (H, W) of the pixel that each pixel's walk leads to, and marks where walks end.

    The marks, uint8, cover the flat pixels and fill up the last eight bytes.
    """
    height, width = probability.shape
    target = np.empty((height, width), np.int32 if height * width < 2**31 else np.int64)
    marks = np.zeros(-(-target.size // 8) * 8, np.uint8)
    _by_blocks(
        lambda start, stop: walk.walk_rows(probability, flow, threshold, start, stop, target, marks), height, threads
    )
    return target, marks


def _listed(words: Array, target: Array, threads: int) -> tuple[Array, Array]:
    """Return the flat indices of the marked pixels, and those of their targets; item 0 of both stands for no pixel.

    In ``target`` (H * W,) their numbers take their place.
    """
    blocks = row_blocks(words.size, threads)
    counts = [1, *map_blocks(lambda start, stop: sinks.count_marks(words, start, stop), blocks, threads)]
    first = dict(zip((start for start, _ in blocks), np.cumsum(counts), strict=False))
    parts = map_blocks(lambda start, stop: sinks.list_marks(words, start, stop, first[start], target), blocks, threads)
    places, ahead = (np.concatenate([np.zeros(1, target.dtype), *part]) for part in zip(*parts, strict=True))
    return places, ahead


def _followed(link: Array, threads: int) -> Array:
    """Return ``link`` followed for ``LONGEST_WALK_PX`` or more, or until nothing moves; it is overwritten."""
    hop: Callable[..., int] = sinks.chase
    spare = np.empty_like(link)
    steps = walk.REACH
    while steps < LONGEST_WALK_PX:
        moving = _by_blocks(partial(_hop, hop, link, spare), link.size, threads)
        link, spare = spare, link
        if not any(moving):
            break
        steps *= sinks.HOPS if hop is sinks.chase else 2
        hop = sinks.double
    return link


def _hop(hop: Callable[..., int], link: Array, out: Array, start: int, stop: int) -> int:
    """Follow pointers, items start..stop; return how many may go on."""
    return int(hop(link, start, stop, out))


def _joined_runs(parts: list[Runs]) -> Runs:
    """Return the runs of blocks of rows as those of the whole."""
    firsts, starts, values = zip(*parts, strict=True)
    rows = np.concatenate([np.zeros(1, np.int64), *(np.diff(first) for first in firsts)])
    return np.cumsum(rows), np.concatenate(starts), np.concatenate(values)


def _merged(basin: _Basins, fields: CompactFields, settings: FlowSettings, threads: int) -> Runs:
    """Return the runs of the basins with the same number for all basins of one instance."""
    topography, height = fields.topography, fields.topography.shape[0]
    smooth = np.empty(topography.shape, np.uint16)
    _by_blocks(lambda start, stop: basins.smooth_rows(topography, start, stop, smooth), height, threads)
    seen = (fields.probability, fields.flow, _threshold(settings))
    parts = _by_blocks(lambda start, stop: basins.find_contacts(basin.runs, smooth, seen, start, stop), height, threads)
    contacts = _joined_contacts(np.concatenate(parts))
    measures = basins.measure_basins(basin.runs, smooth, basin.places, basin.groups, basin.count)
    limits = (settings.merge_difference, settings.divergence_weight, settings.divergence_threshold)
    rule = (*(float(limit) for limit in limits), 4.0 * settings.minimum_area_px)
    names = np.arange(basin.count + 1)
    while len(contacts) and basins.merge_round(contacts, names, measures, rule):
        contacts[:, :2] = np.sort(names[contacts[:, :2]], axis=1)
        contacts = _joined_contacts(contacts[contacts[:, 0] != contacts[:, 1]])
    first, start, value = basin.runs
    return first, start, names.astype(np.uint32)[value]


def _joined_contacts(contacts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return one row per pair of basins (columns as `basins.find_contacts` names them), by falling saddle."""
    if not len(contacts):
        return contacts
    contacts = contacts[np.lexsort((contacts[:, 1], contacts[:, 0]))]
    fresh = np.concatenate(([True], np.any(np.diff(contacts[:, :2], axis=0) != 0, axis=1)))
    first = np.flatnonzero(fresh)
    joined = np.add.reduceat(contacts, first, axis=0)
    joined[:, :2] = contacts[first, :2]
    joined[:, 2] = np.maximum.reduceat(contacts[:, 2], first)
    return joined[np.lexsort((joined[:, 1], joined[:, 0], -joined[:, 2]))]


def _cleaned(runs: Runs, basin: _Basins, settings: FlowSettings, threads: int) -> Labels:
    """Return the labels (H, W) without small pieces and small holes, numbered in raster order."""
    (first, start, value), out = runs, basin.spare
    rule = (settings.minimum_area_px, settings.hole_share)
    kept, _ = components.clean_runs(first, start, value, out.shape[1], basin.count, *rule)
    _by_blocks(lambda top, end: components.paint_runs(first, start, kept, top, end, out), out.shape[0], threads)
    return out
