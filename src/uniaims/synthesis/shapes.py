"""Bodies: what a scene is made of, as unions of convex parts with exact upper and lower surfaces.

A part is a quadric cut by half-spaces, which covers spheres, ellipsoids, cylinders, prisms and every
convex polyhedron. Several parts make one body: a rod with round caps, a grain with satellites. Lengths are
pixels; axes are y, x, z with z towards the viewer; the origin is the middle of the body.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError

Array = NDArray[np.float64]
Generator = np.random.Generator
Shape = Callable[[float, Generator], "Body"]

_NO_LIMIT = 1.0
"""Distance of a plane without normal: 0 <= 1 always holds, so the plane cuts nothing."""


@dataclass(frozen=True, eq=False)
class Body:
    """A union of P convex parts.

    `centres` is (P, 3), in pixels; `quadrics` (P, 3, 3): q' Q q <= 1 for q measured from the centre;
    `planes` (P, K, 4): normal and distance, n . q <= d; `reach` the radius of the circle around the origin
    that holds the outline; `waviness` (W, 2) the cosine and sine amplitudes of the outline's 2nd, 3rd, ...
    harmonic, relative to the radius.
    """

    centres: Array
    quadrics: Array
    planes: Array
    reach: float
    waviness: Array


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
    """Fuse bodies, each moved by its offset (3,), to one. The outlines' waviness of the first is kept."""
    width = max(body.planes.shape[1] for body, _ in bodies)
    return Body(
        centres=np.vstack([body.centres + offset for body, offset in bodies]),
        quadrics=np.concatenate([body.quadrics for body, _ in bodies]),
        planes=np.concatenate([_padded(body.planes, width) for body, _ in bodies]),
        reach=max(body.reach + float(np.hypot(*offset[:2])) for body, offset in bodies),
        waviness=bodies[0][0].waviness,
    )


def wavy(body: Body, amplitude: float, rng: Generator, harmonics: int = 5) -> Body:
    """Give `body` an irregular outline whose radius varies by about `amplitude` (0 to 0.3) times itself."""
    orders = np.arange(2, 2 + harmonics)[:, None]
    waves = rng.normal(0, amplitude, (harmonics, 2)) * (2 / orders)
    swell = 1 + float(np.abs(waves).sum())
    return replace(body, waviness=waves, reach=body.reach * swell)


def random_rotation(rng: Generator) -> Array:
    """Draw a rotation (3, 3), all orientations alike, from a random unit quaternion (Shoemake 1992)."""
    a, b, c, d = _unit(rng.normal(size=4))
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
    in_plane = _turn(angle)
    towards = _turn(tip)
    leaning = np.array([[1, 0, 0], [0, cos(lean), -sin(lean)], [0, sin(lean), cos(lean)]])
    result: Array = towards @ leaning @ towards.T @ in_plane
    return result


def sphere(diameter: float, rng: Generator) -> Body:
    """Give a ball, now and then slightly oval."""
    radius = diameter / 2
    semi_axes = radius * np.exp(rng.normal(0, 0.02, 3))
    return ellipsoid((semi_axes[0], semi_axes[1], semi_axes[2]), random_rotation(rng))


def pebble(diameter: float, rng: Generator) -> Body:
    """Give an irregular rounded grain."""
    semi_axes = diameter / 2 * np.exp(rng.normal(0, 0.18, 3))
    return wavy(ellipsoid((semi_axes[0], semi_axes[1], semi_axes[2]), random_rotation(rng)), 0.035, rng)


def powder_grain(diameter: float, rng: Generator) -> Body:
    """Give a grain of gas-atomised powder: a ball, more rarely an oval or a drop, with satellites fused to it."""
    radius = diameter / 2
    kind = rng.random()
    oval = 1 + (abs(rng.normal(0, 0.02)) if kind < 0.8 else rng.uniform(0.1, 0.45))
    core = wavy(ellipsoid((radius * oval, radius, radius), random_rotation(rng)), 0.009, rng, 7)
    parts = [(core, np.zeros(3))]
    if kind > 0.92:
        parts += _tail(radius, rng)
    for _ in range(rng.poisson(0.9)):
        size = radius * rng.uniform(0.07, 0.24)
        parts.append((ellipsoid((size, size, size)), _unit(rng.normal(size=3)) * (radius - 0.1 * size)))
    return joined(parts)


def _tail(radius: float, rng: Generator) -> list[tuple[Body, Array]]:
    """Ever smaller balls in a row that make a ball a drop, lying in the plane."""
    angle = rng.uniform(0, 2 * pi)
    direction = np.array([sin(angle), cos(angle), 0.0])
    sizes = radius * np.linspace(0.93, rng.uniform(0.15, 0.4), 9)
    places = radius * np.linspace(0.15, rng.uniform(0.9, 1.5), 9)
    return [(ellipsoid((size, size, size)), direction * place) for size, place in zip(sizes, places, strict=True)]


def block(diameter: float, rng: Generator) -> Body:
    """Give a cube or brick with more or less rounded corners; most lie on a face."""
    normals = np.vstack([np.eye(3), -np.eye(3)])
    sides = diameter / 2 * np.exp(rng.normal(0, 0.12, 3)) * 0.9
    rotation = lying_rotation(rng, 0.12) if rng.random() < 0.7 else random_rotation(rng)
    return polyhedron(normals, np.tile(sides, 2), rotation, rng.uniform(0, 0.45))


def crystal(diameter: float, rng: Generator) -> Body:
    """Give an octahedron, truncated octahedron or cuboctahedron."""
    eight = np.array(list(product((-1.0, 1.0), repeat=3))) / np.sqrt(3)
    six = np.vstack([np.eye(3), -np.eye(3)])
    cut = rng.uniform(0.62, 1.1)
    distances = np.append(np.full(8, 0.42), np.full(6, 0.7 * cut)) * diameter
    distances *= np.exp(rng.normal(0, 0.05, 14))
    return polyhedron(np.vstack([eight, six]), distances, random_rotation(rng), rng.uniform(0, 0.3))


def fragment(diameter: float, rng: Generator) -> Body:
    """Give a splinter between random faces, as crushed material has them."""
    normals = _unit_rows(rng.normal(size=(rng.integers(8, 15), 3)))
    normals = np.vstack([normals, np.eye(3), -np.eye(3)])
    distances = diameter / 2 * rng.uniform(0.62, 1.0, len(normals))
    return polyhedron(normals, distances, random_rotation(rng), rng.uniform(0, 0.25))


def rod(diameter: float, rng: Generator) -> Body:
    """Give a rod `diameter` pixels thick and 2.5 to 9 times as long, with round or flat ends."""
    length, rotation = diameter * rng.uniform(2.5, 9.0), lying_rotation(rng, 0.12)
    end = capsule if rng.random() < 0.7 else cylinder
    return end(length, diameter / 2, rotation)


def stub(diameter: float, rng: Generator) -> Body:
    """Give a short rod, 1.3 to 4 times as long as thick."""
    return capsule(diameter * rng.uniform(1.3, 4.0), diameter / 2, lying_rotation(rng, 0.1))


def platelet(diameter: float, rng: Generator) -> Body:
    """Give a thin plate with 3 to 8 corners or a round one, lying or standing on its edge."""
    corners = int(rng.choice([3, 4, 6, 6, 6, 8, 24]))
    angles = 2 * pi * np.arange(corners) / corners
    sides = np.column_stack([np.sin(angles), np.cos(angles), np.zeros(corners)])
    normals = np.vstack([sides, [[0, 0, 1], [0, 0, -1]]])
    inner = diameter / 2 * np.exp(rng.normal(0, 0.08, corners)) * (0.6 if corners == 3 else 0.9)
    distances = np.append(inner, np.full(2, diameter * rng.uniform(0.03, 0.12)))
    rotation = lying_rotation(rng, 0.25) if rng.random() < 0.65 else random_rotation(rng)
    return polyhedron(normals, distances, rotation)


SHAPES: dict[str, Shape] = {
    "block": block,
    "crystal": crystal,
    "fragment": fragment,
    "pebble": pebble,
    "platelet": platelet,
    "powder grain": powder_grain,
    "rod": rod,
    "sphere": sphere,
    "stub": stub,
}
"""Each shape takes a diameter in pixels (of rods: their thickness) and a random generator."""


def shape_named(name: str) -> Shape:
    """Look up a shape.

    Raises:
        SettingsError: if there is none of that name.
    """
    if name not in SHAPES:
        raise SettingsError(f"no shape is called {name!r}: wanted one of {', '.join(SHAPES)}.")
    return SHAPES[name]


def _single(quadric: Array, planes: Array, reach: float) -> Body:
    """A body of one part around the origin."""
    return Body(np.zeros((1, 3)), quadric[None], planes[None], reach, np.zeros((0, 2)))


def _padded(planes: Array, width: int) -> Array:
    missing = width - planes.shape[1]
    idle = np.tile([0.0, 0.0, 0.0, _NO_LIMIT], (planes.shape[0], missing, 1))
    return np.concatenate([planes, idle.reshape(planes.shape[0], missing, 4)], axis=1)


def _farthest_corner(normals: Array, distances: Array) -> float:
    """Distance of the farthest corner: the largest over all triples of planes whose crossing lies in the body."""
    count = len(normals)
    triples = np.array([(i, j, k) for i in range(count) for j in range(i) for k in range(j)])
    systems = normals[triples]
    solvable = np.abs(np.linalg.det(systems)) > 1e-6
    corners = np.linalg.solve(systems[solvable], distances[triples[solvable]][..., None])[..., 0]
    inside = (corners @ normals.T <= distances + 1e-6 * distances.max()).all(axis=1)
    return float(np.sqrt((corners[inside] ** 2).sum(axis=1).max()))


def _turn(angle: float) -> Array:
    return np.array([[cos(angle), -sin(angle), 0.0], [sin(angle), cos(angle), 0.0], [0.0, 0.0, 1.0]])


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.sqrt((vector**2).sum()), dtype=np.float64)


def _unit_rows(vectors: Array) -> Array:
    return np.asarray(vectors / np.sqrt((vectors**2).sum(axis=1, keepdims=True)), dtype=np.float64)
