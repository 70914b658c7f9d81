"""Scenes: bodies dropped into a heap, or grains that fill the plane, with the labels of what can be seen.

Truth is exact: every pixel carries the number of the body whose surface is topmost there. Bodies of which
almost nothing is seen are taken out of the scene before it is rendered, never just out of the labels, so that
no unlabelled remnant stays in the picture.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from uniaims.synthesis.relief import Patch, Relief, deposit, lowest_place, pieces, rasterise
from uniaims.synthesis.shapes import Generator, Shape
from uniaims.synthesis.textures import fractal_texture

SMALLEST_AREA_PX = 12
"""A visible piece with fewer pixels is no instance."""
SMALLEST_VISIBLE_FRACTION = 0.15
"""A visible piece below this part of the body's whole outline is no instance."""
_PATIENCE = 40
_POOL = 400
_POOL_PX = 3_000_000
"""Bodies, and pixels of their patches, drawn for one scene before bodies repeat."""
_ROUNDS = 12


@dataclass(frozen=True)
class SizeLaw:
    """Log-normal diameters: `median_px` in pixels, `spread` the standard deviation of the logarithm."""

    median_px: float
    spread: float
    smallest_px: float = 5.0

    def draw(self, rng: Generator) -> float:
        """Draw one diameter in pixels, at most four spreads from the median."""
        deviation = float(np.clip(rng.normal(), -4, 4))
        return max(self.smallest_px, self.median_px * float(np.exp(self.spread * deviation)))


@dataclass(frozen=True)
class Packing:
    """How bodies come to lie.

    Each body falls at the lowest of `tries` random places, so more tries pack more densely. `cover` is the
    covered part of the image to reach; `pile` how high a body may rest above the substrate, in median
    diameters (0: one layer, nothing overlaps); `sink` how far it sinks into what it rests on, 0 to 1;
    `clustering` the chance that it falls beside one that lies already.
    """

    cover: float
    tries: int = 6
    pile: float = 0.0
    sink: float = 0.0
    clustering: float = 0.0
    lattice: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """A relief and its truth: `labels` (H, W) uint32, each number one connected visible piece, 0 the substrate.

    `bodies` (N,) int32 tells for label i + 1 the body it belongs to: a body that another one crosses shows two
    pieces. `diameter_px` is the typical size of what is in it.
    """

    relief: Relief
    labels: NDArray[np.uint32]
    bodies: NDArray[np.int32]
    diameter_px: float


@dataclass(frozen=True, eq=False)
class _Placed:
    patch: Patch
    place: tuple[int, int]
    level: float


@dataclass(eq=False)
class _Heap:
    """The bodies so far, and the relief they make."""

    relief: Relief
    placed: list[_Placed] = field(default_factory=list)

    def add(self, patch: Patch, place: tuple[int, int], level: float) -> None:
        """Let one more body lie at `place`."""
        self.placed.append(_Placed(patch, place, level))
        deposit(self.relief, patch, place, level, len(self.placed))

    def cover(self) -> float:
        """Covered part of the image."""
        return float(np.count_nonzero(self.relief.labels)) / self.relief.labels.size


def heap(
    image_shape: tuple[int, int], shapes: tuple[Shape, ...], sizes: SizeLaw, packing: Packing, rng: Generator
) -> Scene:
    """Drop bodies of the given shapes until `packing.cover` is reached or no more find a place.

    The ground is a little larger than the image, so that the image's border cuts bodies as it does in reality.
    """
    margin = round(sizes.median_px)
    ground = (image_shape[0] + 2 * margin, image_shape[1] + 2 * margin)
    heap = _Heap(Relief.flat(ground))
    sites = _lattice_sites(ground, sizes, rng) if packing.lattice else None
    pool: list[Patch] = []
    failures = 0
    while failures < _PATIENCE and sites != []:
        patch = _next_patch(pool, shapes, sizes, rng)
        places = np.array([sites.pop()]) if sites else _places(heap, patch, packing, rng)
        failures = 0 if _drop(heap, patch, sizes, packing, places) else failures + 1
        if len(heap.placed) % 8 == 0 and heap.cover() >= packing.cover:
            break
    seen = [replace(body, place=(body.place[0] - margin, body.place[1] - margin)) for body in heap.placed]
    relief = _without_remnants(image_shape, seen)
    return _scene(relief, sizes.median_px)


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
    rim = _rim(labels)
    depth = cv2.distanceTransform((~rim).astype(np.uint8), cv2.DIST_L2, 3)
    height = np.minimum(depth, 4.0).astype(np.float32)
    relief = Relief(height, flat.slope_y, flat.slope_x, flat.v, flat.u, flat.thickness, labels)
    return _scene(relief, spacing)


def _drop(heap: _Heap, patch: Patch, sizes: SizeLaw, packing: Packing, places: NDArray[np.int64]) -> bool:
    """Let one body fall at the lowest of `places`; tell whether it found one that is low enough."""
    bottom = _bottom(patch)
    highest = (packing.pile + 0.02) * sizes.median_px + 0.5 - bottom
    resting = lowest_place(heap.relief.height, patch, places, highest)
    if resting is None:
        return False
    level = -bottom + (resting.level + bottom) * (1 - packing.sink)
    heap.add(patch, (resting.row, resting.column), level)
    return True


def _next_patch(pool: list[Patch], shapes: tuple[Shape, ...], sizes: SizeLaw, rng: Generator) -> Patch:
    """Draw a new body, or one of the pool again once that is full: among so many nobody sees it twice."""
    if len(pool) >= _POOL or sum(patch.upper.size for patch in pool) >= _POOL_PX:
        return pool[int(rng.integers(len(pool)))]
    shape = shapes[int(rng.integers(len(shapes)))]
    pool.append(rasterise(shape(sizes.draw(rng), rng), *rng.uniform(-0.5, 0.5, 2)))
    return pool[-1]


def _bottom(patch: Patch) -> float:
    """Height of the lowest point above the body's origin; it is negative."""
    return float(patch.lower[patch.upper > patch.lower].min(initial=0.0))


def _places(heap: _Heap, patch: Patch, packing: Packing, rng: Generator) -> NDArray[np.int64]:
    """Random places for one body, some of them beside bodies that lie already."""
    shape = heap.relief.labels.shape
    beyond = 0.7 * patch.middle
    places = rng.uniform(-beyond, np.array(shape) + beyond, (packing.tries, 2))
    if heap.placed and rng.random() < packing.clustering:
        chosen = [heap.placed[int(index)] for index in rng.integers(0, len(heap.placed), packing.tries)]
        angles = rng.uniform(0, 2 * np.pi, packing.tries)
        reaches = np.array([neighbour.patch.middle + patch.middle for neighbour in chosen]) - 2
        beside = reaches[:, None] * np.column_stack([np.sin(angles), np.cos(angles)])
        places = np.array([neighbour.place for neighbour in chosen]) + beside
    return np.rint(places).astype(np.int64)


def _lattice_sites(image_shape: tuple[int, int], sizes: SizeLaw, rng: Generator) -> list[tuple[int, int]]:
    """A turned, slightly jittered hexagonal lattice over the image, in random order, some sites empty."""
    pitch = sizes.median_px * np.exp(2 * sizes.spread) * rng.uniform(1.0, 1.12)
    count = int(np.hypot(*image_shape) / pitch) + 3
    rows, columns = np.mgrid[-count : count + 1, -count : count + 1]
    grid = np.column_stack([rows.ravel() * np.sqrt(0.75), columns.ravel() + 0.5 * (rows.ravel() % 2)]) * pitch
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    sites = grid @ turn.T + np.array(image_shape) / 2 + rng.normal(0, 0.015 * pitch, grid.shape)
    inside = ((sites > -pitch) & (sites < np.array(image_shape) + pitch)).all(axis=1)
    kept = sites[inside & (rng.random(len(sites)) > rng.uniform(0, 0.12))]
    order = rng.permutation(len(kept))
    return [(int(row), int(column)) for row, column in np.rint(kept[order])]


def _without_remnants(image_shape: tuple[int, int], placed: list[_Placed]) -> Relief:
    """Compose again and again, each time without the bodies that show a remnant, until none does."""
    for _ in range(_ROUNDS):
        relief, areas = _composed(image_shape, placed)
        poor = _poorly_visible(relief.labels, areas)
        if not poor.any():
            break
        placed = [body for body, is_poor in zip(placed, poor, strict=True) if not is_poor]
    return _repainted(relief, areas)


def _composed(image_shape: tuple[int, int], placed: list[_Placed]) -> tuple[Relief, NDArray[np.int64]]:
    """Relief of all bodies and the pixels (N,) of each one's whole outline inside the image."""
    relief = Relief.flat(image_shape)
    areas = [deposit(relief, body.patch, body.place, body.level, index + 1) for index, body in enumerate(placed)]
    return relief, np.array(areas, dtype=np.int64)


def _poorly_visible(labels: NDArray[np.int32], areas: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which bodies (N,) show too little, or a piece too small to be an instance and too large to paint over."""
    parts = pieces(labels)
    sizes = np.bincount(parts.ravel())[1:]
    owners = _owners(parts, labels)
    allowed = np.maximum(SMALLEST_AREA_PX, SMALLEST_VISIBLE_FRACTION * areas)
    poor = np.ones(len(areas), dtype=bool)
    poor[owners[sizes >= allowed[owners]]] = False
    poor[owners[(sizes >= SMALLEST_AREA_PX) & (sizes < allowed[owners])]] = True
    return poor


def _owners(parts: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.int64]:
    """Index of the body (label - 1) of each piece."""
    owners = np.zeros(int(parts.max(initial=0)) + 1, dtype=np.int64)
    owners[parts.ravel()] = labels.ravel()
    return owners[1:] - 1


def _repainted(relief: Relief, areas: NDArray[np.int64]) -> Relief:
    """Give what is still too small (a few pixels between two outlines) the surface of its nearest neighbour."""
    parts = pieces(relief.labels)
    sizes = np.bincount(parts.ravel())
    allowed = np.full(len(sizes), SMALLEST_AREA_PX, dtype=np.float64)
    allowed[1:] = np.maximum(SMALLEST_AREA_PX, SMALLEST_VISIBLE_FRACTION * areas[_owners(parts, relief.labels)])
    tiny = (sizes < allowed)[parts] & (parts > 0)
    if not tiny.any():
        return relief
    at = tuple(distance_transform_edt(tiny, return_distances=False, return_indices=True))
    return replace(
        relief,
        height=relief.height[at],
        slope_y=relief.slope_y[at],
        slope_x=relief.slope_x[at],
        v=relief.v[at],
        u=relief.u[at],
        labels=relief.labels[at],
    )


def _scene(relief: Relief, diameter_px: float) -> Scene:
    parts = pieces(relief.labels)
    return Scene(relief, parts.astype(np.uint32), (_owners(parts, relief.labels) + 1).astype(np.int32), diameter_px)


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


def _rim(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Pixels whose right or lower neighbour is another grain."""
    rim = np.zeros(labels.shape, dtype=bool)
    rim[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    rim[:-1] |= labels[:-1] != labels[1:]
    return rim
