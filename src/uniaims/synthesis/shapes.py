"""Shapes: the named kinds of body that heaps are made of, each a function of diameter and random generator."""

from collections.abc import Callable
from itertools import product
from math import cos, pi, sin

import numpy as np

from uniaims.errors import SettingsError
from uniaims.synthesis.bodies import (
    AnyBody,
    Array,
    Body,
    Generator,
    Inclusions,
    Outline,
    balls,
    capsule,
    cylinder,
    ellipsoid,
    filled,
    in_plane,
    joined,
    lying_rotation,
    needles,
    polyhedron,
    random_rotation,
    unit,
    unit_rows,
    wavy,
)

__all__ = [
    "SHAPES",
    "AnyBody",
    "Array",
    "Body",
    "Generator",
    "Inclusions",
    "Outline",
    "Shape",
    "balls",
    "capsule",
    "cylinder",
    "ellipsoid",
    "filled",
    "in_plane",
    "joined",
    "lying_rotation",
    "needles",
    "polyhedron",
    "random_rotation",
    "shape_named",
    "unit",
    "unit_rows",
    "wavy",
]

Shape = Callable[[float, Generator], AnyBody]


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
        parts.append((ellipsoid((size, size, size)), unit(rng.normal(size=3)) * (radius - 0.1 * size)))
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
    normals = unit_rows(rng.normal(size=(rng.integers(8, 15), 3)))
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


def cuboid(diameter: float, rng: Generator) -> Outline:
    """Give a lying superellipsoid: something between a lens, a brick and a pillow, with a flat or a domed top."""
    power, aspect = rng.uniform(2.0, 6.0), float(np.exp(rng.uniform(0, 0.7)))
    angles = 2 * pi * np.arange(128) / 128
    circle = np.column_stack([np.sin(angles), np.cos(angles)])
    squared = np.sign(circle) * np.abs(circle) ** (2 / power)
    points = squared * diameter / 2 * np.array([aspect**-0.5, aspect**0.5])
    height = diameter * rng.uniform(0.25, 0.9)
    return Outline(points @ in_plane(rng.uniform(0, pi))[:2, :2], height, rng.uniform(0.25, 1.0))


def blob(diameter: float, rng: Generator) -> Outline:
    """Give a body with a smooth irregular outline of random Fourier amplitudes, lobed or almost round."""
    orders = np.arange(2, 9)
    strength = rng.uniform(0.05, 0.35) * orders ** -rng.uniform(1.0, 1.8)
    amplitudes = np.clip(rng.normal(size=7), -2, 2) * strength
    angles = 2 * pi * np.arange(128) / 128
    waves = np.cos(np.outer(angles, orders) + rng.uniform(0, 2 * pi, 7)) @ amplitudes
    radii = diameter / 2 * np.exp(waves)
    points = radii[:, None] * np.column_stack([np.sin(angles), np.cos(angles)])
    return Outline(points * [1.0, rng.uniform(0.6, 1.0)], diameter * rng.uniform(0.25, 0.9), rng.uniform(0.3, 1.0))


def star(diameter: float, rng: Generator) -> Body:
    """Give a star of 4 to 9 tapering arms that lie in the plane or point anywhere."""
    count, radius = int(rng.integers(4, 10)), diameter / 2
    flat = rng.random() < 0.5
    angles = rng.uniform(0, 2 * pi) + 2 * pi * (np.arange(count) + rng.uniform(-0.15, 0.15, count)) / count
    lying = np.column_stack([np.sin(angles), np.cos(angles), np.zeros(count)])
    axes = lying if flat else unit_rows(rng.normal(size=(count, 3)))
    arms = needles(axes, np.full(count, radius), radius * rng.uniform(0.14, 0.24, count))
    return joined([(_ball(0.4 * radius), np.zeros(3)), (arms, np.zeros(3))])


def tetrapod(diameter: float, rng: Generator) -> Body:
    """Give four arms from one middle, as zinc oxide and cadmium telluride grow them."""
    corners = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)
    turn, radius = random_rotation(rng), diameter / 2
    width = radius * rng.uniform(0.1, 0.22)
    parts = [(_ball(1.3 * width), np.zeros(3))]
    for axis in corners @ turn.T:
        length = radius * rng.uniform(0.85, 1.0)
        parts.append((capsule(length, width, _along(axis)), axis * length / 2))
    return joined(parts)


def _along(axis: Array) -> Array:
    """A rotation (3, 3) that takes the x axis to `axis` (3,)."""
    beside = unit(np.cross(axis, [0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0]))
    return np.column_stack([np.cross(axis, beside), axis, beside])


def dumbbell(diameter: float, rng: Generator) -> Body:
    """Give two balls with a neck between them."""
    rotation = lying_rotation(rng, 0.3)
    first, second = diameter / 2, diameter / 2 * rng.uniform(0.6, 1.0)
    length = (first + second) * rng.uniform(0.75, 1.0)
    neck = cylinder(length, min(first, second) * rng.uniform(0.35, 0.7), rotation)
    axis = rotation[:, 1]
    balls = [(ellipsoid((first,) * 3), -axis * length / 2), (ellipsoid((second,) * 3), axis * length / 2)]
    return joined([(neck, np.zeros(3)), *balls])


def raspberry(diameter: float, rng: Generator) -> Body:
    """Give a ball covered with many small ones."""
    radius = diameter / 2
    size = max(radius * rng.uniform(0.1, 0.28), 1.0)
    axes = _even_directions(round(min(2.6 * (radius / size) ** 2, 300)), rng)
    sizes = size * np.exp(rng.normal(0, 0.15, len(axes)))
    cover = balls(axes * (radius - sizes)[:, None], sizes)
    return joined([(_ball(radius - 0.6 * size), np.zeros(3)), (cover, np.zeros(3))])


def urchin(diameter: float, rng: Generator) -> Body:
    """Give a ball with many needles, or a flower of blades if they are wide."""
    radius = diameter / 2
    core = radius * rng.uniform(0.35, 0.7)
    axes = _even_directions(int(rng.integers(40, 160)), rng)
    width = max(radius * rng.uniform(0.03, 0.09), 0.8)
    spikes = needles(axes, radius * rng.uniform(0.75, 1.0, len(axes)), np.full(len(axes), width))
    return joined([(_ball(core), np.zeros(3)), (spikes, np.zeros(3))])


def pitted(diameter: float, rng: Generator) -> Body:
    """Give a porous ball or pebble with round pits in its surface."""
    radius = diameter / 2
    core = wavy(ellipsoid(_oval(radius, 0.08, rng), random_rotation(rng)), 0.02, rng)
    axes = _even_directions(int(rng.integers(12, 70)), rng)
    sizes = np.minimum(radius * 0.09 * np.exp(rng.normal(0, 0.5, len(axes))), 0.3 * radius)
    return filled(core, [(balls(0.97 * radius * axes, sizes), np.zeros(3), -1.0)])


def broken_shell(diameter: float, rng: Generator) -> Body:
    """Give a hollow ball, more often than not with a hole through which its inner wall is seen."""
    radius = diameter / 2
    inner = radius * rng.uniform(0.75, 0.92)
    fillings = [(_ball(inner), np.zeros(3), -1.0)]
    if rng.random() < 0.7:
        towards = unit(np.append(rng.normal(0, 0.6, 2), 1.0))
        hole = wavy(ellipsoid(_oval(radius * rng.uniform(0.3, 0.7), 0.2, rng), random_rotation(rng)), 0.1, rng)
        fillings.append((hole, towards * radius, -1.0))
    return filled(_ball(radius), fillings)


def hollow(diameter: float, rng: Generator) -> Body:
    """Give a closed hollow ball or pebble: a ring in transmission."""
    core = ellipsoid(_oval(diameter / 2, 0.06, rng))
    return filled(core, [(_scaled(core, rng.uniform(0.55, 0.88)), np.zeros(3), -1.0)])


def core_shell(diameter: float, rng: Generator) -> Body:
    """Give a ball with a core that is denser or lighter than the shell, here and there off the middle."""
    shell = ellipsoid(_oval(diameter / 2, 0.08, rng), random_rotation(rng))
    share = rng.uniform(0.3, 0.8)
    shift = unit(rng.normal(size=3)) * diameter / 2 * (1 - share) * rng.uniform(0, 0.6)
    contrast = rng.uniform(1.0, 5.0) if rng.random() < 0.8 else -rng.uniform(0.4, 0.8)
    core = block(diameter * share * 0.7, rng) if rng.random() < 0.2 else _scaled(shell, share)
    return filled(shell, [(core, shift, contrast)])


def tube(diameter: float, rng: Generator) -> Body:
    """Give a tube `diameter` pixels thick, 2.5 to 9 times as long, open at both ends."""
    length, rotation = diameter * rng.uniform(2.5, 9.0), lying_rotation(rng, 0.15)
    bore = cylinder(1.02 * length, diameter / 2 * rng.uniform(0.4, 0.8), rotation)
    return filled(cylinder(length, diameter / 2, rotation), [(bore, np.zeros(3), -1.0)])


def _ball(radius: float) -> Body:
    return ellipsoid((radius, radius, radius))


def _oval(radius: float, spread: float, rng: Generator) -> tuple[float, float, float]:
    """Semi-axes of a more or less oval ball."""
    first, second, third = radius * np.exp(rng.normal(0, spread, 3))
    return float(first), float(second), float(third)


def _scaled(body: Body, factor: float) -> Body:
    """A plain ellipsoid, smaller."""
    return Body(body.centres, body.quadrics / factor**2, body.planes, body.reach * factor, body.waviness)


def _even_directions(count: int, rng: Generator) -> Array:
    """Unit vectors (count, 3) spread evenly over the sphere (golden spiral), shaken and turned."""
    steps = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * steps / count), pi * (1 + 5**0.5) * steps
    spiral = np.column_stack([np.cos(azimuth) * np.sin(polar), np.sin(azimuth) * np.sin(polar), np.cos(polar)])
    shaken = unit_rows(spiral + rng.normal(0, 0.5 / np.sqrt(count), spiral.shape))
    return np.asarray(shaken @ random_rotation(rng).T, dtype=np.float64)


SHAPES: dict[str, Shape] = {
    "blob": blob,
    "block": block,
    "broken shell": broken_shell,
    "core-shell": core_shell,
    "crystal": crystal,
    "cuboid": cuboid,
    "dumbbell": dumbbell,
    "fragment": fragment,
    "hollow": hollow,
    "pebble": pebble,
    "pitted": pitted,
    "platelet": platelet,
    "powder grain": powder_grain,
    "raspberry": raspberry,
    "rod": rod,
    "sphere": sphere,
    "star": star,
    "stub": stub,
    "tetrapod": tetrapod,
    "tube": tube,
    "urchin": urchin,
}
"""Each shape takes a diameter in pixels (of rods and tubes: their thickness) and a random generator."""


def shape_named(name: str) -> Shape:
    """Look up a shape.

    Raises:
        SettingsError: if there is none of that name.
    """
    if name not in SHAPES:
        raise SettingsError(f"no shape is called {name!r}: wanted one of {', '.join(SHAPES)}.")
    return SHAPES[name]
