"""Random changes of grey levels, as microscopes and publishers make them; float32 (H, W), about 0..1, in and out."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Gray = NDArray[np.float32]


def invert(gray: Gray, rng: Generator) -> Gray:
    """Dark for bright: TEM against SEM, bright field against fluorescence."""
    del rng
    return (np.float32(1.0) - gray).astype(np.float32)


def gamma(gray: Gray, rng: Generator) -> Gray:
    """A power law of the grey levels, exponent 0.5 to 2."""
    exponent = np.float32(np.exp(rng.uniform(-0.7, 0.7)))
    brightened: Gray = np.power(np.clip(gray, 0, None), exponent, dtype=np.float32)
    return brightened


def contrast(gray: Gray, rng: Generator) -> Gray:
    """Other brightness and contrast settings of the detector, with clipping."""
    gain, offset = rng.uniform(0.5, 1.6), rng.uniform(-0.25, 0.25)
    changed: Gray = np.clip((gray - 0.5) * np.float32(gain) + np.float32(0.5 + offset), -0.2, 1.2)
    return changed


def shot_noise(gray: Gray, rng: Generator) -> Gray:
    """Poisson noise of 10 to 300 electrons at white."""
    dose = float(np.exp(rng.uniform(np.log(10), np.log(300))))
    return (rng.poisson(np.clip(gray, 0, None) * dose) / dose).astype(np.float32)


def gaussian_noise(gray: Gray, rng: Generator) -> Gray:
    """Read noise, white or slightly correlated."""
    noise = rng.standard_normal(gray.shape, dtype=np.float32)
    if rng.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.5, 1.2)))
    return gray + noise * np.float32(rng.uniform(0.02, 0.15) / max(float(noise.std()), 1e-6))


def blur(gray: Gray, rng: Generator) -> Gray:
    """Defocus, with astigmatism."""
    sigma_x, sigma_y = (float(sigma) for sigma in rng.uniform(0.4, 2.0, 2))
    blurred: Gray = cv2.GaussianBlur(gray, (0, 0), sigma_x, sigmaY=sigma_y).astype(np.float32)
    return blurred


def sharpen(gray: Gray, rng: Generator) -> Gray:
    """The unsharp mask that many figures went through."""
    smooth: Gray = cv2.GaussianBlur(gray, (0, 0), 1.5).astype(np.float32)
    return gray + np.float32(rng.uniform(0.3, 1.5)) * (gray - smooth)


def uneven_light(gray: Gray, rng: Generator) -> Gray:
    """A smooth change of brightness over the image: shadow, charging, uneven thickness."""
    corners = rng.uniform(-0.35, 0.35, (4, 4)).astype(np.float32)
    light: Gray = cv2.resize(corners, gray.shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return gray + light


def scan_lines(gray: Gray, rng: Generator) -> Gray:
    """Row-wise gain changes of a scanning beam."""
    rows = rng.standard_normal((gray.shape[0], 1)).astype(np.float32)
    return gray + rows * np.float32(rng.uniform(0.01, 0.06))


def jpeg(gray: Gray, rng: Generator) -> Gray:
    """Publication: 8 bits and JPEG."""
    eight_bit = (np.clip(gray, 0, 1) * 255).astype(np.uint8)
    encoded = cv2.imencode(".jpg", eight_bit, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 90))])[1]
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), dtype=np.float32)
    return decoded / np.float32(255)


def annotation(gray: Gray, rng: Generator) -> Gray:
    """A panel letter, an arrow or a scale bar drawn over the image."""
    drawn = np.zeros(gray.shape, np.uint8)
    x, y = (int(rng.integers(0, side)) for side in gray.shape[::-1])
    if rng.random() < 0.5:
        text = "".join(rng.choice(list("abcdefgh1250 nm()"), int(rng.integers(1, 7))))
        cv2.putText(drawn, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.5, 1.5)), 255, 2)
    else:
        end = (x + int(rng.integers(20, 100)), y + int(rng.integers(2, 7)))
        cv2.rectangle(drawn, (x, y), end, 255, -1)
    opacity = drawn.astype(np.float32) / np.float32(255)
    return gray + (np.float32(rng.integers(2)) - gray) * opacity


CHANGES: tuple[tuple[float, Callable[[Gray, Generator], Gray]], ...] = (
    (0.15, invert),
    (0.35, gamma),
    (0.4, contrast),
    (0.2, uneven_light),
    (0.25, blur),
    (0.1, sharpen),
    (0.2, shot_noise),
    (0.25, gaussian_noise),
    (0.1, scan_lines),
    (0.2, jpeg),
    (0.1, annotation),
)
"""Probability and change, in the order in which they happen."""


def change_gray(gray: Gray, rng: Generator) -> Gray:
    """Apply each change with its probability; (H, W) float32 -> the same."""
    for probability, change in CHANGES:
        if rng.random() < probability:
            gray = change(gray, rng)
    return np.clip(gray, -0.5, 1.5).astype(np.float32)
