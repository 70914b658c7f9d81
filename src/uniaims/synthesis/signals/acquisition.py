"""What the instrument, and then the publisher, does to a signal.

In order: levels, probe, charging, scan, shading, noise, curve; then what happens to a picture afterwards:
sharpening, denoising, resampling, JPEG. The noise of published pictures is seldom white: frames are averaged and
filtered, figures scaled.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError
from uniaims.synthesis.ranges import drawn_log
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.sampling import sometimes
from uniaims.synthesis.textures import fractal_texture

Float32 = NDArray[np.float32]
RECORDERS = ("scan", "transmitted scan", "camera", "light", "dim light", "map")
"""Ways to record: a scanned beam (above the sample, or below it and without charging), an electron camera, a light
microscope's camera (bright, dim), a computed map."""


@dataclass(frozen=True)
class Acquisition:
    """What the instrument does to the signal.

    `blur_px` and `astigmatism` of the probe (how much sharper it is down than along the lines; negative: blunter);
    `dose` electrons per pixel at full signal; `read_noise` relative to full signal; `smear` how much a pixel's
    noise runs into the next one of the line; `line_noise` gain noise from line to line; `jitter_px` sideways wobble
    of lines; `charging` bright and dark streaks along the scan beside what charges; `shading` slow unevenness over
    the image; `black`, `white` grey levels (0 to 1) of the darkest and brightest signal; `gamma`; `jpeg` quality, 0
    for none.

    `absolute`: signal 0 and 1 are recorded as `black` and `white`, else the darkest and brightest are, `clipped`
    per cent of them cut off; `drift_px` how far the sample slides sideways from top to bottom; `vignetting` the
    dark corners; `noise_px` the grain of the noise (standard deviation of its blur; 0: white); `contrast` how much
    the curve is bent to an S (negative: flattened); `sharpened` strength of an unsharp mask; `denoised` strength
    (grey levels, 0 to 1) of an edge-keeping filter; `enlarged` how many times the picture was enlarged after
    recording, at least 1.
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
    absolute: bool = False
    clipped: float = 0.5
    drift_px: float = 0.0
    vignetting: float = 0.0
    noise_px: float = 0.0
    contrast: float = 0.0
    sharpened: float = 0.0
    denoised: float = 0.0
    enlarged: float = 1.0

    def __post_init__(self) -> None:
        if self.enlarged < 1 or not 0 <= self.clipped < 50 or self.dose <= 0:
            raise SettingsError(
                f"enlarged {self.enlarged}, clipped {self.clipped}, dose {self.dose}: wanted enlarged from 1 up, "
                "clipped from 0 to 50 per cent and a dose above 0."
            )

    @classmethod
    def drawn(cls, rng: Generator, recorder: str = "scan") -> "Acquisition":
        """Draw one, from clean and sharp to noisy and soft, as it is usual for a kind of recorder.

        Raises:
            SettingsError: if no recorder has that name.
        """
        if recorder not in RECORDERS:
            raise SettingsError(f"no recorder is called {recorder!r}: wanted one of {', '.join(RECORDERS)}.")
        draws = (_scan, _transmitted_scan, _camera, _light, _dim_light, _map)
        return draws[RECORDERS.index(recorder)](rng)

    def record(self, signal: Float32, rng: Generator) -> NDArray[np.uint8]:
        """Record a signal (H, W) or (H, W, 3) float32 as 8-bit pixels of the same shape."""
        return acquire(signal, self, rng)


def acquire(signal: Float32, settings: Acquisition, rng: Generator) -> NDArray[np.uint8]:
    """Record a signal (H, W) or RGB (H, W, 3) as an 8-bit image with all that an instrument adds."""
    image = _levelled(signal, settings)
    image = _blurred(image, settings)
    if settings.charging:
        image = image + settings.charging * _streaks(image, rng)
    if settings.jitter_px or settings.drift_px:
        image = _wobbled(image, settings, rng)
    image = image * (1 + _over(image, settings.shading * 0.5 * _slow(image, rng)))
    if settings.vignetting:
        image = image * _over(image, _corners(image, settings.vignetting))
    lines = rng.standard_normal((image.shape[0], 1), dtype=np.float32)
    image = image * (1 + _over(image, settings.line_noise * lines))
    image = np.clip(image + _noise(image, settings, rng), 0, None) ** np.float32(settings.gamma)
    pixels = np.clip(np.rint(_published(image, settings) * 255), 0, 255).astype(np.uint8)
    return _compressed(pixels, settings.jpeg) if settings.jpeg else pixels


def _scan(rng: Generator) -> Acquisition:
    drawn = Acquisition(
        blur_px=drawn_log((0.5, 1.9), rng),
        astigmatism=rng.uniform(-0.25, 0.25),
        dose=drawn_log((100, 6000), rng),
        read_noise=rng.uniform(0.0, 0.02),
        smear=rng.uniform(0.0, 0.3),
        line_noise=sometimes(0.4, (0, 0.012), rng),
        jitter_px=sometimes(0.5, (0, 0.35), rng),
        charging=sometimes(0.3, (0.02, 0.2), rng),
        shading=rng.uniform(0, 0.15),
        drift_px=sometimes(0.2, (-4, 4), rng),
    )
    return _with_afterlife(_with_levels(drawn, rng), rng)


def _transmitted_scan(rng: Generator) -> Acquisition:
    return replace(_scan(rng), charging=0.0)


def _camera(rng: Generator) -> Acquisition:
    drawn = Acquisition(
        blur_px=drawn_log((0.5, 1.8), rng),
        dose=drawn_log((100, 8000), rng),
        read_noise=rng.uniform(0.0, 0.01),
        smear=0.0,
        line_noise=0.0,
        shading=rng.uniform(0, 0.15),
        vignetting=sometimes(0.3, (0.02, 0.2), rng),
    )
    drawn = _with_afterlife(_with_levels(drawn, rng), rng)
    return replace(drawn, gamma=rng.uniform(0.85, 1.6), noise_px=sometimes(0.93, (0.5, 1.2), rng))


def _with_levels(settings: Acquisition, rng: Generator) -> Acquisition:
    """Brightness, contrast and curve as operators like them."""
    return replace(
        settings,
        black=0.35 * rng.uniform() ** 1.3,
        white=rng.uniform(0.65, 1.0),
        gamma=rng.uniform(0.65, 1.25),
        clipped=drawn_log((0.1, 4.0), rng),
        contrast=rng.uniform(-0.3, 0.5),
    )


def _with_afterlife(settings: Acquisition, rng: Generator) -> Acquisition:
    """What averaging, filters and publishers do."""
    return replace(
        settings,
        noise_px=sometimes(0.88, (0.35, 0.95), rng),
        sharpened=sometimes(0.2, (0.2, 1.0), rng),
        denoised=sometimes(0.25, (0.02, 0.08), rng),
        enlarged=1 + sometimes(0.5, (0.1, 1.2), rng),
        jpeg=int(sometimes(0.7, (60, 96), rng)),
    )


def _light(rng: Generator) -> Acquisition:
    return Acquisition(
        blur_px=drawn_log((0.5, 1.8), rng),
        dose=drawn_log((1500, 40_000), rng),
        read_noise=rng.uniform(0.0, 0.01),
        smear=0.0,
        line_noise=0.0,
        shading=rng.uniform(0, 0.12),
        black=rng.uniform(0.0, 0.08),
        white=rng.uniform(0.88, 1.05),
        gamma=rng.uniform(0.8, 1.2),
        jpeg=int(sometimes(0.6, (60, 96), rng)),
        absolute=True,
        vignetting=sometimes(0.5, (0.02, 0.3), rng),
        noise_px=sometimes(0.85, (0.5, 1.2), rng),
        sharpened=sometimes(0.3, (0.2, 1.0), rng),
    )


def _dim_light(rng: Generator) -> Acquisition:
    return Acquisition(
        blur_px=drawn_log((0.5, 2.0), rng),
        dose=drawn_log((1000, 40_000), rng),
        read_noise=rng.uniform(0.0, 0.003),
        smear=0.0,
        line_noise=0.0,
        shading=rng.uniform(0, 0.15),
        black=rng.uniform(0.0, 0.03),
        white=drawn_log((0.08, 1.0), rng),
        clipped=drawn_log((0.01, 0.3), rng),
        noise_px=sometimes(0.7, (0.4, 1.2), rng),
    )


def _map(rng: Generator) -> Acquisition:
    return Acquisition(
        blur_px=0.0,
        dose=1e9,
        read_noise=0.0,
        smear=0.0,
        line_noise=0.0,
        shading=0.0,
        black=0.0,
        white=1.0,
        jpeg=int(sometimes(0.4, (70, 96), rng)),
        absolute=True,
    )


def _over(image: Float32, sheet: Float32) -> Float32:
    """A sheet (H, W) in a shape that goes with the image's."""
    return sheet if image.ndim == 2 else np.asarray(sheet[..., None])


def _slow(image: Float32, rng: Generator) -> Float32:
    shape = (image.shape[0], image.shape[1])
    return fractal_texture(shape, 3.0 * max(shape), 4.0, rng)


def _corners(image: Float32, depth: float) -> Float32:
    """Light (H, W) that falls off as the square of the distance from the middle: 1 - `depth` in the corners."""
    rows = np.linspace(-1, 1, image.shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, image.shape[1], dtype=np.float32)[None]
    return np.asarray(1 - np.float32(depth / 2) * (rows**2 + columns**2), dtype=np.float32)


def _levelled(signal: Float32, settings: Acquisition) -> Float32:
    """Brightness and contrast as an operator sets them: a few highlights are cut off."""
    span = settings.white - settings.black
    if settings.absolute:
        return np.asarray(settings.black + span * np.clip(signal, 0, 1.3), dtype=np.float32)
    ends = (settings.clipped, 100 - settings.clipped)
    low, high = np.percentile(signal[::2, ::2], ends).astype(np.float32)
    relative = np.clip((signal - low) / max(high - low, 1e-6), 0, 1.3)
    return np.asarray(settings.black + span * relative, dtype=np.float32)


def _blurred(image: Float32, settings: Acquisition) -> Float32:
    if not settings.blur_px:
        return image
    narrow = settings.blur_px * (1 - settings.astigmatism)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigmaX=settings.blur_px, sigmaY=max(narrow, 0.3)))


def _streaks(image: Float32, rng: Generator) -> Float32:
    """Along the scan, dark and bright tails of what is brighter than its surroundings."""
    bright = np.maximum(image - cv2.GaussianBlur(image, (0, 0), 20.0), 0)
    tail = np.exp(-np.arange(80, dtype=np.float32) / 30)
    kernel = np.concatenate([np.zeros(80, np.float32), tail])[None, ::-1] / tail.sum()
    tails = cv2.filter2D(bright, -1, np.ascontiguousarray(kernel), borderType=cv2.BORDER_REPLICATE)
    lines = cv2.GaussianBlur(rng.standard_normal((image.shape[0], 1), dtype=np.float32), (1, 0), sigmaX=0.1, sigmaY=1.5)
    return np.asarray(tails * _over(image, lines * 4 - 1.5), dtype=np.float32)


def _wobbled(image: Float32, settings: Acquisition, rng: Generator) -> Float32:
    """Shift each line sideways: by a random fraction of a pixel, and by the drift so far."""
    rows, columns = np.indices(image.shape[:2], dtype=np.float32)
    shifts = settings.jitter_px * rng.standard_normal((image.shape[0], 1), dtype=np.float32)
    if settings.drift_px:
        shifts = shifts + settings.drift_px * np.linspace(-0.5, 0.5, image.shape[0], dtype=np.float32)[:, None]
    moved = cv2.remap(image, columns + shifts, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved)


def _noise(image: Float32, settings: Acquisition, rng: Generator) -> Float32:
    """Shot noise (normal approximation of Poisson) and read noise; the detector smears both along the line."""
    deviation = np.sqrt(np.maximum(image, 0) / settings.dose + settings.read_noise**2)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    if settings.smear:
        noise[:, 1:] += settings.smear * noise[:, :-1]
        noise /= np.float32(np.sqrt(1 + settings.smear**2))
    if settings.noise_px:
        noise = _grown(noise, settings.noise_px)
    return np.asarray(noise * deviation, dtype=np.float32)


def _grown(noise: Float32, sigma: float) -> Float32:
    """Noise with a grain, less of it: averaging over a blur's area, half way between full and lost variance."""
    kernel = cv2.getGaussianKernel(2 * int(np.ceil(3 * sigma)) + 1, sigma).astype(np.float32)
    left = float((kernel**2).sum())
    return np.asarray(cv2.sepFilter2D(noise, -1, kernel, kernel) / np.float32(np.sqrt(left)))


def _published(image: Float32, settings: Acquisition) -> Float32:
    """Curve, sharpening, denoising and enlargement."""
    if settings.contrast:
        level = np.clip(image, 0, 1)
        image = image + np.float32(2 * settings.contrast) * level * (1 - level) * (2 * level - 1)
    if settings.denoised:
        image = cv2.bilateralFilter(np.asarray(image, np.float32), 5, 3 * settings.denoised, 1.5)
    if settings.sharpened:
        image = image + settings.sharpened * (image - cv2.GaussianBlur(image, (0, 0), 1.2))
    if settings.enlarged > 1:
        size = (image.shape[1], image.shape[0])
        small = (max(8, round(size[0] / settings.enlarged)), max(8, round(size[1] / settings.enlarged)))
        coarse = cv2.resize(np.asarray(image, np.float32), small, interpolation=cv2.INTER_AREA)
        image = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(image, dtype=np.float32)


def _compressed(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """What JPEG at `quality` leaves of an image."""
    colour = pixels.ndim == 3
    given = np.ascontiguousarray(pixels[..., ::-1]) if colour else pixels
    done, buffer = cv2.imencode(".jpg", given, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError(f"the JPEG encoder refused an image of shape {pixels.shape}")
    back = np.asarray(cv2.imdecode(buffer, cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return np.ascontiguousarray(back[..., ::-1] if colour else back)
