"""Labels to fields, the target a network learns, and fields to labels, by following the flow.

`fields_from_labels` gives each instance a heat source at its centre; heat is lost at the instance's own outline, and
the flow points up the heat: away from the outline, which separates touching instances, and to one centre whatever the
shape. `labels_from_fields` walks up the flow from every pixel; pixels that arrive at the same place are one instance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uniaims._kernels import basins, components, diffusion, walk
from uniaims._kernels.threads import map_blocks, row_blocks, thread_count
from uniaims.errors import InputError, SettingsError
from uniaims.labels import Labels, check_labels, relabel

Floats = npt.NDArray[np.float32]

FLOW_SCALE = 127
MAP_SCALE = 255
ERROR_STRIP_ROWS = 512
SERIAL_PIXELS = 512 * 512  # up to this many pixels threads cost more than they save


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
        _check_types((self.probability, "uint8"), (self.flow, "int8"), (self.topography, "uint8"))


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
        shape = self.probability.shape
        compact = CompactFields(
            np.empty(shape, np.uint8), np.empty((2, *shape), np.int8), np.empty(shape, np.uint8)
        )
        _quantise(self.probability, MAP_SCALE, 0, compact.probability, threads)
        _quantise(self.flow[0], FLOW_SCALE, -FLOW_SCALE, compact.flow[0], threads)
        _quantise(self.flow[1], FLOW_SCALE, -FLOW_SCALE, compact.flow[1], threads)
        _quantise(self.topography, MAP_SCALE, 0, compact.topography, threads)
        return compact


@dataclass(frozen=True)
class FlowSettings:
    """How labels are made from fields.

    Attributes:
        probability_threshold: pixels of at least this probability belong to instances, 0..1.
        minimum_area_px: smaller pieces are removed.
        merge_saddle: neighbouring basins are one instance if the topography between them reaches this part of the
            lower one's peak; above 1 nothing is merged.
        merge_parting_px: but not if the flow on both sides of their contact parts by more than this within 8 px.
        hole_share: holes up to this part of their instance's area are filled; 0 leaves all, 1 fills all.
    """

    probability_threshold: float = 0.5
    minimum_area_px: int = 12
    merge_valley: float = 0.35
    merge_parting: float = 0.65
    hole_share: float = 0.05
    merge_z: float = 4.

    def __post_init__(self) -> None:
        if not 0 < self.probability_threshold <= 1:
            raise SettingsError(f"probability_threshold is {self.probability_threshold}; give more than 0, at most 1.")
        if self.minimum_area_px < 0:
            raise SettingsError(f"minimum_area_px is {self.minimum_area_px}; give 0 or more.")
        if self.merge_valley < 0:
            raise SettingsError(f"merge_valley is {self.merge_valley}; give 0 or more.")
        if not 0 <= self.hole_share <= 1:
            raise SettingsError(f"hole_share is {self.hole_share}; give 0 to 1.")


def _check_shapes(probability: npt.NDArray[np.generic], flow: npt.NDArray[np.generic], topography: npt.NDArray[np.generic]) -> None:
    """Refuse fields whose shapes do not belong together."""
    shape = probability.shape
    if len(shape) != 2 or flow.shape != (2, *shape) or topography.shape != shape:
        raise InputError(
            f"Fields have the shapes {shape} (probability), {flow.shape} (flow) and {topography.shape} (topography); "
            "give (H, W), (2, H, W) and (H, W)."
        )


def _check_types(*arrays: tuple[npt.NDArray[np.generic], str]) -> None:
    """Refuse compact fields of other types than one byte."""
    for array, wanted in arrays:
        if array.dtype != wanted:
            raise InputError(f"A compact field has the type {array.dtype}, not {wanted}. Use Fields(...).compact().")


def _quantise(values: Floats, scale: int, low: int, out: npt.NDArray[np.generic], threads: int | None) -> None:
    """Write ``values`` (H, W) times ``scale``, rounded, into ``out``."""
    floats = np.asarray(values, np.float32)

    def run(start: int, stop: int) -> None:
        walk.quantise(floats, np.float32(scale), np.float32(low), np.float32(scale), start, stop, out)

    _by_rows(run, values.shape[0], _threads_for(values.size, threads))


def _threads_for(pixels: int, threads: int | None) -> int:
    """Return how many threads an image of this many pixels is worth, if none were asked for."""
    return 1 if threads is None and pixels <= SERIAL_PIXELS else thread_count(threads)


def _by_rows(function: Callable[[int, int], None], rows: int, threads: int) -> None:
    """Call ``function(start, stop)`` for blocks of rows that cover ``range(rows)``."""
    map_blocks(function, row_blocks(rows, threads), threads)


def fields_from_labels(labels: npt.ArrayLike, threads: int | None = None) -> Fields:
    """Return the fields a network should predict for these labels.

    Each instance by itself: heat from its centre (of the pixels at least 3/4 as deep as the deepest, the one nearest
    to the centroid) diffuses over its 8-connected pixels and is absorbed outside; the flow is the heat's normalised
    gradient. It is 0 where an instance is symmetric about a pixel (its centre). Topography is the Euclidean distance
    to the nearest pixel outside, divided by the largest in the instance. The image border counts as outside. An
    instance in several pieces has a centre and a deepest pixel in each.

    Args:
        labels: (H, W) integers, 0 = background, any numbers.
        threads: how many to use; by default all cores, and one for images up to 512 x 512. Results do not depend on it.

    Raises:
        LabelsError: if the array is no label image.
    """
    checked = check_labels(labels)
    if int(checked.max(initial=0)) > checked.size:
        checked = relabel(checked)
    boxes = diffusion.bounding_boxes(checked, int(checked.max(initial=0)))
    order = 1 + np.argsort(-boxes[1:, 4], kind="stable")
    order = order[: np.count_nonzero(boxes[1:, 4])]
    flow = np.zeros((2, *checked.shape), np.float32)
    topography = np.zeros(checked.shape, np.float32)

    def write(start: int, stop: int) -> None:
        diffusion.write_instances(checked, boxes, order[start:stop], flow, topography)

    workers = _threads_for(checked.size, threads)
    map_blocks(write, row_blocks(order.size, workers, minimum_rows=1), workers)
    return Fields((checked != 0).astype(np.float32), flow, topography)


def labels_from_fields(
    fields: Fields | CompactFields, settings: FlowSettings = FlowSettings(), threads: int | None = None
) -> Labels:
    """Return the labels (H, W), numbered 1..N in raster order, that the flow leads to.

    Every foreground pixel walks up the flow; where walks end, 8-connected, is one basin. Neighbouring basins without
    a valley in the topography between them are one instance. Pixels that the flow leads to the same end stay one
    instance even if a gap in the foreground cuts it in pieces; pieces below the smallest area go.

    The result is an exact function of the compact fields: no order of work, tiling or number of threads changes it.

    Args:
        fields: of one image.
        settings: thresholds.
        threads: how many to use; by default all cores, and one for images up to 512 x 512.
    """
    compact = fields.compact(threads) if isinstance(fields, Fields) else fields
    if compact.probability.size == 0:
        return np.zeros(compact.probability.shape, np.uint32)
    workers = _threads_for(compact.probability.size, threads)
    follower = _Follower(compact, settings, workers)
    return follower.clean(follower.merge(*follower.follow()))


@dataclass(frozen=True)
class _Follower:
    """The steps from compact fields to labels."""

    fields: CompactFields
    settings: FlowSettings
    threads: int

    @property
    def shape(self):
        return self.fields.probability.shape

    @property
    def threshold(self):
        return np.uint8(np.ceil(self.settings.probability_threshold * MAP_SCALE))

    def follow(self):
        h, w = self.shape
        prob = self.fields.probability
        packed = np.zeros((h + 1, w + 1), np.int16)
        _by_rows(lambda a, b: walk.pack_flow(prob, self.fields.flow, self.threshold, a, b, packed), h, self.threads)
        target = np.empty((h, w), np.int32 if h * w < 2**31 else np.int64)
        _by_rows(lambda a, b: walk.walk_rows(prob, self.threshold, packed, a, b, target), h, self.threads)
        target = target.ravel()
        other = np.empty_like(target)
        steps = walk.STEPS
        while steps < 4 * (h + w) and steps < 8192:
            changed = map_blocks(lambda a, b: walk.double_rows(target, a, b, other), row_blocks(target.size, self.threads), self.threads)
            target, other = other, target
            steps *= 2
            if not sum(changed):
                break
        ends = np.zeros((h, w), np.uint8)
        flat = prob.ravel()
        _by_rows(lambda a, b: walk.mark_ends(flat, self.threshold, target, a, b, ends.ravel()), target.size, self.threads)
        first, start, value = components.find_runs(ends)
        parent = components.join_runs(first, start, value, w)
        groups = other.reshape(h, w)
        count = basins.number_groups(first, start, value, parent, groups)
        out = np.empty(h * w, np.uint32)
        _by_rows(lambda a, b: walk.name_ends(target, other, flat, self.threshold, a, b, out), target.size, self.threads)
        return out.reshape(h, w), packed, count

    def merge(self, basin, packed, count):
        h, w = self.shape
        if self.settings.merge_valley == 0 or count < 2:
            return basin, count
        smooth = np.empty((h, w), np.uint16)
        _by_rows(lambda a, b: basins.smooth_rows(self.fields.topography, a, b, smooth), h, self.threads)
        parts = map_blocks(lambda a, b: basins.find_contacts(basin, smooth, self.fields.flow, a, b), row_blocks(h, self.threads), self.threads)
        contacts = join_contacts(np.concatenate(parts))
        peaks = basins.measure_basins(basin, smooth, 0, h, count)
        names = np.arange(count + 1)
        while len(contacts) and basins.merge_round(contacts, names, peaks, self.settings.merge_valley, self.settings.merge_parting, self.settings.merge_z):
            contacts[:, :2] = np.sort(names[contacts[:, :2]], axis=1)
            contacts = join_contacts(contacts[contacts[:, 0] != contacts[:, 1]])
        flat = basin.ravel()
        _by_rows(lambda a, b: basins.rename(flat, names.astype(np.uint32), a, b), flat.size, self.threads)
        return basin, count

    def clean(self, arg):
        basin, count = arg
        first, start, value = components.find_runs(basin)
        kept, n = components.clean_runs(first, start, value, basin.shape[1], count, self.settings.minimum_area_px, self.settings.hole_share)
        components.paint_runs(first, start, kept, basin)
        return basin


def join_contacts(parts):
    if not len(parts):
        return parts
    order = np.lexsort((parts[:, 1], parts[:, 0]))
    parts = parts[order]
    new = np.flatnonzero(np.r_[True, (np.diff(parts[:, 0]) != 0) | (np.diff(parts[:, 1]) != 0)])
    out = parts[new]
    out[:, 2] = np.maximum.reduceat(parts[:, 2], new)
    out[:, 3] = np.add.reduceat(parts[:, 3], new)
    out[:, 4] = np.add.reduceat(parts[:, 4], new)
    out[:, 5] = np.add.reduceat(parts[:, 5], new)
    out[:, 6] = np.add.reduceat(parts[:, 6], new)
    return out[np.lexsort((out[:, 1], out[:, 0], -out[:, 2]))]


def flow_errors(
    labels: npt.ArrayLike, fields: Fields | CompactFields, threads: int | None = None
) -> npt.NDArray[np.float32]:
    """Return how far the predicted flow is from the flow that the finished labels would have, one number per instance.

    Mean over the pixels of an instance of the squared length of the difference, 0 (equal) to 4 (opposite), as
    Cellpose's flow error (Stringer et al. 2021) but as a score: nothing is deleted.

    Args:
        labels: (H, W), numbered 1..N.
        fields: what the labels were made from, (H, W).
        threads: how many to use.

    Returns:
        (N,) float32; NaN for numbers that no pixel has.
    """
    checked = check_labels(labels)
    compact = fields.compact(threads) if isinstance(fields, Fields) else fields
    ideal = fields_from_labels(checked, threads).flow
    count = int(checked.max(initial=0))
    areas, sums = np.zeros(count + 1), np.zeros(count + 1)
    for start in range(0, checked.shape[0], ERROR_STRIP_ROWS):
        rows = slice(start, start + ERROR_STRIP_ROWS)
        strip = checked[rows].ravel()
        predicted = compact.flow[:, rows].astype(np.float32) / np.float32(FLOW_SCALE)
        squared = np.square(predicted - ideal[:, rows]).sum(axis=0).ravel()
        areas += np.bincount(strip, minlength=count + 1)
        sums += np.bincount(strip, squared, minlength=count + 1)
    with np.errstate(invalid="ignore"):
        return (sums[1:] / areas[1:]).astype(np.float32)
