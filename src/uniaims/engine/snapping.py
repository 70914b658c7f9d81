"""A drawn ring brought to what the network saw: the instance that it means, or its rim at the edge nearby."""

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.engine.assistance import MARGIN_PX, Proposal, window
from uniaims.flow_settings import FlowSettings
from uniaims.segmenter import Prediction

Mask = NDArray[np.bool_]
LEAST_IOU = 0.5
"""An instance that agrees with the ring this well is what is meant."""
BAND_PX = 4.0
"""So far, at the working scale, the rim goes to an edge."""


def filled(ring: NDArray[np.int32], shape: tuple[int, int]) -> tuple[Box, Mask]:
    """The pixels of a ring (N, 2) of rows and columns in an image of ``shape``: a box, and a mask (h, w) of it."""
    top, left = ring.min(axis=0)
    bottom, right = ring.max(axis=0) + 1
    box = Box(int(top), int(left), int(bottom), int(right)).clipped(shape)
    mask = np.zeros(box.shape, np.uint8)
    if box.area:
        cv2.fillPoly(mask, [np.ascontiguousarray(ring[:, ::-1] - [box.left, box.top]).astype(np.int32)], 1)
    return box, mask > 0


def snapped(prediction: Prediction, box: Box, mask: Mask, flow: FlowSettings) -> Proposal:
    """The instance that agrees best with a mask (h, w) in a box; if none does, the mask with its rim at the edge."""
    wide = box.grown(MARGIN_PX, MARGIN_PX, prediction.shape)
    drawn = np.zeros(wide.shape, bool)
    drawn[box.moved(-wide.top, -wide.left).window] = mask
    found = window(prediction, wide, flow)
    shared = np.bincount(found.labels[drawn], minlength=len(found) + 1)
    areas = np.bincount(found.labels.ravel(), minlength=len(found) + 1)
    ious = shared / np.maximum(areas + np.count_nonzero(drawn) - shared, 1)
    ious[0] = 0
    best = int(ious.argmax())
    if ious[best] >= LEAST_IOU:
        return found.chosen([best])
    edged = _edged(drawn, probability(prediction, wide) >= flow.probability_threshold, prediction.working.scale)
    return Proposal(wide, edged.astype(np.uint32), np.full(1, np.nan, np.float32))


def probability(prediction: Prediction, box: Box) -> NDArray[np.float32]:
    """How sure the network is that pixels (h, w) of a box are of instances, 0..1; 0 beside what it saw."""
    content, working = prediction.content, prediction.fields.probability
    inside = box.moved(-content.top, -content.left).clipped(content.shape)
    whole = np.zeros(box.shape, np.float32)
    if inside.area:
        rows = (np.arange(inside.top, inside.bottom) * working.shape[0] // content.height).astype(np.int64)
        columns = (np.arange(inside.left, inside.right) * working.shape[1] // content.width).astype(np.int64)
        place = inside.moved(content.top - box.top, content.left - box.left)
        whole[place.window] = working[np.ix_(rows, columns)].astype(np.float32) / 255
    return whole


def _edged(drawn: Mask, seen: Mask, scale: float) -> Mask:
    """A mask (h, w) whose rim is moved, within a band, to that of what is seen; where nothing is seen, it stays."""
    reach = max(1, round(BAND_PX / scale))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    core = cv2.erode(drawn.astype(np.uint8), disc, borderValue=0) > 0
    reached = cv2.dilate(drawn.astype(np.uint8), disc) > 0
    if not (core & seen).any():
        return drawn
    moved = core | (reached & seen)
    _, pieces = cv2.connectedComponents(moved.astype(np.uint8), connectivity=4)
    kept = np.unique(pieces[core])
    return np.asarray(np.isin(pieces, kept[kept > 0]))
