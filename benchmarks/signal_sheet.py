"""A sheet of pictures, at least one of each signal, from the built-in recipes.

python benchmarks/signal_sheet.py docs/images/synthesis-signals.jpg
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis import render_sample

SIDE = 288
COLUMNS = 4
RECIPES = (
    *("spheres", "crystals", "tem-spheres", "tem-crystals", "haadf-particles", "sem-section", "grains", "fib-grains"),
    *(
        "ebsd-grains",
        "etched-grains",
        "om-particles",
        "nuclei-fluorescence",
        "nuclei-stained",
        "axons",
        "rods",
        "powder",
    ),
)


def cell(recipe: str, seed: int) -> NDArray[np.uint8]:
    """One sample as a colour picture of the sheet's cell size."""
    image = render_sample(recipe, seed).image[:512]
    colour = image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.resize(colour, (SIDE, SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--recipes", nargs="*", default=RECIPES)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    cells = [cell(recipe, arguments.seed) for recipe in arguments.recipes]
    cells += [np.zeros_like(cells[0])] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)]
    cv2.imwrite(str(arguments.output), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
