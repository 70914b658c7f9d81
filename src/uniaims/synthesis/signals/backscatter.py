"""Backscattered electrons: mean atomic number, channelling, what polishing left.

Yield by atomic number: eta(Z) = -0.0254 + 0.016 Z - 1.86e-4 Z^2 + 8.3e-7 Z^3 (Reuter 1972, in Reimer, Scanning
Electron Microscopy, 2nd ed. 1998, section 4.1). Between crystals of one element the yield changes by a few per cent
with their orientation (channelling), which the operator stretches to the whole grey scale.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.ground import dust, largest_speck_px, scratches
from uniaims.synthesis.signals.sampling import sometimes
from uniaims.synthesis.signals.surface import (
    Float32,
    body_count,
    borders,
    by_body,
    distance_to,
    hollowness,
    level_by_body,
    smoothed,
)
from uniaims.synthesis.textures import fractal_texture

_STEEPEST_SLOPE = 4.0


@dataclass(frozen=True)
class Backscatter:
    """Backscattered-electron look of a polished section or of bodies on a substrate.

    `spread` of the bodies' grey levels by orientation (log); `groove` how dark their boundaries are (negative:
    bright) and `groove_px` how wide; `mottling` the unevenness inside bodies.

    `number_contrast` how much of the yield by atomic number is seen, where the scene has atomic numbers; `matrix`
    the yield of the substrate relative to the bodies where it has none; `topography` what tilt still shows and
    `side_angle` (radians) from where; `depth_px` the blur by the depth electrons come from; `scratches` and `pores`
    per megapixel left by polishing; `subgrain` unevenness of the channelling inside one crystal; `matrix_texture`
    that of the matrix.
    """

    spread: float = 0.3
    groove: float = 0.4
    groove_px: float = 1.5
    mottling: float = 0.05
    number_contrast: float = 1.0
    matrix: float = 1.0
    topography: float = 0.0
    side_angle: float = 0.6
    depth_px: float = 0.0
    scratches: int = 0
    pores: float = 0.0
    subgrain: float = 0.0
    matrix_texture: float = 0.0

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "Backscatter":
        """Draw a look in which boundaries can be seen: by grey level, by groove or by both."""
        spread = rng.uniform(0.0, 0.35)
        return cls(
            spread=spread,
            groove=rng.uniform(0.25, 0.8) * (1.0 if rng.random() < 0.75 else -1.0),
            groove_px=rng.uniform(0.8, 2.5),
            mottling=rng.uniform(0.0, 0.10),
            number_contrast=rng.uniform(0.7, 1.3),
            matrix=float(np.exp(rng.choice([-1.0, 1.0]) * (1.75 * spread + rng.uniform(0.2, 1.0)))),
            topography=sometimes(0.5, (0.02, 0.25), rng),
            side_angle=rng.uniform(0, 2 * np.pi),
            depth_px=rng.uniform(0.0, 0.8 + 0.01 * diameter_px),
            scratches=int(sometimes(0.4, (3, 60), rng)),
            pores=sometimes(0.4, (20, 300), rng),
            subgrain=sometimes(0.4, (0.02, 0.12), rng),
            matrix_texture=sometimes(0.6, (0.02, 0.25), rng),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Signal (H, W) float32, arbitrary units."""
        return backscattered_electrons(scene, self, rng)


def backscatter_yield(atomic_numbers: NDArray[np.floating]) -> Float32:
    """Backscattered part of the beam, by mean atomic number (any shape); 0 for a void (number 0)."""
    z = np.asarray(atomic_numbers, dtype=np.float64)
    eta = -0.0254 + 0.016 * z - 1.86e-4 * z**2 + 8.3e-7 * z**3
    return np.asarray(np.where(z > 0, np.maximum(eta, 0.01), 0.0), dtype=np.float32)


def backscattered_electrons(scene: Scene, look: Backscatter, rng: Generator) -> Float32:
    """Signal (H, W) float32: one grey level for each body and for the matrix, boundaries as grooves."""
    shape = scene.labels.shape
    level = by_body(scene, _levels(scene, look)) * level_by_body(scene, look.spread, rng)
    groove = np.exp(-((_groove_distance(scene) / look.groove_px) ** 2))
    uneven = 1 + look.mottling * fractal_texture(shape, 0.3 * scene.diameter_px, 2.0, rng)
    signal = level * (1 - look.groove * groove) * uneven
    if look.subgrain:
        signal = signal * (1 + look.subgrain * fractal_texture(shape, 1.5 * scene.diameter_px, 5.0, rng))
    if look.matrix_texture:
        texture = look.matrix_texture * fractal_texture(shape, rng.uniform(4, 30), rng.uniform(2.0, 3.5), rng)
        signal = signal * np.where(scene.labels == 0, 1 + texture, 1)
    if look.topography:
        signal = signal * _topography(scene, look)
    if look.depth_px > 0.3:
        signal = smoothed(np.asarray(signal, np.float32), look.depth_px)
    return np.maximum(_polished(np.asarray(signal, np.float32), scene.diameter_px, look, rng), 0.0)


def _levels(scene: Scene, look: Backscatter) -> Float32:
    """Yield (B + 1,) of each body, entry 0 the matrix; about 1."""
    if scene.atomic_numbers is None:
        levels = np.ones(body_count(scene), np.float32)
        levels[0] = look.matrix
        return levels
    eta = backscatter_yield(scene.atomic_numbers)
    return np.asarray((eta / max(float(eta.max()), 1e-6)) ** np.float32(look.number_contrast), dtype=np.float32)


def _groove_distance(scene: Scene) -> Float32:
    """Distance to the nearest boundary between two bodies; the outline of a body in a matrix is no groove."""
    between = borders(scene.labels)
    lone = cv2.erode((scene.labels > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    return distance_to(between & ~lone)


def _topography(scene: Scene, look: Backscatter) -> Float32:
    """What tilt does: one side faces the detector, hollows are a little darker."""
    slope_y = np.clip(scene.relief.slope_y, -_STEEPEST_SLOPE, _STEEPEST_SLOPE)
    slope_x = np.clip(scene.relief.slope_x, -_STEEPEST_SLOPE, _STEEPEST_SLOPE)
    facing = -(slope_y * np.sin(look.side_angle) + slope_x * np.cos(look.side_angle))
    facing = facing / np.sqrt(1 + slope_y**2 + slope_x**2)
    hollow = np.exp(-2 * look.topography * hollowness(scene.relief.height, scene.diameter_px))
    return np.asarray((1 + 2 * look.topography * facing) * hollow, dtype=np.float32)


def _polished(signal: Float32, diameter_px: float, look: Backscatter, rng: Generator) -> Float32:
    """Scratches and small pull-outs."""
    shape = (signal.shape[0], signal.shape[1])
    if look.scratches:
        signal = signal * (1 + 0.35 * scratches(shape, look.scratches, rng))
    if look.pores:
        holes = dust(shape, look.pores, largest_speck_px(diameter_px, 3.5), rng)
        signal = signal * (1 - 0.85 * cv2.GaussianBlur(holes, (0, 0), 0.5))
    return np.asarray(signal, dtype=np.float32)
