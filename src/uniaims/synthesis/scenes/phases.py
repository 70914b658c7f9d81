"""Two-phase structures: precipitates in a matrix, and lamellae in colonies."""

from dataclasses import dataclass
from math import gamma

import numpy as np

from uniaims.synthesis.bodies import Array, Generator
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_size
from uniaims.synthesis.relief import Float32
from uniaims.synthesis.scenes.grains import laguerre
from uniaims.synthesis.scenes.packing import diameters_for, packed
from uniaims.synthesis.scenes.plane import Labels, distance_within, section, without_slivers
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.scenes.territory import Seeds, bend_field, grown
from uniaims.synthesis.sizes import LAWS, SizeLaw

_FINEST_PX = 5.0
_MOST_LAMELLAE = 1_000_003
"""More than one colony can have."""
_MATRIX = -(10**12)


@dataclass(frozen=True)
class Precipitates:
    """Particles of a second phase in a matrix: carbides, cuboids of superalloys, fillers.

    `diameter_px` is drawn evenly on a log scale; `spread` and `laws` see `sizes.SizeLaw`; `cover` their part of the
    area; `power` of their outlines: 2 round, 8 square; `aspect` length over width; `order` 0: turned anyhow, 1:
    parallel; `gap_px` least matrix between two; `irregularity` of outlines, in diameters; `fine` the chance of a
    second class between them, `fine_diameter` of that in parts of the first and `fine_cover` of the matrix;
    `atomic_number` and `matrix_number` mean atomic numbers; `etching_px` how far the second phase stands out
    (negative: is sunk).
    """

    diameter_px: Range = (10.0, 80.0)
    spread: Range = (0.1, 0.5)
    laws: tuple[str, ...] = ("log-normal",)
    cover: Range = (0.1, 0.65)
    power: Range = (2.0, 2.5)
    aspect: Range = (1.0, 2.0)
    order: Range = (0.0, 0.3)
    gap_px: Range = (1.5, 4.0)
    irregularity: Range = (0.01, 0.12)
    fine: float = 0.0
    fine_diameter: Range = (0.08, 0.25)
    fine_cover: Range = (0.1, 0.4)
    atomic_number: Range = (10.0, 30.0)
    matrix_number: Range = (10.0, 30.0)
    etching_px: Range = (-3.0, 3.0)

    def __post_init__(self) -> None:
        check_choices("laws", self.laws, tuple(LAWS))
        check_ranges(self, ("spread", "cover", "order", "gap_px", "irregularity", "fine_diameter", "fine_cover"))
        check_ranges(self, ("power", "aspect", "atomic_number", "matrix_number"), 1)
        check_ranges(self, ("diameter_px",), _FINEST_PX)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one section of `shape` (H, W)."""
        diameter_px = drawn_size(self.diameter_px, shape, rng)
        sizes = SizeLaw(diameter_px, drawn(self.spread, rng), _FINEST_PX, str(rng.choice(self.laws)))
        bend = bend_field(shape, diameter_px, drawn(self.irregularity, rng) * diameter_px, rng, 8.0)
        seeds = self._seeds(shape, sizes, drawn(self.cover, rng), rng)
        gap_px = drawn(self.gap_px, rng)
        labels = without_slivers(grown(seeds, bend, gap_px).owner)
        numbers = np.full(len(seeds.radii) + 1, drawn(self.atomic_number, rng))
        numbers[0] = drawn(self.matrix_number, rng)
        if rng.random() < self.fine:
            labels, numbers = self._with_fine(labels, numbers, diameter_px, rng)
        etching = drawn(self.etching_px, rng)
        return section(labels, _etched(labels, etching), diameter_px, numbers)

    def _seeds(self, shape: tuple[int, int], sizes: SizeLaw, cover: float, rng: Generator) -> Seeds:
        power = drawn(self.power, rng)
        margin = 2 * sizes.median_px
        sides = (shape[0] + 2 * margin, shape[1] + 2 * margin)
        diameters = diameters_for(sizes, cover, sides[0] * sides[1], rng)
        # Little room is needed for a round of pushing to end early; dense ones get what they need.
        centres, _ = packed(diameters * 1.05, sides, rng, 60)
        order, main = drawn(self.order, rng), rng.uniform(0, np.pi)
        loose = rng.uniform(-np.pi / 4, np.pi / 4, len(diameters)) * (1 - order) ** 2
        quarter = rng.integers(0, 2, len(diameters)) * np.pi / 2
        area = gamma(1 + 1 / power) ** 2 / gamma(1 + 2 / power)
        aspects = np.exp(rng.uniform(0, 1, len(diameters)) * np.log(drawn(self.aspect, rng)))
        return Seeds(
            centres - margin, diameters / 2 * np.sqrt(np.pi / 4 / area), main + quarter + loose, aspects, power
        )

    def _with_fine(self, labels: Labels, numbers: Array, diameter_px: float, rng: Generator) -> tuple[Labels, Array]:
        """Fill the matrix with a finer, round class of the same phase that keeps off the coarse one."""
        shape = (labels.shape[0], labels.shape[1])
        sizes = SizeLaw(max(drawn(self.fine_diameter, rng) * diameter_px, _FINEST_PX), 0.2, _FINEST_PX)
        seeds = self._seeds(shape, sizes, drawn(self.fine_cover, rng), rng)
        round_ones = Seeds(seeds.centres, seeds.radii, seeds.angles, np.ones(len(seeds.radii)))
        fine = grown(round_ones, np.zeros((2, *shape), np.float32), 1.5).owner
        depth = np.where(labels == 0, distance_within(labels), 0)
        allowed = depth > 0.35 * sizes.median_px
        cut = np.bincount(fine.ravel(), weights=(~allowed).ravel(), minlength=len(seeds.radii) + 1)
        kept = (cut <= 0.4 * np.bincount(fine.ravel(), minlength=len(seeds.radii) + 1))[fine] & allowed & (fine > 0)
        joined = np.where(kept, fine + len(numbers) - 1, labels).astype(np.int32)
        return without_slivers(joined), np.append(numbers, np.full(len(seeds.radii), numbers[-1]))


@dataclass(frozen=True)
class Lamellae:
    """Colonies of parallel lamellae, as in pearlite, eutectics and titanium alloys: one label per lamella.

    `spacing_px` from lamella to lamella, on a log scale; `share` the lamellae's part of it; `colony` size of a colony
    in spacings; `waviness` of the lamellae in spacings; `breaks` how often a lamella is interrupted, 0 to 1.
    """

    spacing_px: Range = (7.0, 40.0)
    share: Range = (0.3, 0.65)
    colony: Range = (6.0, 25.0)
    waviness: Range = (0.05, 0.5)
    breaks: Range = (0.0, 0.5)
    atomic_number: Range = (10.0, 30.0)
    matrix_number: Range = (10.0, 30.0)
    etching_px: Range = (-3.0, 3.0)

    def __post_init__(self) -> None:
        check_ranges(self, ("share", "waviness", "breaks"))
        check_ranges(self, ("colony", "atomic_number", "matrix_number"), 1)
        check_ranges(self, ("spacing_px",), 6)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one section of `shape` (H, W)."""
        spacing = drawn_size(self.spacing_px, shape, rng, 0.15)
        colony_px = drawn(self.colony, rng) * spacing
        still = np.zeros((2, *shape), np.float32)
        colonies = laguerre(shape, SizeLaw(colony_px, 0.3), still, (1.0, 0.0), rng)
        waves = bend_field(shape, 4 * spacing, drawn(self.waviness, rng) * spacing, rng)
        count = int(colonies.max()) + 1
        angles, pitches = rng.uniform(0, np.pi, count), spacing * np.exp(rng.normal(0, 0.12, count))
        rows, columns = np.indices(shape, dtype=np.float32) + waves
        way = (rows * np.sin(angles)[colonies] + columns * np.cos(angles)[colonies]) / pitches[colonies]
        along = (columns * np.sin(angles)[colonies] - rows * np.cos(angles)[colonies]) / spacing
        number = np.floor(way).astype(np.int64)
        gaps = drawn(self.breaks, rng)
        solid = np.sin(along * 0.7 + 2.4 * number) > 2 * gaps - 2 if gaps > 0 else np.ones(shape, dtype=bool)
        inside = ((way - number) < drawn(self.share, rng)) & solid & (distance_within(colonies) > 1.2)
        keys = colonies.astype(np.int64) * _MOST_LAMELLAE + number
        _, places = np.unique(np.where(inside, keys, _MATRIX), return_inverse=True)
        labels = without_slivers(places.reshape(shape).astype(np.int32))
        numbers = np.full(int(labels.max()) + 1, drawn(self.atomic_number, rng))
        numbers[0] = drawn(self.matrix_number, rng)
        return section(labels, _etched(labels, drawn(self.etching_px, rng)), spacing, numbers)


def _etched(labels: Labels, step_px: float) -> Float32:
    """Height of a section in which one phase stands out by `step_px`, with a slope at its edges."""
    rise = np.clip(distance_within(labels) / 2.5, 0, 1) * (labels > 0)
    return np.asarray(step_px * rise, dtype=np.float32)
