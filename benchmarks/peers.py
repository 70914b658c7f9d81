"""Our network against its peers: trained from random weights on the same data with the same budget, in one table.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/peers.py runs/general-data runs/peers --minutes 60 --threads 1

Each contender of `contenders` gets the same crops in the same order, the same augmentation, batch, optimiser, learning
rates, running average and seed, and the same budget: ``--minutes`` of optimiser steps (waiting for crops doesn't count)
or ``--steps``. Thresholds of the decoding are chosen on training images. Then all segment the validation sets at the
same working scale, and ``OUTPUT/peers.md`` and ``OUTPUT/peers.json`` are written. The same command goes on where it was
stopped: what is finished is skipped, a training goes on from its last state (at most a minute old).

    python benchmarks/peers.py runs/general-data runs/peers --round-trip

trains nothing: targets of true labels are decoded at once. It tells what a perfect network would reach.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from contenders import CONTENDERS, Contender, Option, why_not
from contenders.scores import (
    MEAN,
    best_option,
    cell,
    folders_below,
    judged,
    scores_of,
    table,
    working_image,
    write_json,
    write_text,
)
from contenders.training import Run, Trained

from uniaims.dataset import open_samples
from uniaims.flows import fields_from_labels
from uniaims.networks.card import Normalisation
from uniaims.training.optimisation import device_named
from uniaims.training.samples import TrainingData, load_data, thinned
from uniaims.training.settings import TrainingSettings

NO_LIMIT = 10**9


def main() -> None:
    """Train, judge, write the table."""
    given = arguments()
    torch.set_num_threads(given.threads)
    names = given.only or list(CONTENDERS)
    if given.round_trip:
        print(round_trips(given, names))
        return
    settings, data = training_settings(given), None
    keep_plan(given.output / "plan.json", settings)
    for name in names:
        if (given.output / name / "scores.json").is_file() or (name == "mask_rcnn" and why_not()):
            print(f"{name}: {why_not() if name == 'mask_rcnn' and why_not() else 'is finished'}")
            continue
        if name != "classical" and data is None:
            data = load_data(settings, Normalisation(), tell)
        finish(given, name, settings, data)
    report(given.output)


def finish(given: argparse.Namespace, name: str, settings: TrainingSettings, data: TrainingData | None) -> None:
    """Train a contender, choose its thresholds on training images, judge it and write its scores."""
    contender, device = CONTENDERS[name], device_named(settings.device)
    trained = Trained(torch.nn.Identity(), 0, 0.0)
    if name != "classical":
        assert data is not None
        trained = Run(contender, settings, given.output / name / "state.pt", device).go(data)
    network = None if name == "classical" else trained.network
    nominal = settings.nominal_diameter_px
    tuning = thinned([open_samples(folder) for folder in settings.data], given.tuning_images)
    option = best_option(contender, network, tuning, nominal)
    print(f"{name}: {trained.steps} steps, {trained.seconds:.0f} s, {dict(option)}", flush=True)

    def segment(sample):
        return judged(sample, contender.decode(contender.maps(network, working_image(sample, nominal)), option))

    scores = scores_of(segment, folders_below(given.data / "validation", given.sets), given.images)
    parameters = sum(each.numel() for each in trained.network.parameters())
    told = {"title": contender.title, "steps": trained.steps, "seconds": round(trained.seconds, 1)}
    told |= {"parameters": parameters, "option": dict(option), "scores": scores}
    write_json(given.output / name / "scores.json", told)


def report(output: Path) -> None:
    """The tables of all contenders that are finished: one of means, one for each set."""
    found = {name: output / name / "scores.json" for name in CONTENDERS}
    results = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items() if path.is_file()}
    if not results:
        return
    sets = list(next(iter(results.values()))["scores"])
    parts = [table({each["title"]: each["scores"][MEAN] for each in results.values()}, MEAN)]
    if "mask_rcnn" not in results:
        parts.append(f"{CONTENDERS['mask_rcnn'].title}: not run; {why_not() or 'not asked for'}.")
    rows = ["| contender | parameters/M | steps | minutes | thresholds |", "| --- | ---: | ---: | ---: | --- |"]
    for each in results.values():
        numbers = f"{each['parameters'] / 1e6:.1f} | {each['steps']} | {each['seconds'] / 60:.1f}"
        rows.append(f"| {each['title']} | {numbers} | {', '.join(f'{k} {v}' for k, v in each['option'].items())} |")
    parts.append("\n".join(rows))
    parts += [table({each["title"]: each["scores"][name] for each in results.values()}, name) for name in sets[:-1]]
    write_text(output / "peers.md", "\n\n".join(parts) + "\n")
    write_json(output / "peers.json", results)
    print(parts[0])


def round_trips(given: argparse.Namespace, names: list[str]) -> str:
    """AP of decoded targets of true labels, at working scale, on the first images of each validation set."""
    lines = ["| contender | AP50 | AP75 | mAP |", "| --- | ---: | ---: | ---: |"]
    files = [file for folder in folders_below(given.data / "validation", given.sets) for file in open_samples(folder)]
    samples = [file.read() for file in thinned([files], given.images or 12)]
    for name in names:
        if name == "classical":  # its target is the foreground alone
            continue
        each = [round_trip(CONTENDERS[name], sample, given.nominal_diameter) for sample in samples]
        means = np.mean([(one.ap50, one.ap75, one.mean_ap) for one in each], axis=0)
        lines.append(f"| {CONTENDERS[name].title} | {' | '.join(map(cell, means))} |")
    return "\n".join(lines)


def round_trip(contender: Contender, sample, nominal_diameter_px: float, option: Option | None = None):
    """Evaluation of the targets of a sample's labels, decoded with thresholds in the middle of the grid."""
    shape = working_image(sample, nominal_diameter_px).shape
    labels = cv2.resize(sample.labels.astype(np.int32), shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    labels = labels.astype(np.uint32)
    fields = fields_from_labels(labels)
    stacked = np.concatenate([fields.probability[None], fields.flow, fields.topography[None]])
    ideal = contender.ideal(contender.targets(labels, stacked))
    return judged(sample, contender.decode(ideal, option or contender.grid[len(contender.grid) // 2]))


def training_settings(given: argparse.Namespace) -> TrainingSettings:
    """The settings of crops, budget and optimiser that all contenders share."""
    folders = tuple(folders_below(given.data / "train", given.sets))
    return TrainingSettings(
        data=folders,
        output=given.output,
        validation_share=0.0,
        steps=given.steps or NO_LIMIT,
        minutes=0.0 if given.steps else given.minutes,
        batch=given.batch,
        crop_px=given.crop,
        learning_rate=given.learning_rate,
        warmup_steps=given.warmup,
        nominal_diameter_px=given.nominal_diameter,
        seed=given.seed,
        device=given.device,
        mixed_precision=given.mixed_precision,
        loader_threads=given.loader_threads,
    )


def keep_plan(path: Path, settings: TrainingSettings) -> None:
    """Write the settings, or refuse to go on with others than those of the folder."""
    plan = json.loads(json.dumps(asdict(settings), default=str))
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != plan:
        raise SystemExit(f"{path} has other settings: give the same ones to go on, or another folder.")
    write_json(path, plan)


def tell(stage: str, done: int, total: int) -> None:
    """A line every now and then."""
    if done == total or done % 200 == 0:
        print(f"{stage}: {done} of {total}", flush=True)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Folder with train/ and validation/.")
    parser.add_argument("output", type=Path, help="Folder for states, scores and tables.")
    parser.add_argument("--only", nargs="*", choices=list(CONTENDERS), help="Contenders; none: all.")
    parser.add_argument("--sets", nargs="*", default=[], help="Names of the sets to learn from and to judge on.")
    parser.add_argument("--minutes", type=float, default=60.0, help="Minutes of steps of each contender.")
    parser.add_argument("--steps", type=int, default=0, help="If > 0: so many steps instead of minutes.")
    parser.add_argument("--threads", type=int, default=1, help="Threads of torch.")
    parser.add_argument("--loader-threads", type=int, default=1, help="Threads that prepare crops.")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--crop", type=int, default=256, help="Side of a crop in px.")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=100, help="Steps over which the learning rate rises.")
    parser.add_argument("--nominal-diameter", type=float, default=32.0, help="Object diameter at working scale, px.")
    parser.add_argument("--tuning-images", type=int, default=24, help="Training images to choose thresholds on.")
    parser.add_argument("--images", type=int, default=0, help="At most so many images of each validation set; 0: all.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda.")
    parser.add_argument("--mixed-precision", action="store_true", help="Compute in bfloat16.")
    parser.add_argument("--round-trip", action="store_true", help="Train nothing: decode the targets of true labels.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
