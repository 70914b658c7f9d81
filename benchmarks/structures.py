"""Accuracy by kind of structure, and pictures of where a model fails, on new pictures of the generator.

    python benchmarks/structures.py --model general --seeds 4 --pictures docs/images

Every recipe is drawn with seeds that no training of ours uses, segmented with default settings, and compared with its
exact labels. ``failures.jpg`` shows the recipes named in ``SHOWN``: outlines of what was found in green, of what was
missed in red, of what is not there in yellow.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.matching import Evaluation, combine, evaluate, match
from uniaims.micrograph import Micrograph
from uniaims.segmenter import Segmenter
from uniaims.synthesis import RECIPES, SyntheticSample, recipe_named, render_sample

FIRST_SEED = 7_000_000
SIDE_PX = 512
SHOWN_SIDE_PX = 420
COLUMNS = 3
SHOWN = ("fibres", "cracks", "film-stack", "sponge", "heap", "atom-columns")
COLOURS = {"found": (70, 200, 60), "missed": (60, 60, 235), "invented": (40, 210, 245)}
Judged = tuple[SyntheticSample, NDArray[np.uint32], Evaluation]


def judged(recipe: str, seed: int, segmenter: Segmenter) -> Judged:
    """A new picture of a recipe, what the model finds in it, and how right that is."""
    sample = render_sample(recipe, seed, (SIDE_PX, SIDE_PX))
    found = segmenter(Micrograph.from_array(sample.image)).labels
    return sample, found, evaluate(sample.labels, found)


def failures(shown: list[Judged]) -> NDArray[np.uint8]:
    """The pictures with outlines, side by side."""
    tiles = [_outlined(*each) for each in shown]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)


def table(groups: dict[str, list[Evaluation]]) -> str:
    """Means over the pictures of each group, the best group first."""
    means = {name: combine(each).mean for name, each in groups.items()}
    lines = ["| structure | pictures | objects | AP50 | AP75 | PQ |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name in sorted(means, key=lambda name: -means[name].ap50):
        mean, objects = means[name], sum(each.true_count for each in groups[name])
        scores = f"{mean.ap50:.3f} | {mean.ap75:.3f} | {mean.panoptic_quality:.3f}"
        lines.append(f"| {name} | {len(groups[name])} | {objects:,} | {scores} |")
    return "\n".join(lines)


def _outlined(sample: SyntheticSample, found: NDArray[np.uint32], score: Evaluation) -> NDArray[np.uint8]:
    pairs = match(sample.labels, found)
    image = sample.image if sample.image.ndim == 3 else cv2.cvtColor(sample.image, cv2.COLOR_GRAY2RGB)
    picture = np.ascontiguousarray(image[..., ::-1])
    parts = {
        "found": np.where(np.isin(found, pairs.pairs[:, 1]), found, 0),
        "missed": np.where(np.isin(sample.labels, pairs.unmatched_true), sample.labels, 0),
        "invented": np.where(np.isin(found, pairs.unmatched_predicted), found, 0),
    }
    square = np.ones((3, 3), np.uint8)
    for name, labels in parts.items():
        numbers = labels.astype(np.float32)
        picture[(cv2.erode(numbers, square) != numbers) & (numbers > 0)] = COLOURS[name]
    picture = cv2.resize(picture[:SIDE_PX], (SHOWN_SIDE_PX, SHOWN_SIDE_PX), interpolation=cv2.INTER_AREA)
    caption = np.full((30, SHOWN_SIDE_PX, 3), 255, np.uint8)
    text = f"{sample.recipe.name}: AP50 {score.ap50:.2f}"
    cv2.putText(caption, text, (6, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (30, 30, 30), 1, cv2.LINE_AA)
    return cv2.copyMakeBorder(np.vstack([caption, picture]), 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def main() -> None:
    """Judge every recipe, print both tables, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="general")
    parser.add_argument("--seeds", type=int, default=4, help="Pictures of each recipe.")
    parser.add_argument("--recipes", nargs="*", default=[], help="Names of recipes; none: all.")
    parser.add_argument("--pictures", type=Path, help="Folder for failures.jpg.")
    parser.add_argument("--json", type=Path, help="Write the scores of every picture there.")
    given = parser.parse_args()
    segmenter, shown = Segmenter.load(given.model), []
    by_structure: dict[str, list[Evaluation]] = defaultdict(list)
    by_recipe: dict[str, list[Evaluation]] = defaultdict(list)
    for name in given.recipes or sorted(RECIPES):
        for seed in range(FIRST_SEED, FIRST_SEED + given.seeds):
            each = judged(name, seed, segmenter)
            by_recipe[name].append(each[2])
            by_structure[recipe_named(name).attributes.structure].append(each[2])
            if seed == FIRST_SEED and name in SHOWN:
                shown.append(each)
        print(f"{name}: AP50 {combine(by_recipe[name]).mean.ap50:.3f}", flush=True)
    print(table(by_structure))
    if given.json:
        scores = {name: [each.as_dict() for each in found] for name, found in by_recipe.items()}
        given.json.write_text(json.dumps(scores, indent=1), encoding="utf-8")
    if given.pictures and shown:
        cv2.imwrite(str(given.pictures / "failures.jpg"), failures(shown), [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
