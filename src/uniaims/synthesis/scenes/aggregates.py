"""Aggregates: clusters of primary particles in three dimensions, grown by diffusion or along straight paths."""

from dataclasses import dataclass

import numba
import numpy as np

from uniaims.synthesis.bodies import Array, Generator, random_rotation
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_integer, drawn_log, drawn_size
from uniaims.synthesis.relief import Patch, rasterise
from uniaims.synthesis.scenes.composition import Counting, Placed, composed
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.shapes import SHAPES, shape_named
from uniaims.synthesis.sizes import LAWS, SizeLaw

GROWTHS = ("diffusion", "ballistic", "clusters")
INSTANCES = ("particles", "clusters")
_POOL_RADII = 60
_MOST_PARTICLES = 2500


@dataclass(frozen=True)
class Aggregates:
    """Clusters of touching particles that hide each other, as ranges from which each image draws.

    `shapes` of the primary particles, names in `shapes.SHAPES`; `diameter_px` of these, on a log scale; `spread` and
    `laws` see `sizes.SizeLaw`; `count` of clusters; `members` particles in a cluster, on a log scale; `growth`:
    ``diffusion`` (particles wander until they hit; Witten & Sander 1981), ``ballistic`` (they fly straight; compact),
    ``clusters`` (clusters fly into clusters; open, as soot is); `sintering` how far contacts have grown together, 0
    to 1; `instances`: what has one label, ``particles`` or whole ``clusters``.
    """

    shapes: tuple[str, ...] = ("sphere",)
    diameter_px: Range = (9.0, 50.0)
    spread: Range = (0.02, 0.3)
    laws: tuple[str, ...] = ("log-normal",)
    count: Range = (1, 12)
    members: Range = (4, 200)
    growth: tuple[str, ...] = GROWTHS
    sintering: Range = (0.0, 0.3)
    instances: str = "particles"

    def __post_init__(self) -> None:
        check_choices("shapes", self.shapes, tuple(SHAPES))
        check_choices("laws", self.laws, tuple(LAWS))
        check_choices("growth", self.growth, GROWTHS)
        check_choices("instances", (self.instances,), INSTANCES)
        check_ranges(self, ("spread", "sintering"))
        check_ranges(self, ("count", "members"), 1)
        check_ranges(self, ("diameter_px",), 5)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one scene of `shape` (H, W)."""
        diameter_px = drawn_size(self.diameter_px, shape, rng, 0.2)
        sizes = SizeLaw(diameter_px, drawn(self.spread, rng), law=str(rng.choice(self.laws)))
        growth, sintering = str(rng.choice(self.growth)), drawn(self.sintering, rng)
        radii = np.sort(sizes.draw(rng, _POOL_RADII)) / 2
        make = shape_named(str(rng.choice(self.shapes)))
        pool = [rasterise(make(2 * float(radius), rng), *rng.uniform(-0.5, 0.5, 2)) for radius in radii]
        placed: list[Placed] = []
        for cluster in range(drawn_integer(self.count, rng)):
            members = min(round(drawn_log(self.members, rng)), _MOST_PARTICLES - len(placed))
            if members < 1:
                break
            picks = rng.integers(0, _POOL_RADII, members)
            places = grown_cluster(radii[picks], growth, rng) * (1 - 0.3 * sintering)
            origin = rng.uniform(-0.05, 1.05, 2) * shape
            placed += self._placed(places, [pool[pick] for pick in picks], origin, (cluster, len(placed)))
        whole = self.instances == "clusters"
        return composed(shape, placed, diameter_px, Counting(joined=False, by_piece=not whole))

    def _placed(self, places: Array, patches: list[Patch], origin: Array, numbers: tuple[int, int]) -> list[Placed]:
        """Lay a cluster with its lowest particle on the substrate."""
        cluster, first = numbers
        bottoms = [float(patch.lower[patch.upper > patch.lower].min(initial=0.0)) for patch in patches]
        floor = min(float(place[2]) + bottom for place, bottom in zip(places, bottoms, strict=True))
        at = np.rint(places[:, :2] + origin).astype(np.int64)
        by_cluster = self.instances == "clusters"
        return [
            Placed(patch, (int(row), int(column)), float(z - floor), cluster if by_cluster else first + index)
            for index, (patch, (row, column), z) in enumerate(zip(patches, at.tolist(), places[:, 2], strict=True))
        ]


def grown_cluster(radii: Array, growth: str, rng: Generator) -> Array:
    """Grow a cluster of balls with the given `radii` (N,): their centres (N, 3), y, x, z, around their mean."""
    if growth == "clusters":
        centres = _merged(radii, rng)
    else:
        ways = rng.normal(size=(len(radii), 2, 3))
        centres = _accreted(radii, ways, growth == "diffusion", rng)
    return np.asarray(centres - centres.mean(axis=0), dtype=np.float64)


def _merged(radii: Array, rng: Generator) -> Array:
    """Halve the balls until single ones are left, then let the halves fly into each other."""
    if len(radii) == 1:
        return np.zeros((1, 3))
    half = len(radii) // 2
    first, second = _merged(radii[:half], rng), _merged(radii[half:], rng) @ random_rotation(rng).T
    way = rng.normal(size=3)
    way /= np.sqrt((way**2).sum())
    # Aim at one ball of the other cluster, so that they meet.
    aim = first[rng.integers(half)] - second[rng.integers(len(second))]
    return np.concatenate([first, second + aim + way * _flight(first, radii[:half], second + aim, radii[half:], way)])


@numba.njit(cache=True, nogil=True)
def _flight(first, first_radii, second, second_radii, way):  # type: ignore[no-untyped-def]
    """How far along `way` the second cluster has to be moved to just touch the first, coming from far away."""
    farthest = 0.0
    for i in range(first_radii.size):
        for j in range(second_radii.size):
            apart = second[j] - first[i]
            along = apart @ way
            reach = first_radii[i] + second_radii[j]
            rest = reach * reach - (apart @ apart - along * along)
            if rest > 0:
                farthest = max(farthest, np.sqrt(rest) - along)
    return farthest


@numba.njit(cache=True, nogil=True)
def _accreted(radii, ways, wander, rng):  # type: ignore[no-untyped-def]
    """Add ball after ball: each comes along a line that meets the cluster, or wanders in until it hits."""
    centres = np.zeros((radii.size, 3))
    extent = radii[0]
    for k in range(1, radii.size):
        way = ways[k, 0] / np.sqrt((ways[k, 0] ** 2).sum())
        if wander:
            centres[k] = _wandered(centres[:k], radii, k, extent, rng)
        else:
            side = ways[k, 1] - (ways[k, 1] @ way) * way
            aim = centres[rng.integers(0, k)] + side / np.sqrt((side**2).sum()) * radii[k] * rng.random()
            centres[k] = aim + way * _flight(centres[:k], radii[:k], aim.reshape(1, 3), radii[k : k + 1], way)
        extent = max(extent, np.sqrt((centres[k] ** 2).sum()) + radii[k])
    return centres


@numba.njit(cache=True, nogil=True)
def _wandered(centres, radii, k, extent, rng):  # type: ignore[no-untyped-def]
    """Random walk in steps as long as the way to the nearest ball is free; starts anew when it got lost."""
    start = extent + 2 * radii[k]
    place = _direction(rng) * start
    while True:
        nearest, free = 0, 1e30
        for i in range(k):
            gap = np.sqrt(((place - centres[i]) ** 2).sum()) - radii[i] - radii[k]
            if gap < free:
                nearest, free = i, gap
        if free < 0.05 * radii[k]:
            away = place - centres[nearest]
            return centres[nearest] + away / np.sqrt((away**2).sum()) * (radii[nearest] + radii[k])
        place = place + _direction(rng) * free
        if np.sqrt((place**2).sum()) > 3 * start:
            place = _direction(rng) * start


@numba.njit(cache=True, nogil=True)
def _direction(rng):  # type: ignore[no-untyped-def]
    vector = np.array([rng.normal(), rng.normal(), rng.normal()])
    return vector / np.sqrt((vector**2).sum())
