"""Dense layers: thousands of bodies side by side at up to 84 % cover, none on top of another."""

from dataclasses import dataclass

import numpy as np

from uniaims.synthesis.bodies import Generator
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_size
from uniaims.synthesis.relief import rasterise
from uniaims.synthesis.scenes.composition import Placed, composed
from uniaims.synthesis.scenes.packing import diameters_for, packed
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.shapes import SHAPES, shape_named
from uniaims.synthesis.sizes import LAWS, SizeLaw

_MOST_POOL_BODIES = 300
"""Bodies drawn for one scene before they repeat."""


@dataclass(frozen=True)
class DenseLayer:
    """One layer of bodies as dense as discs can be, as ranges from which each image draws.

    `shapes` are names in `shapes.SHAPES`, one for each image; `diameter_px` is drawn evenly on a log scale; `spread`
    and `laws` see `sizes.SizeLaw`; `cover` the part of the area that the bodies' discs take; `lift` how much higher
    some lie, in diameters.
    """

    shapes: tuple[str, ...] = ("sphere",)
    diameter_px: Range = (8.0, 60.0)
    spread: Range = (0.02, 0.5)
    laws: tuple[str, ...] = ("log-normal", "normal", "Rosin-Rammler", "bimodal", "power")
    cover: Range = (0.6, 0.84)
    lift: Range = (0.0, 0.4)

    def __post_init__(self) -> None:
        check_choices("shapes", self.shapes, tuple(SHAPES))
        check_choices("laws", self.laws, tuple(LAWS))
        check_ranges(self, ("spread", "cover", "lift"))
        check_ranges(self, ("diameter_px",), 5)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one layer of `shape` (H, W)."""
        diameter_px = drawn_size(self.diameter_px, shape, rng)
        sizes = SizeLaw(diameter_px, drawn(self.spread, rng), law=str(rng.choice(self.laws)))
        make = shape_named(str(rng.choice(self.shapes)))
        margin = 2 * diameter_px
        sides = (shape[0] + 2 * margin, shape[1] + 2 * margin)
        wanted = diameters_for(sizes, drawn(self.cover, rng), sides[0] * sides[1], rng)
        centres, diameters = packed(wanted, sides, rng, 120)
        lift = drawn(self.lift, rng) * diameter_px
        order = np.argsort(diameters, kind="stable")
        places = np.rint(centres - margin).astype(np.int64)
        picks = order[np.linspace(0, len(order) - 1, min(_MOST_POOL_BODIES, len(order))).astype(np.int64)]
        pool = [rasterise(make(float(size), rng), *rng.uniform(-0.5, 0.5, 2)) for size in diameters[picks]]
        placed: list[Placed] = []
        for rank, index in enumerate(order.tolist()):
            patch = pool[rank * len(pool) // len(order)]
            level = -float(patch.lower[patch.upper > patch.lower].min(initial=0.0)) + lift * float(rng.random())
            placed.append(Placed(patch, (int(places[index, 0]), int(places[index, 1])), level, index))
        return composed(shape, placed, diameter_px)
