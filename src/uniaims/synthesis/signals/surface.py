"""What the signals read off a scene: skin texture, grey level by body, hollows, edges, depth, cast shadows.

All maps are (H, W) float32, lengths in pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.textures import cell_texture, derivatives, fractal_texture

Float32 = NDArray[np.float32]
_TILE_PX = 256


@dataclass(frozen=True, eq=False)
class Skin:
    """Fine texture of the bodies, (H, W) float32: mean slope and deviation of height about 1; 0 on the substrate."""

    height: Float32
    slope_y: Float32
    slope_x: Float32


def skin_texture(grain_px: float, cells: bool, rng: Generator) -> Float32:
    """Draw one periodic texture, (256, 256) float32 of mean 0 and variance 1; `cells`: made of cells."""
    side = (_TILE_PX, _TILE_PX)
    if not cells:
        return fractal_texture(side, grain_px, 2.6, rng)
    layers = cell_texture(_TILE_PX, grain_px, rng) + 0.35 * cell_texture(_TILE_PX, 0.45 * grain_px, rng)
    texture = layers / layers.std() + 0.25 * fractal_texture(side, 2 * grain_px, 2.5, rng)
    return np.asarray((texture - texture.mean()) / texture.std(), dtype=np.float32)


def laid_skin(scene: Scene, texture: Float32, rng: Generator) -> Skin:
    """Lay one texture over all bodies, each with its own part of it and its own strength."""
    count = int(scene.bodies.max(initial=0)) + 1
    shifts = rng.integers(0, _TILE_PX, (count, 2)).astype(np.float32)
    strength = np.exp(rng.normal(-0.15, 0.5, count)).astype(np.float32)
    strength[0] = 0
    owner = owners(scene)
    v = np.mod(scene.relief.v + shifts[owner, 0], np.float32(_TILE_PX))
    u = np.mod(scene.relief.u + shifts[owner, 1], np.float32(_TILE_PX))
    slopes = derivatives(texture)
    steepness = np.float32(max(float(np.hypot(*slopes).mean()), 1e-6))
    sheets = (texture, slopes[0] / steepness, slopes[1] / steepness)
    laid = [cv2.remap(sheet, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP) * strength[owner] for sheet in sheets]
    return Skin(laid[0], laid[1], laid[2])


def owners(scene: Scene) -> NDArray[np.int32]:
    """Number (H, W) of the body that is seen at each pixel, 0 for the substrate."""
    return np.asarray(np.append(np.int32(0), scene.bodies)[scene.labels])


def body_count(scene: Scene) -> int:
    """Highest body number plus one: the length of a table by body whose entry 0 is the substrate."""
    return int(scene.bodies.max(initial=0)) + 1


def by_body(scene: Scene, values: NDArray[np.floating]) -> Float32:
    """Spread values (B + 1,) by body, entry 0 the substrate, over the pixels: (H, W)."""
    return np.asarray(values.astype(np.float32)[owners(scene)])


def gain_by_body(scene: Scene, spread: float, rng: Generator) -> Float32:
    """Draw a log-normal factor (H, W) that is the same all over a body; 1 on the substrate."""
    gains = np.exp(rng.normal(0, spread, body_count(scene))).astype(np.float32)
    gains[0] = 1
    return by_body(scene, gains)


def level_by_body(scene: Scene, spread: float, rng: Generator) -> Float32:
    """Draw a factor (H, W) by body as `gain_by_body` does, but without outliers: evenly on a log scale."""
    levels = np.exp(spread * rng.uniform(-1.75, 1.75, body_count(scene)))
    levels[0] = 1
    return by_body(scene, levels)


def hollowness(height: Float32, diameter_px: float) -> Float32:
    """How much higher the surroundings are, over several distances, relative to those distances: 0 in the open."""
    total = np.zeros_like(height)
    for sigma in (0.06 * diameter_px, 0.2 * diameter_px, 0.6 * diameter_px):
        radius = max(1.0, sigma)
        total += np.maximum(smoothed(height, radius) - height, 0) / np.float32(3 * radius)
    return np.minimum(total, 4.0)


def raised(height: Float32, width_px: float) -> Float32:
    """How far a place stands out of its surroundings, 0 to 1."""
    return np.asarray(np.tanh(np.maximum(height - smoothed(height, width_px), 0) / np.float32(2 * width_px)))


def depth(height: Float32) -> Float32:
    """0 at the top of the scene, 1 on the substrate."""
    top = max(float(np.percentile(height, 99)), 1e-6)
    return np.asarray(1 - np.clip(height / np.float32(top), 0, 1))


def smoothed(image: Float32, sigma: float) -> Float32:
    """Gaussian blur of (H, W) or (H, W, 3); wide ones on a smaller copy."""
    factor = int(sigma // 4)
    if factor < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma))
    size = (max(1, image.shape[1] // factor), max(1, image.shape[0] // factor))
    small = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / factor)
    return np.asarray(cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR))


def shadow(height: Float32, angle: float, rise: float, reach_px: float) -> Float32:
    """Soft cast shadow, 0 to 1, of what stands towards `angle` (radians, from x to y) and higher than a ray.

    The ray leaves the surface with a slope of `rise`; it is followed for `reach_px` in steps that grow.
    """
    dark = np.zeros_like(height)
    steps = max(3, int(np.ceil(np.log2(max(reach_px, 2.0)) * 2)))
    for distance in np.geomspace(1.0, max(reach_px, 2.0), steps):
        moved = shifted(height, -distance * np.sin(angle), -distance * np.cos(angle))
        over = (moved - height - np.float32(rise * distance)) / np.float32(0.25 * distance + 1)
        np.maximum(dark, np.clip(over, 0, 1), out=dark)
    return dark


def shifted(image: Float32, down_px: float, right_px: float) -> Float32:
    """The image moved by a fraction of a pixel, its border repeated."""
    move = np.array([[1, 0, right_px], [0, 1, down_px]], dtype=np.float32)
    size = (image.shape[1], image.shape[0])
    return np.asarray(
        cv2.warpAffine(image, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32
    )


def borders(labels: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Pixels with a right or lower neighbour of another label."""
    found = np.zeros(labels.shape, dtype=bool)
    found[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    found[:-1] |= labels[:-1] != labels[1:]
    return found


def distance_to_border(labels: NDArray[np.uint32]) -> Float32:
    """Distance of every pixel to the nearest border between two labels (or label and substrate)."""
    return distance_to(borders(labels))


def distance_to(places: NDArray[np.bool_]) -> Float32:
    """Distance of every pixel to the nearest of `places`, at most 10,000: there may be none."""
    distance = cv2.distanceTransform((~places).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.minimum(distance, 1e4), dtype=np.float32)
