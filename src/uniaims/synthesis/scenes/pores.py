"""Pores: dark holes in a matrix, and sponges, whose pores make one network with the matrix."""

from dataclasses import dataclass

import numpy as np

from uniaims.synthesis.bodies import Generator
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_log, drawn_size
from uniaims.synthesis.relief import Float32
from uniaims.synthesis.scenes.packing import diameters_for, packed
from uniaims.synthesis.scenes.plane import distance_within, section, without_slivers
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.scenes.territory import Seeds, bend_field, grown
from uniaims.synthesis.sizes import LAWS, SizeLaw
from uniaims.synthesis.textures import fractal_texture, grainy_texture

_WALL_SLOPE = 6.0
"""How far the walls of a pore fall within one pixel."""


@dataclass(frozen=True)
class Pores:
    """Separate holes of any outline in a solid matrix.

    `diameter_px` is drawn evenly on a log scale; `spread` and `laws` see `sizes.SizeLaw`; `porosity` on a log scale;
    `irregularity` of outlines in diameters; `aspect` length over width; `order` of their directions; `depth` relative
    to the diameter; `matrix_number` mean atomic number of the solid.
    """

    diameter_px: Range = (7.0, 90.0)
    spread: Range = (0.2, 0.9)
    laws: tuple[str, ...] = ("log-normal", "power", "Rosin-Rammler")
    porosity: Range = (0.02, 0.5)
    irregularity: Range = (0.02, 0.16)
    aspect: Range = (1.0, 3.0)
    order: Range = (0.0, 0.8)
    depth: Range = (1.0, 4.0)
    matrix_number: Range = (10.0, 30.0)

    def __post_init__(self) -> None:
        check_choices("laws", self.laws, tuple(LAWS))
        check_ranges(self, ("spread", "irregularity", "order", "depth"))
        check_ranges(self, ("porosity",), 0.001)
        check_ranges(self, ("aspect", "matrix_number"), 1)
        check_ranges(self, ("diameter_px",), 5)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one section of `shape` (H, W)."""
        diameter_px = drawn_size(self.diameter_px, shape, rng, 0.3)
        sizes = SizeLaw(diameter_px, drawn(self.spread, rng), 5.0, str(rng.choice(self.laws)))
        margin = 2 * diameter_px
        sides = (shape[0] + 2 * margin, shape[1] + 2 * margin)
        diameters = diameters_for(sizes, drawn_log(self.porosity, rng), sides[0] * sides[1], rng)
        centres, _ = packed(1.15 * diameters, sides, rng, 20)
        count, order = len(diameters), drawn(self.order, rng)
        angles = rng.uniform(0, np.pi) + rng.uniform(-np.pi / 2, np.pi / 2, count) * (1 - order)
        aspects = np.exp(rng.uniform(0, 1, count) * np.log(drawn(self.aspect, rng)))
        strength = drawn(self.irregularity, rng) * diameter_px
        bend = bend_field(shape, diameter_px, strength, rng)
        bend += bend_field(shape, max(diameter_px / 4, 4.0), 0.2 * strength, rng)
        labels = without_slivers(grown(Seeds(centres - margin, diameters / 2, angles, aspects), bend, 2.0).owner)
        numbers = np.zeros(count + 1)
        numbers[0] = drawn(self.matrix_number, rng)
        deep = drawn(self.depth, rng) * diameter_px
        return section(labels, _sunk(distance_within(labels) * (labels > 0), deep, rng), diameter_px, numbers)


@dataclass(frozen=True)
class Sponge:
    """A porous solid seen from above: pores that open between struts, deeper struts in their depth.

    `pore_px` typical width of a pore, on a log scale; `porosity`; `roughness` 0: round pores of one width, 1: pores
    of all widths; `depth` relative to the width. Labels are the connected pores.
    """

    pore_px: Range = (7.0, 60.0)
    porosity: Range = (0.15, 0.42)
    roughness: Range = (0.0, 0.6)
    depth: Range = (1.0, 4.0)
    matrix_number: Range = (6.0, 40.0)

    def __post_init__(self) -> None:
        check_ranges(self, ("porosity", "roughness", "depth"))
        check_ranges(self, ("matrix_number",), 1)
        check_ranges(self, ("pore_px",), 5)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one sponge of `shape` (H, W)."""
        pore_px = drawn_size(self.pore_px, shape, rng, 0.2)
        rough = drawn(self.roughness, rng)
        field = _network(shape, pore_px, rough, rng)
        level = np.float32(np.quantile(field, 1 - drawn(self.porosity, rng)))
        labels = without_slivers((field > level).astype(np.int32))
        deep = drawn(self.depth, rng) * pore_px
        # The solid bulges between the pores; in the pores a second network of struts lies one width deeper.
        edge = distance_within(labels)
        bulge = np.sqrt(np.clip(edge / (0.6 * pore_px), 0, 1)) * np.float32(0.4 * pore_px)
        second = _network(shape, pore_px, rough, rng)
        below = -deep * np.where(second > level, 2.0, 1.0) + 0.4 * pore_px * np.clip(level - second, 0, 1)
        wall = np.clip(edge / max(0.12 * pore_px, 1.0), 0, 1)
        height = np.where(labels > 0, np.minimum(below, 0) * wall, bulge).astype(np.float32)
        numbers = np.array([drawn(self.matrix_number, rng), 0.0])
        return section(labels, height, pore_px, numbers)


def _network(shape: tuple[int, int], width_px: float, roughness: float, rng: Generator) -> Float32:
    """Noise of mean 0 and variance 1 whose upper part makes channels about `width_px` wide."""
    field = grainy_texture(shape, width_px, rng) + roughness * fractal_texture(shape, 2 * width_px, 3.0, rng)
    return np.asarray(field / max(float(field.std()), 1e-9), dtype=np.float32)


def _sunk(depth: Float32, deep_px: float, rng: Generator) -> Float32:
    """Height of pits whose walls fall steeply and whose floor is rough."""
    floor = 1 + 0.3 * fractal_texture((depth.shape[0], depth.shape[1]), max(deep_px / 2, 4.0), 3.0, rng)
    fall = np.minimum(_WALL_SLOPE * depth, deep_px * np.maximum(floor, 0.3))
    return np.asarray(-fall, dtype=np.float32)
