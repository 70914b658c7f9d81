"""Accuracy of a model on every set of a folder of datasets, as a Markdown table.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/accuracy.py runs/general-data/validation --model general

Scores are means over the images of a set. A second table groups the images of all sets by what their true objects are
like: long ones (median aspect ratio above 2), sizes that differ much (the 90th percentile of the diameters more than 4
times the 10th), touching ones (half of the objects touch another one), all others.
"""

import argparse
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.dataset import open_samples
from uniaims.matching import SetEvaluation, combine
from uniaims.measurements import measure
from uniaims.pipeline import evaluate_dataset
from uniaims.segmenter import Segmenter, SegmenterSettings

COLUMNS = ("ap50", "ap75", "mean_ap", "panoptic_quality", "f1", "count_error", "size_error")
TITLES = ("AP50", "AP75", "AP", "PQ", "F1", "count error", "size error")


OTHER_TASKS = {"nasa_ebc_oxide", "nasa_ebc_cracks"}
LONG, MIXED, TOUCHING = 2.0, 4.0, 0.5


def row(name: str, whole: SetEvaluation) -> str:
    """One set as a line of the table."""
    scores = " | ".join(f"{getattr(whole.mean, column):.3f}" for column in COLUMNS)
    return f"| {name} | {whole.image_count} | {whole.pooled.true_count:,} | {scores} |"


def structure_of(labels: NDArray[np.uint32]) -> str:
    """What the objects (H, W) of an image are like, in a word."""
    table = measure(labels, properties=("aspect_ratio", "equivalent_diameter")).table
    if table.is_empty():
        return "no objects"
    if table["aspect_ratio"].median() > LONG:
        return "long"
    low, high = np.percentile(table["equivalent_diameter_px"].to_numpy(), (10, 90))
    if high > MIXED * low:
        return "of very different sizes"
    numbers = labels.astype(np.float32)
    square = np.ones((3, 3), np.uint8)
    # The largest label around a pixel and, with the labels counted backwards, the smallest one.
    backwards = np.where(labels > 0, numbers.max() + 1 - numbers, 0).astype(np.float32)
    lowest = numbers.max() + 1 - cv2.dilate(backwards, square)
    touching = np.unique(labels[(labels > 0) & ((cv2.dilate(numbers, square) != labels) | (lowest != labels))])
    return "compact, touching" if len(touching) > TOUCHING * table.height else "compact, apart"


def main() -> None:
    """Evaluate every set below the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="general")
    parser.add_argument("--only", nargs="*", help="Names of the sets to look at; none: all.")
    parser.add_argument("--test-time-augmentation", action="store_true")
    parser.add_argument("--json", type=Path, help="Write the scores of every image there.")
    arguments = parser.parse_args()
    settings = replace(SegmenterSettings(), test_time_augmentation=arguments.test_time_augmentation)
    segmenter = Segmenter.load(arguments.model, settings)
    folders = sorted(path for path in arguments.folder.iterdir() if (path / "images").is_dir())
    print(f"| set | images | objects | {' | '.join(TITLES)} |")
    print("|---" * (len(TITLES) + 3) + "|")
    scores, groups = {}, defaultdict(list)
    for folder in folders:
        if not arguments.only or folder.name in arguments.only:
            evaluation = evaluate_dataset(folder, segmenter)
            scores[folder.name] = evaluation.as_dict()
            print(row(folder.name, evaluation.whole), flush=True)
            for file in open_samples(folder) if folder.name not in OTHER_TASKS else ():
                groups[structure_of(file.read().labels)].append(evaluation.images[file.stem])
    print(f"\n| objects are | images | objects | {' | '.join(TITLES)} |")
    print("|---" * (len(TITLES) + 3) + "|")
    for name in sorted(groups):
        print(row(name, combine(groups[name])))
    if arguments.json:
        arguments.json.write_text(json.dumps(scores, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
