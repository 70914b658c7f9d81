"""What a detector of the parts of a scale bar is, and the one that needs no training of its own."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.scalebar.text import find_text

DetectionKind = Literal["bar", "ruler", "text", "banner"]


@dataclass(frozen=True)
class Detection:
    """A region that a detector found; `score` 0..1."""

    kind: DetectionKind
    box: Box
    score: float


class Detector(Protocol):
    """Anything that finds the parts of a scale bar in a picture."""

    def __call__(self, gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
        """Regions in ``gray`` (H, W) uint8, in its pixels; it is to be looked at enlarged by ``scale``."""
        ...


def text_detector(gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
    """The :class:`Detector` that needs no training of its own: text alone; bars are looked for beside it."""
    return tuple(Detection("text", found.box, found.score) for found in find_text(gray, scale))
