"""How contenders are judged, and the tables of it.

Every contender sees an image at the same working scale: that at which its true objects have the nominal diameter (the
true diameter is given, so that nobody's search for the scale matters), but no shorter side below 160 px and no
enlargement above 4. Labels go back to the image's own resolution by nearest neighbour.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from torch import nn

from contenders.contender import Contender, Floats, Labels, Option
from uniaims.atomic import atomic_file
from uniaims.dataset import Sample, open_samples
from uniaims.matching import Evaluation, combine, evaluate, without_unknown
from uniaims.networks.card import Normalisation
from uniaims.training.crops import LARGEST_SCALE
from uniaims.training.samples import SHORTEST_SIDE_PX, AnySampleFile
from uniaims.working_scale import characteristic_diameter_px

OTHER_TASKS = {"nasa_ebc_oxide", "nasa_ebc_cracks"}
"""Sets that ask for films and cracks: nobody here is made for them."""
COLUMNS = {
    "ap50": "AP50",
    "ap75": "AP75",
    "mean_ap": "mAP",
    "panoptic_quality": "PQ",
    "count_error": "count error",
    "size_error": "size error",
}
MEAN = "mean of the sets"
Scores = dict[str, dict[str, float | None]]
"""Set -> measure -> mean over its images."""


def folders_below(folder: Path, only: Sequence[str] = ()) -> list[Path]:
    """The sets below a folder, by name."""
    every = [each for each in sorted(folder.iterdir()) if (each / "images").is_dir() and each.name not in OTHER_TASKS]
    return [each for each in every if not only or each.name in only]


def working_image(sample: Sample, nominal_diameter_px: float) -> Floats:
    """The normalised image at working scale."""
    gray = sample.micrograph.gray()
    image = Normalisation().range_of(gray).apply(gray)
    diameter = characteristic_diameter_px(sample.labels)
    scale = nominal_diameter_px / diameter if diameter else 1.0
    scale = min(LARGEST_SCALE, max(scale, min(1.0, SHORTEST_SIDE_PX / min(image.shape))))
    if scale == 1.0:
        return image
    size = [max(1, round(side * scale)) for side in reversed(image.shape)]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.float32)


def judged(sample: Sample, labels: Labels) -> Evaluation:
    """Labels at working scale against the truth."""
    shape = sample.labels.shape
    if labels.shape != shape:
        whole = cv2.resize(labels.astype(np.int32), shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        labels = whole.astype(np.uint32)
    return evaluate(sample.labels, without_unknown(labels, sample.known))


def best_option(
    contender: Contender, network: nn.Module | None, files: Iterable[AnySampleFile], nominal_diameter_px: float
) -> Option:
    """The thresholds with the highest mean mAP over training images; the first ones where several are as good."""
    sums = np.zeros(len(contender.grid))
    for file in files if len(contender.grid) > 1 else ():
        sample = file.read()
        maps = contender.maps(network, working_image(sample, nominal_diameter_px))
        sums += [judged(sample, contender.decode(maps, option)).mean_ap for option in contender.grid]
    return contender.grid[int(sums.argmax())]


def scores_of(segment: Callable[[Sample], Evaluation], folders: Sequence[Path], most: int = 0) -> Scores:
    """Mean scores of each set, and their mean; ``most`` > 0: of that many images of each set at most."""
    scores: Scores = {}
    for folder in folders:
        files = open_samples(folder)
        chosen = files[:: max(1, math.ceil(len(files) / most))] if most else files
        mean = combine([segment(file.read()) for file in chosen]).mean
        scores[folder.name] = {name: mean.as_dict()[name] for name in COLUMNS}
        print(f"  {folder.name}: AP50 {scores[folder.name]['ap50']:.3f}", flush=True)
    return scores | {MEAN: mean_of(list(scores.values()))}


def mean_of(rows: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Mean of each measure over rows; rows without a number don't count."""
    means: dict[str, float | None] = {}
    for name in COLUMNS:
        values = [value for row in rows if (value := row[name]) is not None]
        means[name] = float(np.mean(values)) if values else None
    return means


def table(rows: Mapping[str, Mapping[str, float | None]], first: str) -> str:
    """A Markdown table of all measures; ``first`` is the title of the first column."""
    lines = [f"| {first} | {' | '.join(COLUMNS.values())} |", "| --- |" + " ---: |" * len(COLUMNS)]
    lines += [f"| {title} | {' | '.join(cell(row.get(name)) for name in COLUMNS)} |" for title, row in rows.items()]
    return "\n".join(lines)


def cell(value: float | None) -> str:
    """A number of a table."""
    return "–" if value is None else f"{value:.3f}"


def write_json(path: Path, content: Any) -> None:
    """Write whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")


def write_text(path: Path, text: str) -> None:
    """Write whole or not at all."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
