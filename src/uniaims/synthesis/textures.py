"""Random textures that repeat without a seam: noise with a power-law spectrum, and cells."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter1d

from uniaims.synthesis.shapes import Generator

Float32 = NDArray[np.float32]


def fractal_texture(shape: tuple[int, int], coarsest_px: float, steepness: float, rng: Generator) -> Float32:
    """Draw noise of mean 0 and variance 1 whose power falls as frequency to the minus `steepness`.

    Waves longer than `coarsest_px` are no stronger than those of that length. (H, W) float32, periodic.
    """
    spectrum = rfft2(rng.standard_normal(shape, dtype=np.float32))
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    power = (fy**2 + fx**2 + 1 / coarsest_px**2) ** (-steepness / 4)
    power[0, 0] = 0
    return _standard(irfft2(spectrum * power.astype(np.float32), s=shape))


def grainy_texture(shape: tuple[int, int], grain_px: float, rng: Generator) -> Float32:
    """Draw noise of mean 0 and variance 1 with one dominant grain size, as of an amorphous film."""
    spectrum = rfft2(rng.standard_normal(shape, dtype=np.float32))
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    ratio = (fy**2 + fx**2) * (2 * grain_px) ** 2
    return _standard(irfft2(spectrum * (ratio * np.exp(-ratio)).astype(np.float32), s=shape))


def cell_texture(side: int, cell_px: float, rng: Generator) -> Float32:
    """Draw cells with sunken borders, (side, side) float32 from 0 on the borders to about 1, periodic."""
    count = max(4, round((side / cell_px) ** 2))
    seeds = rng.integers(0, side, (count, 2))
    tiled = np.ones((3 * side, 3 * side), np.uint8)
    for row in range(3):
        for column in range(3):
            tiled[seeds[:, 0] + row * side, seeds[:, 1] + column * side] = 0
    crop = slice(side // 2, side // 2 + 2 * side)
    _, nearest = cv2.distanceTransformWithLabels(tiled[crop, crop], cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    borders = (nearest[:-1, :-1] == nearest[1:, :-1]) & (nearest[:-1, :-1] == nearest[:-1, 1:])
    depth = cv2.distanceTransform(borders.astype(np.uint8), cv2.DIST_L2, 5)
    inner = slice(side - side // 2, 2 * side - side // 2)
    return np.asarray(np.minimum(depth[inner, inner] / (0.3 * cell_px), 1.0), dtype=np.float32)


def derivatives(texture: Float32) -> tuple[Float32, Float32]:
    """Central differences by y and x of a periodic texture."""
    along_y = (np.roll(texture, -1, 0) - np.roll(texture, 1, 0)) / 2
    along_x = (np.roll(texture, -1, 1) - np.roll(texture, 1, 1)) / 2
    return np.asarray(along_y, np.float32), np.asarray(along_x, np.float32)


def _standard(texture: NDArray[np.floating]) -> Float32:
    centred = texture - texture.mean()
    return np.asarray(centred / max(float(centred.std()), 1e-12), dtype=np.float32)


def smooth_line(count: int, width: float, rng: Generator) -> NDArray[np.float64]:
    """Draw `count` values of stationary noise, mean 0, variance 1 on the long run, over `width` (1 or more) alike."""
    margin = int(np.ceil(4 * width))
    noise = gaussian_filter1d(rng.normal(size=count + 2 * margin), width)[margin : margin + count]
    return np.asarray(noise * np.sqrt(2 * np.sqrt(np.pi) * width), dtype=np.float64)
