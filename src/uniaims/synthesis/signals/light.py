"""The light microscope: bodies in transmitted or reflected light, and etched metal sections.

Colours come from a table of illuminations and etchants; the blur depends on depth, since a light microscope's depth
of field is small. In an etched section boundaries are grooves that reflect light away, and each grain's etched
facets send more or less light back (Vander Voort, Metallography: Principles and Practice, 1999, chapters 3 and 4).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.ground import dust, largest_speck_px, scratches
from uniaims.synthesis.signals.sampling import sometimes, weighted
from uniaims.synthesis.signals.surface import (
    Float32,
    body_count,
    by_body,
    depth,
    distance_to_border,
    gain_by_body,
    level_by_body,
    smoothed,
)
from uniaims.synthesis.textures import fractal_texture

CASTS: dict[str, tuple[float, float, float]] = {
    "neutral": (1.0, 1.0, 1.0),
    "warm": (1.0, 0.93, 0.80),
    "yellow": (1.0, 0.94, 0.66),
    "green": (0.84, 1.0, 0.86),
    "blue": (0.82, 0.92, 1.0),
    "copper": (1.0, 0.78, 0.62),
}
"""Colour casts of lamps, filters and metals, RGB."""


@dataclass(frozen=True)
class Light:
    """Bright-field look of loose bodies.

    `reflected`: bodies shine on a dark ground, else they are dark before a bright one. `absorption` of a body of
    typical thickness (transmitted), `tint` (0 to 1) how much its three colours differ, `lens` the bright middle of
    a transparent body, `edge` the dark outline and `edge_px` its width; `shine` the size of highlights (reflected);
    `spread` from body to body (log); `mottling` inside a body; `defocus_px` the blur of what lies deepest; `halo`
    bright fringe around outlines; `dust` specks per megapixel, out of focus; `cast` the colour of the light,
    `grey`: recorded without colour.
    """

    reflected: bool = False
    absorption: float = 1.0
    tint: float = 0.2
    lens: float = 0.4
    edge: float = 0.6
    edge_px: float = 2.0
    shine: float = 0.5
    spread: float = 0.15
    mottling: float = 0.1
    defocus_px: float = 1.0
    halo: float = 0.1
    dust: float = 0.0
    cast: str = "neutral"
    grey: bool = False

    def __post_init__(self) -> None:
        check_cast(self.cast)

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "Light":
        """Draw a look for objects of about `diameter_px` pixels."""
        return cls(
            reflected=bool(rng.random() < 0.35),
            absorption=rng.uniform(0.2, 2.5),
            tint=sometimes(0.6, (0.05, 0.8), rng),
            lens=sometimes(0.5, (0.1, 0.9), rng),
            edge=rng.uniform(0.2, 1.0),
            edge_px=rng.uniform(1.0, 1.5 + 0.06 * diameter_px),
            shine=rng.uniform(0.1, 0.9),
            spread=rng.uniform(0.0, 0.3),
            mottling=rng.uniform(0.0, 0.2),
            defocus_px=rng.uniform(0.5, 1.5 + 0.03 * diameter_px),
            halo=sometimes(0.5, (0.05, 0.3), rng),
            dust=sometimes(0.5, (10, 150), rng),
            cast=weighted({"neutral": 3, "warm": 2, "yellow": 1, "green": 0.5, "blue": 1.5}, rng),
            grey=bool(rng.random() < 0.3),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Light (H, W, 3) float32, RGB, about 0 to 1; (H, W) if `grey`."""
        shape = scene.labels.shape
        gain = gain_by_body(scene, self.spread, rng)
        uneven = np.maximum(1 + self.mottling * fractal_texture(shape, 0.4 * scene.diameter_px, 3.0, rng), 0.1)
        if self.reflected:
            channels = [self._reflected(scene, gain * uneven, rng)] * 3
        else:
            channels = self._transmitted(scene, gain * uneven, rng)
        marks = smoothed(dust((shape[0], shape[1]), self.dust, largest_speck_px(scene.diameter_px, 6.0), rng), 1.5)
        image = np.stack(channels, axis=-1) * (1 - 0.5 * marks)[..., None] * np.array(CASTS[self.cast], np.float32)
        image = self._focused(image.astype(np.float32), scene)
        return np.asarray(image.mean(axis=-1) if self.grey else image, dtype=np.float32)

    def _transmitted(self, scene: Scene, gain: Float32, rng: Generator) -> list[Float32]:
        """Red, green and blue light (H, W) behind the bodies."""
        thickness = np.maximum(scene.relief.thickness, 0) / np.float32(scene.diameter_px)
        outline = np.exp(-distance_to_border(scene.labels) / np.float32(self.edge_px))
        inside = (scene.labels > 0).astype(np.float32)
        rim = self.edge * outline * inside - self.halo * outline * (1 - inside)
        middle = self.lens * np.minimum(thickness, 1.2) ** 2
        colours = 1 + self.tint * rng.uniform(-1, 1, 3)
        return [
            np.asarray(np.exp(-self.absorption * gain * thickness * colour - rim) + middle * 0.6 * inside, np.float32)
            for colour in colours
        ]

    def _reflected(self, scene: Scene, gain: Float32, rng: Generator) -> Float32:
        """Light (H, W) that bodies send back: what is level shines, slopes are dark."""
        steep = np.clip(scene.relief.slope_y, -8, 8) ** 2 + np.clip(scene.relief.slope_x, -8, 8) ** 2
        width = np.float32(0.05 + self.shine)
        light = 0.15 + 0.9 * np.exp(-steep / width)
        ground = rng.uniform(0.05, 0.5) * (1 + 0.2 * fractal_texture(gain.shape, 40, 3.0, rng))
        return np.asarray(np.where(scene.labels > 0, gain * light, np.maximum(ground, 0.01)), dtype=np.float32)

    def _focused(self, image: Float32, scene: Scene) -> Float32:
        """Blur what lies deeper more."""
        deep = depth(scene.relief.height)[..., None] ** 2
        return np.asarray(image * (1 - deep) + smoothed(image, max(self.defocus_px, 0.4)) * deep, dtype=np.float32)


@dataclass(frozen=True)
class EtchedLight:
    """Etched-section look.

    `boundary` how dark grooves are, `boundary_px` their width, `boundary_spread` how much it varies along them,
    `broken` the part of their length that the etchant left out; `spread` of the grains' brightness (log), `tint` of
    their colours (a tint etchant or polarised light); `facets` unevenness inside grains; `inclusions` dark specks and
    `scratches` per image; `matrix` the level of what is no grain; `cast`, `grey` as in `Light`.
    """

    boundary: float = 0.7
    boundary_px: float = 1.5
    boundary_spread: float = 0.3
    broken: float = 0.0
    spread: float = 0.1
    tint: float = 0.0
    facets: float = 0.04
    inclusions: float = 0.0
    scratches: int = 0
    matrix: float = 0.5
    cast: str = "neutral"
    grey: bool = False

    def __post_init__(self) -> None:
        check_cast(self.cast)

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "EtchedLight":
        """Draw a look for objects of about `diameter_px` pixels."""
        tint = sometimes(0.25, (0.2, 1.0), rng)
        return cls(
            boundary=rng.uniform(0.35, 0.95),
            boundary_px=rng.uniform(0.9, 1.5 + 0.02 * diameter_px),
            boundary_spread=rng.uniform(0.0, 0.5),
            spread=rng.uniform(0.0, 0.3),
            tint=tint,
            facets=rng.uniform(0.0, 0.10),
            inclusions=sometimes(0.6, (20, 600), rng),
            scratches=int(sometimes(0.4, (2, 40), rng)),
            matrix=rng.uniform(0.2, 1.4),
            cast=weighted({"neutral": 3, "warm": 2, "yellow": 1, "green": 1, "blue": 1, "copper": 1}, rng),
            grey=bool(rng.random() < 0.4) and not tint,
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Light (H, W, 3) float32, RGB, about 0 to 1; (H, W) if `grey`."""
        shape = scene.labels.shape
        level = np.where(scene.labels > 0, level_by_body(scene, self.spread, rng), np.float32(self.matrix))
        level = level * np.maximum(1 + self.facets * fractal_texture(shape, 12, 2.2, rng), 0.1)
        width = self.boundary_px * np.maximum(1 + self.boundary_spread * fractal_texture(shape, 60, 3.0, rng), 0.35)
        groove = self.boundary * np.exp(-((distance_to_border(scene.labels) / width) ** 2))
        if self.broken:
            patches = fractal_texture(shape, 0.5 * scene.diameter_px, 4.0, rng)
            groove = groove * np.clip(0.5 + 4 * (patches - np.quantile(patches, self.broken)), 0, 1)
        marks = dust((shape[0], shape[1]), self.inclusions, largest_speck_px(scene.diameter_px, 4.0), rng)
        light = 0.75 * level * (1 - groove) * (1 - 0.8 * marks)
        if self.scratches:
            light = light * (1 + 0.3 * scratches((shape[0], shape[1]), self.scratches, rng))
        if self.grey:
            return np.asarray(np.maximum(light, 0), dtype=np.float32)
        image = light[..., None] * _tints(scene, self.tint, rng) * np.array(CASTS[self.cast], np.float32)
        return np.asarray(np.maximum(image, 0), dtype=np.float32)


def check_cast(cast: str) -> None:
    """Check the name of a colour cast.

    Raises:
        SettingsError: if it is unknown.
    """
    if cast not in CASTS:
        raise SettingsError(f"no colour cast is called {cast!r}: wanted one of {', '.join(CASTS)}.")


def _tints(scene: Scene, tint: float, rng: Generator) -> NDArray[np.float32]:
    """Interference colours by grain (H, W, 3) around 1: from straw over purple to blue as the etched film grows."""
    if not tint:
        return np.ones((1, 1, 3), np.float32)
    film = rng.uniform(0, 1, body_count(scene))
    waves = [0.5 + 0.5 * np.cos(2 * np.pi * (0.9 * film * 550 / wavelength)) for wavelength in (630, 540, 450)]
    sheets = [1 - tint * (1 - by_body(scene, wave)) * 0.8 for wave in waves]
    return np.asarray(cv2.merge([np.asarray(sheet, np.float32) for sheet in sheets]))
