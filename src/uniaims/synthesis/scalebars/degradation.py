"""What happens to a picture between instrument and reader: cut, resized, blurred, compressed, truth and all."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.synthesis.scalebars.canvas import around
from uniaims.synthesis.scalebars.truth import ScaleBarTruth

_SMALLEST_TEXT_PX, _SMALLEST_BAR_PX = 9.0, 18.0
_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4)


@dataclass(frozen=True, eq=False)
class Drawn:
    """An image, (H, W) or (H, W, 3) uint8, and what is drawn on it."""

    image: NDArray[np.uint8]
    truth: ScaleBarTruth


@dataclass(frozen=True)
class Degradation:
    """How often and how far pictures degrade; 0 for never.

    Attributes:
        cut: share of pictures cut at the sides, through the banner if need be, never through bar or label.
        resized: share that was resized.
        factors: of resizing; reductions stop where text would be too small to read.
        blurred, noisy, compressed: shares of pictures.
        quality: of JPEG.
    """

    cut: float = 0.2
    resized: float = 0.5
    factors: tuple[float, float] = (0.5, 1.6)
    blurred: float = 0.2
    noisy: float = 0.15
    compressed: float = 0.6
    quality: tuple[int, int] = (45, 96)


def degraded(drawn: Drawn, rng: np.random.Generator, degradation: Degradation | None = None) -> Drawn:
    """Degrade a picture; which of it happens is chosen by `rng`."""
    degradation = degradation or Degradation()
    if rng.random() < degradation.cut:
        drawn = _cut(drawn, rng)
    if rng.random() < degradation.resized:
        drawn = _resized(
            drawn, _allowed_factor(drawn.truth, float(np.exp(rng.uniform(*np.log(degradation.factors))))), rng
        )
    image = drawn.image
    if rng.random() < degradation.blurred:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 0.9)))
    if rng.random() < degradation.noisy:
        image = _noisy(image, float(rng.uniform(1, 5)), rng)
    if rng.random() < degradation.compressed:
        image = _compressed(image, int(rng.integers(degradation.quality[0], degradation.quality[1] + 1)))
    return Drawn(np.ascontiguousarray(image, dtype=np.uint8), drawn.truth)


def resized(drawn: Drawn, size: tuple[int, int], interpolation: int = cv2.INTER_LINEAR) -> Drawn:
    """The picture resized to `size` (width, height), its truth with it."""
    height, width = drawn.image.shape[:2]
    image = cv2.resize(drawn.image, size, interpolation=interpolation)
    truth = drawn.truth.scaled(size[0] / width, size[1] / height, size)
    return Drawn(np.asarray(image, dtype=np.uint8), truth)


def _resized(drawn: Drawn, factor: float, rng: np.random.Generator) -> Drawn:
    height, width = drawn.image.shape[:2]
    interpolation = int(rng.choice(_INTERPOLATIONS)) if factor > 0.8 else cv2.INTER_AREA
    return resized(drawn, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation)


def _allowed_factor(truth: ScaleBarTruth, factor: float) -> float:
    """`factor`, raised until bar and label stay readable; pictures that are at the limit keep their size."""
    limits = [_SMALLEST_BAR_PX / max(bar.length_px, 1e-9) for bar in truth.bars]
    boxes = [bar.text_box for bar in truth.bars if bar.text_box is not None] + [label.box for label in truth.labels]
    limits += [_SMALLEST_TEXT_PX / max(min(box[2] - box[0], box[3] - box[1]), 1e-9) for box in boxes]
    return max([factor, *(min(1.0, limit) for limit in limits)])


def _cut(drawn: Drawn, rng: np.random.Generator) -> Drawn:
    """Take up to a fifth off each side, but nothing of bars and labels."""
    height, width = drawn.image.shape[:2]
    truth = drawn.truth
    kept = [bar.box for bar in truth.bars] + [bar.text_box for bar in truth.bars if bar.text_box is not None]
    kept += [label.box for label in truth.labels]
    hold = around(kept, 4) if kept else (width / 2, height / 2, width / 2, height / 2)
    reach = rng.uniform(0, 0.2, 4) * (width, height, width, height) * (rng.random(4) < 0.5)
    left, top = max(0, int(min(reach[0], hold[0]))), max(0, int(min(reach[1], hold[1])))
    right = min(width, int(np.ceil(max(width - reach[2], hold[2]))))
    bottom = min(height, int(np.ceil(max(height - reach[3], hold[3]))))
    return Drawn(
        np.ascontiguousarray(drawn.image[top:bottom, left:right]), truth.cropped(Box(top, left, bottom, right))
    )


def _noisy(image: NDArray[np.uint8], sigma: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    noise = rng.standard_normal(image.shape[:2], dtype=np.float32) * np.float32(sigma)
    return np.asarray(
        cv2.add(image, noise if image.ndim == 2 else cv2.merge([noise] * 3), dtype=cv2.CV_8U), dtype=np.uint8
    )


def _compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), dtype=np.uint8)
