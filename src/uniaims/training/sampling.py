"""From samples to batches: which sample is drawn how often, and crops of the drawn ones."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.training.crops import random_crop
from uniaims.training.prefetch import prefetched
from uniaims.training.samples import TrainingData
from uniaims.training.settings import TrainingSettings


@dataclass(frozen=True)
class Batch:
    """Crops: image (N, 1, S, S), fields (N, 4, S, S), labels (N, 1, S, S), known (N, 1, S, S), all float32.

    ``kinds`` (N, S, S) int8: number of the kind, -1 for none.
    """

    image: NDArray[np.float32]
    fields: NDArray[np.float32]
    labels: NDArray[np.float32]
    known: NDArray[np.float32]
    kinds: NDArray[np.int8]

    def part(self, number: int, parts: int) -> "Batch":
        """Part ``number`` of ``parts`` of the same size."""
        size = len(self.image) // parts
        window = slice(number * size, (number + 1) * size)
        return Batch(
            self.image[window], self.fields[window], self.labels[window], self.known[window], self.kinds[window]
        )


@dataclass(frozen=True)
class Portion:
    """Which crops of each step this process makes: ``rank`` of ``processes`` equal portions."""

    rank: int = 0
    processes: int = 1


def sampling_weights(data: TrainingData, settings: TrainingSettings) -> NDArray[np.float64]:
    """Probability (N,) of each sample: the share of its folder, times what balances the folder within.

    With a balance b a sample weighs ``n ** -b``, where n samples of its folder have objects of its size, to the
    octave, or of its rarest kind. Samples without objects are one size, those without kinds one kind.
    """
    weights, start = [], 0
    for size, share in zip(data.sizes, data.shares, strict=True):
        folder = data.samples[start : start + size]
        octaves = [{round(np.log2(sample.original_px))} if sample.original_px else {None} for sample in folder]
        kinds = [set(sample.kinds[sample.kinds >= 0].tolist()) or {None} for sample in folder]
        within = rarity(octaves) ** settings.size_balance * rarity(kinds) ** settings.kind_balance
        weights.append(share * within / within.sum())
        start += size
    return np.concatenate(weights)


def rarity(traits: Sequence[Set[int | None]]) -> NDArray[np.float64]:
    """One over the number of samples (N,) that share the rarest trait of each sample."""
    counts = Counter(trait for each in traits for trait in each)
    return np.array([1 / min(counts[trait] for trait in each) for each in traits])


class CropLoader:
    """Endless batches of random crops, prepared by background threads."""

    def __init__(
        self, data: TrainingData, settings: TrainingSettings, start: int, portion: Portion = Portion()
    ) -> None:
        self._samples = data.samples
        self._weights = sampling_weights(data, settings)
        self._settings = settings
        self._start = start
        self._portion = portion

    def __iter__(self) -> Iterator[Batch]:
        """Batches from step ``start`` on; step k is always made from the same random numbers."""
        return prefetched(self.batch, self._start, self._settings.loader_threads)

    def batch(self, step: int) -> Batch:
        """This process's crops of one step; together the processes make the same crops as one alone would."""
        settings, portion = self._settings, self._portion
        chosen = np.random.default_rng((settings.seed, step)).choice(
            len(self._samples), settings.batch, p=self._weights
        )
        crops = [
            random_crop(self._samples[chosen[i]], settings, np.random.default_rng((settings.seed, step, i)))
            for i in range(portion.rank, settings.batch, portion.processes)
        ]
        return Batch(*(np.stack(parts) for parts in zip(*crops, strict=True)))
