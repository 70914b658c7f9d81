"""Life science: fluorescent nuclei, stained sections, nerve tissue in the electron microscope.

Stained light follows Beer and Lambert: each dye takes light off by its own colour vector (Ruifrok and Johnston,
Anal. Quant. Cytol. Histol. 23 (2001) 291).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from uniaims.errors import SettingsError
from uniaims.synthesis.ranges import drawn_log
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.sampling import sometimes, weighted
from uniaims.synthesis.signals.surface import Float32, by_body, distance_to_border, gain_by_body, owners, smoothed
from uniaims.synthesis.textures import fractal_texture

STAINS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "haematoxylin and eosin": ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11)),
    "Giemsa": ((0.45, 0.86, 0.24), (0.10, 0.16, 0.12)),
    "haematoxylin only": ((0.65, 0.70, 0.29), (0.35, 0.42, 0.20)),
    "cresyl violet": ((0.55, 0.80, 0.22), (0.30, 0.45, 0.10)),
}
"""Optical density (red, green, blue) of the nuclei's and of the surroundings' dye."""


@dataclass(frozen=True)
class Fluorescence:
    """Fluorescent nuclei: bright on black.

    `spread` from body to body (log); `chromatin` unevenness inside, `grain_px` its size; `nucleoli` how dark round
    spots are; `rim_px` how soft the outline is; `glow` the part of the light that comes out of focus, `glow_px`
    wide; `background` its level, `autofluorescence` its unevenness; `flatness` 0: brightness follows thickness, 1:
    flat.
    """

    spread: float = 0.3
    chromatin: float = 0.15
    grain_px: float = 4.0
    nucleoli: float = 0.2
    rim_px: float = 1.0
    glow: float = 0.15
    glow_px: float = 15.0
    background: float = 0.03
    autofluorescence: float = 0.3
    flatness: float = 0.6

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "Fluorescence":
        """Draw a look for nuclei of about `diameter_px` pixels."""
        return cls(
            spread=rng.uniform(0.1, 0.6),
            chromatin=rng.uniform(0.02, 0.3),
            grain_px=rng.uniform(1.5, 2.0 + 0.15 * diameter_px),
            nucleoli=sometimes(0.5, (0.1, 0.5), rng),
            rim_px=rng.uniform(0.4, 0.7 + 0.025 * diameter_px),
            glow=rng.uniform(0.02, 0.35),
            glow_px=rng.uniform(0.2, 0.8) * diameter_px + 2,
            background=drawn_log((0.003, 0.1), rng),
            autofluorescence=rng.uniform(0.0, 0.5),
            flatness=rng.uniform(0.2, 1.0),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Light (H, W) float32: 0 is dark."""
        shape, inside = scene.labels.shape, scene.labels > 0
        body = np.maximum(scene.relief.thickness, 0) / np.float32(scene.diameter_px)
        body = np.minimum(body, 1.5) * (1 - self.flatness) + self.flatness * np.tanh(4 * body)
        texture = 1 + self.chromatin * fractal_texture(shape, self.grain_px, 2.5, rng)
        spots = _spots(shape, 0.12 * scene.diameter_px, rng)
        light = body * gain_by_body(scene, self.spread, rng) * np.maximum(texture, 0.1) * (1 - self.nucleoli * spots)
        light = np.where(inside, light, 0).astype(np.float32)
        light = smoothed(light, max(self.rim_px, 0.3))
        light = (1 - self.glow) * light + self.glow * smoothed(light, self.glow_px)
        haze = self.background * (1 + self.autofluorescence * fractal_texture(shape, 120, 3.0, rng))
        return np.asarray(light + np.maximum(haze, 0), dtype=np.float32)


@dataclass(frozen=True)
class Stained:
    """Stained section in transmitted light: bodies are nuclei.

    `stain` names the dyes (see `STAINS`); `nuclei` and `surroundings` how much dye they hold; `spread` from body to
    body (log); `chromatin` unevenness inside nuclei, `grain_px` its size; `fibres` contrast of the tissue; `gaps`
    the part of empty, white areas; `rim` the darker outline of nuclei; `shift` how far this laboratory's dyes are
    off; `softness_px` blur.
    """

    stain: str = "haematoxylin and eosin"
    nuclei: float = 1.0
    surroundings: float = 0.3
    spread: float = 0.25
    chromatin: float = 0.25
    grain_px: float = 4.0
    fibres: float = 0.3
    gaps: float = 0.1
    rim: float = 0.2
    shift: float = 0.05
    softness_px: float = 1.0

    def __post_init__(self) -> None:
        if self.stain not in STAINS:
            raise SettingsError(f"no stain is called {self.stain!r}: wanted one of {', '.join(STAINS)}.")

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "Stained":
        """Draw a look for nuclei of about `diameter_px` pixels."""
        return cls(
            stain=weighted({"haematoxylin and eosin": 4, "Giemsa": 3, "haematoxylin only": 1, "cresyl violet": 1}, rng),
            nuclei=rng.uniform(0.6, 2.2),
            surroundings=drawn_log((0.05, 0.6), rng),
            spread=rng.uniform(0.1, 0.4),
            chromatin=rng.uniform(0.05, 0.45),
            grain_px=rng.uniform(1.5, 2.0 + 0.15 * diameter_px),
            fibres=rng.uniform(0.1, 0.6),
            gaps=sometimes(0.5, (0.05, 0.6), rng),
            rim=sometimes(0.5, (0.05, 0.4), rng),
            shift=rng.uniform(0.0, 0.12),
            softness_px=rng.uniform(0.5, 2.0),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Light (H, W, 3) float32, RGB, 0 to about 1."""
        shape, inside = scene.labels.shape, scene.labels > 0
        dyes = np.array(STAINS[self.stain]) * np.exp(rng.normal(0, 1, (2, 3)) * self.shift)
        texture = np.maximum(1 + self.chromatin * fractal_texture(shape, self.grain_px, 2.5, rng), 0.15)
        outline = 1 + self.rim * np.exp(-distance_to_border(scene.labels) / np.float32(1.5))
        nuclei = self.nuclei * gain_by_body(scene, self.spread, rng) * texture * outline * inside
        tissue = self.surroundings * _tissue(shape, self.fibres, self.gaps, rng)
        density = [nuclei * dyes[0, channel] + tissue * dyes[1, channel] for channel in range(3)]
        light = np.float32(rng.uniform(0.88, 1.0)) * np.exp(-np.stack(density, axis=-1))
        return smoothed(np.asarray(light, np.float32), max(self.softness_px, 0.3))


@dataclass(frozen=True)
class NerveTissue:
    """Electron-microscope look of osmium-stained nerve: bodies are axons, each in a sheath of myelin.

    `sheath` the sheath's level and `sheath_width` its width relative to the axon's radius; `axon` and `matrix`
    levels of axons and of what lies between; `organelles` unevenness inside axons; `fibrils` that of the matrix;
    `lamellae` contrast of the sheath's layers; `spread` from axon to axon (log).
    """

    sheath: float = 1.0
    sheath_width: float = 0.45
    axon: float = 0.15
    matrix: float = 0.4
    organelles: float = 0.3
    fibrils: float = 0.25
    lamellae: float = 0.1
    spread: float = 0.15

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "NerveTissue":
        """Draw a look for axons of about `diameter_px` pixels: bright sheaths, or (transmission) dark ones."""
        dark = rng.random() < 0.4
        return cls(
            sheath=rng.uniform(0.05, 0.2) if dark else rng.uniform(0.8, 1.0),
            sheath_width=rng.uniform(0.2, 0.7),
            axon=rng.uniform(0.6, 0.95) if dark else rng.uniform(0.03, 0.3),
            matrix=rng.uniform(0.5, 0.9) if dark else rng.uniform(0.1, 0.6),
            organelles=rng.uniform(0.05, 0.5),
            fibrils=rng.uniform(0.1, 0.4),
            lamellae=rng.uniform(0.0, 0.2) if diameter_px > 24 else 0.0,
            spread=rng.uniform(0.05, 0.3),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Signal (H, W) float32, 0 to about 1."""
        shape, outside = scene.labels.shape, scene.labels == 0
        distance, reach = self._sheath_reach(scene)
        inside = np.clip((reach - distance) / np.float32(1.2) + 0.5, 0, 1) * outside
        layers = 1 + self.lamellae * np.cos(2 * np.float32(np.pi) * distance / np.maximum(reach / 3, 2.5))
        organelles = np.maximum(1 + self.organelles * fractal_texture(shape, 0.2 * scene.diameter_px + 2, 3.2, rng), 0)
        axon = self.axon * gain_by_body(scene, self.spread, rng) * organelles
        matrix = self.matrix * np.maximum(
            1 + self.fibrils * fractal_texture(shape, 0.5 * scene.diameter_px, 2.2, rng), 0
        )
        sheath = self.sheath * layers * (1 + 0.08 * fractal_texture(shape, 10, 2.0, rng))
        signal = np.where(outside, matrix * (1 - inside) + sheath * inside, axon)
        return smoothed(np.asarray(signal, np.float32), 0.7)

    def _sheath_reach(self, scene: Scene) -> tuple[Float32, Float32]:
        """Distance (H, W) to the nearest axon, and how far that axon's sheath reaches."""
        outside = (scene.labels == 0).astype(np.uint8)
        distance, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        owner = owners(scene)
        sizes = np.bincount(owner.ravel())
        radii = np.sqrt(sizes / np.pi)
        radii[0] = 0
        by_pixel = by_body(scene, radii)
        table = np.zeros(int(nearest.max()) + 1, np.float32)
        covered = outside == 0
        table[nearest[covered]] = by_pixel[covered]
        return np.minimum(distance, np.float32(1e4)), np.float32(self.sheath_width) * table[nearest]


def _spots(shape: tuple[int, int], size_px: float, rng: Generator) -> Float32:
    """Round spots (H, W), 0 to 1, that cover a tenth of the plane."""
    field = fractal_texture(shape, 4 * size_px, 6.0, rng)
    return np.asarray(np.clip((field - 1.2) * 3, 0, 1), dtype=np.float32)


def _tissue(shape: tuple[int, int], fibres: float, gaps: float, rng: Generator) -> Float32:
    """Dye held by the tissue (H, W), about 1: wavy fibres, slow clouds, and empty areas."""
    slow = fractal_texture(shape, 80, 3.0, rng)
    bend = fractal_texture(shape, 150, 5.0, rng)
    rows, columns = np.indices(shape, dtype=np.float32)
    angle = rng.uniform(0, np.pi)
    across = rows * np.float32(np.sin(angle)) + columns * np.float32(np.cos(angle)) + 25 * bend
    strands = np.sin(across * np.float32(2 * np.pi / rng.uniform(8, 25)) + 2 * slow)
    tissue = np.maximum(1 + fibres * (0.5 * strands + slow), 0.05)
    if not gaps:
        return np.asarray(tissue, dtype=np.float32)
    field = fractal_texture(shape, rng.uniform(60, 250), 4.5, rng)
    edge = np.float32(np.quantile(field, gaps))
    return np.asarray(tissue * np.clip((field - edge) * 8, 0.03, 1), dtype=np.float32)
