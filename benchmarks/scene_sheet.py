"""A sheet of one picture of each kind of scene, with its labels beside it.

python benchmarks/scene_sheet.py docs/images/synthesis-scenes.jpg
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis import render_sample
from uniaims.synthesis.scenes.plane import rim

SIDE = 224
COLUMNS = 3
RECIPES = {
    "heap": "shells",
    "dense layer": "dense-layer",
    "aggregates": "aggregates",
    "wires": "fibres",
    "grains": "twinned-grains",
    "precipitates": "superalloy",
    "lamellae": "lamellae",
    "pores": "sem-pores",
    "sponge": "sponge",
    "cracks": "cracks",
    "films": "film-stack",
    "cells": "axons",
    "atom columns": "atom-columns",
    "heap, transmission": "tem-core-shell",
    "heap, spiky": "urchins",
}


def pair(recipe: str, seed: int) -> NDArray[np.uint8]:
    """A sample and, right of it, its labels in colours, (SIDE, 2 SIDE, 3)."""
    sample = render_sample(recipe, seed, (2 * SIDE, 2 * SIDE))
    image, labels = sample.image[: 2 * SIDE], sample.labels[: 2 * SIDE]
    picture = image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    colours = np.random.default_rng(0).integers(70, 256, (int(labels.max()) + 1, 3))
    colours[0] = 20
    map_of_labels = colours[labels].astype(np.uint8)
    map_of_labels[rim(labels.astype(np.int32))] = 0
    return np.asarray(cv2.resize(np.hstack([picture, map_of_labels]), (2 * SIDE, SIDE), interpolation=cv2.INTER_AREA))


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=4)
    arguments = parser.parse_args()
    pairs = [pair(recipe, arguments.seed) for recipe in RECIPES.values()]
    pairs += [np.zeros_like(pairs[0])] * (-len(pairs) % COLUMNS)
    rows = [np.hstack(pairs[start : start + COLUMNS]) for start in range(0, len(pairs), COLUMNS)]
    cv2.imwrite(str(arguments.output), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
