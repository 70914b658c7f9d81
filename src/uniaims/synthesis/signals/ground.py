"""What bodies lie on and what else lies there: substrates for electrons, scratches, dust.

Textures are deviations (H, W) float32 from a flat ground, of variance about 1. Dust is far smaller than the bodies, so
that nobody takes it for an unlabelled one.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.textures import fractal_texture, grainy_texture

Float32 = NDArray[np.float32]
Size = tuple[int, int]


def clouds(shape: Size, rng: Generator) -> Float32:
    """Slow clouds, fine grain and, now and then, parallel streaks."""
    texture = fractal_texture(shape, rng.uniform(8, 80), rng.uniform(2.0, 3.5), rng)
    if rng.random() < 0.2:
        streaks = (
            fractal_texture((shape[0], 1), 20, 1.0, rng)
            if rng.random() < 0.5
            else fractal_texture((1, shape[1]), 20, 1.0, rng)
        )
        texture = texture + streaks
    return np.asarray(texture, dtype=np.float32)


def wafer(shape: Size, rng: Generator) -> Float32:
    """A polished wafer: next to nothing, a few stains."""
    return 0.25 * fractal_texture(shape, 300, 3.0, rng) + 0.4 * _stains(shape, rng)


def carbon_tape(shape: Size, rng: Generator) -> Float32:
    """Carbon tape: shallow pits and soft swellings."""
    swellings = fractal_texture(shape, rng.uniform(60, 200), 4.0, rng)
    pits = np.minimum(fractal_texture(shape, rng.uniform(6, 20), 4.0, rng) + 1.6, 0)
    return np.asarray(swellings + 3 * pits, dtype=np.float32)


def machined_metal(shape: Size, rng: Generator) -> Float32:
    """A metal stub: grooves of the lathe and grains."""
    return 0.8 * scratches(shape, 60, rng) + 0.6 * fractal_texture(shape, 12, 2.4, rng)


def filter_membrane(shape: Size, rng: Generator) -> Float32:
    """A filter: a flat skin with round dark holes of one size."""
    radius = rng.uniform(2.5, 9.0)
    count = int(rng.uniform(0.02, 0.10) * shape[0] * shape[1] / (np.pi * radius**2))
    holes = _stamped(shape, rng.uniform(0, shape, (count, 2)), np.full(count, radius))
    return np.asarray(0.3 * fractal_texture(shape, 40, 3.0, rng) - 4 * holes, dtype=np.float32)


def sputtered_film(shape: Size, rng: Generator) -> Float32:
    """A metal film of small islands."""
    return grainy_texture(shape, rng.uniform(1.0, 3.0), rng) + 0.5 * fractal_texture(shape, 80, 3.0, rng)


GROUNDS: dict[str, Callable[[Size, Generator], Float32]] = {
    "clouds": clouds,
    "wafer": wafer,
    "carbon tape": carbon_tape,
    "machined metal": machined_metal,
    "filter membrane": filter_membrane,
    "sputtered film": sputtered_film,
}
"""Kinds of substrate by name."""


def scratches(shape: Size, count: int, rng: Generator) -> Float32:
    """Nearly parallel straight scratches, (H, W) float32: -1 in a deep one, with a faint bright lip."""
    canvas = np.zeros(shape, np.float32)
    main = rng.uniform(0, np.pi)
    reach = float(np.hypot(*shape))
    for _ in range(count):
        angle = main + rng.normal(0, 0.15)
        centre = rng.uniform(0, shape)
        half = reach * rng.uniform(0.1, 1.0) * np.array([np.sin(angle), np.cos(angle)]) / 2
        ends = [tuple(int(v * 16) for v in point[::-1]) for point in (centre - half, centre + half)]
        cv2.line(canvas, ends[0], ends[1], float(-rng.uniform(0.2, 1.0)), 1, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(canvas, (0, 0), 0.7)
    return np.asarray(1.6 * soft - 0.8 * cv2.GaussianBlur(canvas, (0, 0), 2.0), dtype=np.float32)


def largest_speck_px(diameter_px: float, limit_px: float) -> float:
    """Width of the largest speck among bodies of about `diameter_px`: a fifth of it, from 1.5 px to the limit."""
    return float(np.clip(0.2 * diameter_px, 1.5, limit_px))


def dust(shape: Size, per_megapixel: float, largest_px: float, rng: Generator) -> Float32:
    """Specks and crumbs strewn about, some in clumps, (H, W) float32 from 0 to 1; diameters up to `largest_px`."""
    count = int(rng.poisson(per_megapixel * shape[0] * shape[1] / 1e6))
    places = rng.uniform(0, shape, (count, 2))
    clumped = rng.random(count) < 0.4
    if count:
        places[clumped] = places[rng.integers(0, count, int(clumped.sum()))]
        places[clumped] += rng.normal(0, 2.5 * largest_px, (int(clumped.sum()), 2))
    radii = 0.5 * largest_px * rng.uniform(0.3, 1.0, count) ** 1.5
    return cv2.GaussianBlur(_stamped(shape, places, radii), (0, 0), 0.6) if count else np.zeros(shape, np.float32)


def _stamped(shape: Size, places: NDArray[np.float64], radii: NDArray[np.float64]) -> Float32:
    """Slightly irregular filled discs, (H, W) float32 of 0 and 1 with smooth rims."""
    canvas = np.zeros(shape, np.uint8)
    for index, ((row, column), radius) in enumerate(zip(places, radii, strict=True)):
        axes = (max(1, int(16 * radius)), max(1, int(16 * radius * (1 - 0.4 * ((index * 0.618) % 1)))))
        centre = (int(16 * column), int(16 * row))
        cv2.ellipse(canvas, centre, axes, (index * 137) % 180, 0, 360, 255, -1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / np.float32(255)


def _stains(shape: Size, rng: Generator) -> Float32:
    """A few rings as of dried drops."""
    field = fractal_texture(shape, 150, 4.5, rng)
    return np.asarray(np.exp(-((field - 1.2) ** 2) / 0.005), dtype=np.float32)
