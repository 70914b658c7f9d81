"""From compact fields to instances at the image's resolution, with the confidence and kind of each."""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.deprecation import old_names
from uniaims.flow_settings import FlowSettings
from uniaims.flows import CompactFields, flow_errors, labels_from_fields
from uniaims.labels import Labels, relabel
from uniaims.segmenter.predictor import KindFields
from uniaims.segmenter.view import STRIP_ROWS, squared_shape

FINEST_SCALE_FACTOR = 2.0
"""Fields become at most so many times finer than the image's pixels where these are not square."""


@dataclass(frozen=True, eq=False)
class Found:
    """Labels (H, W) of the content, and of the instances 1..N confidence (N,) and scores of kinds (N, K)."""

    labels: Labels
    confidence: NDArray[np.float32]
    kind_scores: NDArray[np.float32]

    def of_at_least(self, minimum: float) -> "Found":
        """The instances of at least the minimum confidence, renumbered."""
        kept = self.confidence >= minimum
        if kept.all():
            return self
        return Found(only(self.labels, kept), self.confidence[kept], self.kind_scores[kept])

    def fraction_below(self, confidence: float) -> float:
        """Share 0..1 of the instances of a lower confidence; NaN without instances."""
        return float(np.mean(self.confidence < confidence)) if len(self.confidence) else float("nan")

    def numbers(self, minimum: float) -> NDArray[np.uint32]:
        """(N + 1,): for each number in the labels that in `of_at_least`, 0 for what is left out."""
        return _numbers(self.confidence >= minimum)


def only(labels: Labels, kept: NDArray[np.bool_]) -> Labels:
    """Those of the instances 1..N of ``labels`` (H, W) of which ``kept`` (N,) is true, renumbered without gaps."""
    whole: Labels = _numbers(kept)[labels]
    return whole


def _numbers(kept: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """(N + 1,): the new number of each label, 0 for those not kept."""
    return np.concatenate(([0], np.where(kept, np.cumsum(kept), 0))).astype(np.uint32)


def confidence_of(labels: Labels, fields: CompactFields) -> NDArray[np.float32]:
    """Confidence (N,) float32, 0..1, of the instances 1..N of ``labels`` (H, W); see ``uniaims.segmenter``."""
    count = int(labels.max(initial=0))
    areas, sums = np.zeros(count + 1), np.zeros(count + 1)
    for start in range(0, labels.shape[0], STRIP_ROWS):
        strip = labels[start : start + STRIP_ROWS].ravel()
        probability = fields.probability[start : start + STRIP_ROWS].ravel()
        areas += np.bincount(strip, minlength=count + 1)
        sums += np.bincount(strip, probability, minlength=count + 1)
    mean_probability = sums[1:] / np.maximum(areas[1:], 1) / 255
    agreement = np.clip(1 - flow_errors(labels, fields) / 2, 0, 1)
    confidence: NDArray[np.float32] = (mean_probability * agreement).astype(np.float32)
    return confidence


def expected_ap50(confidence: NDArray[np.float32], minimum: float) -> float:
    """The AP50 to expect, TP / (TP + FP + FN), from the confidences (N,) of all objects found; NaN if there are none.

    With confidences that are shares of right objects, the sum over the kept ones is the expected TP, their number
    TP + FP, and the sum over those below the minimum the expected FN. What was not even found is not counted.
    """
    kept, left_out = confidence[confidence >= minimum], confidence[confidence < minimum]
    expected = len(kept) + float(left_out.sum())
    return float(kept.sum()) / expected if expected else float("nan")


def kind_scores_of(labels: Labels, fields: CompactFields) -> NDArray[np.float32]:
    """Mean probability of each kind (N, K) float32 in the instances 1..N of ``labels``; K is 0 without kinds."""
    count = int(labels.max(initial=0))
    channels = fields.kind_scores if isinstance(fields, KindFields) else ()
    scores = np.zeros((count, len(channels)), np.float32)
    areas = np.maximum(np.bincount(labels.ravel(), minlength=count + 1)[1:], 1) if len(channels) else 1
    for kind, probability in enumerate(channels):
        sums = np.bincount(labels.ravel(), probability.ravel(), minlength=count + 1)[1:]
        scores[:, kind] = sums / areas / 255
    return scores


def instances_from_fields(
    fields: CompactFields, shape: tuple[int, int], scale: float, settings: FlowSettings, aspect: float = 1.0
) -> Found:
    """Instances of the content ``shape`` (H, W), height / width of whose pixels is ``aspect``.

    Fields coarser than the image are brought to its resolution first, so that outlines are smooth; finer ones keep
    theirs until the labels are made, so that small objects stay apart. Fields have square pixels, along which their
    flow goes: so those of oblong pixels get the resolution of the short side.
    """
    finest = min(sqrt(max(aspect, 1 / aspect)), FINEST_SCALE_FACTOR)
    if scale < finest:
        fields = _resized(fields, squared_shape(shape, aspect, finest))
        settings = replace(settings, minimum_area_px=round(settings.minimum_area_px / (scale / finest) ** 2))
    labels = labels_from_fields(fields, settings)
    confidence, scores = confidence_of(labels, fields), kind_scores_of(labels, fields)
    if labels.shape == shape:
        return Found(labels, confidence, scores)
    small = cv2.resize(labels.view(np.int32), shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT).view(np.uint32)
    kept = np.flatnonzero(np.bincount(small.ravel(), minlength=len(confidence) + 1)[1:])
    return Found(relabel(small), confidence[kept], scores[kept])


def _resized(fields: CompactFields, shape: tuple[int, int]) -> CompactFields:
    """Fields brought to ``shape`` (H, W) by linear interpolation."""

    def resized(channel: NDArray[Any]) -> NDArray[Any]:
        """A channel at the size of the image."""
        values = cv2.resize(channel.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
        rounded: NDArray[Any] = np.rint(values, out=values).astype(channel.dtype)
        return rounded

    flow = np.stack([resized(component) for component in fields.flow])
    probability, topography = resized(fields.probability), resized(fields.topography)
    if isinstance(fields, KindFields):
        return KindFields(probability, flow, topography, np.stack([resized(kind) for kind in fields.kind_scores]))
    return CompactFields(probability, flow, topography)


__getattr__ = old_names(__name__, {"expected_quality": f"{__name__}.expected_ap50"})
