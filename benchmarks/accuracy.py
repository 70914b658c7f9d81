"""Accuracy of a model on every set of a folder of datasets, as a Markdown table.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/accuracy.py runs/general-data/validation --model general

Scores are means over the images of a set.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from uniaims.pipeline import DatasetEvaluation, evaluate_dataset
from uniaims.segmenter import Segmenter, SegmenterSettings

COLUMNS = ("ap50", "ap75", "mean_ap", "panoptic_quality", "f1", "count_error", "size_error")
TITLES = ("AP50", "AP75", "AP", "PQ", "F1", "count error", "size error")


def row(name: str, evaluation: DatasetEvaluation) -> str:
    """One set as a line of the table."""
    whole = evaluation.whole
    scores = " | ".join(f"{getattr(whole.mean, column):.3f}" for column in COLUMNS)
    return f"| {name} | {whole.image_count} | {whole.pooled.true_count:,} | {scores} |"


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
    scores = {}
    for folder in folders:
        if not arguments.only or folder.name in arguments.only:
            evaluation = evaluate_dataset(folder, segmenter)
            scores[folder.name] = evaluation.as_dict()
            print(row(folder.name, evaluation), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(scores, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
