"""A dataset of the size of UniEM-3M: how long it takes to build, open, ask and count, and what it needs.

::

    python benchmarks/dataset.py --output /tmp/large

builds 5,091 images of 1280 x 960 px with 3,000,000 instances in all, and measures each step in a process of its own,
so that memory is that of the step. Instances are ellipses on a jittered lattice, as many in each image as a log-normal
law says; the pictures show them bright on a ground of grey squares, in PNG files. Attributes are drawn at random.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks
from uniaims.dataset.schema import VOCABULARIES
from uniaims.dataset.splits import split
from uniaims.dataset.statistics_page import write_statistics
from uniaims.dataset.validation import validate

HEIGHT, WIDTH = 960, 1280
SPREAD = 1.2
MATERIALS = ("Al2O3", "TiO2", "gold", "silica", "LiFePO4", "NMC 811", "steel 316L", "graphite", "ZnO", "PMMA")
DENSITIES = ("sparse", "moderate", "dense", "very dense")


def counts_of(images: int, instances: int, rng: np.random.Generator) -> np.ndarray:
    """Instances of each image: log-normal, at least one, and together as many as wanted."""
    weights = rng.lognormal(0, SPREAD, images)
    counts = np.maximum(1, np.floor(weights * (instances - images) / weights.sum())).astype(int)
    counts[: instances - int(counts.sum())] += 1
    while (missing := instances - int(counts.sum())) > 0:
        counts[rng.integers(0, images, missing)] += 1
    return counts


def drawn(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture (H, W) uint8 and its labels (H, W) int32 with ``count`` ellipses."""
    pitch = np.sqrt(HEIGHT * WIDTH / count)
    columns = max(1, int(np.ceil(WIDTH / pitch)))
    rows = int(np.ceil(count / columns))
    pitch_x, pitch_y = WIDTH / columns, HEIGHT / rows
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    cells = rng.permutation(rows * columns)[:count]
    axes = rng.uniform(0.24, 0.42, (count, 2)) * min(pitch_x, pitch_y)
    centres = (np.stack([cells % columns, cells // columns], axis=1) + rng.uniform(0.45, 0.55, (count, 2))) * (
        pitch_x,
        pitch_y,
    )
    for number, (centre, axis, angle) in enumerate(zip(centres, axes, rng.uniform(0, 180, count), strict=True), 1):
        cv2.ellipse(labels, (tuple(centre.tolist()), tuple((2 * axis).tolist()), float(angle)), number, -1)
        labels[min(int(centre[1]), HEIGHT - 1), min(int(centre[0]), WIDTH - 1)] = number
    ground = cv2.resize(rng.integers(20, 110, (12, 16), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
    levels = rng.integers(120, 240, count + 1).astype(np.uint8)
    return np.where(labels > 0, levels[labels], ground), labels


def record_of(number: int, count: int, rng: np.random.Generator) -> ImageRecord:
    """What is known of an image, at random."""

    def any_of(field: str) -> str:
        return str(rng.choice(VOCABULARIES[field]))

    record = ImageRecord(
        f"micrograph-{number:05d}",
        "any",
        WIDTH,
        HEIGHT,
        modality=str(rng.choice(["SEM", "TEM", "STEM", "OM"], p=[0.7, 0.18, 0.07, 0.05])),
        structure=any_of("structure"),
        material_class=any_of("material_class"),
        material=str(rng.choice(MATERIALS)),
        density=DENSITIES[int(np.searchsorted([100, 500, 2000], count))],
        pixel_size_nm=float(rng.lognormal(2, 1)) if rng.random() < 0.6 else None,
        licence=str(rng.choice(["CC-BY-4.0", "CC0-1.0"])),
        group=f"article {number // 7}",
        review_state=str(rng.choice(["suggested", "labelled", "reviewed"], p=[0.1, 0.6, 0.3])),
        synthetic=True,
    )
    return ImageRecord(**(record.as_dict() | {"caption": record.sentence()}))


def entries(images: int, instances: int, seed: int, spent: list[float]) -> Iterator[AnnotatedImage]:
    """The images, one at a time; ``spent`` takes the seconds that drawing them took."""
    counts = counts_of(images, instances, np.random.default_rng(seed))
    for number, count in enumerate(counts.tolist()):
        start = time.perf_counter()
        rng = np.random.default_rng((seed, number))
        picture, labels = drawn(count, rng)
        entry = AnnotatedImage(record_of(number, count, rng), InstanceMasks.from_labels(labels), picture)
        spent.append(time.perf_counter() - start)
        yield entry


def build(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    spent: list[float] = []
    start = time.perf_counter()
    dataset = Dataset.create(folder)
    dataset.add(entries(options.images, options.instances, options.seed, spent))
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "of that drawing": sum(spent), "instances": dataset.instance_count}


def timed(work: Callable[[], object]) -> dict[str, object]:
    start = time.perf_counter()
    result = work()
    return {"seconds": time.perf_counter() - start, "result": result}


def stage_of(name: str, folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """What a step measured."""
    if name == "build":
        return build(folder, options)
    if name == "open":
        return timed(lambda: len(Dataset.open(folder)))
    dataset = Dataset.open(folder)
    chosen = "modality = 'SEM' and instances > 2000 and material_class = 'ceramic'"
    large = "SELECT image_id, count(*) AS n FROM instances WHERE area_px > 2000 GROUP BY image_id ORDER BY n DESC"
    steps: dict[str, Callable[[], object]] = {
        "query": lambda: len(dataset.query(chosen)),
        "sql over instances": lambda: dataset.sql(large).height,
        "one image": lambda: len(dataset[dataset.image_ids[len(dataset) // 2]].instances),
        "all instances": lambda: sum(len(entry.instances) for entry in dataset.entries()),
        "split": lambda: split(dataset).group_count,
        "stats": lambda: write_statistics(folder.parent / f"{folder.name}.html", dataset),
        "validate, quick": lambda: len(validate(dataset, read_images=False)),
    }
    return timed(steps[name])


STAGES = (
    "build",
    "open",
    "query",
    "sql over instances",
    "one image",
    "all instances",
    "split",
    "stats",
    "validate, quick",
)


def size_mb(paths: Iterator[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="folder for the dataset; a new one")
    parser.add_argument("--images", type=int, default=5091)
    parser.add_argument("--instances", type=int, default=3_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stage", choices=STAGES, help="one step only, on a dataset that is there (but for build)")
    options = parser.parse_args()
    if options.stage:
        result = stage_of(options.stage, options.output, options)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result | {"peak_mb": peak}))
        return
    arguments = [f"--output={options.output}", f"--images={options.images}", f"--instances={options.instances}"]
    for stage in STAGES[options.output.exists() :]:
        command = [sys.executable, __file__, *arguments, f"--seed={options.seed}", f"--stage={stage}"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f"{stage:20} {json.loads(said)}", flush=True)
    print(f"images          {size_mb((options.output / 'images').iterdir()):8.1f} MB")
    print(f"tables          {size_mb(options.output.rglob('*.parquet')):8.1f} MB")


if __name__ == "__main__":
    main()
