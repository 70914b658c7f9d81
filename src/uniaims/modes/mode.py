"""What a mode is, and what it works on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.labels import Labels, relabel
from uniaims.measurements import EdgeShapes, Field, Measurements, Property, measure
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.modes.edges import edge_shapes
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
        writing: where the picture is covered by what was drawn into it.
        outline: which outline sizes belong to.
        signal: what the micrograph was recorded by, see `uniaims.modes.edges.signal_of`.
        working_scale: working pixels per pixel at which a network outlined the objects.
    """

    labels: Labels
    pixel_size: PixelSize | None = None
    micrograph: Micrograph | None = None
    confidence: NDArray[np.float32] | None = None
    content: Box | None = None
    kind_names: tuple[str, ...] | None = None
    writing: tuple[Box, ...] = ()
    outline: str = "network"
    signal: str = ""
    working_scale: float = 1.0

    @cached_property
    def edges(self) -> EdgeShapes | None:
        """The edges of the objects; ``None`` where they were not looked for."""
        if self.micrograph is None or self.outline == "network":
            return None
        aspect = self.pixel_size.aspect if self.pixel_size else 1.0
        sides = (aspect**0.5, aspect**-0.5)
        grey = self.micrograph.gray()
        return edge_shapes(grey, self._dense, self.outline, self.signal, self.working_scale, sides)

    @cached_property
    def _dense(self) -> Labels:
        return relabel(self.labels)

    def measured(self, properties: Iterable[Property]) -> Measurements:
        """The table of those of the properties for which there is what they need."""
        given = {
            None: True,
            "image": self.micrograph is not None,
            "confidence": self.confidence is not None,
            "edges": self.edges is not None,
        }
        return measure(
            self.labels,
            self.pixel_size,
            self.micrograph,
            self.confidence,
            content=Field(self.content or Box.whole(self.labels.shape), self.writing),
            kind_names=self.kind_names,
            properties=[each for each in properties if given[each.needs]],
            edges=self.edges,
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
