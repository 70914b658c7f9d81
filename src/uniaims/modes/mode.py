"""What a mode is, and what it works on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.labels import Labels
from uniaims.measurements import Measurements, Property, measure
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.report import Presentation


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects that were found in an image, or given; what a mode measures.

    Attributes:
        labels: (H, W) uint32, 0 = background.
        pixel_size: ``None`` if unknown.
        micrograph: the image; ``None`` where labels came without one.
        confidence: (N,) of each object; ``None`` where labels were given.
        content: the part that shows the sample; ``None``: all of it.
        kind_names: (N) kind of each object; ``None`` where the model tells no kinds apart.
    """

    labels: Labels
    pixel_size: PixelSize | None = None
    micrograph: Micrograph | None = None
    confidence: NDArray[np.float32] | None = None
    content: Box | None = None
    kind_names: tuple[str, ...] | None = None

    def measured(self, properties: Iterable[Property]) -> Measurements:
        """The table of those of the properties for which there is what they need."""
        given = {None: True, "image": self.micrograph is not None, "confidence": self.confidence is not None}
        return measure(
            self.labels,
            self.pixel_size,
            self.micrograph,
            self.confidence,
            content=self.content,
            kind_names=self.kind_names,
            properties=[each for each in properties if given[each.needs]],
        )


@dataclass(frozen=True, kw_only=True)
class Mode(Presentation):
    """What an analysis is made for: how it is told, what its table has, and who does the work.

    Attributes:
        name: as users give it.
        properties: that its table has, in order; those alone for which there is what they need.
        work: makes the table; what it needs beyond labels (finer outlines, say) it gets from the image itself.
    """

    name: str
    properties: tuple[Property, ...]
    work: Callable[[Objects], Measurements]
