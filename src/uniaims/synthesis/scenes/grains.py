"""Grains: polycrystals that fill the plane, with twins, or with walls between them."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from uniaims.synthesis.bodies import Generator, in_plane
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_size
from uniaims.synthesis.relief import Float32, Relief, pieces
from uniaims.synthesis.scenes.composition import scene_of
from uniaims.synthesis.scenes.packing import diameters_for, packed
from uniaims.synthesis.scenes.plane import Labels, distance_within, rim, slivers
from uniaims.synthesis.scenes.scene import SMALLEST_AREA_PX, Scene
from uniaims.synthesis.scenes.territory import bend_field, power_diagram
from uniaims.synthesis.sizes import LAWS, SizeLaw
from uniaims.synthesis.textures import fractal_texture


@dataclass(frozen=True)
class Grains:
    """Polycrystals, as ranges from which each image draws.

    `diameter_px` of a grain of equal area, drawn evenly on a log scale; `spread` and `laws` see `sizes.SizeLaw`;
    `curvature` how far boundaries are bent, in diameters; `elongation` length over width (rolled metal); `twins` the
    part of the grains with twins, parallel bands with labels of their own; `wall_px` the width of what lies between
    grains (a second phase, cell walls): 0 for none; it has label 0. `hollow`: walls stand high and the cells are
    hollow, as in a foam.
    """

    diameter_px: Range = (12.0, 120.0)
    spread: Range = (0.05, 0.7)
    laws: tuple[str, ...] = ("log-normal",)
    curvature: Range = (0.0, 0.1)
    elongation: Range = (1.0, 1.3)
    twins: Range = (0.0, 0.0)
    wall_px: Range = (0.0, 0.0)
    hollow: bool = False

    def __post_init__(self) -> None:
        check_choices("laws", self.laws, tuple(LAWS))
        check_ranges(self, ("spread", "curvature", "twins", "wall_px"))
        check_ranges(self, ("elongation",), 1)
        check_ranges(self, ("diameter_px",), 6)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one polycrystal of `shape` (H, W)."""
        diameter_px = drawn_size(self.diameter_px, shape, rng)
        sizes = SizeLaw(diameter_px, drawn(self.spread, rng), 0.3 * diameter_px, str(rng.choice(self.laws)))
        stretch, angle = np.sqrt(drawn(self.elongation, rng)), rng.uniform(0, np.pi)
        bend = bend_field(shape, diameter_px, drawn(self.curvature, rng) * diameter_px, rng)
        labels = laguerre(shape, sizes, bend, (stretch, angle), rng)
        labels = _twinned(labels, drawn(self.twins, rng), diameter_px, rng)
        labels = _painted_over(labels, slivers(labels))
        relief = _polished(labels, drawn(self.wall_px, rng))
        if self.hollow:
            sunk = np.minimum(3.0 * distance_within(relief.labels), 0.5 * diameter_px) * (relief.labels > 0)
            bowls = -cv2.GaussianBlur(sunk.astype(np.float32), (0, 0), 0.04 * diameter_px + 0.3)
            slope_y, slope_x = (slope.astype(np.float32) for slope in np.gradient(bowls))
            relief = replace(relief, height=bowls, slope_y=slope_y, slope_x=slope_x)
        return scene_of(relief, diameter_px)


def laguerre(
    shape: tuple[int, int], sizes: SizeLaw, bend: Float32, stretching: tuple[float, float], rng: Generator
) -> Labels:
    """Power cells of packed discs: their areas follow the law of sizes."""
    stretch, angle = stretching
    turn = in_plane(angle)[:2, :2]
    squeeze = turn @ np.diag([stretch, 1 / stretch]) @ turn.T
    side = float(np.hypot(*shape)) * stretch + 4 * sizes.median_px
    diameters = diameters_for(sizes, 0.95, side * side, rng)
    centres, _ = packed(diameters, (side, side), rng, 12)
    centres = (centres - side / 2) @ np.linalg.inv(squeeze).T + np.array(shape) / 2
    beyond = 2.5 * sizes.median_px * stretch
    near = ((centres > -beyond) & (centres < np.array(shape) + beyond)).all(axis=1)
    if stretch < 1.01:
        return power_diagram(centres[near], diameters[near] / 2, bend)
    rows, columns = np.indices(shape, dtype=np.float32)
    places = np.stack([rows + bend[0], columns + bend[1]], axis=-1) @ squeeze.T.astype(np.float32)
    squeezed = np.moveaxis(places, -1, 0) - np.stack([rows, columns])
    return power_diagram(centres[near] @ squeeze.T, diameters[near] / 2, np.ascontiguousarray(squeezed))


def _twinned(labels: Labels, share: float, diameter_px: float, rng: Generator) -> Labels:
    """Lay one to three parallel bands, numbered anew, through a part of the grains."""
    count = int(labels.max())
    chosen = np.append(False, rng.random(count) < share)
    if not chosen.any():
        return labels
    angles = rng.uniform(0, np.pi, count + 1)
    phases, periods = rng.uniform(0, 1, count + 1), diameter_px * rng.uniform(0.7, 2.5, count + 1)
    widths = rng.uniform(0.1, 0.4, count + 1)
    rows, columns = np.nonzero(chosen[labels])
    own = labels[rows, columns]
    way = (rows * np.sin(angles[own]) + columns * np.cos(angles[own])) / periods[own] + phases[own]
    band = (way % 1) < widths[own]
    result = labels.copy()
    result[rows[band], columns[band]] = own[band] + count
    return result


def _polished(labels: Labels, wall_px: float) -> Relief:
    """Flat grains with grooves along the boundaries, or with walls, which are no grains, between them."""
    shape = (labels.shape[0], labels.shape[1])
    flat, depth = Relief.flat(shape), distance_within(labels)
    if wall_px > 0:
        kept = np.where(depth > wall_px / 2, labels, 0)
        labels = np.where(slivers(kept), 0, kept).astype(np.int32)
    height = np.minimum(depth, 4.0).astype(np.float32)
    return Relief(height, flat.slope_y, flat.slope_x, flat.v, flat.u, flat.thickness + 1, labels)


def grains(image_shape: tuple[int, int], sizes: SizeLaw, rng: Generator) -> Scene:
    """Fill the plane with Voronoi grains with slightly curved boundaries; all touch, there is no background.

    Their `height` is a small random level of each grain with grooves along the boundaries.
    """
    spacing = sizes.median_px
    margin = 2 * spacing
    area = (image_shape[0] + 2 * margin) * (image_shape[1] + 2 * margin)
    seeds = rng.uniform(-margin, np.array(image_shape) + margin, (max(3, round(area / spacing**2)), 2))
    seeds = seeds[rng.random(len(seeds)) < np.exp(-sizes.spread)]
    bend = np.stack([fractal_texture(image_shape, spacing, 6.0, rng) for _ in range(2)]) * np.float32(0.08 * spacing)
    labels = _nearest(seeds, image_shape, bend)
    labels = _nearest(seeds[_large_enough(labels, len(seeds))], image_shape, bend)
    labels = _painted_over(labels, _tiny(labels))
    flat = Relief.flat(image_shape)
    border = rim(labels)
    depth = cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, 3)
    height = np.minimum(depth, 4.0).astype(np.float32)
    relief = Relief(height, flat.slope_y, flat.slope_x, flat.v, flat.u, flat.thickness, labels)
    return scene_of(relief, spacing)


def _nearest(seeds: NDArray[np.float64], image_shape: tuple[int, int], bend: NDArray[np.float32]) -> NDArray[np.int32]:
    grid = np.indices(image_shape, dtype=np.float32) + bend
    _, index = cKDTree(seeds).query(np.moveaxis(grid, 0, -1).reshape(-1, 2))
    return np.asarray(index + 1, dtype=np.int32).reshape(image_shape)


def _large_enough(labels: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which of `count` seeds to keep: those whose grain is no sliver, and those that aren't in the image at all."""
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return np.asarray((areas == 0) | (areas >= 2 * SMALLEST_AREA_PX))


def _tiny(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    parts = pieces(labels)
    return np.asarray((np.bincount(parts.ravel()) < SMALLEST_AREA_PX)[parts] & (parts > 0))


def _painted_over(labels: NDArray[np.int32], where: NDArray[np.bool_]) -> NDArray[np.int32]:
    if not where.any():
        return labels
    rows, columns = distance_transform_edt(where, return_distances=False, return_indices=True)
    return np.asarray(labels[rows, columns])
