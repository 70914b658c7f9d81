"""Pixels for the eye: any real dtype to 8 bits, bounded in size, as JPEG data inside a page."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

STRETCH_PERCENTILES = (0.1, 99.9)
"""Grey levels below and above are clipped, so that one dead pixel does not flatten the picture."""

SAMPLED_PIXELS = 1_000_000
"""The stretch is estimated on about this many pixels: more do not change it and cost time."""


def eight_bits(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Stretch an (H, W) or (H, W, 3) image to uint8 by its percentiles; 8-bit images are left as they are."""
    if image.dtype == np.uint8:
        return image.astype(np.uint8, copy=False)
    return image.astype(np.uint8) * np.uint8(255) if image.dtype == np.bool_ else stretched(image)


def stretched(image: NDArray[np.generic], percentiles: tuple[float, float] = STRETCH_PERCENTILES) -> NDArray[np.uint8]:
    """Stretch an (H, W) or (H, W, 3) image to uint8 between two percentiles over all channels together.

    NaN and what lies below become black, what lies above white.
    """
    low, high = _stretch_range(image, percentiles)
    scale = np.float32(255.0 / (high - low)) if high > low else np.float32(0)
    levels = np.empty(image.shape, np.uint8)
    for row in range(0, image.shape[0], 512):
        strip = np.nan_to_num(image[row : row + 512].astype(np.float32), nan=low, posinf=high, neginf=low)
        levels[row : row + 512] = np.clip((strip - np.float32(low)) * scale, 0, 255).round().astype(np.uint8)
    return levels


def shrink(image: NDArray[np.uint8], longest_side_px: int) -> NDArray[np.uint8]:
    """Shrink an (H, W) or (H, W, 3) image by area averaging until no side exceeds ``longest_side_px``."""
    height, width = image.shape[:2]
    factor = longest_side_px / max(height, width)
    if factor >= 1:
        return image
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def jpeg_data_uri(image: NDArray[np.generic], longest_side_px: int, largest_bytes: int) -> str:
    """Encode an image as a JPEG data URI of at most ``longest_side_px`` and, unless absurdly small, ``largest_bytes``.

    Quality falls from 90 first, then the size, until it fits.
    """
    small = shrink(eight_bits(image), longest_side_px)
    while True:
        for quality in (90, 82, 74, 66):
            data = encoded_jpeg(small, quality)
            if len(data) <= largest_bytes:
                return data_uri(data)
        if max(small.shape[:2]) <= 256:
            return data_uri(data)
        small = shrink(small, round(max(small.shape[:2]) * 0.8))


def data_uri(jpeg: bytes) -> str:
    """Write a JPEG as the address of a picture that stands in the page itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def encoded_jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """Encode an (H, W) or (H, W, 3) RGB image as JPEG, ``quality`` 0..100."""
    pixels = image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])  # OpenCV takes BGR
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(encoded)


def _stretch_range(image: NDArray[np.generic], percentiles: tuple[float, float]) -> tuple[float, float]:
    step = max(1, int((image.size / SAMPLED_PIXELS) ** 0.5))
    sample = image[::step, ::step].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 0.0
    low, high = np.percentile(sample, percentiles)
    return float(low), float(high)
