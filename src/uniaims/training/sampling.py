"""From samples to training crops: working scale, random placement, targets made on the fly."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from uniaims.dataset import Sample
from uniaims.flows import fields_from_labels
from uniaims.networks.card import Normalisation
from uniaims.training.augmentation import change_gray
from uniaims.training.prefetch import prefetched
from uniaims.training.settings import TrainingSettings
from uniaims.working_scale import characteristic_diameter_px

PREPARED_DIAMETER_FACTOR = 1.5
"""Samples are kept so that their objects are at most this much larger than the nominal diameter."""
LARGEST_SCALE = 4.0
SHORTEST_SIDE_PX = 160
"""No micrograph is shrunk below this: objects nearly as large as the image keep their surroundings."""


@dataclass(frozen=True)
class PreparedSample:
    """A sample at working scale: gray (H, W) uint8 after normalisation, labels (H, W) int32, known (H, W) uint8.

    ``diameter_px`` is its characteristic object diameter at that scale; 0 if it has no objects.
    """

    gray: NDArray[np.uint8]
    labels: NDArray[np.int32]
    known: NDArray[np.uint8]
    diameter_px: float


@dataclass(frozen=True)
class Batch:
    """Crops: image (N, 1, S, S), fields (N, 4, S, S), labels (N, 1, S, S), known (N, 1, S, S); all float32."""

    image: NDArray[np.float32]
    fields: NDArray[np.float32]
    labels: NDArray[np.float32]
    known: NDArray[np.float32]


def prepare(sample: Sample, normalisation: Normalisation, nominal_diameter_px: float) -> PreparedSample:
    """Normalise a sample and shrink it if its objects are much larger than the working scale needs."""
    gray = sample.micrograph.gray()
    scaled = (normalisation.range_of(gray).apply(gray) + np.float32(0.25)) * np.float32(255 / 1.5)
    eight_bit = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    labels, known = sample.labels.astype(np.int32), sample.known.astype(np.uint8)
    diameter = characteristic_diameter_px(labels)
    scale = PREPARED_DIAMETER_FACTOR * nominal_diameter_px / diameter if diameter else 1.0
    scale = min(1.0, max(scale, PREPARED_DIAMETER_FACTOR * SHORTEST_SIDE_PX / min(gray.shape)))
    if scale < 1:
        size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
        eight_bit = cv2.resize(eight_bit, size, interpolation=cv2.INTER_AREA)
        labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)
        known = cv2.resize(known, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return PreparedSample(eight_bit, labels, known, diameter * scale)


def sampling_weights(sizes: Sequence[int], shares: Sequence[float]) -> NDArray[np.float64]:
    """Probability of each sample when dataset i has ``sizes[i]`` samples and is drawn in proportion to ``shares[i]``.

    Without shares a dataset is drawn in proportion to the square root of its size.
    """
    drawn = np.asarray(shares, dtype=np.float64) if shares else np.sqrt(np.asarray(sizes, dtype=np.float64))
    drawn = drawn / drawn.sum()
    return np.concatenate([np.full(size, share / size) for size, share in zip(sizes, drawn, strict=True)])


class CropLoader:
    """Endless batches of random crops, prepared by background threads."""

    def __init__(
        self,
        samples: Sequence[PreparedSample],
        weights: NDArray[np.float64],
        settings: TrainingSettings,
        start: int,
    ) -> None:
        self._samples = samples
        self._weights = weights
        self._settings = settings
        self._start = start

    def __iter__(self) -> Iterator[Batch]:
        """Batches from step ``start`` on; step k is always made from the same random numbers."""
        return prefetched(self.batch, self._start, self._settings.loader_threads)

    def batch(self, step: int) -> Batch:
        """The crops of one step."""
        rng = np.random.default_rng((self._settings.seed, step))
        chosen = rng.choice(len(self._samples), self._settings.batch, p=self._weights)
        crops = [random_crop(self._samples[i], self._settings, rng) for i in chosen]
        return Batch(*(np.stack(parts) for parts in zip(*crops, strict=True)))


Crop = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def random_crop(sample: PreparedSample, settings: TrainingSettings, rng: Generator) -> Crop:
    """One crop: image (1, S, S), fields (4, S, S), labels (1, S, S), known (1, S, S)."""
    placement = _random_placement(sample, settings, rng)
    side = (settings.crop_px, settings.crop_px)
    # Area-like sampling where the crop shrinks the sample: blur first, or the warp would alias.
    shrink = 1 / max(float(np.hypot(placement[0, 0], placement[0, 1])), 1e-6)
    gray = cv2.GaussianBlur(sample.gray, (0, 0), 0.4 * shrink) if shrink > 1.3 else sample.gray
    gray = cv2.warpAffine(gray, placement, side, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    labels = cv2.warpAffine(sample.labels.astype(np.float32), placement, side, flags=cv2.INTER_NEAREST)
    known = cv2.warpAffine(sample.known, placement, side, flags=cv2.INTER_NEAREST)
    image = change_gray(gray.astype(np.float32) * np.float32(1.5 / 255) - np.float32(0.25), rng)
    fields = fields_from_labels(labels.astype(np.uint32))
    stacked = np.concatenate([fields.probability[None], fields.flow, fields.topography[None]])
    return image[None], stacked, labels[None], known[None].astype(np.float32)


def _random_placement(sample: PreparedSample, settings: TrainingSettings, rng: Generator) -> NDArray[np.float64]:
    """Affine map (2, 3) sample -> crop: random scale, flip, quarter turn (a free angle now and then), position."""
    target = settings.nominal_diameter_px * math.exp(settings.scale_spread * rng.standard_normal())
    smallest = min(1.0, SHORTEST_SIDE_PX / min(sample.gray.shape))
    scale = float(np.clip(target / sample.diameter_px if sample.diameter_px else 1.0, smallest, LARGEST_SCALE))
    angle = rng.integers(4) * math.pi / 2 + (rng.uniform(-0.4, 0.4) if rng.random() < 0.3 else 0.0)
    linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear[:, 0] *= rng.choice((-1, 1))
    size = np.array(sample.gray.shape[::-1], dtype=np.float64)
    margin = np.minimum(size / 2, settings.crop_px / 2 / scale * 0.8)
    centre = rng.uniform(margin, size - margin) - 0.5
    return np.column_stack([linear, settings.crop_px / 2 - 0.5 - linear @ centre])
