"""What a confidence is worth: the share of right objects among those that the network is so sure of.

An object is right if a true one overlaps it with IoU 0.5 or more. Confidences are sorted into groups of equal size,
and the share of right ones is made to rise with the confidence (isotonic regression; Zadrozny & Elkan, KDD 2002). The
points stand in the model card, and the segmenter reads confidences by the line through them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from uniaims.dataset import Sample
from uniaims.matching import match, without_unknown
from uniaims.networks.card import ModelCard
from uniaims.runtime import Model
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.training.samples import AnySampleFile
from uniaims.working_scale import characteristic_diameter_px

GROUP_COUNT = 10
FEWEST_OBJECTS = 100
"""Of fewer objects no calibration is made."""
RIGHT_IOU = 0.5


@dataclass(frozen=True)
class Judged:
    """Objects that were found: their confidence (N,) 0..1, and whether each is right (N,) bool."""

    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]


def judge(model: Model, sample: Sample) -> Judged:
    """All objects that a model finds in a sample, its object size given, but for those where nobody has labelled."""
    diameter = characteristic_diameter_px(sample.labels) or model.info.nominal_diameter_px
    settings = SegmenterSettings(diameter_px=diameter, minimum_confidence=0.0)
    found = Segmenter(model, settings)(sample.micrograph)
    known = without_unknown(found.labels, sample.known)
    numbers = np.unique(known[known > 0])
    right = np.isin(numbers, match(sample.labels, known, RIGHT_IOU).pairs[:, 1])
    return Judged(found.confidence[numbers - 1].astype(np.float64), right)


def joined(parts: Sequence[Judged]) -> Judged:
    """All objects of several samples."""
    return Judged(
        np.concatenate([np.zeros(0), *(part.confidence for part in parts)]),
        np.concatenate([np.zeros(0, np.bool_), *(part.right for part in parts)]),
    )


def fit(judged: Judged) -> tuple[tuple[float, float], ...]:
    """Points (confidence, share of right ones), both rising; none where there are fewer than 100 objects."""
    if len(judged.confidence) < FEWEST_OBJECTS:
        return ()
    order = np.argsort(judged.confidence, kind="stable")
    groups = np.array_split(order, GROUP_COUNT)
    confidence = np.array([judged.confidence[group].mean() for group in groups])
    # One right and one wrong object more in each group: no share is ever 0 or 1 for want of data.
    share = np.array([(judged.right[group].sum() + 1) / (len(group) + 2) for group in groups])
    rising = isotonic_regression(share).x
    points = {round(float(x), 4): round(float(y), 4) for x, y in zip(confidence, rising, strict=True)}
    return tuple(points.items())


def calibration_error(judged: Judged) -> float:
    """Expected calibration error: mean distance of confidence and share of right ones over ten groups of equal size.

    Naeini et al., AAAI 2015, with groups of equal size; NaN without objects.
    """
    order = np.argsort(judged.confidence, kind="stable")
    groups = [group for group in np.array_split(order, GROUP_COUNT) if len(group)]
    gaps = [abs(judged.confidence[group].mean() - judged.right[group].mean()) * len(group) for group in groups]
    return float(sum(gaps) / len(order)) if len(order) else float("nan")


def calibrated_card(card: ModelCard, model: Model, files: Sequence[AnySampleFile]) -> ModelCard:
    """The card with the calibration of its model on samples; the model's own card must have none."""
    return replace(card, calibration=fit(joined([judge(model, file.read()) for file in files])))


def calibrate(weights: Path, files: Sequence[AnySampleFile]) -> ModelCard:
    """Calibrate a finished model in place: its safetensors file, and the ONNX file beside it if there is one.

    Raises:
        ModelError: if the file is no model of ours.
    """
    from uniaims.networks.flownet import FieldsNet
    from uniaims.networks.weights import export_onnx, load_weights, save_weights
    from uniaims.runtime import ModelInfo, TorchModel

    network, card = load_weights(weights)
    bare = replace(card, calibration=())
    model = TorchModel(ModelInfo(bare, weights, "", "cpu"), FieldsNet(network).eval())
    card = calibrated_card(bare, model, files)
    save_weights(weights, network, card)
    onnx = weights.with_suffix(".onnx")
    if onnx.is_file():
        export_onnx(onnx, network, card)
    return card
