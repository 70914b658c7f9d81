"""Orientation maps by electron backscatter diffraction.

Every body is a cubic crystal in a random orientation; its colour is that of the inverse pole figure: the sample's
normal in crystal axes, folded into the triangle 001 - 101 - 111 (red, green, blue at the corners; Nolze and
Hielscher, J. Appl. Cryst. 49 (2016) 1786), or its pattern quality as grey. Points that could not be indexed are
black or of a random colour, more of them on boundaries, where two patterns overlap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.crystal import random_orientations
from uniaims.synthesis.signals.sampling import sometimes
from uniaims.synthesis.signals.surface import (
    Float32,
    body_count,
    by_body,
    distance_to_border,
    level_by_body,
    owners,
)
from uniaims.synthesis.textures import fractal_texture


@dataclass(frozen=True)
class OrientationMap:
    """Orientation-map look.

    `colour` strength of the inverse-pole-figure colour, 0: pattern quality in grey; `quality` how much pattern
    quality shades the colours; `quality_spread` from body to body; `misorientation` spread of directions inside a
    body (radians); `unindexed` part of the points without a solution, `unindexed_at_borders` the same on
    boundaries; `wrong` part of those that got a random solution instead; `line` how dark boundaries are drawn;
    `step_px` the step of the map in pixels.
    """

    colour: float = 1.0
    quality: float = 0.2
    quality_spread: float = 0.1
    misorientation: float = 0.02
    unindexed: float = 0.004
    unindexed_at_borders: float = 0.15
    wrong: float = 0.3
    line: float = 0.0
    step_px: int = 1

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "OrientationMap":
        """Draw a look for objects of about `diameter_px` pixels."""
        return cls(
            colour=1.0 if rng.random() < 0.75 else 0.0,
            quality=sometimes(0.5, (0.1, 0.6), rng),
            quality_spread=rng.uniform(0.05, 0.25),
            misorientation=rng.uniform(0.0, 0.06),
            unindexed=sometimes(0.7, (0.0005, 0.03), rng),
            unindexed_at_borders=sometimes(0.7, (0.02, 0.4), rng),
            wrong=rng.uniform(0.0, 0.7),
            line=sometimes(0.4, (0.5, 1.0), rng),
            step_px=int(rng.integers(1, 3 if diameter_px > 24 else 2)),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Colours (H, W, 3) float32, RGB from 0 to 1; all three alike where `colour` is 0."""
        near = np.exp(-(distance_to_border(scene.labels) ** 2) / np.float32(1.5))
        grey = self._quality(scene, near, rng)
        image = np.repeat(grey[..., None], 3, axis=2)
        if self.colour:
            shading = 1 - self.quality * (1 - np.clip(grey, 0, 1))
            image = self._colours(scene, rng) * shading[..., None]
        image = np.where((scene.labels == 0)[..., None], np.float32(0.02), image)
        image = self._with_failures(image.astype(np.float32), near, rng)
        if self.line:
            image = image * (1 - self.line * (near > 0.9)[..., None])
        return np.ascontiguousarray(_stepped(image, self.step_px), dtype=np.float32)

    def _quality(self, scene: Scene, near: Float32, rng: Generator) -> Float32:
        grain = 0.7 * level_by_body(scene, self.quality_spread, rng) * (1 - 0.5 * near)
        noise = rng.standard_normal(near.shape, dtype=np.float32)
        return np.asarray(np.clip(grain * (1 + 0.05 * noise), 0, 1), dtype=np.float32)

    def _colours(self, scene: Scene, rng: Generator) -> Float32:
        normals = random_orientations(body_count(scene), rng)[:, :, 2]
        field = normals.astype(np.float32)[owners(scene)]
        for axis in range(3):
            bend = fractal_texture(scene.labels.shape, 2 * scene.diameter_px, 5.0, rng)
            field[..., axis] += self.misorientation * bend * by_body(scene, rng.uniform(0.2, 1.5, body_count(scene)))
        return inverse_pole_figure_colours(field)

    def _with_failures(self, image: Float32, near: Float32, rng: Generator) -> Float32:
        """Black and wrongly coloured points."""
        chance = self.unindexed + self.unindexed_at_borders * near
        failed = rng.random(near.shape, dtype=np.float32) < chance
        count = int(failed.sum())
        points = rng.normal(size=(count, 3)).astype(np.float32)
        solutions = inverse_pole_figure_colours(points) if self.colour else rng.random((count, 1), dtype=np.float32)
        image[failed] = np.where(rng.random((count, 1)) < self.wrong, solutions, np.float32(0))
        return image


def inverse_pole_figure_colours(directions: NDArray[np.floating]) -> Float32:
    """Colours (..., 3) float32 RGB, 0 to 1, of directions (..., 3) of any length in a cubic crystal.

    001 is red, 101 green, 111 blue; all symmetric directions have one colour.
    """
    folded = np.sort(np.abs(directions.astype(np.float32)), axis=-1)
    low, middle, high = folded[..., 0], folded[..., 1], folded[..., 2]
    corners = np.stack([high - middle, (middle - low) * np.float32(2**0.5), low * np.float32(3**0.5)], axis=-1)
    strongest = np.maximum(corners.max(axis=-1, keepdims=True), 1e-9)
    return np.asarray(np.sqrt(np.maximum(corners / strongest, 0)), dtype=np.float32)


def _stepped(image: Float32, step_px: int) -> Float32:
    """Only every `step_px`-th point measured, shown as a square."""
    if step_px < 2:
        return image
    coarse = image[step_px // 2 :: step_px, step_px // 2 :: step_px]
    grown = coarse.repeat(step_px, axis=0).repeat(step_px, axis=1)
    padding = [(0, max(0, image.shape[axis] - grown.shape[axis])) for axis in (0, 1)] + [(0, 0)]
    return np.asarray(np.pad(grown, padding, mode="edge")[: image.shape[0], : image.shape[1]])
