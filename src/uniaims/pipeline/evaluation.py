"""How well a segmenter does on a dataset with truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uniaims.dataset import open_samples
from uniaims.matching import Evaluation, SetEvaluation, combine, evaluate, without_unknown
from uniaims.progress import Progress
from uniaims.segmenter import Segmenter


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
        images[file.stem] = evaluate(sample.labels, without_unknown(predicted, sample.known))
        if progress:
            progress("images", done, len(files))
    return DatasetEvaluation(images, combine(images.values()))
