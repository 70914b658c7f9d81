"""The scale to work at, found by looking at a micrograph at several."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.flows import labels_from_fields
from uniaims.labels import Labels
from uniaims.progress import Progress
from uniaims.segmenter.instances import confidence_of, expected_ap50, only
from uniaims.segmenter.predictor import Predictor
from uniaims.segmenter.settings import USUAL_CONFIDENCE
from uniaims.segmenter.view import squared_shape
from uniaims.working_scale import ScaleProbe, WorkingScale, characteristic_diameter_px, find_scale

PROBE_PX = 1_500_000
"""What is looked at to find the working scale: the middle of the content, at most this many working pixels."""
BRIEF_PROBE_PX = 400_000
"""The same for a probe that is for comparison only."""
OUTSIDE_PROBE_PX = 200_000
"""The same for a probe for smaller objects outside those found."""
LARGEST_SHARED_PART = 0.2
"""Objects of which at most this part lies in objects of a coarser probe are outside these."""


def search_scale(predictor: Predictor, progress: Progress | None = None) -> WorkingScale:
    """Find the scale at which the model of a predictor sees the objects of its view best.

    Args:
        predictor: makes the fields; keeps those of the whole content, so that the chosen ones need not be made again.
        progress: told ``("scale", 0, 1)`` after each probe.
    """
    view = predictor.view
    shape = squared_shape(view.content.shape, view.aspect)
    return find_scale(ScaleSearch(predictor, progress), shape, predictor.model.info.nominal_diameter_px)


@dataclass
class ScaleSearch:
    """Probes a view at scales; a `working_scale.Prober`."""

    predictor: Predictor
    progress: Progress | None = None
    _seen: dict[float, "_Seen"] = field(default_factory=dict, init=False, repr=False)

    def probe(self, scale: float) -> ScaleProbe:
        """What is seen at a scale."""
        self._seen[scale] = self._see(scale, PROBE_PX)
        return self._seen[scale].summary()

    def probe_briefly(self, scale: float) -> ScaleProbe:
        """The same at less of the micrograph."""
        return self._see(scale, BRIEF_PROBE_PX).summary()

    def probe_outside(self, scale: float, coarse: float) -> ScaleProbe:
        """What is seen at a scale outside the objects that `probe` saw at a coarser one."""
        return self._see(scale, OUTSIDE_PROBE_PX).without(self._seen[coarse]).summary()

    def _see(self, scale: float, most_px: int) -> "_Seen":
        part = self.predictor.view.middle(most_px / scale**2)
        fields = self.predictor.fields(scale, part)
        if self.progress:
            self.progress("scale", 0, 1)
        labels = labels_from_fields(fields, self.predictor.settings.flow)
        return _Seen(part, labels, confidence_of(labels, fields))


@dataclass(frozen=True, eq=False)
class _Seen:
    """Labels (h, w) of a part of the content at some scale, and the confidence (N,) of the instances 1..N."""

    part: Box
    labels: Labels
    confidence: NDArray[np.float32]

    def summary(self) -> ScaleProbe:
        """How large, how good, how many; only the number is of those likely to be right."""
        if not len(self.confidence):
            return ScaleProbe(0.0, 0.0)
        expected = expected_ap50(self.confidence, USUAL_CONFIDENCE)
        return ScaleProbe(
            characteristic_diameter_px(self.labels), expected, int((self.confidence >= USUAL_CONFIDENCE).sum())
        )

    def without(self, coarse: "_Seen") -> "_Seen":
        """The instances that lie outside those of a coarser probe of a part around this one."""
        (height, width), (coarse_height, coarse_width) = self.labels.shape, coarse.labels.shape
        own, around = self.part, coarse.part
        rows = _places((own.top, own.bottom), height, (around.top, around.bottom), coarse_height)
        columns = _places((own.left, own.right), width, (around.left, around.right), coarse_width)
        found = np.concatenate([[False], coarse.confidence >= USUAL_CONFIDENCE])[coarse.labels]
        covered = self.labels[found[np.ix_(rows, columns)]]
        count = len(self.confidence)
        shared = np.bincount(covered, minlength=count + 1)[1:]
        areas = np.bincount(self.labels.ravel(), minlength=count + 1)[1:]
        kept = shared <= LARGEST_SHARED_PART * areas
        return _Seen(self.part, only(self.labels, kept), self.confidence[kept])


def _places(span: tuple[int, int], length: int, coarse_span: tuple[int, int], coarse_length: int) -> NDArray[np.intp]:
    """For each of the ``length`` rows or columns of a probe the one of the coarse probe at its place.

    Spans are the first image row or column that a probe is of, and the one after the last.
    """
    centres = span[0] + (np.arange(length) + 0.5) * (span[1] - span[0]) / length
    places = (centres - coarse_span[0]) * coarse_length / (coarse_span[1] - coarse_span[0])
    nearest: NDArray[np.intp] = np.clip(places, 0, coarse_length - 1).astype(np.intp)
    return nearest
