"""Cells: nuclei, axons and other closed rounded bodies in tissue, sparse, in patches or packed, never overlapping."""

from dataclasses import dataclass, replace

import numpy as np

from uniaims.synthesis.bodies import Generator
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_log, drawn_size
from uniaims.synthesis.scenes.packing import diameters_for, packed
from uniaims.synthesis.scenes.plane import distance_within, section, without_slivers
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.scenes.territory import Seeds, bend_field, grown
from uniaims.synthesis.sizes import LAWS, SizeLaw
from uniaims.synthesis.textures import fractal_texture

_TISSUE_ATOMIC_NUMBER = 7.0


@dataclass(frozen=True)
class Cells:
    """Rounded bodies in a plane that touch at most, as ranges from which each image draws.

    `diameter_px` is drawn evenly on a log scale; `spread` and `laws` see `sizes.SizeLaw`; `cover` the part of the
    area they take, on a log scale; `gap_px` what is left free between two (walls), `sheath` the same relative to each
    one's diameter; `irregularity` of outlines in diameters; `aspect` length over width; `patchiness` 0: everywhere
    alike, 1: crowded in some places, none in others.
    """

    diameter_px: Range = (10.0, 60.0)
    spread: Range = (0.1, 0.5)
    laws: tuple[str, ...] = ("log-normal", "bimodal")
    cover: Range = (0.05, 0.7)
    gap_px: Range = (0.0, 3.0)
    sheath: Range = (0.0, 0.0)
    irregularity: Range = (0.02, 0.15)
    aspect: Range = (1.0, 1.8)
    patchiness: Range = (0.0, 0.8)

    def __post_init__(self) -> None:
        check_choices("laws", self.laws, tuple(LAWS))
        check_ranges(self, ("spread", "gap_px", "sheath", "irregularity", "patchiness"))
        check_ranges(self, ("cover",), 0.001)
        check_ranges(self, ("aspect",), 1)
        check_ranges(self, ("diameter_px",), 6)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one section of `shape` (H, W)."""
        diameter_px = drawn_size(self.diameter_px, shape, rng)
        sizes = SizeLaw(diameter_px, drawn(self.spread, rng), 6.0, str(rng.choice(self.laws)))
        margin = 2 * diameter_px
        sides = (shape[0] + 2 * margin, shape[1] + 2 * margin)
        cover, patchy, gap_px = drawn_log(self.cover, rng), drawn(self.patchiness, rng), drawn(self.gap_px, rng)
        wrapped = 1 + drawn(self.sheath, rng)
        # Patches are cut out of a denser packing, so that bodies in them touch.
        dense = min(cover * (1 + 2 * patchy), 0.82 / wrapped**2)
        diameters = diameters_for(sizes, dense, sides[0] * sides[1], rng)
        centres, _ = packed(wrapped * diameters + gap_px, sides, rng, 40)
        field = fractal_texture((64, 64), 24.0, 4.0, rng)
        at = np.clip((centres / np.array(sides) * 64).astype(np.int64), 0, 63)
        crowd = patchy * field[at[:, 0], at[:, 1]] + (1 - patchy) * rng.normal(size=len(centres))
        kept = crowd >= np.quantile(crowd, max(1 - cover / dense, 0.0))
        centres, diameters = centres[kept] - margin, diameters[kept]
        count = len(diameters)
        aspects = np.exp(rng.uniform(0, 1, count) * np.log(drawn(self.aspect, rng)))
        bend = bend_field(shape, 0.7 * diameter_px, drawn(self.irregularity, rng) * diameter_px, rng, 8.0)
        # A little larger than packed, so that neighbours press their outlines flat.
        radii = diameters / 2 * rng.uniform(1.0, 1.12)
        labels = without_slivers(
            grown(Seeds(centres, radii, rng.uniform(0, np.pi, count), aspects), bend, gap_px).owner
        )
        depth = distance_within(labels) * (labels > 0)
        dome = np.sqrt(np.clip(1 - (1 - np.clip(depth / (0.45 * diameter_px), 0, 1)) ** 2, 0, 1)) * 0.4 * diameter_px
        scene = section(labels, dome.astype(np.float32), diameter_px, np.full(count + 1, _TISSUE_ATOMIC_NUMBER))
        relief = replace(scene.relief, thickness=(2 * dome).astype(np.float32))
        return replace(scene, relief=relief, atomic_numbers=None)
