"""What each part of our training is worth, the accuracy over the number of real images, and that of each encoder.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/ablations.py runs/general-data runs/ablations --minutes 30 --threads 1

Every job is a training from random weights with the same budget, crops, seed and settings but for what its name says.
Only the curve "with synthesis" starts from a network that learned from generated pictures alone, at a lower learning
rate: what those who own few labelled images would do. docs/accuracy.md has the two commands that make that
network; ``--synthetic-model`` says where it is.
A finished job is skipped, a stopped one goes on. ``ablations.md``, ``ablations.json`` and ``curve.png`` are made anew
from what is finished after each job, so several processes may share the work: ``--only`` names the jobs of each.
"""

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from contenders.scores import MEAN, folders_below, mean_of, scores_of, table, write_json, write_text

from uniaims.matching import evaluate, without_unknown
from uniaims.runtime import find_model, load_model
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.training.settings import TrainingSettings
from uniaims.training.trainer import train
from uniaims.working_scale import characteristic_diameter_px

SYNTHETIC = "all"
ALL = -1
COUNTS = (0, 5, 10, 50, ALL)
SEEDS = (0, 1, 2)
NO_LIMIT = 10**9
SIDE_PX, MARGIN_PX = 560, 80
ENCODERS = ("unet", "resnet18", "resnet34", "resnet50", "resnext50", "convnext-atto", "convnext-nano", "convnext-tiny",
            "swin-tiny", "vit-tiny", "vit-small")  # fmt: skip
COLOURS = {"with": (160, 90, 20), "without": (30, 90, 200)}
STARTS = {"with": "from a network of generated pictures", "without": "from random weights"}


@dataclass(frozen=True)
class Job:
    """One training and what is different in it; ``images``: how many real images, -1 for all.

    ``pretrained``: it starts from the network of synthetic pictures. ``balance``: how evenly the sets are drawn from.
    """

    name: str
    images: int = ALL
    synthesis: bool = True
    topography: bool = True
    emps: bool = True
    mirror: bool = False
    pretrained: bool = False
    balance: float = 0.5
    encoder: str = "unet"
    seed: int = 0

    @property
    def training(self) -> str:
        """Name of the training: two jobs that differ in how images are segmented share it."""
        return "whole" if self.mirror else self.name


def jobs() -> list[Job]:
    """All ablations; the encoders; the curve: every count of real images with and without synthesis, three seeds."""
    every = [
        Job("whole"),
        Job("whole-mirrored", mirror=True),
        Job("without-topography", topography=False),
        Job("without-synthesis", synthesis=False),
        Job("synthesis-only", images=0),
        Job("without-emps", emps=False),
    ]
    every += [Job(f"encoder-{encoder}", encoder=encoder) for encoder in ENCODERS]
    for seed in SEEDS:
        for count in COUNTS:
            named = "all" if count == ALL else str(count)
            for pretrained in (True, False):
                if count or (pretrained and seed == 0):  # none: the network of synthetic pictures as it is
                    name = f"curve-{named}-{'with' if pretrained else 'without'}-{seed}"
                    every.append(Job(name, count, False, pretrained=pretrained, balance=1.0, seed=seed))
    return every


def main() -> None:
    """Do the jobs that are not done, then write tables and plot."""
    given = arguments()
    torch.set_num_threads(given.threads)
    wanted = [job for job in jobs() if not given.only or job.name in given.only]
    if any(job.pretrained for job in wanted):
        find_model(given.synthetic_model)  # refused now, not after hours
    for job in wanted:
        if not (given.output / "scores" / f"{job.name}.json").is_file():
            print(job.name, flush=True)
            finish(given, job)
        report(given.output)


def finish(given: argparse.Namespace, job: Job) -> None:
    """Train (or go on, or take the finished model), judge, write the scores."""
    folder = given.output / "runs" / job.training
    done = folder / "done.json"
    if job.pretrained and not job.images:
        write_json(done, {"steps": 0, "seconds": 0.0, "weights": str(given.synthetic_model)})
    if not done.is_file():
        trained = train(settings_of(given, job, folder))
        write_json(done, {"steps": trained.steps, "seconds": trained.seconds, "weights": trained.weights.name})
    told: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
    model = load_model(_weights(folder, told["weights"]), given.device)

    def segment(sample):
        diameter = characteristic_diameter_px(sample.labels) or model.info.nominal_diameter_px
        settings = SegmenterSettings(diameter_px=diameter, test_time_augmentation=job.mirror)
        labels = Segmenter(model, settings)(sample.micrograph).labels
        return evaluate(sample.labels, without_unknown(labels, sample.known))

    scores = scores_of(segment, folders_below(given.data / "validation", given.sets), given.images)
    write_json(given.output / "scores" / f"{job.name}.json", told | {"scores": scores})


def _weights(folder: Path, told: str) -> str | Path:
    """A file of the training, or a shipped name or a path as it was given."""
    return folder / told if (folder / told).is_file() else told


def settings_of(given: argparse.Namespace, job: Job, folder: Path) -> TrainingSettings:
    """The settings of a job's training. Without real images all crops are synthetic, whatever the folders hold."""
    sets = [each for each in folders_below(given.data / "train", given.sets) if job.emps or each.name != "emps"]
    if job.images > 0:
        sets = [few_images(sets, job.images, job.seed, folder / "data")]
    share = 1.0 if job.images == 0 else given.synthetic_share
    rate = given.fine_learning_rate if job.pretrained else given.learning_rate
    return TrainingSettings(
        data=tuple(sets),
        output=folder,
        encoder=job.encoder,
        heads=("probability", "flow", "topography") if job.topography else ("probability", "flow"),
        validation_share=0.0,
        synthetic=(SYNTHETIC,) if job.synthesis else (),
        synthetic_share=share,
        synthetic_count=given.synthetic_count,
        steps=given.steps or NO_LIMIT,
        minutes=0.0 if given.steps else given.minutes,
        batch=given.batch,
        crop_px=given.crop,
        learning_rate=rate,
        initial_weights=given.synthetic_model if job.pretrained else "",
        dataset_balance=job.balance,
        seed=job.seed,
        device=given.device,
        mixed_precision=given.mixed_precision,
        loader_threads=given.loader_threads,
    )


def few_images(sets: list[Path], count: int, seed: int, folder: Path) -> Path:
    """A folder of links to so many images over all sets by turns, drawn by the hash of their names and the seed."""

    def place(path: Path) -> bytes:
        return hashlib.sha256(f"{seed}/{path.name}".encode()).digest()

    drawn = [sorted((each / "images").iterdir(), key=place) for each in sets]
    turns = [files[turn] for turn in range(count) for files in drawn if turn < len(files)][:count]
    for image in turns:
        for kind in ("images", "masks", "ignore"):
            source = image.parent.parent / kind / image.name
            link = folder / kind / f"{image.parent.parent.name}_{image.name}"
            link.parent.mkdir(parents=True, exist_ok=True)
            if source.is_file() and not link.is_symlink():
                link.symlink_to(source.resolve())
    return folder


def report(output: Path) -> None:
    """Tables of ablations and curve, and the plot, of what is finished."""
    found = {job: output / "scores" / f"{job.name}.json" for job in jobs()}
    done = {job: json.loads(path.read_text(encoding="utf-8")) for job, path in found.items() if path.is_file()}
    means = {job: told["scores"][MEAN] for job, told in done.items()}
    single = {job.name: mean for job, mean in means.items() if not job.name.startswith(("curve", "encoder"))}
    encoders = {job.encoder: mean for job, mean in means.items() if job.name.startswith("encoder")}
    curve: dict[str, dict[str, float | None]] = {}
    points: dict[str, list[tuple[int, list[float]]]] = {"with": [], "without": []}
    for position, count in enumerate(COUNTS):
        for word, line in points.items():
            rows = [mean for job, mean in means.items() if job.images == count and f"-{word}-" in job.name[5:]
                    and job.name.startswith("curve")]  # fmt: skip
            if rows:
                curve[f"{'all' if count == ALL else count} real, {word} synthesis"] = mean_of(rows)
                line.append((position, [row["ap50"] for row in rows]))
    tables = [table(single, "training"), table(encoders, "encoder"), table(curve, "mean of seeds")]
    write_text(output / "ablations.md", "\n\n".join(tables) + "\n")
    write_json(output / "ablations.json", {job.name: told for job, told in done.items()})
    cv2.imwrite(str(output / "curve.png"), plot(points))


def plot(points: dict[str, list[tuple[int, list[float]]]]) -> np.ndarray:
    """Mean AP50 over the number of real images; a line is the mean of the seeds, a dot is one of them."""
    picture = np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)
    reach, font, ink = SIDE_PX - 2 * MARGIN_PX, cv2.FONT_HERSHEY_SIMPLEX, (40, 40, 40)

    def place(position: float, value: float) -> tuple[int, int]:
        return round(MARGIN_PX + position / (len(COUNTS) - 1) * reach), round(SIDE_PX - MARGIN_PX - value * reach)

    for step in np.linspace(0, 1, 6):
        cv2.line(picture, place(0, step), place(len(COUNTS) - 1, step), (230, 230, 230), 1)
        cv2.putText(picture, f"{step:.1f}", (MARGIN_PX - 40, place(0, step)[1] + 5), font, 0.45, ink, 1, cv2.LINE_AA)
    for position, count in enumerate(COUNTS):
        text = "all" if count == ALL else str(count)
        where = place(position, 0)
        cv2.putText(picture, text, (where[0] - 8, where[1] + 24), font, 0.45, ink, 1, cv2.LINE_AA)
    for row, (word, each) in enumerate(points.items()):
        line = np.array([place(position, float(np.mean(values))) for position, values in each], np.int32)
        if len(line):
            cv2.polylines(picture, [line], False, COLOURS[word], 2, cv2.LINE_AA)
        for position, values in each:
            for value in values:
                cv2.circle(picture, place(position, value), 4, COLOURS[word], -1, cv2.LINE_AA)
        cv2.putText(picture, STARTS[word], (MARGIN_PX, 30 + 22 * row), font, 0.5, COLOURS[word], 1, cv2.LINE_AA)
    cv2.putText(picture, "real images", (SIDE_PX // 2 - 40, SIDE_PX - 20), font, 0.5, ink, 1, cv2.LINE_AA)
    cv2.putText(picture, "AP50", (14, MARGIN_PX - 14), font, 0.5, ink, 1, cv2.LINE_AA)
    return picture


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Folder with train/ and validation/.")
    parser.add_argument("output", type=Path, help="Folder for runs, scores and tables.")
    parser.add_argument("--only", nargs="*", default=[], help="Names of the jobs to do; none: all.")
    parser.add_argument("--sets", nargs="*", default=[], help="Names of the sets to learn from and to judge on.")
    parser.add_argument("--minutes", type=float, default=30.0, help="Minutes of each training.")
    parser.add_argument("--steps", type=int, default=0, help="If > 0: so many steps instead of minutes.")
    parser.add_argument("--threads", type=int, default=1, help="Threads of torch.")
    parser.add_argument("--loader-threads", type=int, default=1, help="Threads that prepare crops.")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--crop", type=int, default=256, help="Side of a crop in px.")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument(
        "--synthetic-model",
        default="runs/synthetic-only/synthetic-only.safetensors",
        help="Network of generated pictures.",
    )
    parser.add_argument("--fine-learning-rate", type=float, default=3e-4, help="Of trainings that start from it.")
    parser.add_argument("--synthetic-share", type=float, default=0.2)
    parser.add_argument("--synthetic-count", type=int, default=300)
    parser.add_argument("--images", type=int, default=0, help="At most so many images of each validation set; 0: all.")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda.")
    parser.add_argument("--mixed-precision", action="store_true", help="Compute in bfloat16.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
