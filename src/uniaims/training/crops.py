"""One training crop of a sample: random placement, changed grey levels, targets made on the fly."""

import math

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from uniaims.flows import fields_from_labels
from uniaims.training.augmentation import banner, change_gray
from uniaims.training.samples import SHORTEST_SIDE_PX, PreparedSample
from uniaims.training.settings import TrainingSettings

LARGEST_SCALE = 4.0
SMALLEST_DIAMETER_PX = 6.0
BANNER_SHARE = 0.03

Crop = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int8]]


def random_crop(sample: PreparedSample, settings: TrainingSettings, rng: Generator) -> Crop:
    """One crop: image (1, S, S), fields (4, S, S), labels (1, S, S), known (1, S, S), kinds (S, S): -1 for none."""
    placement = _random_placement(sample, settings, rng)
    side = (settings.crop_px, settings.crop_px)
    # Area-like sampling where the crop shrinks the sample: blur first, or the warp would alias.
    shrink = 1 / max(float(np.hypot(placement[0, 0], placement[0, 1])), 1e-6)
    gray = cv2.GaussianBlur(sample.gray, (0, 0), 0.4 * shrink) if shrink > 1.3 else sample.gray
    gray = cv2.warpAffine(gray, placement, side, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    labels = cv2.warpAffine(sample.labels.astype(np.float32), placement, side, flags=cv2.INTER_NEAREST)
    known = cv2.warpAffine(sample.known, placement, side, flags=cv2.INTER_NEAREST)
    image = change_gray(gray.astype(np.float32) * np.float32(1.5 / 255) - np.float32(0.25), rng)
    if rng.random() < BANNER_SHARE:
        image, covered = banner(image, rng)
        labels[covered] = 0
    fields = fields_from_labels(labels.astype(np.uint32))
    stacked = np.concatenate([fields.probability[None], fields.flow, fields.topography[None]])
    kinds = sample.kinds[labels.astype(np.int64)] if sample.kinds.size else np.full(side, -1, np.int8)
    return image[None], stacked, labels[None], known[None].astype(np.float32), kinds


def random_scale(sample: PreparedSample, settings: TrainingSettings, rng: Generator) -> float:
    """Crop pixels per sample pixel: objects about the nominal diameter (log-normal), now and then of any size.

    Any size: log-uniform from 6 px to half of the crop.
    """
    if rng.random() < settings.wide_scale_share:
        target = math.exp(rng.uniform(math.log(SMALLEST_DIAMETER_PX), math.log(settings.crop_px / 2)))
    else:
        target = settings.nominal_diameter_px * math.exp(settings.scale_spread * rng.standard_normal())
    smallest = min(1.0, SHORTEST_SIDE_PX / min(sample.gray.shape))
    return float(np.clip(target / sample.diameter_px if sample.diameter_px else 1.0, smallest, LARGEST_SCALE))


def _random_placement(sample: PreparedSample, settings: TrainingSettings, rng: Generator) -> NDArray[np.float64]:
    """Affine map (2, 3) sample -> crop: random scale, flip, quarter turn (a free angle now and then), position."""
    scale = random_scale(sample, settings, rng)
    angle = rng.integers(4) * math.pi / 2 + (rng.uniform(-0.4, 0.4) if rng.random() < 0.3 else 0.0)
    linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear[:, 0] *= rng.choice((-1, 1))
    size = np.array(sample.gray.shape[::-1], dtype=np.float64)
    margin = np.minimum(size / 2, settings.crop_px / 2 / scale * 0.8)
    centre = rng.uniform(margin, size - margin) - 0.5
    return np.column_stack([linear, settings.crop_px / 2 - 0.5 - linear @ centre])
