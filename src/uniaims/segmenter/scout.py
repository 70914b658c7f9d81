"""Looking at a micrograph at several scales, to find the one to work at."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.flows import CompactFields, FlowSettings, labels_from_fields
from uniaims.labels import Labels
from uniaims.progress import Progress
from uniaims.segmenter.instances import confidence_of, expected_quality, only
from uniaims.segmenter.view import View
from uniaims.working_scale import Look, characteristic_diameter_px

LOOK_PX = 1_500_000
"""What is looked at to find the working scale: the middle of the content, at most this many working pixels."""
GLANCE_PX = 400_000
"""The same for a look that is for comparison only."""
BESIDE_PX = 200_000
"""The same for a look for smaller objects beside those found."""
RIGHT = 0.5
"""Objects of this confidence, before calibration, count as found, whatever the minimum that was asked for."""
LARGEST_SHARED_PART = 0.2
"""Objects of which at most this part lies in objects of the coarser look are beside these."""

Fields = Callable[[View, float, Box], CompactFields]
"""View, scale and part of the content -> fields of that part at that scale."""


@dataclass
class Scout:
    """Looks at a view with a model; a `working_scale.Viewer`.

    Attributes:
        view: the micrograph.
        flow: how labels are made from fields.
        fields: makes the fields.
        progress: told ``("scale", 0, 1)`` after each look.
        whole: fields of the whole content by scale, where a look was at all of it.
    """

    view: View
    flow: FlowSettings
    fields: Fields
    progress: Progress | None = None
    whole: dict[float, CompactFields] = field(default_factory=dict)
    _seen: dict[float, "_Seen"] = field(default_factory=dict, init=False, repr=False)

    def look(self, scale: float) -> Look:
        """What is seen at a scale."""
        self._seen[scale] = self._see(scale, LOOK_PX)
        return self._seen[scale].summary()

    def glance(self, scale: float) -> Look:
        """The same at less of the micrograph."""
        return self._see(scale, GLANCE_PX).summary()

    def beside(self, scale: float, coarse: float) -> Look:
        """What is seen at a scale beside the objects that `look` saw at a coarser one."""
        return self._see(scale, BESIDE_PX).without(self._seen[coarse]).summary()

    def _see(self, scale: float, most_px: int) -> "_Seen":
        part = self.view.middle(most_px / scale**2)
        fields = self.fields(self.view, scale, part)
        if part == self.view.content:
            self.whole[scale] = fields
        if self.progress:
            self.progress("scale", 0, 1)
        labels = labels_from_fields(fields, self.flow)
        return _Seen(part, labels, confidence_of(labels, fields))


@dataclass(frozen=True, eq=False)
class _Seen:
    """Labels (h, w) of a part of the content at some scale, and the confidence (N,) of the instances 1..N."""

    part: Box
    labels: Labels
    confidence: NDArray[np.float32]

    def summary(self) -> Look:
        """How large, how good, how many; only the number is of those likely to be right."""
        if not len(self.confidence):
            return Look(0.0, 0.0)
        quality = expected_quality(self.confidence, RIGHT)
        return Look(characteristic_diameter_px(self.labels), quality, int((self.confidence >= RIGHT).sum()))

    def without(self, coarse: "_Seen") -> "_Seen":
        """The instances that lie beside those of a coarser look at a part around this one."""
        (height, width), (coarse_height, coarse_width) = self.labels.shape, coarse.labels.shape
        own, around = self.part, coarse.part
        rows = _places((own.top, own.bottom), height, (around.top, around.bottom), coarse_height)
        columns = _places((own.left, own.right), width, (around.left, around.right), coarse_width)
        found = np.concatenate([[False], coarse.confidence >= RIGHT])[coarse.labels]
        covered = self.labels[found[np.ix_(rows, columns)]]
        count = len(self.confidence)
        shared = np.bincount(covered, minlength=count + 1)[1:]
        areas = np.bincount(self.labels.ravel(), minlength=count + 1)[1:]
        kept = shared <= LARGEST_SHARED_PART * areas
        return _Seen(self.part, only(self.labels, kept), self.confidence[kept])


def _places(span: tuple[int, int], length: int, coarse_span: tuple[int, int], coarse_length: int) -> NDArray[np.intp]:
    """For each of the ``length`` rows or columns of a look the one of the coarse look at its place.

    Spans are the first image row or column that a look is at, and the one after the last.
    """
    centres = span[0] + (np.arange(length) + 0.5) * (span[1] - span[0]) / length
    places = (centres - coarse_span[0]) * coarse_length / (coarse_span[1] - coarse_span[0])
    nearest: NDArray[np.intp] = np.clip(places, 0, coarse_length - 1).astype(np.intp)
    return nearest
