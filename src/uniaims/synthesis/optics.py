"""From a scene to an image: signal (secondary or backscattered electrons, transmission), then acquisition.

Secondary electrons: the yield rises with the tilt of the surface as 1 / cos (Reimer, Scanning Electron
Microscopy, 2nd ed. 1998, section 4.2), edges and protrusions shine, hollows are dark because electrons don't get
out, one side faces the detector. Transmission: intensity falls exponentially with thickness, a slight
defocus draws a fringe around each outline.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.textures import cell_texture, derivatives, fractal_texture, grainy_texture

Float32 = NDArray[np.float32]
_STEEPEST = 12.0
_TILE = 256


@dataclass(frozen=True)
class Secondary:
    """Secondary-electron look. Gains are relative to the flat surface's signal 1.

    `tilt_power` the exponent of 1 / cos, `tilt_cap` the largest gain by tilt; `edge` the shine of edges, `edge_px`
    its width; `hollow` the darkening of hollows; `depth` the darkening of what lies deep, 0 to 1; `side` how
    much one side faces the detector, `side_angle` in radians; `jitter` the spread from body to body (log);
    `substrate` the substrate's gain and `substrate_texture` its relative unevenness;
    `roughness` the slope of the bodies' skin texture, `mottling` how much lighter its ridges are than its
    grooves, `grain_px` its size, `cells` whether it is made of cells.
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

    @classmethod
    def drawn(cls, diameter_px: float, rng: Generator) -> "Secondary":
        """Draw a look for objects of about `diameter_px` pixels."""
        return cls(
            tilt_power=rng.uniform(0.2, 1.1),
            tilt_cap=rng.uniform(1.8, 4.0),
            edge=_sometimes(0.8, (0.1, 1.2), rng),
            edge_px=rng.uniform(0.8, 1.5 + 0.03 * diameter_px),
            hollow=rng.uniform(0.3, 2.0),
            depth=rng.uniform(0.0, 0.6),
            side=_sometimes(0.7, (0.05, 0.5), rng),
            side_angle=rng.uniform(0, 2 * np.pi),
            jitter=rng.uniform(0.0, 0.15),
            substrate=rng.uniform(0.1, 0.95),
            substrate_texture=rng.uniform(0.02, 0.35),
            roughness=_sometimes(0.7, (0.03, 0.45), rng),
            mottling=_sometimes(0.5, (-0.12, 0.15), rng),
            grain_px=rng.uniform(2.0, max(3.0, 0.25 * diameter_px)),
            cells=bool(rng.random() < 0.3),
        )


@dataclass(frozen=True)
class Transmission:
    """Bright-field transmission look.

    `absorption` of a body of typical thickness; `contrast_spread` the spread from body to body (crystals in
    and out of diffraction); `mottling` the unevenness inside a body; `fringe` the strength and `fringe_px` the
    width of the defocus fringe; `film` and `film_grain_px` contrast and grain of the carbon film; `cloud` its
    slow unevenness.
    """

    absorption: float = 1.4
    contrast_spread: float = 0.2
    mottling: float = 0.1
    fringe: float = 0.4
    fringe_px: float = 1.5
    film: float = 0.03
    film_grain_px: float = 2.0
    cloud: float = 0.03

    @classmethod
    def drawn(cls, rng: Generator) -> "Transmission":
        """Draw a look."""
        return cls(
            absorption=_log_uniform((0.3, 3.0), rng),
            contrast_spread=rng.uniform(0.0, 0.4),
            mottling=rng.uniform(0.0, 0.2),
            fringe=rng.uniform(0.0, 1.0),
            fringe_px=rng.uniform(0.8, 3.0),
            film=_log_uniform((0.01, 0.15), rng),
            film_grain_px=rng.uniform(1.0, 4.0),
            cloud=rng.uniform(0.0, 0.08),
        )


@dataclass(frozen=True)
class Backscatter:
    """Polished-grain look.

    `spread` of the grains' grey levels (log); `groove` how dark their boundaries are (negative: bright) and
    `groove_px` how wide; `mottling` the unevenness inside grains.
    """

    spread: float = 0.3
    groove: float = 0.4
    groove_px: float = 1.5
    mottling: float = 0.05

    @classmethod
    def drawn(cls, rng: Generator) -> "Backscatter":
        """Draw a look in which boundaries can be seen: by grey level, by groove or by both."""
        spread = rng.uniform(0.0, 0.45)
        groove = rng.uniform(0.25, 0.8) * (1.0 if rng.random() < 0.75 else -1.0)
        return cls(spread, groove, rng.uniform(0.8, 2.5), rng.uniform(0.0, 0.12))


@dataclass(frozen=True)
class Acquisition:
    """What the instrument does to the signal.

    `blur_px` and `astigmatism` of the probe; `dose` electrons per pixel at full signal; `read_noise` relative
    to full signal; `smear` how much a pixel's noise runs into the next one of the line; `line_noise` gain
    noise from line to line; `jitter_px` sideways wobble of lines; `charging` bright and dark streaks along
    the scan beside what charges; `shading` slow unevenness over the image; `black`, `white` grey levels (0 to 1) of the
    darkest and brightest signal; `gamma`; `jpeg` quality, 0 for none.
    """

    blur_px: float = 0.7
    astigmatism: float = 0.0
    dose: float = 200.0
    read_noise: float = 0.01
    smear: float = 0.1
    line_noise: float = 0.005
    jitter_px: float = 0.0
    charging: float = 0.0
    shading: float = 0.05
    black: float = 0.05
    white: float = 0.9
    gamma: float = 1.0
    jpeg: int = 0

    @classmethod
    def drawn(cls, rng: Generator) -> "Acquisition":
        """Draw one, from clean and sharp to noisy and soft."""
        return cls(
            blur_px=_log_uniform((0.5, 2.2), rng),
            astigmatism=rng.uniform(0, 0.4),
            dose=_log_uniform((60, 5000), rng),
            read_noise=rng.uniform(0.0, 0.03),
            smear=rng.uniform(0.0, 0.5),
            line_noise=_sometimes(0.5, (0, 0.015), rng),
            jitter_px=_sometimes(0.5, (0, 0.35), rng),
            charging=_sometimes(0.3, (0.02, 0.2), rng),
            shading=rng.uniform(0, 0.15),
            black=rng.uniform(0.0, 0.3),
            white=rng.uniform(0.6, 1.0),
            gamma=rng.uniform(0.75, 1.35),
            jpeg=int(_sometimes(1 / 3, (50, 96), rng)),
        )


def secondary_electrons(scene: Scene, look: Secondary, rng: Generator) -> Float32:
    """Signal (H, W) float32, arbitrary units, of a heap on a substrate."""
    relief, on_body = scene.relief, scene.labels > 0
    skin = _skin(scene, look, rng)
    slope_y = np.clip(relief.slope_y, -_STEEPEST, _STEEPEST) + look.roughness * skin.slope_y
    slope_x = np.clip(relief.slope_x, -_STEEPEST, _STEEPEST) + look.roughness * skin.slope_x
    square = 1 + slope_y**2 + slope_x**2
    tilt = np.minimum(square ** np.float32(look.tilt_power / 2), look.tilt_cap)
    facing = -(slope_y * np.sin(look.side_angle) + slope_x * np.cos(look.side_angle)) / np.sqrt(square)
    gain = _gain_by_body(scene, look.jitter, rng) * np.maximum(1 + look.mottling * skin.height, 0.2)
    ground = look.substrate * (1 + look.substrate_texture * _substrate_texture(scene, rng))
    signal = np.where(on_body, gain * tilt, np.maximum(ground, 0.02)) * (1 + look.side * facing)
    signal = signal * np.exp(-look.hollow * _hollowness(relief.height, scene.diameter_px))
    signal *= 1 - look.depth * _depth(relief.height)
    shine = _raised(relief.height, look.edge_px)
    return np.asarray(signal + look.edge * gain * shine * on_body, dtype=np.float32)


def transmission(scene: Scene, look: Transmission, rng: Generator) -> Float32:
    """Signal (H, W) float32 of bodies on a carbon film: 1 is the empty film."""
    shape = scene.labels.shape
    gain = _gain_by_body(scene, look.contrast_spread, rng)
    mottling = 1 + look.mottling * fractal_texture(shape, 0.4 * scene.diameter_px, 3.0, rng)
    mass = scene.relief.thickness / np.float32(scene.diameter_px) * gain * np.maximum(mottling, 0.2)
    film = look.film * grainy_texture(shape, look.film_grain_px, rng)
    film = film + look.cloud * fractal_texture(shape, 200, 3.5, rng)
    signal = np.exp(-look.absorption * mass) * (1 + film)
    fringe = signal - cv2.GaussianBlur(signal, (0, 0), look.fringe_px)
    return np.asarray(np.maximum(signal + look.fringe * fringe, 0.0), dtype=np.float32)


def backscattered_electrons(scene: Scene, look: Backscatter, rng: Generator) -> Float32:
    """Signal (H, W) float32 of polished grains: one grey level each, boundaries as grooves."""
    shape = scene.labels.shape
    gain = _gain_by_body(scene, look.spread, rng)
    groove = np.exp(-((scene.relief.height / look.groove_px) ** 2))
    uneven = 1 + look.mottling * fractal_texture(shape, 0.3 * scene.diameter_px, 2.0, rng)
    return np.asarray(np.maximum(gain * (1 - look.groove * groove) * uneven, 0.0), dtype=np.float32)


def acquire(signal: Float32, settings: Acquisition, rng: Generator) -> NDArray[np.uint8]:
    """Record a signal (H, W) as an 8-bit image with all that an instrument adds."""
    image = _levelled(signal, settings)
    image = _blurred(image, settings)
    if settings.charging:
        image = image + settings.charging * _streaks(image, rng)
    if settings.jitter_px:
        image = _wobbled(image, settings.jitter_px, rng)
    shape = (image.shape[0], image.shape[1])
    image = image * (1 + settings.shading * 0.5 * fractal_texture(shape, 3.0 * max(shape), 4.0, rng))
    image = image * (1 + settings.line_noise * rng.standard_normal((shape[0], 1), dtype=np.float32))
    image = np.clip(image + _noise(image, settings, rng), 0, None) ** np.float32(settings.gamma)
    pixels = np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)
    return _compressed(pixels, settings.jpeg) if settings.jpeg else pixels


def _sometimes(chance: float, span: tuple[float, float], rng: Generator) -> float:
    """A value of `span` with the given chance, else 0."""
    value = rng.uniform(*span)
    return value if rng.random() < chance else 0.0


def _log_uniform(span: tuple[float, float], rng: Generator) -> float:
    return float(np.exp(rng.uniform(np.log(span[0]), np.log(span[1]))))


@dataclass(frozen=True, eq=False)
class _Skin:
    """Fine texture of the bodies, (H, W) float32: mean slope and deviation of height about 1; 0 on the substrate."""

    height: Float32
    slope_y: Float32
    slope_x: Float32


def _skin(scene: Scene, look: Secondary, rng: Generator) -> _Skin:
    """Lay one texture over all bodies, each with its own part of it and its own strength."""
    texture = _skin_texture(look, rng)
    count = int(scene.bodies.max(initial=0)) + 1
    shifts = rng.integers(0, _TILE, (count, 2)).astype(np.float32)
    strength = np.exp(rng.normal(-0.15, 0.5, count)).astype(np.float32)
    strength[0] = 0
    owner = np.append(np.int32(0), scene.bodies)[scene.labels]
    v = np.mod(scene.relief.v + shifts[owner, 0], np.float32(_TILE))
    u = np.mod(scene.relief.u + shifts[owner, 1], np.float32(_TILE))
    slopes = derivatives(texture)
    steepness = np.float32(max(float(np.hypot(*slopes).mean()), 1e-6))
    sheets = (texture, slopes[0] / steepness, slopes[1] / steepness)
    laid = [cv2.remap(sheet, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP) * strength[owner] for sheet in sheets]
    return _Skin(laid[0], laid[1], laid[2])


def _skin_texture(look: Secondary, rng: Generator) -> Float32:
    side = (_TILE, _TILE)
    if not look.cells:
        return fractal_texture(side, look.grain_px, 2.6, rng)
    cells = cell_texture(_TILE, look.grain_px, rng) + 0.35 * cell_texture(_TILE, 0.45 * look.grain_px, rng)
    texture = cells / cells.std() + 0.25 * fractal_texture(side, 2 * look.grain_px, 2.5, rng)
    return np.asarray((texture - texture.mean()) / texture.std(), dtype=np.float32)


def _gain_by_body(scene: Scene, spread: float, rng: Generator) -> Float32:
    """A log-normal factor (H, W) that is the same all over a body; 1 on the substrate."""
    gains = np.exp(rng.normal(0, spread, int(scene.bodies.max(initial=0)) + 1)).astype(np.float32)
    gains[0] = 1
    return np.asarray(gains[np.append(np.int32(0), scene.bodies)[scene.labels]])


def _substrate_texture(scene: Scene, rng: Generator) -> Float32:
    """Slow clouds, fine grain and, now and then, parallel scratches."""
    shape = scene.labels.shape
    texture = fractal_texture(shape, rng.uniform(8, 80), rng.uniform(2.0, 3.5), rng)
    if rng.random() < 0.2:
        streaks = (
            fractal_texture((shape[0], 1), 20, 1.0, rng)
            if rng.random() < 0.5
            else fractal_texture((1, shape[1]), 20, 1.0, rng)
        )
        texture = texture + streaks
    return np.asarray(texture, dtype=np.float32)


def _hollowness(height: Float32, diameter_px: float) -> Float32:
    """How much higher the surroundings are, over several distances, relative to those distances: 0 in the open."""
    total = np.zeros_like(height)
    for sigma in (0.06 * diameter_px, 0.2 * diameter_px, 0.6 * diameter_px):
        radius = max(1.0, sigma)
        total += np.maximum(_smoothed(height, radius) - height, 0) / np.float32(3 * radius)
    return np.minimum(total, 4.0)


def _raised(height: Float32, width_px: float) -> Float32:
    """How far a place stands out of its surroundings, 0 to 1."""
    return np.asarray(np.tanh(np.maximum(height - _smoothed(height, width_px), 0) / np.float32(2 * width_px)))


def _depth(height: Float32) -> Float32:
    """0 at the top of the scene, 1 on the substrate."""
    top = max(float(np.percentile(height, 99)), 1e-6)
    return np.asarray(1 - np.clip(height / np.float32(top), 0, 1))


def _smoothed(image: Float32, sigma: float) -> Float32:
    """Gaussian blur; wide ones on a smaller copy."""
    factor = int(sigma // 4)
    if factor < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma))
    size = (max(1, image.shape[1] // factor), max(1, image.shape[0] // factor))
    small = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / factor)
    return np.asarray(cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR))


def _levelled(signal: Float32, settings: Acquisition) -> Float32:
    """Brightness and contrast as an operator sets them: a few highlights are cut off."""
    low, high = np.percentile(signal[::2, ::2], (0.5, 99.5)).astype(np.float32)
    relative = np.clip((signal - low) / max(high - low, 1e-6), 0, 1.3)
    return np.asarray(settings.black + (settings.white - settings.black) * relative, dtype=np.float32)


def _blurred(image: Float32, settings: Acquisition) -> Float32:
    narrow = settings.blur_px * (1 - settings.astigmatism)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigmaX=settings.blur_px, sigmaY=max(narrow, 0.3)))


def _streaks(image: Float32, rng: Generator) -> Float32:
    """Along the scan, dark and bright tails of what is brighter than its surroundings."""
    bright = np.maximum(image - cv2.GaussianBlur(image, (0, 0), 20.0), 0)
    tail = np.exp(-np.arange(80, dtype=np.float32) / 30)
    kernel = np.concatenate([np.zeros(80, np.float32), tail])[None, ::-1] / tail.sum()
    tails = cv2.filter2D(bright, -1, np.ascontiguousarray(kernel), borderType=cv2.BORDER_REPLICATE)
    lines = cv2.GaussianBlur(rng.standard_normal((image.shape[0], 1), dtype=np.float32), (1, 0), sigmaX=0.1, sigmaY=1.5)
    return np.asarray(tails * (lines * 4 - 1.5), dtype=np.float32)


def _wobbled(image: Float32, jitter_px: float, rng: Generator) -> Float32:
    """Shift each line sideways by a fraction of a pixel."""
    rows, columns = np.indices(image.shape, dtype=np.float32)
    shifts = jitter_px * rng.standard_normal((image.shape[0], 1), dtype=np.float32)
    return np.asarray(cv2.remap(image, columns + shifts, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _noise(image: Float32, settings: Acquisition, rng: Generator) -> Float32:
    """Shot noise (normal approximation of Poisson) and read noise; the detector smears both along the line."""
    deviation = np.sqrt(np.maximum(image, 0) / settings.dose + settings.read_noise**2)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    if settings.smear:
        noise[:, 1:] += settings.smear * noise[:, :-1]
        noise /= np.float32(np.sqrt(1 + settings.smear**2))
    return np.asarray(noise * deviation, dtype=np.float32)


def _compressed(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """What JPEG at `quality` leaves of an image."""
    done, buffer = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError(f"the JPEG encoder refused an image of shape {pixels.shape}")
    return np.asarray(cv2.imdecode(buffer, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
