"""Accuracy of a model on every set of a folder of datasets, as a Markdown table.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/accuracy.py runs/general-data/validation --model general

Each set is a folder with ``images/`` and ``masks/`` (and ``ignore/`` where it is labelled in part: a predicted object that
lies mostly where nobody labelled is then neither right nor wrong). Scores are means over the images of a set.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniaims.dataset import Sample, open_samples
from uniaims.labels import Labels
from uniaims.matching import Evaluation, SetEvaluation, combine, evaluate
from uniaims.segmenter import Segmenter, SegmenterSettings

COLUMNS = ("ap50", "ap75", "mean_ap", "panoptic_quality", "f1", "count_error", "size_error")
TITLES = ("AP50", "AP75", "mAP", "PQ", "F1", "count error", "size error")


@dataclass(frozen=True)
class SetResult:
    """What a set gave."""

    name: str
    evaluation: SetEvaluation
    each: dict[str, Evaluation]
    seconds: float


def without_unknown(predicted: Labels, sample: Sample) -> Labels:
    """Drop predicted objects that lie mostly in the unlabelled part."""
    if sample.known.all():
        return predicted
    areas = np.bincount(predicted.ravel())
    known = np.bincount(predicted.ravel(), weights=sample.known.ravel())
    kept = known >= 0.5 * areas
    return np.where(kept[predicted], predicted, 0).astype(np.uint32)


def evaluate_set(folder: Path, segmenter: Segmenter) -> SetResult:
    """Segment and evaluate every sample of a set."""
    started, each = time.perf_counter(), {}
    for file in open_samples(folder):
        sample = file.read()
        predicted = segmenter(sample.micrograph).labels
        each[file.stem] = evaluate(sample.labels, without_unknown(predicted, sample))
    return SetResult(folder.name, combine(each.values()), each, time.perf_counter() - started)


def table(results: list[SetResult]) -> str:
    """The results as Markdown."""
    lines = [f"| set | images | objects | {' | '.join(TITLES)} |", "|---" * (len(TITLES) + 3) + "|"]
    for result in results:
        mean, pooled = result.evaluation.mean, result.evaluation.pooled
        scores = " | ".join(f"{getattr(mean, column):.3f}" for column in COLUMNS)
        lines.append(f"| {result.name} | {result.evaluation.image_count} | {pooled.true_count:,} | {scores} |")
    return "\n".join(lines)


def main() -> None:
    """Evaluate every set below the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="general")
    parser.add_argument("--only", nargs="*", help="Names of the sets to look at; none: all.")
    parser.add_argument("--json", type=Path, help="Write the scores of every image there.")
    arguments = parser.parse_args()
    segmenter = Segmenter.load(arguments.model, SegmenterSettings(device="cpu"))
    folders = sorted(path for path in arguments.folder.iterdir() if (path / "images").is_dir())
    chosen = [folder for folder in folders if not arguments.only or folder.name in arguments.only]
    results = [evaluate_set(folder, segmenter) for folder in chosen]
    print(table(results))
    if arguments.json:
        each = {result.name: {stem: one.as_dict() for stem, one in result.each.items()} for result in results}
        arguments.json.write_text(json.dumps(each, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
