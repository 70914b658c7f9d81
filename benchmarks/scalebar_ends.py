"""How well bars of all drawn styles are measured in the boxes where a perfect detector would see them.

    OMP_NUM_THREADS=1 python benchmarks/scalebar_ends.py --each 3 --off 1

Boxes are those of the truth, and the ink is that of the label in its box; `--off` moves the boxes' sides by normal
deviates of so many pixels. Backgrounds are synthetic micrographs; half of the images are degraded (resized, blurred,
compressed).

    OMP_NUM_THREADS=1 python benchmarks/scalebar_ends.py --each 10 --chain --styles held-out

gives the whole images to `scan_scale`, which has to find, read and measure the bar by itself, and may refuse it.
"""

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph
from uniaims.scalebar import scan_scale
from uniaims.scalebar.endpoints import measure_by_ends
from uniaims.scalebar.ink import letters
from uniaims.synthesis import render_sample
from uniaims.synthesis.scalebars import (
    STYLES,
    BarTruth,
    DrawSettings,
    ScaleBarTruth,
    draw_scalebar,
    held_out_styles,
    installed_faces,
    random_scalebar,
    training_styles,
)

RECIPES = ("spheres", "powder", "tem-spheres", "grains", "rods", "haadf-particles")
RIGHT, CLOSE, WRONG = 0.01, 0.02, 0.05
GROUPS = {"training": training_styles(), "held-out": held_out_styles()}


def backgrounds() -> list[NDArray[np.uint8]]:
    """One grey micrograph (768, 1024) of each recipe."""
    images = [render_sample(recipe, 3, (384, 512)).image for recipe in RECIPES]
    gray = [image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    return [np.asarray(cv2.resize(image, (1024, 768), interpolation=cv2.INTER_CUBIC), np.uint8) for image in gray]


def drawings(each: int, styles: Sequence[str]) -> Iterator[tuple[str, NDArray[np.uint8], ScaleBarTruth]]:
    """Style, grey picture and what is drawn on it, `each` times for each style."""
    grounds, faces = backgrounds(), installed_faces()
    for name in styles:
        for number in range(each):
            rng = np.random.default_rng([number, zlib.crc32(name.encode())])
            ground = grounds[int(rng.integers(len(grounds)))]
            if number % 2:
                drawn = random_scalebar(ground, rng, (name,), DrawSettings(blank=0.0), faces)
            else:
                drawn = draw_scalebar(ground, name, rng, faces=faces, distractors=2)
            image = drawn.image if drawn.image.ndim == 2 else cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
            yield name, np.ascontiguousarray(image), drawn.truth


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


def bars_in_boxes(each: int, off: float) -> None:
    """Print how many bars are measured well in the boxes of the truth."""
    rng, errors = np.random.default_rng(0), {name: [] for name in STYLES}
    for name, gray, truth in drawings(each, list(STYLES)):
        for drawn in truth.bars:
            bar = measure_by_ends(gray, box_of(drawn, gray.shape, rng.normal(0, off, 4)), ink_of(drawn, gray))
            errors[name].append(abs(bar.length_px / drawn.length_px - 1) if bar else np.inf)
    print("| styles | bars | within 1 % | median error |\n| --- | --- | --- | --- |")
    for title, names in GROUPS.items():
        found = np.array([error for name in names for error in errors[name]])
        print(f"| {title} | {len(found)} | {np.mean(found <= RIGHT):.1%} | {np.median(found):.3%} |")


def chain(each: int, styles: Sequence[str]) -> None:
    """Print how many images get a scale from the whole chain, and how right it is."""
    counts, lengths, sizes = Counter[str](), [], []
    for name, gray, truth in drawings(each, styles):
        found = scan_scale(Micrograph.from_array(gray)).bar
        counts["readable" if truth.readable else "without"] += 1
        if found is None:
            continue
        if not truth.readable:
            counts["invented"] += 1
            print(f"{name}: a bar where none is readable, {found.text}", flush=True)
            continue
        bar = min(truth.bars, key=lambda bar: abs(bar.box[0] - found.box.left) + abs(bar.box[1] - found.box.top))
        lengths.append(abs(found.length_px / bar.length_px - 1))
        sizes.append(abs(found.pixel_size_nm * bar.length_px / bar.length_nm - 1))
        if lengths[-1] > RIGHT or sizes[-1] > WRONG:
            print(
                f"{name}: {bar.text} {bar.length_px:.2f} px, read {found.text} {found.length_px:.2f} px, "
                f"confidence {found.confidence:.2f}",
                flush=True,
            )
    off, size = np.array(lengths), np.array(sizes)
    print(f"{counts['readable']} images with a readable bar, scale found in {len(off)}; of those found")
    print(f"length within 1 % in {np.mean(off <= RIGHT):.1%}, median error {np.median(off):.3%}")
    print(f"pixel size within 2 % in {np.mean(size <= CLOSE):.1%}, off by more than 5 % in {np.mean(size > WRONG):.1%}")
    print(f"a scale in {counts['invented']} of {counts['without']} images without a readable bar")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=3, help="images of each style")
    parser.add_argument("--off", type=float, default=0.0, help="deviation of the boxes' sides in pixels")
    parser.add_argument("--chain", action="store_true", help="find and read the bars too")
    parser.add_argument("--styles", choices=tuple(GROUPS), default="held-out", help="styles for --chain")
    options = parser.parse_args()
    if options.chain:
        chain(options.each, GROUPS[options.styles])
    else:
        bars_in_boxes(options.each, options.off)


if __name__ == "__main__":
    main()
