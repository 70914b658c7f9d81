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
    """Stretch an (H, W) or (H, W, 3) image to uint8; 8-bit images are left as they are, NaN and inf become black.

    A 16-bit or float image is stretched between its 0.1st and 99.9th percentile over all channels together.
    """
    if image.dtype == np.uint8:
        return image.astype(np.uint8, copy=False)
    if image.dtype == np.bool_:
        return image.astype(np.uint8) * np.uint8(255)
    low, high = _stretch_range(image)
    scale = np.float32(255.0 / (high - low)) if high > low else np.float32(0)
    stretched = np.empty(image.shape, np.uint8)
    for row in range(0, image.shape[0], 512):
        strip = np.nan_to_num(image[row : row + 512].astype(np.float32), nan=low, posinf=high, neginf=low)
        stretched[row : row + 512] = np.clip((strip - np.float32(low)) * scale, 0, 255).round().astype(np.uint8)
    return stretched


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
            data = _encode_jpeg(small, quality)
            if len(data) <= largest_bytes:
                return _data_uri(data)
        if max(small.shape[:2]) <= 256:
            return _data_uri(data)
        small = shrink(small, round(max(small.shape[:2]) * 0.8))


def _data_uri(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def _encode_jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    pixels = image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])  # OpenCV takes BGR
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(encoded)


def _stretch_range(image: NDArray[np.generic]) -> tuple[float, float]:
    step = max(1, int((image.size / SAMPLED_PIXELS) ** 0.5))
    sample = image[::step, ::step].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 0.0
    low, high = np.percentile(sample, STRETCH_PERCENTILES)
    return float(low), float(high)
