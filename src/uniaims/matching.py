"""Predicted instances against true ones: matching by IoU, average precision, panoptic quality, size error.

Two instances overlap by IoU = intersection / union in pixels. A pair may match where IoU >= threshold, each
instance at most once; among all such matchings the one with the most pairs is taken, and among those the one
with the highest sum of IoU, as StarDist and Cellpose do. Above IoU 0.5 an instance has at most one partner
(Kirillov et al. 2019, section 4.1), so the optimum needs no search; what is left (ties at exactly 0.5, lower
thresholds) goes to a sparse assignment. The overlaps are a sparse table made in one O(pixels) pass: no (N, M)
matrix, so 100,000 instances on either side are fine.

"Average precision" is TP / (TP + FP + FN), as Cellpose (Stringer et al. 2021), StarDist (Schmidt et al. 2018)
and the 2018 Data Science Bowl use the word. It is not the area under a precision-recall curve of COCO.

An image with nothing to find:

=============== ==================== ================ ============== ==================
true instances  predicted instances  AP, F1, PQ       count error    size error
=============== ==================== ================ ============== ==================
0               0                    1 (all right)    0              NaN (no pair)
0               > 0                  0                NaN (0 in x/0) NaN (no pair)
> 0             0                    0                1              NaN (no pair)
=============== ==================== ================ ============== ==================
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from uniaims.errors import InputError, LabelsError, SettingsError
from uniaims.labels import Labels, check_labels

__all__ = [
    "THRESHOLDS",
    "Evaluation",
    "EvaluationMeans",
    "Matching",
    "SetEvaluation",
    "combine",
    "evaluate",
    "match",
    "without_unknown",
]

THRESHOLDS: tuple[float, ...] = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""The IoU thresholds of the mean AP: 0.50, 0.55 ... 0.95."""

KNOWN_SHARE = 0.5
"""A predicted instance of which less than this share lies where the truth is known is neither right nor wrong."""

_STRIP_PX = 1 << 22


@dataclass(frozen=True)
class Matching:
    """Which true instance is which predicted one.

    Attributes:
        threshold: the smallest IoU of a pair.
        pairs: (K, 2) uint32; true label, predicted label; ascending in the true label.
        ious: (K,) float64; IoU of each pair.
        unmatched_true: (FN,) uint32; true labels without partner (missed).
        unmatched_predicted: (FP,) uint32; predicted labels without partner (invented).
    """

    threshold: float
    pairs: NDArray[np.uint32]
    ious: NDArray[np.float64]
    unmatched_true: NDArray[np.uint32]
    unmatched_predicted: NDArray[np.uint32]

    @property
    def true_positives(self) -> int:
        """Number of pairs."""
        return len(self.pairs)

    @property
    def false_positives(self) -> int:
        """Number of predicted instances without partner."""
        return len(self.unmatched_predicted)

    @property
    def false_negatives(self) -> int:
        """Number of true instances without partner."""
        return len(self.unmatched_true)

    @property
    def precision(self) -> float:
        """TP / (TP + FP); NaN without predicted instances."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives, math.nan)

    @property
    def recall(self) -> float:
        """TP / (TP + FN); NaN without true instances."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives, math.nan)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); 1 where there is nothing on both sides."""
        return _f1(self.true_positives, self._true_count, self._predicted_count)

    @property
    def average_precision(self) -> float:
        """TP / (TP + FP + FN); 1 where there is nothing on both sides."""
        return _average_precision(self.true_positives, self._true_count, self._predicted_count)

    @property
    def mean_iou(self) -> float:
        """Mean IoU of the pairs ("segmentation quality"); NaN without pairs."""
        return _ratio(float(self.ious.sum()), self.true_positives, math.nan)

    @property
    def panoptic_quality(self) -> float:
        """Sum of IoU / (TP + FP/2 + FN/2) (Kirillov et al. 2019); 1 where there is nothing on both sides."""
        return _panoptic_quality(float(self.ious.sum()), self._true_count, self._predicted_count)

    @property
    def _true_count(self) -> int:
        return self.true_positives + self.false_negatives

    @property
    def _predicted_count(self) -> int:
        return self.true_positives + self.false_positives


@dataclass(frozen=True)
class Evaluation:
    """How well predicted labels agree with true ones, over one image or pooled over several.

    It holds counts and sums; the scores are computed from them, so that pooling is addition.

    Attributes:
        true_count: number of true instances.
        predicted_count: number of predicted instances.
        true_positives: number of pairs at each of ``THRESHOLDS``.
        iou_sum: sum of IoU over the pairs at 0.5.
        size_error_sum: sum over the pairs at 0.5 of abs(d_predicted - d_true) / d_true; d is the
            equivalent diameter.
        size_bias_sum: the same, signed.
    """

    true_count: int
    predicted_count: int
    true_positives: tuple[int, ...]
    iou_sum: float
    size_error_sum: float
    size_bias_sum: float

    @property
    def average_precisions(self) -> tuple[float, ...]:
        """TP / (TP + FP + FN) at each of ``THRESHOLDS``."""
        return tuple(_average_precision(tp, self.true_count, self.predicted_count) for tp in self.true_positives)

    @property
    def ap50(self) -> float:
        """TP / (TP + FP + FN) at IoU 0.50."""
        return self.average_precisions[0]

    @property
    def ap75(self) -> float:
        """TP / (TP + FP + FN) at IoU 0.75."""
        return self.average_precisions[THRESHOLDS.index(0.75)]

    @property
    def mean_ap(self) -> float:
        """Mean of TP / (TP + FP + FN) over IoU 0.50, 0.55 ... 0.95."""
        return math.fsum(self.average_precisions) / len(THRESHOLDS)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN) at IoU 0.5."""
        return _f1(self.true_positives[0], self.true_count, self.predicted_count)

    @property
    def panoptic_quality(self) -> float:
        """Sum of IoU of the pairs / (TP + FP/2 + FN/2) at IoU 0.5 (Kirillov et al. 2019)."""
        return _panoptic_quality(self.iou_sum, self.true_count, self.predicted_count)

    @property
    def count_error(self) -> float:
        """abs(predicted - true) / true; NaN where there are predicted instances and no true ones."""
        difference = abs(self.predicted_count - self.true_count)
        return _ratio(difference, self.true_count, 0.0 if difference == 0 else math.nan)

    @property
    def size_error(self) -> float:
        """Mean relative error of the equivalent diameter over the pairs at IoU 0.5; NaN without pairs."""
        return _ratio(self.size_error_sum, self.true_positives[0], math.nan)

    @property
    def size_bias(self) -> float:
        """Like ``size_error``, signed: negative where the prediction is too small."""
        return _ratio(self.size_bias_sum, self.true_positives[0], math.nan)

    def as_dict(self) -> dict[str, int | float | None]:
        """Give counts and scores by name, ready for JSON: ``None`` stands for NaN."""
        counts: dict[str, int | float | None] = {
            "true_count": self.true_count,
            "predicted_count": self.predicted_count,
        }
        return counts | {name: _without_nan(getattr(self, name)) for name in _SCORES}


@dataclass(frozen=True)
class EvaluationMeans:
    """Means over images of the scores of ``Evaluation``, each image with the same weight.

    An image whose score is NaN does not count for that score; where all are NaN the mean is NaN.
    """

    ap50: float
    ap75: float
    mean_ap: float
    f1: float
    panoptic_quality: float
    count_error: float
    size_error: float
    size_bias: float

    def as_dict(self) -> dict[str, float | None]:
        """Give the means by name, ready for JSON: ``None`` stands for NaN."""
        return {name: _without_nan(getattr(self, name)) for name in _SCORES}


@dataclass(frozen=True)
class SetEvaluation:
    """The evaluation of a set of images, in both usual ways.

    Attributes:
        image_count: number of images.
        mean: mean over images (each image has the same weight).
        pooled: counts of all images added up first (each instance has the same weight).
    """

    image_count: int
    mean: EvaluationMeans
    pooled: Evaluation

    def as_dict(self) -> dict[str, object]:
        """Give all as nested dictionaries ready for JSON."""
        return {"image_count": self.image_count, "mean": self.mean.as_dict(), "pooled": self.pooled.as_dict()}


_SCORES = tuple(EvaluationMeans.__dataclass_fields__)


def match(true: ArrayLike, predicted: ArrayLike, threshold: float = 0.5) -> Matching:
    """Match predicted instances with true ones.

    Args:
        true: (H, W) label image, 0 = background; gaps between labels are fine.
        predicted: (H, W) label image.
        threshold: smallest IoU of a pair, 0 < threshold <= 1.

    Raises:
        LabelsError: if an array is no label image, or the shapes differ.
        SettingsError: if the threshold is out of its range.
    """
    if not 0 < threshold <= 1:
        raise SettingsError(
            f"threshold = {threshold} is no IoU threshold. Give a number above 0 and up to 1, e.g. 0.5."
        )
    return _matching(_overlaps(true, predicted), threshold)


def evaluate(true: ArrayLike, predicted: ArrayLike) -> Evaluation:
    """Evaluate predicted labels against true ones over all ``THRESHOLDS``.

    Args:
        true: (H, W) label image, 0 = background; gaps between labels are fine.
        predicted: (H, W) label image.

    Raises:
        LabelsError: if an array is no label image, or the shapes differ.
    """
    overlaps = _overlaps(true, predicted)
    matchings = [_matching(overlaps, threshold) for threshold in THRESHOLDS]
    size_errors = _relative_size_errors(overlaps, matchings[0].pairs)
    return Evaluation(
        true_count=len(overlaps.true_labels),
        predicted_count=len(overlaps.predicted_labels),
        true_positives=tuple(matching.true_positives for matching in matchings),
        iou_sum=float(matchings[0].ious.sum()),
        size_error_sum=float(np.abs(size_errors).sum()),
        size_bias_sum=float(size_errors.sum()),
    )


def without_unknown(predicted: Labels, known: NDArray[np.bool_]) -> Labels:
    """Predicted labels (H, W) without the instances that lie mostly where ``known`` (H, W) is false."""
    if known.all():
        return predicted
    areas = np.bincount(predicted.ravel())
    kept = np.bincount(predicted.ravel(), weights=known.ravel()) >= KNOWN_SHARE * areas
    return np.where(kept[predicted], predicted, 0).astype(np.uint32)


def combine(evaluations: Iterable[Evaluation]) -> SetEvaluation:
    """Join the evaluations of several images into one of the set: means over images, and pooled counts.

    Raises:
        InputError: if there is no evaluation at all.
    """
    each = list(evaluations)
    if not each:
        raise InputError("No evaluations came. Give the evaluation of at least one image.")
    pooled = Evaluation(
        true_count=sum(one.true_count for one in each),
        predicted_count=sum(one.predicted_count for one in each),
        true_positives=tuple(sum(counts) for counts in zip(*(one.true_positives for one in each), strict=True)),
        iou_sum=math.fsum(one.iou_sum for one in each),
        size_error_sum=math.fsum(one.size_error_sum for one in each),
        size_bias_sum=math.fsum(one.size_bias_sum for one in each),
    )
    means = {name: _mean_of_finite(getattr(one, name) for one in each) for name in _SCORES}
    return SetEvaluation(image_count=len(each), mean=EvaluationMeans(**means), pooled=pooled)


@dataclass(frozen=True)
class _Overlaps:
    """The sparse overlap table. Rows and columns are positions in ``true_labels`` and ``predicted_labels``.

    ``true_labels`` (N,), ``predicted_labels`` (M,): uint32, ascending; ``true_areas``, ``predicted_areas``:
    int64, px; ``rows``, ``columns``: (E,) int64, the pairs that share pixels; ``ious``: (E,) float64.
    """

    true_labels: NDArray[np.uint32]
    predicted_labels: NDArray[np.uint32]
    true_areas: NDArray[np.int64]
    predicted_areas: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    ious: NDArray[np.float64]


def _overlaps(true: ArrayLike, predicted: ArrayLike) -> _Overlaps:
    checked_true, checked_predicted = check_labels(true), check_labels(predicted)
    if checked_true.shape != checked_predicted.shape:
        raise LabelsError(
            f"The true labels have shape {checked_true.shape}, the predicted ones {checked_predicted.shape}. "
            "Both must be of the same image: bring them to one shape (nearest neighbour, no interpolation)."
        )
    keys, shared = _pair_counts(checked_true, checked_predicted)
    true_of_pair = (keys >> np.uint64(32)).astype(np.uint32)
    predicted_of_pair = (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    true_labels, true_areas = _labels_and_areas(true_of_pair, shared)
    predicted_labels, predicted_areas = _labels_and_areas(predicted_of_pair, shared)
    both = (true_of_pair > 0) & (predicted_of_pair > 0)
    rows = np.searchsorted(true_labels, true_of_pair[both]).astype(np.int64)
    columns = np.searchsorted(predicted_labels, predicted_of_pair[both]).astype(np.int64)
    unions = true_areas[rows] + predicted_areas[columns] - shared[both]
    return _Overlaps(true_labels, predicted_labels, true_areas, predicted_areas, rows, columns, shared[both] / unions)


def _pair_counts(
    true: NDArray[np.uint32], predicted: NDArray[np.uint32]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Count the pixels of each pair (true label, predicted label) that occurs.

    Returns:
        ``keys`` (E,) uint64 ascending, true label << 32 | predicted label; ``counts`` (E,) int64.
    """
    strips = [_strip_counts(strip) for strip in _key_strips(true, predicted)]
    if not strips:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    return _sum_by_key(np.concatenate([keys for keys, _ in strips]), np.concatenate([n for _, n in strips]))


def _key_strips(true: NDArray[np.uint32], predicted: NDArray[np.uint32]) -> Iterator[NDArray[np.uint64]]:
    """Yield pair keys pixel by pixel, some rows at a time, so that memory stays bounded."""
    height, width = true.shape
    rows = max(1, _STRIP_PX // max(1, width))
    for start in range(0, height if width else 0, rows):
        keys = true[start : start + rows].astype(np.uint64).ravel() << np.uint64(32)
        keys |= predicted[start : start + rows].ravel()
        yield keys


def _strip_counts(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Count equal keys. Runs along the rows are joined first: far fewer to sort than pixels."""
    starts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    return _sum_by_key(keys[starts], np.diff(starts, append=len(keys)))


def _sum_by_key(keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
    return ordered[first], np.add.reduceat(counts[order], first, dtype=np.int64)


def _labels_and_areas(
    labels: NDArray[np.uint32], shared: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Sum the pixels of each label over its pairs, without the background."""
    if not len(labels):
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    keys, areas = _sum_by_key(labels.astype(np.uint64), shared)
    return keys[keys > 0].astype(np.uint32), areas[keys > 0]


def _matching(overlaps: _Overlaps, threshold: float) -> Matching:
    chosen = np.flatnonzero(overlaps.ious >= threshold)
    chosen = chosen[_optimal_pairs(overlaps.rows[chosen], overlaps.columns[chosen], overlaps.ious[chosen])]
    rows, columns = overlaps.rows[chosen], overlaps.columns[chosen]
    return Matching(
        threshold=threshold,
        pairs=np.stack([overlaps.true_labels[rows], overlaps.predicted_labels[columns]], axis=1),
        ious=overlaps.ious[chosen],
        unmatched_true=np.delete(overlaps.true_labels, rows),
        unmatched_predicted=np.delete(overlaps.predicted_labels, columns),
    )


def _optimal_pairs(rows: NDArray[np.int64], columns: NDArray[np.int64], ious: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose candidates (E,) so that no row or column comes twice: most pairs first, then highest IoU.

    Returns:
        (K,) int64 positions of the chosen candidates, ascending.
    """
    if not len(rows):
        return np.empty(0, np.int64)
    unrivalled = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    rivals = np.flatnonzero(~unrivalled)
    won = rivals[_assign(rows[rivals], columns[rivals], ious[rivals])] if len(rivals) else rivals
    return np.sort(np.concatenate([np.flatnonzero(unrivalled), won]))


def _assign(rows: NDArray[np.int64], columns: NDArray[np.int64], ious: NDArray[np.float64]) -> NDArray[np.int64]:
    """Solve the sparse assignment; E >= 1 candidates.

    The solver wants every row matched, so each row and column gets a stand-in of its own: the (N + M) squared
    matrix [[pairs, diagonal], [diagonal, pairs transposed]]. A pair costs 1 and its mirror image 1, two
    instances with their stand-ins 4; all 1 - IoU together cost at most 1/2: one more pair always pays, IoU
    decides the rest.
    """
    row_ids, row = np.unique(rows, return_inverse=True)
    column_ids, column = np.unique(columns, return_inverse=True)
    n, m = len(row_ids), len(column_ids)
    pair_cost = 1 + (1 - ious) / (2 * min(n, m))
    costs = np.concatenate([pair_cost, np.full(n + m, 2.0), np.ones(len(rows))])
    i = np.concatenate([row, np.arange(n), n + np.arange(m), n + column])
    j = np.concatenate([column, m + np.arange(n), np.arange(m), m + row])
    partner = np.empty(n + m, np.int64)
    solved_rows, solved_columns = min_weight_full_bipartite_matching(coo_array((costs, (i, j))).tocsr())
    partner[solved_rows] = solved_columns
    return np.flatnonzero(partner[row] == column)


def _relative_size_errors(overlaps: _Overlaps, pairs: NDArray[np.uint32]) -> NDArray[np.float64]:
    """(d_predicted - d_true) / d_true of each pair; the diameter d goes with the root of the area."""
    true_areas = overlaps.true_areas[np.searchsorted(overlaps.true_labels, pairs[:, 0])]
    areas = overlaps.predicted_areas[np.searchsorted(overlaps.predicted_labels, pairs[:, 1])]
    errors: NDArray[np.float64] = np.sqrt(areas / true_areas) - 1
    return errors


def _ratio(numerator: float, denominator: float, otherwise: float) -> float:
    return numerator / denominator if denominator else otherwise


def _average_precision(pairs: int, true_count: int, predicted_count: int) -> float:
    return _ratio(pairs, true_count + predicted_count - pairs, 1.0)


def _f1(pairs: int, true_count: int, predicted_count: int) -> float:
    return _ratio(2 * pairs, true_count + predicted_count, 1.0)


def _panoptic_quality(iou_sum: float, true_count: int, predicted_count: int) -> float:
    # TP + FP/2 + FN/2 = (true + predicted) / 2
    return _ratio(2 * iou_sum, true_count + predicted_count, 1.0)


def _without_nan(value: float) -> float | None:
    return None if math.isnan(value) else value


def _mean_of_finite(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return _ratio(math.fsum(known), len(known), math.nan)
