"""Films: a stack of layers on a substrate, cut and seen from the side."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.bodies import Array, Generator
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_integer
from uniaims.synthesis.scenes.plane import Labels, section, without_slivers
from uniaims.synthesis.scenes.scene import Scene
from uniaims.synthesis.textures import fractal_texture

ABOVE = ("vacuum", "resin", "metal")
_NUMBERS = {"vacuum": 0.0, "resin": 6.0, "metal": 78.0}
_THINNEST_PX = 4.0
_LEAST_CONTRAST = 5.0
_SUNK_PX = 12.0


@dataclass(frozen=True)
class Films:
    """A cross-section of films on a substrate: one label per layer; substrate and what is above have 0.

    `layers` their number; `thickness` of each relative to the image's height; `roughness_px` of the interfaces, on
    top of a slow `waviness_px`; `likeness` how far an interface repeats the one below, 0 to 1; `tilt` in radians;
    `above` what lies over the stack: a void, embedding resin or a heavy metal; `porous` the chance that substrate and
    what lies above have pores.
    """

    layers: Range = (1, 6)
    thickness: Range = (0.03, 0.3)
    roughness_px: Range = (0.3, 6.0)
    waviness_px: Range = (0.0, 15.0)
    likeness: Range = (0.3, 1.0)
    tilt: Range = (0.0, 0.15)
    above: tuple[str, ...] = ABOVE
    porous: float = 0.3

    def __post_init__(self) -> None:
        check_choices("above", self.above, ABOVE)
        check_ranges(self, ("roughness_px", "waviness_px", "likeness", "tilt"))
        check_ranges(self, ("layers",), 1)
        check_ranges(self, ("thickness",), 0.005)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one cross-section of `shape` (H, W)."""
        count = drawn_integer(self.layers, rng)
        thick = np.maximum(np.array([drawn(self.thickness, rng) for _ in range(count)]) * shape[0], _THINNEST_PX)
        thick *= min(1.0, 0.8 * shape[0] / float(thick.sum()))
        top = rng.uniform(0.05, 0.95) * (shape[0] - float(thick.sum()))
        interfaces = self._interfaces(shape[1], top + np.append(0, np.cumsum(thick)), rng)
        rows = np.arange(shape[0])[:, None]
        order = np.sum([rows >= interface[None] for interface in interfaces], axis=0)
        labels = without_slivers(np.where(order <= count, order, 0).astype(np.int32))
        return self._section(labels, order == 0, float(np.median(thick)), rng)

    def _interfaces(self, width: int, rows: Array, rng: Generator) -> list[NDArray[np.float64]]:
        """Row (W,) of each interface, from the top down; none lies above the one before it."""
        rough, wavy = drawn(self.roughness_px, rng), drawn(self.waviness_px, rng)
        likeness, slope = drawn(self.likeness, rng), drawn(self.tilt, rng) * rng.choice([-1.0, 1.0])
        trend = slope * (np.arange(width) - width / 2) + wavy * _profile(width, width, 5.0, rng)
        shared = _profile(width, rng.uniform(10, 80), rng.uniform(1.5, 3.0), rng)
        found: list[NDArray[np.float64]] = []
        for row in rows:
            own = _profile(width, rng.uniform(10, 80), rng.uniform(1.5, 3.0), rng)
            line = row + trend + rough * (likeness * shared + (1 - likeness) * own)
            found.append(np.maximum(line, found[-1]) if found else line)
        return found

    def _section(self, labels: Labels, above: NDArray[np.bool_], thick_px: float, rng: Generator) -> Scene:
        """Materials that differ from their neighbours; what lies above is seen, but no instance."""
        count = int(labels.max(initial=0))
        numbers = np.empty(count + 2)
        numbers[0], numbers[count + 1] = rng.uniform(10, 50), _NUMBERS[str(rng.choice(self.above))]
        below = numbers[0]
        for layer in range(count, 0, -1):
            numbers[layer] = below + _step(below, rng)
            below = numbers[layer]
        bodies = np.where(above & (labels == 0), count + 1, labels).astype(np.int32)
        if rng.random() < self.porous:
            numbers = np.append(numbers, 0.0)
            bodies = np.where((labels == 0) & _porous(labels.shape, rng), count + 2, bodies)
        step = np.where(bodies > count, -_SUNK_PX, 0).astype(np.float32)
        scene = section(bodies, cv2.GaussianBlur(step, (0, 0), 1.0), thick_px, numbers)
        return replace(scene, unlabelled=tuple((np.flatnonzero(scene.bodies > count) + 1).tolist()))


def _porous(shape: tuple[int, int], rng: Generator) -> NDArray[np.bool_]:
    """Flat, ragged holes (H, W), as sprayed coatings have them."""
    flat = fractal_texture((shape[0], max(shape[1] // 3, 8)), rng.uniform(8, 40), 3.0, rng)
    field = cv2.resize(flat, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field > np.quantile(field, 1 - rng.uniform(0.01, 0.15)))


def _step(below: float, rng: Generator) -> float:
    """Difference of mean atomic number from one layer to the next, such that it is seen and stays from 6 to 60."""
    size = rng.uniform(_LEAST_CONTRAST, 20)
    up = below < 6 + _LEAST_CONTRAST or (below < 60 - _LEAST_CONTRAST and rng.random() < 0.5)
    return float(min(size, 60 - below) if up else -min(size, below - 6))


def _profile(width: int, coarsest_px: float, steepness: float, rng: Generator) -> NDArray[np.float64]:
    """A line (W,) of noise, mean 0 and variance 1; twice as long is drawn, so that its ends need not meet."""
    line = fractal_texture((1, 2 * width), coarsest_px, steepness, rng)[0, :width].astype(np.float64)
    return np.asarray((line - line.mean()) / max(float(line.std()), 1e-9), dtype=np.float64)
