"""What a scene is: a relief, what can be seen of it, and what lies hidden."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.relief import Relief

SMALLEST_AREA_PX = 12
"""A visible piece with fewer pixels is no instance."""
SMALLEST_VISIBLE_FRACTION = 0.15
"""A visible piece below this part of the body's whole outline is no instance."""


@dataclass(frozen=True, eq=False)
class WholeMask:
    """Full outline of one instance, hidden parts too, as far as it lies in the image.

    `mask` (h, w) bool; its first pixel is row `top`, column `left` of the image.
    """

    top: int
    left: int
    mask: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """A relief and its truth: `labels` (H, W) uint32, each number one visible instance, 0 what is not looked for.

    Each number is one connected piece unless the kind of scene says otherwise. What 0 is, depends on the kind:
    the substrate under particles, the matrix around pores or precipitates.

    `bodies` (N,) int32 tells for label i + 1 the body it belongs to (a number of `relief.labels`): a body that
    another one crosses shows two pieces. `diameter_px` is the typical size of what is in it.
    `atomic_numbers` (B + 1,) float32: mean atomic number of each body, index 0 that of the substrate or matrix; a
    void (pore, crack) has 0; None: all bodies are alike. `whole`: the full outline of each label, in the order of the
    labels; empty where nothing is hidden. `depth` (N,) float32: height of each label's highest point in pixels,
    larger is nearer to the viewer; None where there is no order.

    `relief.height` is the surface in pixels (negative in pits), `relief.thickness` mass thickness: pixels of the
    bodies' ordinary material (a denser core counts more, a void less).

    `unlabelled` are labels that are seen as bodies of their own but are no instances (what lies above a film):
    signals draw them, `counted` drops them.
    """

    relief: Relief
    labels: NDArray[np.uint32]
    bodies: NDArray[np.int32]
    diameter_px: float
    atomic_numbers: NDArray[np.float32] | None = None
    whole: tuple[WholeMask, ...] = ()
    depth: NDArray[np.float32] | None = None
    unlabelled: tuple[int, ...] = ()

    def counted(self) -> "Scene":
        """Give the scene with instances only, numbered anew; all that is `unlabelled` gets label 0."""
        if not self.unlabelled:
            return self
        kept = np.ones(len(self.bodies), dtype=bool)
        kept[np.array(self.unlabelled) - 1] = False
        numbers = np.append(0, np.where(kept, np.cumsum(kept), 0)).astype(np.uint32)
        return replace(
            self,
            labels=numbers[self.labels],
            bodies=self.bodies[kept],
            whole=tuple(mask for mask, keep in zip(self.whole, kept, strict=True) if keep) if self.whole else (),
            depth=None if self.depth is None else self.depth[kept],
            unlabelled=(),
        )


class SceneKind(Protocol):
    """A kind of scene: a frozen dataclass of ranges and choices from which each image draws."""

    def compose(self, shape: tuple[int, int], rng: np.random.Generator) -> Scene:
        """Draw one scene of `shape` (H, W)."""
        ...
