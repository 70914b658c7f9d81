"""Secondary electrons.

The yield rises with the tilt of the surface as 1 / cos (Reimer, Scanning Electron Microscopy, 2nd ed. 1998, section
4.2), edges and protrusions shine, hollows are dark because electrons don't get out, one side faces the detector.
At high voltage electrons come out of a wide depth, so fine relief fades and rims glow (Goldstein et al., Scanning
Electron Microscopy and X-Ray Microanalysis, 4th ed. 2018, chapter 3). What does not conduct charges and throws a
halo on what lies beside it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from uniaims.errors import SettingsError
from uniaims.synthesis.ranges import drawn_log
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.ground import GROUNDS, dust, largest_speck_px, scratches
from uniaims.synthesis.signals.sampling import sometimes, weighted
from uniaims.synthesis.signals.surface import (
    Float32,
    depth,
    distance_to,
    gain_by_body,
    hollowness,
    laid_skin,
    raised,
    shadow,
    skin_texture,
    smoothed,
)
from uniaims.synthesis.textures import grainy_texture

_STEEPEST_SLOPE = 12.0
_GROUND_WEIGHTS = {
    "clouds": 4,
    "wafer": 3,
    "carbon tape": 2,
    "machined metal": 0.7,
    "filter membrane": 0.3,
    "sputtered film": 1,
}


@dataclass(frozen=True)
class Secondary:
    """Secondary-electron look. Gains are relative to the flat surface's signal 1.

    `tilt_power` the exponent of 1 / cos, `tilt_cap` the largest gain by tilt; `edge` the shine of edges, `edge_px`
    its width; `hollow` the darkening of hollows; `depth` the darkening of what lies deep, 0 to 1; `side` how
    much one side faces the detector, `side_angle` in radians; `jitter` the spread from body to body (log);
    `substrate` the substrate's gain and `substrate_texture` its relative unevenness;
    `roughness` the slope of the bodies' skin texture, `mottling` how much lighter its ridges are than its
    grooves, `grain_px` its size, `cells` whether it is made of cells.

    `rim` and `rim_px` strength and width of the glow inside every outline (electrons that leave through the side);
    `softness_px` blurs the fine relief as a high voltage does; `shadow` the depth of the shadows that bodies cast away
    from the detector; `halo` the charge seen on the substrate beside bodies (negative: dark) and `halo_px` its
    reach; `coating` the contrast of a sputtered coating's grains over everything, `coating_px` their size; `ground`
    the kind of substrate (see `ground.GROUNDS`); `dust` specks per megapixel; `scratches` on the substrate;
    `highlight` the signal above which the detector saturates softly, 0: never.
    """

    tilt_power: float = 0.8
    tilt_cap: float = 3.0
    edge: float = 0.5
    edge_px: float = 2.0
    hollow: float = 1.0
    depth: float = 0.3
    side: float = 0.15
    side_angle: float = 0.6
    jitter: float = 0.08
    substrate: float = 0.4
    substrate_texture: float = 0.1
    roughness: float = 0.15
    mottling: float = 0.0
    grain_px: float = 6.0
    cells: bool = False
    rim: float = 0.0
    rim_px: float = 3.0
    softness_px: float = 0.0
    shadow: float = 0.0
    halo: float = 0.0
    halo_px: float = 12.0
    coating: float = 0.0
    coating_px: float = 1.5
    ground: str = "clouds"
    dust: float = 0.0
    scratches: int = 0
    highlight: float = 0.0

    def __post_init__(self) -> None:
        if self.ground not in GROUNDS:
            raise SettingsError(f"no ground is called {self.ground!r}: wanted one of {', '.join(GROUNDS)}.")

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "Secondary":
        """Draw a look for objects of about `diameter_px` pixels, for one of four ways to run the microscope."""
        mode = weighted({"standard": 4, "low voltage": 3, "high voltage": 2, "in lens": 2}, rng)
        in_lens = mode == "in lens"
        return cls(
            tilt_power=rng.uniform(0.2, 1.1),
            tilt_cap=rng.uniform(1.6, 3.6),
            edge=sometimes(0.8, (0.3, 1.5) if in_lens else (0.05, 0.8), rng),
            edge_px=rng.uniform(0.8, 1.5 + 0.03 * diameter_px),
            hollow=rng.uniform(0.8, 2.2) if in_lens else rng.uniform(0.2, 1.6),
            depth=rng.uniform(0.0, 0.6),
            side=0.0 if in_lens else sometimes(0.7, (0.05, 0.5), rng),
            side_angle=rng.uniform(0, 2 * np.pi),
            jitter=rng.uniform(0.0, 0.15),
            substrate=rng.uniform(0.1, 0.95),
            substrate_texture=drawn_log((0.01, 0.25), rng),
            roughness=sometimes(0.8, (0.02, 0.2) if mode == "high voltage" else (0.03, 0.5), rng),
            mottling=sometimes(0.5, (-0.12, 0.15), rng),
            grain_px=rng.uniform(2.0, max(3.0, 0.25 * diameter_px)),
            cells=bool(rng.random() < 0.3),
            rim=sometimes(0.6 if mode in ("in lens", "high voltage") else 0.25, (0.2, 1.5), rng),
            rim_px=rng.uniform(0.8, 1.2 + 0.06 * diameter_px),
            softness_px=rng.uniform(0.8, 1.0 + 0.03 * diameter_px) if mode == "high voltage" else 0.0,
            shadow=0.0 if in_lens else sometimes(0.35, (0.1, 0.6), rng),
            halo=sometimes(0.5 if mode == "low voltage" else 0.25, (-0.4, 0.25), rng),
            halo_px=rng.uniform(0.15, 0.6) * diameter_px + 2,
            coating=sometimes(0.3, (0.02, 0.10), rng),
            coating_px=rng.uniform(0.8, 2.2),
            ground=weighted(_GROUND_WEIGHTS, rng),
            dust=sometimes(0.5, (20, 400), rng),
            scratches=int(sometimes(0.15, (2, 25), rng)),
            highlight=sometimes(0.5, (1.2, 2.2), rng),
        )

    def render(self, scene: Scene, rng: Generator) -> Float32:
        """Signal (H, W) float32, arbitrary units."""
        return secondary_electrons(scene, self, rng)


def secondary_electrons(scene: Scene, look: Secondary, rng: Generator) -> Float32:
    """Signal (H, W) float32, arbitrary units, of a heap on a substrate."""
    relief, on_body = scene.relief, scene.labels > 0
    skin = laid_skin(scene, skin_texture(look.grain_px, look.cells, rng), rng)
    slope_y, slope_x = _slopes(scene, look)
    slope_y, slope_x = slope_y + look.roughness * skin.slope_y, slope_x + look.roughness * skin.slope_x
    square = 1 + slope_y**2 + slope_x**2
    tilt = np.minimum(square ** np.float32(look.tilt_power / 2), look.tilt_cap)
    facing = -(slope_y * np.sin(look.side_angle) + slope_x * np.cos(look.side_angle)) / np.sqrt(square)
    gain = gain_by_body(scene, look.jitter, rng) * np.maximum(1 + look.mottling * skin.height, 0.2)
    ground = look.substrate * (1 + look.substrate_texture * GROUNDS[look.ground](scene.labels.shape, rng))
    signal = np.where(on_body, gain * tilt, np.maximum(ground, 0.02)) * (1 + look.side * facing)
    signal = signal * np.exp(-look.hollow * hollowness(relief.height, scene.diameter_px))
    signal *= 1 - look.depth * depth(relief.height)
    shine = raised(relief.height, look.edge_px)
    signal = np.asarray(signal + look.edge * gain * shine * on_body, dtype=np.float32)
    return _with_surroundings(signal, scene, look, rng)


def _slopes(scene: Scene, look: Secondary) -> tuple[Float32, Float32]:
    """Slopes by y and x, capped; softened inside the bodies where the voltage is high."""
    slopes = (scene.relief.slope_y, scene.relief.slope_x)
    capped = [np.clip(slope, -_STEEPEST_SLOPE, _STEEPEST_SLOPE) for slope in slopes]
    if look.softness_px:
        capped = [smoothed(slope, look.softness_px) for slope in capped]
    return capped[0], capped[1]


def _with_surroundings(signal: Float32, scene: Scene, look: Secondary, rng: Generator) -> Float32:
    """Rims, shadows, charge, dirt, coating and saturation; each draws only where the look has it."""
    ground, height = scene.labels == 0, scene.relief.height
    if look.rim:
        signal = signal + look.rim * np.exp(-_depth_inside(scene) / np.float32(look.rim_px)) * ~ground
    if look.shadow:
        reach = 0.6 * scene.diameter_px
        signal = signal * (1 - look.shadow * shadow(height, look.side_angle, 0.5, reach))
    if look.halo:
        beside = distance_to(~ground)
        signal = signal * np.where(ground, 1 + look.halo * np.exp(-beside / np.float32(look.halo_px)), 1)
    if look.scratches:
        marks = scratches((signal.shape[0], signal.shape[1]), look.scratches, rng)
        signal = signal * np.where(ground, 1 + 0.4 * marks, 1)
    if look.dust:
        signal = _dusted(signal, scene, look, rng)
    if look.coating:
        signal = signal * (1 + look.coating * grainy_texture(scene.labels.shape, look.coating_px, rng))
    if look.highlight:
        signal = look.highlight * np.tanh(signal / np.float32(look.highlight))
    return np.asarray(signal, dtype=np.float32)


def _depth_inside(scene: Scene) -> Float32:
    """Distance to where the surface drops away: outlines against the substrate or a lower neighbour."""
    low = cv2.erode(scene.relief.height, np.ones((3, 3), np.uint8))
    drop = scene.relief.height - low > np.float32(max(1.0, 0.08 * scene.diameter_px))
    return distance_to((scene.labels == 0) | drop)


def _dusted(signal: Float32, scene: Scene, look: Secondary, rng: Generator) -> Float32:
    """Bright specks, at most a fifth of a body wide; on bodies fewer of them are seen."""
    largest = largest_speck_px(scene.diameter_px, 12.0)
    specks = dust((signal.shape[0], signal.shape[1]), look.dust, largest, rng)
    bright = np.float32(rng.uniform(0.6, 1.3) * max(float(signal.mean()), 0.1) * 1.5)
    seen = specks * np.where(scene.labels == 0, 1, np.float32(0.5))
    return np.asarray(signal * (1 - seen) + bright * seen, dtype=np.float32)
