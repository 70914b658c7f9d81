"""Tools that propose instances: pure functions over what the network said of an image; nothing is changed here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.engine.layers.instances import measured_rows
from uniaims.flow_settings import FlowSettings
from uniaims.flows import CompactFields
from uniaims.labels import Labels
from uniaims.segmenter import Prediction
from uniaims.segmenter.instances import Found, instances_from_fields

Mode = Literal["over", "below", "only-empty"]
"""What becomes of others' pixels: taken; left; or the instance is only where nothing is, as below."""
CLICK_PX = 512
"""Side of the window around a click; larger objects get one twice or four times as large."""
MARGIN_PX = 64
"""Around a box: instances that reach out of it are seen whole."""
LARGEST_PX = 2048
"""Longest side of what is worked at within a request."""
QUICK_PX = 2**22
"""Of images of so many working pixels all instances are found at once, and kept; windows are parts of that."""
LOWEST_PROBABILITY = 0.1
EASED = 0.9
"""In the background the threshold goes below the probability under the point, by this factor."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """Instances in a box of an image.

    Attributes:
        box: the part of the image.
        labels: (h, w) uint32, 1..N, 0 = none.
        confidence: (N,), 0..1.
    """

    box: Box
    labels: Labels
    confidence: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.confidence)

    def chosen(self, numbers: Sequence[int] | NDArray[np.integer]) -> "Proposal":
        """Those of these numbers, renumbered in their order."""
        new = np.zeros(len(self) + 1, np.uint32)
        new[np.asarray(numbers, int)] = np.arange(1, len(numbers) + 1)
        return replace(self, labels=new[self.labels], confidence=self.confidence[np.asarray(numbers, int) - 1])

    def merged(self, now: Labels, first: int, mode: Mode) -> Labels:
        """Labels (h, w) as they are if it is accepted: its instances get the numbers from ``first`` on."""
        wanted = np.where(self.labels > 0, self.labels + np.uint32(first - 1), np.uint32(0))
        free = np.ones(now.shape, bool) if mode == "over" else now == 0
        return np.where((wanted > 0) & free, wanted, now).astype(np.uint32)


def click(prediction: Prediction, y: int, x: int, flow: FlowSettings) -> Proposal:
    """The instance under a point: at the usual threshold, else at one below the probability that is there."""
    side = CLICK_PX
    while True:
        box = _around(prediction, y, x, side)
        found = _under(prediction, box, y, x, flow)
        if not _is_cut(found, prediction) or side >= LARGEST_PX:
            return found
        side *= 2


def instances_in(prediction: Prediction, box: Box, flow: FlowSettings, minimum_confidence: float = 0.0) -> Proposal:
    """The instances whose middle pixel lies in a box."""
    found = window(prediction, box.grown(MARGIN_PX, MARGIN_PX, prediction.shape), flow)
    rows = measured_rows(found.labels)
    y, x = rows["rep_y"] + found.box.top, rows["rep_x"] + found.box.left
    inside = (y >= box.top) & (y < box.bottom) & (x >= box.left) & (x < box.right)
    sure = found.confidence[rows["number"].astype(int) - 1] >= minimum_confidence
    own = rows["number"][inside & sure].astype(int)
    return found.chosen(own)


def split(prediction: Prediction, box: Box, mask: NDArray[np.bool_], flow: FlowSettings) -> Proposal:
    """An instance (h, w) in a box cut where the flow parts; one part if it doesn't."""
    found = window(prediction, box, replace(flow, merge_difference=0.0))
    inside = np.where(mask, found.labels, 0)
    areas = np.bincount(inside.ravel(), minlength=len(found) + 1)
    parts = found.chosen(np.flatnonzero(areas[1:] >= max(1, flow.minimum_area_px)) + 1)
    return replace(parts, labels=_filled(np.where(mask, parts.labels, 0).astype(np.uint32), mask))


def window(prediction: Prediction, box: Box, flow: FlowSettings) -> Proposal:
    """All instances in a window: of small images those of the whole; else, but for those at its rim, nearly so."""
    if prediction.fields.probability.size <= QUICK_PX and flow == prediction.settings.flow:
        return _of_whole(prediction, box, flow)
    labels = np.zeros(box.shape, np.uint32)
    content = prediction.content
    seen = box.moved(-content.top, -content.left).clipped(content.shape).moved(content.top, content.left)
    if not seen.area:
        return Proposal(box, labels, np.zeros(0, np.float32))
    fields = _cut(prediction, seen)
    found: Found = instances_from_fields(fields, seen.shape, prediction.working.scale, flow, prediction.aspect)
    labels[seen.moved(-box.top, -box.left).window] = found.labels
    return Proposal(box, labels, prediction.model.card.calibrated(found.confidence))


def _of_whole(prediction: Prediction, box: Box, flow: FlowSettings) -> Proposal:
    """The window of what is found in the whole image."""
    labels = prediction.window(box, replace(prediction.settings, flow=flow, minimum_confidence=0.0))
    numbers, places = np.unique(labels, return_inverse=True)
    first = int(numbers[0] > 0)
    kept = numbers[numbers > 0].astype(int) - 1
    small = (places.reshape(labels.shape) + first).astype(np.uint32)
    return Proposal(box, small, prediction.found(flow).confidence[kept])


def similar(rows: NDArray[Any], numbers: Sequence[int], limit: int) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """The instances most like some of them by size and shape of box, the nearest first, with their distances."""
    features = _features(rows)
    chosen = np.isin(rows["number"], np.asarray(numbers, np.uint32))
    if not chosen.any():
        return np.zeros(0, np.uint32), np.zeros(0)
    spread = features.std(axis=0)
    scaled = features / np.where(spread > 0, spread, 1.0)
    distances = np.min(
        [np.linalg.norm(scaled - example, axis=1) for example in scaled[chosen][:50]], axis=0
    )  # fmt: skip
    others = np.flatnonzero(~chosen)
    nearest = others[np.argsort(distances[others], kind="stable")[:limit]]
    return rows["number"][nearest], distances[nearest]


def _features(rows: NDArray[Any]) -> NDArray[np.float64]:
    """(N, 4): log area, log of the box's sides, share of the box that is filled, confidence."""
    height = (rows["bottom"] - rows["top"]).astype(float)
    width = (rows["right"] - rows["left"]).astype(float)
    area = rows["area"].astype(float)
    return np.stack(
        [np.log(area), np.log(np.maximum(height, width) / np.minimum(height, width)), area / (height * width),
         np.nan_to_num(rows["confidence"].astype(float), nan=0.5)], axis=1,
    )  # fmt: skip


def _under(prediction: Prediction, box: Box, y: int, x: int, flow: FlowSettings) -> Proposal:
    """The instance under a point, alone; none where even the lowest threshold finds none."""
    found = window(prediction, box, flow)
    number = int(found.labels[y - box.top, x - box.left])
    probability = _probability(prediction, y, x)
    if number == 0 and probability >= LOWEST_PROBABILITY:
        found = window(prediction, box, replace(flow, probability_threshold=EASED * probability))
        number = int(found.labels[y - box.top, x - box.left])
    return found.chosen([number] if number else [])


def _is_cut(found: Proposal, prediction: Prediction) -> bool:
    """Whether the window's rim, where it is not the image's, cuts an instance."""
    box, (height, width) = found.box, prediction.shape
    rims = (
        (found.labels[0], box.top > 0), (found.labels[-1], box.bottom < height),
        (found.labels[:, 0], box.left > 0), (found.labels[:, -1], box.right < width),
    )  # fmt: skip
    return any(inner and np.count_nonzero(rim) > 0 for rim, inner in rims)


def _around(prediction: Prediction, y: int, x: int, side: int) -> Box:
    half = side // 2
    return Box(y - half, x - half, y + half, x + half).clipped(prediction.shape)


def _working(prediction: Prediction) -> tuple[float, float]:
    """Working pixels per image pixel, down and across."""
    rows, columns = prediction.fields.probability.shape
    return rows / prediction.content.height, columns / prediction.content.width


def _probability(prediction: Prediction, y: int, x: int) -> float:
    content, (down, across) = prediction.content, _working(prediction)
    if not (content.top <= y < content.bottom and content.left <= x < content.right):
        return 0.0
    row, column = int((y - content.top) * down), int((x - content.left) * across)
    return float(prediction.fields.probability[row, column]) / 255


def _cut(prediction: Prediction, seen: Box) -> CompactFields:
    """The fields of a part of the content."""
    (down, across), content, fields = _working(prediction), prediction.content, prediction.fields
    rows = _span((seen.top - content.top) * down, seen.height * down, fields.probability.shape[0])
    columns = _span((seen.left - content.left) * across, seen.width * across, fields.probability.shape[1])
    return CompactFields(
        np.ascontiguousarray(fields.probability[rows, columns]),
        np.ascontiguousarray(fields.flow[:, rows, columns]),
        np.ascontiguousarray(fields.topography[rows, columns]),
    )


def _span(start: float, length: float, most: int) -> slice:
    """Whole working pixels: as many as the length has, at least one."""
    count = max(1, round(length))
    first = min(round(start), most - count)
    return slice(max(0, first), max(0, first) + count)


def _filled(parts: Labels, mask: NDArray[np.bool_]) -> Labels:
    """Parts (h, w) grown over what of a mask (h, w) belongs to none of them: to the nearest."""
    if not parts.any():
        return mask.astype(np.uint32)
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(parts == 0, return_distances=False, return_indices=True)
    grown: Labels = np.where(mask, parts[tuple(nearest)], 0).astype(np.uint32)
    return grown
