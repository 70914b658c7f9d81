"""Accuracy over the number of labelled images that a model is taught a set with, and the minutes that takes.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/finetuning.py runs/general-data runs/finetuning --model runs/synthetic-only --sets emps

The model must never have seen the sets. For each number of images so many are drawn from a set's training side by the
hash of their names, the model is fine-tuned as `uniaims finetune` does it, and judged on the validation side with
default settings. What is finished is skipped; ``finetuning.md`` and ``finetuning.json`` are written to OUTPUT.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from ablations import few_images
from contenders.scores import write_json, write_text

from uniaims.dataset import open_samples
from uniaims.matching import combine, evaluate, without_unknown
from uniaims.segmenter import Segmenter
from uniaims.training.finetuning import FineTuningSettings, finetune
from uniaims.training.samples import thinned


def taught(given: argparse.Namespace, name: str, count: int) -> dict[str, float]:
    """Fine-tune with ``count`` images (none: the model as it is) and judge."""
    folder, model, seconds = given.output / f"{name}-{count}", given.model, 0.0
    if count:
        drawn = few_images([given.data / "train" / name], count, given.seed, folder / "data")
        settings = FineTuningSettings((drawn,), folder / "run", model, minutes=given.minutes, seed=given.seed)
        start = time.process_time()
        model = str(finetune(settings).model.onnx)
        seconds = time.process_time() - start
    segmenter, scores = Segmenter.load(model), []
    for file in thinned([open_samples(given.data / "validation" / name)], given.images):
        sample = file.read()
        labels = segmenter(sample.micrograph).labels
        scores.append(evaluate(sample.labels, without_unknown(labels, sample.known)))
    mean = combine(scores).mean
    return {"ap50": mean.ap50, "ap75": mean.ap75, "pq": mean.panoptic_quality, "cpu_seconds": seconds}


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Markdown: one line for each set and number of images."""
    lines = ["| set | images | AP50 | AP75 | PQ | CPU minutes |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name, counts in results.items():
        for count, each in counts.items():
            scores = f"{each['ap50']:.3f} | {each['ap75']:.3f} | {each['pq']:.3f}"
            lines.append(f"| {name} | {count} | {scores} | {each['cpu_seconds'] / 60:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Teach, judge, write the table after each fine-tuning."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Folder with train/ and validation/.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--model", default="general", help="Model to start from; it must not know the sets.")
    parser.add_argument("--sets", nargs="+", default=["emps"])
    parser.add_argument("--counts", nargs="+", type=int, default=[0, 5, 10, 20])
    parser.add_argument("--images", type=int, default=24, help="At most so many validation images of each set.")
    parser.add_argument("--minutes", type=float, default=30.0, help="Most minutes of each fine-tuning.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="Threads of torch.")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    file = given.output / "finetuning.json"
    results = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for name in given.sets:
        for count in given.counts:
            known = results.setdefault(name, {})
            if str(count) not in known:
                known[str(count)] = taught(given, name, count)
                write_json(file, results)
                write_text(given.output / "finetuning.md", table(results) + "\n")
                print(name, count, known[str(count)], flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
