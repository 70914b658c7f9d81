"""How well a segmenter does on a dataset with truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniaims.dataset import Sample, open_samples
from uniaims.labels import Labels
from uniaims.matching import Evaluation, SetEvaluation, combine, evaluate
from uniaims.segmenter import Segmenter
from uniaims.tiles import Progress

KNOWN_SHARE = 0.5
"""A predicted instance of which less than this share lies where the truth is known is neither right nor wrong."""


@dataclass(frozen=True)
class DatasetEvaluation:
    """The evaluation of each image, by stem, and of the set."""

    images: Mapping[str, Evaluation]
    whole: SetEvaluation

    def as_dict(self) -> dict[str, object]:
        """All figures, ready for JSON."""
        return {"images": {stem: each.as_dict() for stem, each in self.images.items()}} | self.whole.as_dict()


def evaluate_dataset(dataset: Path, segmenter: Segmenter, progress: Progress | None = None) -> DatasetEvaluation:
    """Segment every image of a dataset and compare with its truth.

    Args:
        dataset: folder with ``images/`` and ``masks/`` of the same stems, ``ignore/`` where truth is incomplete.
        segmenter: model and settings.
        progress: told ``("images", done, total)`` and the stages of each image.

    Raises:
        InputError: if the folder is no dataset, or a file can't be read.
        ModelError: if the network gives no usable numbers.
    """
    files, images = open_samples(dataset), {}
    for done, file in enumerate(files, start=1):
        sample = file.read()
        predicted = segmenter(sample.micrograph, progress).labels
        images[file.stem] = evaluate(sample.labels, without_unknown(predicted, sample))
        if progress:
            progress("images", done, len(files))
    return DatasetEvaluation(images, combine(images.values()))


def without_unknown(predicted: Labels, sample: Sample) -> Labels:
    """Predicted labels (H, W) without the instances that lie mostly where nobody has labelled."""
    if sample.known.all():
        return predicted
    areas = np.bincount(predicted.ravel())
    known = np.bincount(predicted.ravel(), weights=sample.known.ravel())
    kept = known >= KNOWN_SHARE * areas
    return np.where(kept[predicted], predicted, 0).astype(np.uint32)
