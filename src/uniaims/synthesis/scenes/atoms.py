"""Atom columns: crystal lattices seen along an axis, with vacancies, bent planes, edges and tilt boundaries."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from uniaims.synthesis.bodies import Array, Generator, in_plane
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_size
from uniaims.synthesis.relief import Relief
from uniaims.synthesis.scenes.composition import scene_of
from uniaims.synthesis.scenes.scene import SMALLEST_AREA_PX, Scene
from uniaims.synthesis.scenes.territory import bend_field
from uniaims.synthesis.stamps import draw_peaks
from uniaims.synthesis.textures import fractal_texture

Basis = tuple[tuple[float, float, int], ...]
LATTICES: dict[str, tuple[tuple[tuple[float, float], tuple[float, float]], Basis]] = {
    "square": (((1.0, 0.0), (0.0, 1.0)), ((0, 0, 0),)),
    "rectangular": (((1.41, 0.0), (0.0, 1.0)), ((0, 0, 0), (0.5, 0.5, 0))),
    "hexagonal": (((0.866, 0.5), (0.0, 1.0)), ((0, 0, 0),)),
    "honeycomb": (((1.5, 0.866), (0.0, 1.732)), ((0, 0, 0), (1 / 3, 1 / 3, 1))),
    "perovskite": (((1.41, 0.0), (0.0, 1.41)), ((0, 0, 0), (0.5, 0.5, 1))),
    "dumbbell": (((2.6, 0.0), (0.0, 1.84)), ((0, 0, 0), (0.385, 0, 1), (0.5, 0.5, 0), (0.885, 0.5, 1))),
}
"""Two cell vectors (y, x) in units of about the nearest distance, and columns: fractions of them and kind."""
_HALF_MAXIMUM = 1.18
"""Radius of a label over the standard deviation of the peak: there it has half its height."""
_LEAST_DISC = 0.4
"""A column of which less is in the image is no instance."""
_RUTHERFORD_POWER = 1.7
"""Power of the atomic number with which columns scatter to high angles."""
_CLOSEST_SPACINGS = 0.55
"""Columns nearer than this, in spacings, where two crystals meet are one."""


@dataclass(frozen=True)
class AtomColumns:
    """Columns of atoms, as ranges from which each image draws: one label per column.

    `spacing_px` between neighbours, on a log scale; `lattices` names in `LATTICES`; `width` standard deviation of a
    column's peak over the spacing; `vacancies` part of missing columns; `shake` random displacement and `strain`
    smooth displacement, in spacings; `boundary` the chance of a tilt boundary, `edge` that of a crystal that ends in
    vacuum; `steps` unevenness of thickness; `ratio` of the atomic numbers of the two kinds of columns.
    """

    spacing_px: Range = (9.0, 40.0)
    lattices: tuple[str, ...] = tuple(LATTICES)
    width: Range = (0.16, 0.26)
    vacancies: Range = (0.0, 0.03)
    shake: Range = (0.0, 0.03)
    strain: Range = (0.0, 0.3)
    boundary: float = 0.3
    edge: float = 0.3
    steps: Range = (0.0, 0.35)
    ratio: Range = (0.35, 0.9)

    def __post_init__(self) -> None:
        check_choices("lattices", self.lattices, tuple(LATTICES))
        check_ranges(self, ("width", "vacancies", "shake", "strain", "steps"))
        check_ranges(self, ("ratio",), 0.05)
        check_ranges(self, ("spacing_px",), 7)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one field of `shape` (H, W)."""
        spacing = drawn_size(self.spacing_px, shape, rng, 0.15)
        name = str(rng.choice(self.lattices))
        centres, kinds = self._columns(shape, name, spacing, rng)
        kept = rng.random(len(centres)) >= drawn(self.vacancies, rng)
        if rng.random() < self.edge:
            kept &= _crystal(shape, rng)[_pixel(centres, shape)] > 0
        centres, kinds = centres[kept], kinds[kept]
        uneven = 1 + drawn(self.steps, rng) * fractal_texture(shape, 8 * spacing, 4.0, rng)
        width_px = drawn(self.width, rng) * spacing
        heavy = np.where(kinds == 0, 1.0, drawn(self.ratio, rng) ** _RUTHERFORD_POWER)
        heights = spacing * np.maximum(uneven[_pixel(centres, shape)], 0.25) * heavy
        flat = Relief.flat(shape)
        width_px = drawn(self.width, rng) * spacing
        draw_peaks(centres, heights, (width_px, _HALF_MAXIMUM * width_px), flat.thickness, flat.labels)
        seen = np.bincount(flat.labels.ravel(), minlength=len(kinds) + 1)
        cut = (seen < max(SMALLEST_AREA_PX, _LEAST_DISC * np.pi * (_HALF_MAXIMUM * width_px) ** 2)) & (seen > 0)
        flat.labels[cut[flat.labels]] = 0
        return scene_of(replace(flat, height=flat.thickness), spacing)

    def _columns(self, shape: tuple[int, int], name: str, spacing: float, rng: Generator) -> tuple[Array, Array]:
        """Places (N, 2) and kinds (N,) of the columns of one crystal, or of two that meet at a boundary."""
        angle = rng.uniform(0, np.pi)
        crystals = [_lattice(shape, name, spacing, angle, rng)]
        if rng.random() < self.boundary:
            tilted = _lattice(shape, name, spacing, angle + rng.uniform(0.08, 0.6), rng)
            side = _crystal(shape, rng) > 0
            crystals = [_where(crystals[0], side, shape), _where(tilted, ~side, shape)]
        centres = np.concatenate([places for places, _ in crystals])
        kinds = np.concatenate([kind for _, kind in crystals])
        if len(crystals) > 1:
            close = cKDTree(centres).query_pairs(_CLOSEST_SPACINGS * spacing, output_type="ndarray")
            kept = np.ones(len(centres), dtype=bool)
            kept[close[:, 1]] = False
            centres, kinds = centres[kept], kinds[kept]
        bend = bend_field(shape, 12 * spacing, drawn(self.strain, rng) * spacing, rng)
        centres = centres + bend[:, *_pixel(centres, shape)].T
        return centres + rng.normal(0, drawn(self.shake, rng) * spacing, centres.shape), kinds


def _lattice(
    shape: tuple[int, int], name: str, spacing: float, angle: float, rng: Generator
) -> tuple[Array, NDArray[np.int64]]:
    """Columns of one turned lattice that covers the image: places (N, 2) and kinds (N,)."""
    cell, basis = LATTICES[name]
    vectors = spacing * np.array(cell) @ in_plane(angle)[:2, :2].T
    reach = float(np.hypot(*shape)) / 2 + 3 * spacing
    count = int(reach / (0.5 * spacing * min(np.hypot(*vector) for vector in np.array(cell)))) + 2
    steps = np.stack(np.meshgrid(*[np.arange(-count, count + 1)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    origin = np.array(shape) / 2 + rng.uniform(-1, 1, 2) * spacing
    places = np.concatenate([(steps + np.array(site[:2])) @ vectors + origin for site in basis])
    kinds = np.repeat([site[2] for site in basis], len(steps))
    near = ((places > -spacing) & (places < np.array(shape) + spacing)).all(axis=1)
    return places[near], kinds[near]


def _where(
    crystal: tuple[Array, NDArray[np.int64]], side: NDArray[np.bool_], shape: tuple[int, int]
) -> tuple[Array, NDArray[np.int64]]:
    inside = side[_pixel(crystal[0], shape)]
    return crystal[0][inside], crystal[1][inside]


def _crystal(shape: tuple[int, int], rng: Generator) -> NDArray[np.float32]:
    """A field (H, W) that is positive on one side of a wavy line through the image."""
    angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.75, 2) * np.array(shape)
    rows, columns = np.indices(shape, dtype=np.float32)
    way = (rows - place[0]) * np.sin(angle) + (columns - place[1]) * np.cos(angle)
    waves = 0.03 * min(shape) * fractal_texture(shape, 0.3 * min(shape), 4.0, rng)
    return np.asarray(way + waves, dtype=np.float32)


def _pixel(places: Array, shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Nearest row and column inside the image of each of `places` (N, 2)."""
    nearest = np.clip(np.rint(places).astype(np.int64), 0, np.array(shape) - 1)
    return nearest[:, 0], nearest[:, 1]
