"""From a micrograph to its instances: content, scale, tiles, network, labels, confidence.

::

    segmenter = Segmenter.load("general", settings)
    segmenter(image) -> Segmentation, which is
    segmenter.predict(image) -> Prediction                      content, scale, fields: the network runs here
    segmenter.instances(prediction, settings) -> Segmentation   labels and confidence, for any thresholds

**Confidence** of an instance, 0..1: the mean predicted probability of its pixels times the agreement between the
predicted flow and the flow that the finished outline would have, ``max(0, 1 - e / 2)``. The flow error e is the mean
of ``|predicted - ideal|²``; for unit vectors ``e / 2 = 1 - cos(angle)``, so the second factor is the mean cosine
between the two. Where the model's card has a calibration, that number is turned into the share of right objects (IoU
0.5 or more) among objects of such a confidence in labelled images. Instances below ``minimum_confidence`` are left out,
and a note says how many; 0 keeps all. Where nearly half of all are unsure, a warning says what to try.
"""

from typing import TYPE_CHECKING, Any

from uniaims.deprecation import old_names
from uniaims.lazily import at_first_use

if TYPE_CHECKING:
    from uniaims.segmenter.instances import confidence_of, expected_ap50
    from uniaims.segmenter.prediction import Prediction
    from uniaims.segmenter.segmentation import WHAT_TO_TRY, Segmentation, Segmenter, as_micrograph
    from uniaims.segmenter.settings import SegmenterSettings
    from uniaims.segmenter.stopwatch import Stopwatch

__all__ = [
    "WHAT_TO_TRY",
    "Prediction",
    "Segmentation",
    "Segmenter",
    "SegmenterSettings",
    "Stopwatch",
    "as_micrograph",
    "confidence_of",
    "expected_ap50",
]

_HOMES = {
    "Prediction": "prediction",
    "Segmentation": "segmentation",
    "Segmenter": "segmentation",
    "SegmenterSettings": "settings",
    "Stopwatch": "stopwatch",
    "WHAT_TO_TRY": "segmentation",
    "as_micrograph": "segmentation",
    "confidence_of": "instances",
    "expected_ap50": "instances",
}
_old = old_names(__name__, {"expected_quality": f"{__name__}.expected_ap50"})
_first = at_first_use(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    """A name at its first use, or under the name that it had."""
    return _first(name) if name in _HOMES else _old(name, stacklevel=4)
