"""Bodies: what a scene is made of, with exact upper and lower surfaces.

A `Body` is a union of convex parts, each a quadric cut by half-spaces, which covers spheres, ellipsoids, cylinders,
prisms and every convex polyhedron; voids and inclusions inside it make shells, pits and cores. An `Outline` is a
body known by its contour alone, swollen to a cushion. Lengths are pixels; axes are y, x, z with z towards the
viewer; the origin is the middle of the body.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Generator = np.random.Generator

_NO_LIMIT = 1.0
"""Distance of a plane without normal: 0 <= 1 always holds, so the plane cuts nothing."""


@dataclass(frozen=True, eq=False)
class Inclusions:
    """M convex parts within a body that differ from its material.

    `centres` (M, 3), `quadrics` (M, 3, 3) and `planes` (M, K, 4) as in `Body`; `contrasts` (M,) is density relative
    to the body's, minus 1: -1 is a void, which is open where it reaches the surface; 2 a core three times as dense.
    """

    centres: Array
    quadrics: Array
    planes: Array
    contrasts: Array


def no_inclusions() -> Inclusions:
    """Give the inside of a solid body."""
    return Inclusions(np.zeros((0, 3)), np.zeros((0, 3, 3)), np.zeros((0, 0, 4)), np.zeros(0))


@dataclass(frozen=True, eq=False)
class Body:
    """A union of P convex parts.

    `centres` is (P, 3), in pixels; `quadrics` (P, 3, 3): q' Q q <= 1 for q measured from the centre;
    `planes` (P, K, 4): normal and distance, n . q <= d; `reach` the radius of the circle around the origin
    that holds the outline; `waviness` (W, 2) the cosine and sine amplitudes of the outline's 2nd, 3rd, ...
    harmonic, relative to the radius; `inside` its voids and cores.
    """

    centres: Array
    quadrics: Array
    planes: Array
    reach: float
    waviness: Array
    inside: Inclusions = field(default_factory=no_inclusions)

    @property
    def parts(self) -> int:
        """Number of parts, voids and cores that have to be drawn."""
        return len(self.centres) + len(self.inside.contrasts)


@dataclass(frozen=True, eq=False)
class Outline:
    """A cushion over a closed contour.

    `points` (N, 2): y, x of the contour in pixels from the origin; `height_px` the thickness in its middle; `rim`
    the part of the way from the contour to the middle over which it rises: 1 a dome, 0.1 a plate with round edges.
    """

    points: Array
    height_px: float
    rim: float = 1.0

    @property
    def parts(self) -> int:
        """Number of parts that have to be drawn."""
        return 1

    @property
    def reach(self) -> float:
        """Radius of the circle around the origin that holds the contour."""
        return float(np.sqrt((self.points**2).sum(axis=1)).max())


AnyBody = Body | Outline


def ellipsoid(semi_axes: tuple[float, float, float], rotation: Array | None = None) -> Body:
    """Give an ellipsoid with `semi_axes` in pixels, turned by `rotation` (3, 3)."""
    turn = np.eye(3) if rotation is None else rotation
    quadric = turn @ np.diag([1 / semi_axis**2 for semi_axis in semi_axes]) @ turn.T
    return _single(quadric, np.zeros((0, 4)), max(semi_axes))


def polyhedron(normals: Array, distances: Array, rotation: Array, roundness: float = 0.0) -> Body:
    """Give the convex body behind planes with unit `normals` (K, 3) and `distances` (K,) in pixels from the middle.

    `roundness` from 0 (sharp) to 1 (the ball that touches the nearest face) cuts the corners with a sphere.
    """
    corner = _farthest_corner(normals, distances)
    radius = corner + roundness * (float(distances.min()) - corner)
    turned = np.column_stack([normals @ rotation.T, distances])
    return _single(np.eye(3) / radius**2, turned, min(radius, corner))


def cylinder(length: float, radius: float, rotation: Array) -> Body:
    """Give a cylinder with flat ends along its own x axis before it is turned by `rotation` (3, 3)."""
    quadric = rotation @ np.diag([1 / radius**2, 0.0, 1 / radius**2]) @ rotation.T
    axis = rotation[:, 1]
    planes = np.vstack([np.append(axis, length / 2), np.append(-axis, length / 2)])
    return _single(quadric, planes, float(np.hypot(length / 2, radius)))


def capsule(length: float, radius: float, rotation: Array) -> Body:
    """Give a rod with round caps, `length` pixels from tip to tip."""
    straight = max(length - 2 * radius, 0.01 * radius)
    cap = ellipsoid((radius, radius, radius))
    offset = rotation[:, 1] * straight / 2
    return joined([(cylinder(straight, radius, rotation), np.zeros(3)), (cap, offset), (cap, -offset)])


def joined(bodies: list[tuple[Body, Array]]) -> Body:
    """Fuse bodies, each moved by its offset (3,), to one. Waviness and inside of the first are kept."""
    width = max(body.planes.shape[1] for body, _ in bodies)
    return Body(
        centres=np.vstack([body.centres + offset for body, offset in bodies]),
        quadrics=np.concatenate([body.quadrics for body, _ in bodies]),
        planes=np.concatenate([_padded(body.planes, width) for body, _ in bodies]),
        reach=max(body.reach + float(np.hypot(*offset[:2])) for body, offset in bodies),
        waviness=bodies[0][0].waviness,
        inside=bodies[0][0].inside,
    )


def balls(centres: Array, radii: Array) -> Body:
    """Give N balls in one body: `centres` (N, 3), `radii` (N,), in pixels."""
    quadrics = np.eye(3) / radii[:, None, None] ** 2
    reach = float((np.hypot(centres[:, 0], centres[:, 1]) + radii).max())
    return Body(centres, quadrics, np.zeros((len(radii), 0, 4)), reach, np.zeros((0, 2)))


def needles(axes: Array, lengths: Array, widths: Array) -> Body:
    """Give N slender ellipsoids along unit `axes` (N, 3) from the origin; `widths` (N,) are half their thickness."""
    along = axes[:, :, None] * axes[:, None, :]
    quadrics = along * (2 / lengths[:, None, None]) ** 2 + (np.eye(3) - along) / widths[:, None, None] ** 2
    reach = float((lengths * np.hypot(axes[:, 0], axes[:, 1]) + widths).max())
    return Body(axes * lengths[:, None] / 2, quadrics, np.zeros((len(axes), 0, 4)), reach, np.zeros((0, 2)))


def filled(body: Body, fillings: list[tuple[Body, Array, float]]) -> Body:
    """Put parts of other density into `body`: each a body, its offset (3,) and its contrast (see `Inclusions`)."""
    width = max(part.planes.shape[1] for part, _, _ in fillings)
    inside = Inclusions(
        centres=np.vstack([part.centres + offset for part, offset, _ in fillings]),
        quadrics=np.concatenate([part.quadrics for part, _, _ in fillings]),
        planes=np.concatenate([_padded(part.planes, width) for part, _, _ in fillings]),
        contrasts=np.concatenate([np.full(len(part.centres), contrast) for part, _, contrast in fillings]),
    )
    return replace(body, inside=inside)


def wavy(body: Body, amplitude: float, rng: Generator, harmonics: int = 5) -> Body:
    """Give `body` an irregular outline whose radius varies by about `amplitude` (0 to 0.3) times itself."""
    orders = np.arange(2, 2 + harmonics)[:, None]
    waves = rng.normal(0, amplitude, (harmonics, 2)) * (2 / orders)
    swell = 1 + float(np.abs(waves).sum())
    return replace(body, waviness=waves, reach=body.reach * swell)


def random_rotation(rng: Generator) -> Array:
    """Draw a rotation (3, 3), all orientations alike, from a random unit quaternion (Shoemake 1992)."""
    a, b, c, d = unit(rng.normal(size=4))
    return np.array(
        [
            [1 - 2 * (c * c + d * d), 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), 1 - 2 * (b * b + d * d), 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), 1 - 2 * (b * b + c * c)],
        ]
    )


def lying_rotation(rng: Generator, tilt: float) -> Array:
    """Draw a rotation that turns freely in the plane and tilts out of it by about `tilt` radians."""
    angle, lean = rng.uniform(0, 2 * pi), rng.normal(0, tilt)
    tip = rng.uniform(0, 2 * pi)
    spun = in_plane(angle)
    towards = in_plane(tip)
    leaning = np.array([[1, 0, 0], [0, cos(lean), -sin(lean)], [0, sin(lean), cos(lean)]])
    result: Array = towards @ leaning @ towards.T @ spun
    return result


def _single(quadric: Array, planes: Array, reach: float) -> Body:
    """A body of one part around the origin."""
    return Body(np.zeros((1, 3)), quadric[None], planes[None], reach, np.zeros((0, 2)))


def _padded(planes: Array, width: int) -> Array:
    missing = width - planes.shape[1]
    if missing == 0:
        return planes
    idle = np.tile([0.0, 0.0, 0.0, _NO_LIMIT], (planes.shape[0], missing, 1))
    return np.concatenate([planes, idle.reshape(planes.shape[0], missing, 4)], axis=1)


def _farthest_corner(normals: Array, distances: Array) -> float:
    """Distance of the farthest corner: the largest over all triples of planes whose crossing lies in the body."""
    count = len(normals)
    triples = _triples(count)
    systems = normals[triples]
    solvable = np.abs(np.linalg.det(systems)) > 1e-6
    corners = np.linalg.solve(systems[solvable], distances[triples[solvable]][..., None])[..., 0]
    inside = (corners @ normals.T <= distances + 1e-6 * distances.max()).all(axis=1)
    return float(np.sqrt((corners[inside] ** 2).sum(axis=1).max()))


@cache
def _triples(count: int) -> NDArray[np.int64]:
    """All triples (T, 3) of different numbers below `count`."""
    return np.array([(i, j, k) for i in range(count) for j in range(i) for k in range(j)])


def in_plane(angle: float) -> Array:
    """Give the rotation (3, 3) by `angle` radians about the viewing axis."""
    return np.array([[cos(angle), -sin(angle), 0.0], [sin(angle), cos(angle), 0.0], [0.0, 0.0, 1.0]])


def unit(vector: Array) -> Array:
    """Scale a vector to length 1."""
    return np.asarray(vector / np.sqrt((vector**2).sum()), dtype=np.float64)


def unit_rows(vectors: Array) -> Array:
    """Scale each row to length 1."""
    return np.asarray(vectors / np.sqrt((vectors**2).sum(axis=1, keepdims=True)), dtype=np.float64)
