"""High-angle annular dark field in a scanning transmission microscope.

Rutherford-like scattering: the signal goes with thickness and with atomic number to the power 1.6 to 2 (Krivanek
et al., Nature 464 (2010) 571); in thick matter electrons leave the detector's range, so the signal rises ever less.
"""

from dataclasses import dataclass

import numpy as np

from uniaims.synthesis.ranges import drawn_log
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.crystal import bend_contours, lattice_fringes
from uniaims.synthesis.signals.sampling import sometimes
from uniaims.synthesis.signals.surface import Float32, by_body, gain_by_body, smoothed
from uniaims.synthesis.textures import fractal_texture, grainy_texture


@dataclass(frozen=True)
class DarkField:
    """HAADF look. The signal of a body of typical thickness is about 1.

    `thickness_power` 0.7 (thick) to 1 (thin); `number_power` of the atomic number; `spread` from body to body (log);
    `mottling` inside a body; `film` the support's signal, `film_grain` its contrast, `film_grain_px` its grain;
    `channelling` how much brighter bands in Bragg position are; `lattice` contrast of columns `lattice_px`
    apart; `tails` the part of the probe that falls `tail_px` wide.
    """

    thickness_power: float = 0.9
    number_power: float = 1.7
    spread: float = 0.1
    mottling: float = 0.05
    film: float = 0.05
    film_grain: float = 0.3
    film_grain_px: float = 2.0
    channelling: float = 0.0
    lattice: float = 0.0
    lattice_px: float = 4.0
    tails: float = 0.0
    tail_px: float = 6.0

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "DarkField":
        """Draw a look for objects of about `diameter_px` pixels."""
        return cls(
            thickness_power=rng.uniform(0.7, 1.0),
            number_power=rng.uniform(1.6, 2.0),
            spread=rng.uniform(0.0, 0.3),
            mottling=rng.uniform(0.0, 0.15),
            film=drawn_log((0.01, 0.3), rng),
            film_grain=rng.uniform(0.1, 0.5),
            film_grain_px=rng.uniform(1.0, 4.0),
            channelling=sometimes(0.3, (0.1, 0.5), rng),
            lattice=sometimes(0.35 if diameter_px > 40 else 0.0, (0.1, 0.5), rng),
            lattice_px=rng.uniform(3.0, 7.0),
            tails=sometimes(0.5, (0.05, 0.25), rng),
            tail_px=rng.uniform(3.0, 15.0),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Signal (H, W) float32: 0 is vacuum."""
        thickness = np.maximum(scene.relief.thickness / np.float32(scene.diameter_px), 0)
        density = _weights(scene, self) * gain_by_body(scene, self.spread, rng)
        signal = (thickness * density) ** np.float32(self.thickness_power)
        signal = signal * np.maximum(
            1 + self.mottling * fractal_texture(signal.shape, 0.4 * scene.diameter_px, 3.0, rng), 0
        )
        if self.channelling:
            signal = signal * (1 + self.channelling * bend_contours(scene, 0.5 * scene.diameter_px, rng))
        if self.lattice:
            signal = signal * (1 + self.lattice * lattice_fringes(scene, self.lattice_px, True, rng))
        signal = signal + self.film * self._support(scene, rng)
        if self.tails:
            signal = (1 - self.tails) * signal + self.tails * smoothed(np.asarray(signal, np.float32), self.tail_px)
        return np.asarray(np.maximum(signal, 0), dtype=np.float32)

    def _support(self, scene: Scene, rng: Generator) -> Float32:
        grain = grainy_texture(scene.labels.shape, self.film_grain_px, rng)
        slow = fractal_texture(scene.labels.shape, 150, 3.5, rng)
        return np.asarray(np.maximum(1 + self.film_grain * (grain + slow), 0), dtype=np.float32)


def _weights(scene: Scene, look: DarkField) -> Float32:
    """Scattering (H, W) of a unit of thickness of what is seen there, about 1; 1 where atomic numbers are unknown."""
    if scene.atomic_numbers is None:
        return np.ones(scene.labels.shape, np.float32)
    numbers = np.maximum(scene.atomic_numbers.astype(np.float64), 0)
    typical = np.median(numbers[1:]) if len(numbers) > 1 else max(float(numbers[0]), 1.0)
    weights = (numbers / max(float(typical), 1.0)) ** look.number_power
    return by_body(scene, weights)
