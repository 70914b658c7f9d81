"""How well bars of all drawn styles are measured in the boxes where a perfect detector would see them.

    OMP_NUM_THREADS=1 python benchmarks/scalebar_ends.py --each 3 --off 1

Boxes are those of the truth, and the ink is that of the label in its box; `--off` moves the boxes' sides by normal
deviates of so many pixels. Backgrounds are synthetic micrographs; half of the images wear (are resized, blurred,
compressed).
"""

import argparse
import zlib
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.scalebar import Box
from uniaims.scalebar.ends import measure_by_ends
from uniaims.scalebar.ink import letters
from uniaims.synthesis import render_sample
from uniaims.synthesis.scalebars import (
    STYLES,
    BarTruth,
    DrawSettings,
    draw_scalebar,
    held_out_styles,
    installed_faces,
    random_scalebar,
    training_styles,
)

RECIPES = ("spheres", "powder", "tem-spheres", "grains", "rods", "haadf-particles")
RIGHT = 0.01


def backgrounds() -> list[NDArray[np.uint8]]:
    """One grey micrograph (768, 1024) of each recipe."""
    images = [render_sample(recipe, 3, (384, 512)).image for recipe in RECIPES]
    gray = [image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    return [np.asarray(cv2.resize(image, (1024, 768), interpolation=cv2.INTER_CUBIC), np.uint8) for image in gray]


def drawings(each: int) -> Iterator[tuple[str, NDArray[np.uint8], BarTruth]]:
    """Style, grey picture and bar, `each` times for each style."""
    grounds, faces = backgrounds(), installed_faces()
    for name in STYLES:
        for number in range(each):
            rng = np.random.default_rng([number, zlib.crc32(name.encode())])
            ground = grounds[int(rng.integers(len(grounds)))]
            if number % 2:
                drawn = random_scalebar(ground, rng, (name,), DrawSettings(blank=0.0), faces)
            else:
                drawn = draw_scalebar(ground, name, rng, faces=faces, distractors=2)
            image = drawn.image if drawn.image.ndim == 2 else cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
            for bar in drawn.truth.bars:
                yield name, np.ascontiguousarray(image), bar


def box_of(bar: BarTruth, shape: tuple[int, ...], off: NDArray[np.float64]) -> Box:
    """Whole pixels around a bar, its sides moved."""
    left, top, right, bottom = np.array(bar.box) + off
    first, start = max(0, int(np.floor(top + 0.01))), max(0, int(np.floor(left + 0.01)))
    last, end = min(shape[0], int(np.ceil(bottom - 0.01))), min(shape[1], int(np.ceil(right - 0.01)))
    return Box(first, start, max(first + 1, last), max(start + 1, end))


def ink_of(bar: BarTruth, gray: NDArray[np.uint8]) -> float | None:
    """Grey level of a bar's label."""
    if not bar.text_box or not bar.text:
        return None
    box = box_of(replace(bar, box=bar.text_box), gray.shape, np.array([-2.0, -2.0, 2.0, 2.0]))
    levels = gray[box.window] if box.height < 1.5 * box.width else np.ascontiguousarray(np.rot90(gray[box.window], -1))
    return letters(levels, Box(0, 0, *levels.shape), len(bar.text.replace(" ", "")))[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=3, help="images of each style")
    parser.add_argument("--off", type=float, default=0.0, help="deviation of the boxes' sides in pixels")
    options = parser.parse_args()
    rng, errors = np.random.default_rng(0), {name: [] for name in STYLES}
    for name, gray, truth in drawings(options.each):
        box = box_of(truth, gray.shape, rng.normal(0, options.off, 4))
        bar = measure_by_ends(gray, box, ink_of(truth, gray))
        errors[name].append(abs(bar.length_px / truth.length_px - 1) if bar else np.inf)
    print("| styles | bars | within 1 % | median error |\n| --- | --- | --- | --- |")
    for title, names in (("training", training_styles()), ("held out", held_out_styles())):
        found = np.array([error for name in names for error in errors[name]])
        print(f"| {title} | {len(found)} | {np.mean(found <= RIGHT):.1%} | {np.median(found):.3%} |")


if __name__ == "__main__":
    main()
