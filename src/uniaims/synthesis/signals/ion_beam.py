"""Electrons released by a focused ion beam: strong channelling contrast, curtains, redeposited matter.

Ions that run along lattice planes release few electrons, so grains differ far more than in an electron beam. Where
the sample has been cut by the same beam, stripes run down from whatever shielded it ("curtaining"; Giannuzzi and
Stevie, Introduction to Focused Ion Beams, 2005, chapters 9 and 12).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.sampling import sometimes
from uniaims.synthesis.signals.surface import (
    Float32,
    distance_to_border,
    hollowness,
    level_by_body,
    smoothed,
)
from uniaims.synthesis.textures import fractal_texture


@dataclass(frozen=True)
class IonBeam:
    """Ion-beam look.

    `spread` of the bodies' grey levels by channelling (log); `subgrain` unevenness inside them; `boundary` how dark
    boundaries are and `boundary_px` how wide; `curtain` strength of the stripes, `curtain_px` their width, `lean` their
    slope (columns per row); `shields` how strongly hollows start stripes of their own; `redeposition` the dark haze
    below the top edge; `tilt` what relief still shows; `matrix` the substrate's level.
    """

    spread: float = 0.5
    subgrain: float = 0.08
    boundary: float = 0.2
    boundary_px: float = 1.2
    curtain: float = 0.08
    curtain_px: float = 8.0
    lean: float = 0.0
    shields: float = 0.3
    redeposition: float = 0.1
    tilt: float = 0.3
    matrix: float = 0.8

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "IonBeam":
        """Draw a look for objects of about `diameter_px` pixels."""
        return cls(
            spread=rng.uniform(0.25, 0.7),
            subgrain=rng.uniform(0.0, 0.15),
            boundary=sometimes(0.6, (-0.2, 0.5), rng),
            boundary_px=rng.uniform(0.8, 2.0),
            curtain=sometimes(0.8, (0.01, 0.2), rng),
            curtain_px=rng.uniform(2.0, 8.0 + 0.1 * diameter_px),
            lean=rng.uniform(-0.08, 0.08),
            shields=sometimes(0.6, (0.1, 0.6), rng),
            redeposition=sometimes(0.5, (0.05, 0.35), rng),
            tilt=rng.uniform(0.1, 0.6),
            matrix=rng.uniform(0.3, 1.2),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Signal (H, W) float32, arbitrary units."""
        shape = scene.labels.shape
        level = np.where(scene.labels > 0, level_by_body(scene, self.spread, rng), np.float32(self.matrix))
        uneven = 1 + self.subgrain * fractal_texture(shape, scene.diameter_px, 4.0, rng)
        groove = np.exp(-((distance_to_border(scene.labels) / np.float32(self.boundary_px)) ** 2))
        slopes = np.hypot(np.clip(scene.relief.slope_y, -4, 4), np.clip(scene.relief.slope_x, -4, 4))
        hollow = hollowness(scene.relief.height, scene.diameter_px)
        signal = level * uneven * (1 - self.boundary * groove) * (1 + self.tilt * np.minimum(slopes, 2))
        signal = signal * np.exp(-hollow) * (1 + curtains(hollow, self, rng))
        signal = signal * self._haze(shape, rng)
        return np.asarray(np.maximum(signal, 0), dtype=np.float32)

    def _haze(self, shape: tuple[int, int], rng: Generator) -> Float32:
        """Redeposited matter (H, 1): it dims what lies near the top edge of the cut."""
        reach = rng.uniform(0.1, 0.4) * shape[0]
        rows = np.arange(shape[0], dtype=np.float32)[:, None]
        return np.asarray(1 - self.redeposition * np.exp(-rows / np.float32(reach)), dtype=np.float32)


def curtains(hollow: Float32, look: IonBeam, rng: Generator) -> Float32:
    """Relative brightness (H, W) of stripes that run down from the top edge, and from hollows; they fade in and out."""
    rows, columns = hollow.shape
    width = 2 * columns
    stripes = fractal_texture((1, width), look.curtain_px, 2.0, rng)[0]
    presence = np.clip(1 + 0.7 * fractal_texture(hollow.shape, 0.6 * rows, 4.0, rng), 0, 3)
    y, x = np.indices(hollow.shape, dtype=np.float32)
    sheared = cv2.remap(
        stripes[None],
        x + np.float32(look.lean) * y + columns / 2,
        np.zeros_like(x),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    grown = 0.4 + 0.6 * y / np.float32(rows)
    return np.asarray(look.curtain * sheared * presence * grown + _below_hollows(hollow, look, rng), dtype=np.float32)


def _below_hollows(hollow: Float32, look: IonBeam, rng: Generator) -> Float32:
    """Stripes (H, W) below hollows: what falls into one is carried down and fades."""
    if not look.shields:
        return np.zeros_like(hollow)
    keep = np.float32(np.exp(-4.0 / hollow.shape[0]))
    carried = np.zeros_like(hollow)
    line = np.zeros(hollow.shape[1], np.float32)
    strength = rng.standard_normal((1, hollow.shape[1]), dtype=np.float32)
    for row in range(hollow.shape[0]):
        line = np.maximum(line * keep, np.minimum(hollow[row], 1))
        carried[row] = line
    across = smoothed(strength.repeat(3, 0), 0.8)[1]
    return np.asarray(look.shields * carried * across * 0.6, dtype=np.float32)
