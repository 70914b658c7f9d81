"""A sheet of scale bars of all styles, cut out around the bar, and how many images are drawn per second of one core.

    OMP_NUM_THREADS=1 python benchmarks/scalebar_styles.py docs/images/scalebar-styles.jpg

Backgrounds are synthetic micrographs. `--fonts FOLDER` adds fonts, as `installed_faces` takes them. Names of held-out
styles are orange. CPU time of this process is counted: drawing, distractors and degradation at one megapixel, without
reading and writing.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.synthesis import render_sample
from uniaims.synthesis.scalebars import (
    STYLES,
    Drawn,
    Faces,
    draw_scalebar,
    held_out_styles,
    installed_faces,
    random_scalebar,
)

RECIPES = ("spheres", "powder", "tem-spheres", "grains", "rods", "haadf-particles")
WIDE, NARROW, HIGH = (640, 320, 96)
TIMED = 60


def backgrounds() -> list[NDArray[np.uint8]]:
    """One grey micrograph (768, 1024) of each recipe."""
    images = [render_sample(recipe, 3, (384, 512)).image for recipe in RECIPES]
    gray = [image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    return [np.asarray(cv2.resize(image, (1024, 768), interpolation=cv2.INTER_CUBIC), np.uint8) for image in gray]


def cell(name: str, image: NDArray[np.uint8], faces: Faces) -> NDArray[np.uint8]:
    """The surroundings of one style's bar, its name written above."""
    drawn = draw_scalebar(image, name, np.random.default_rng(len(name)), faces=faces)
    wide = STYLES[name].strip is not None
    pixels = around_bar(drawn, (1024, 154) if wide else (2 * NARROW, 2 * HIGH))
    part = cv2.resize(pixels, (WIDE if wide else NARROW, HIGH), interpolation=cv2.INTER_AREA)
    framed = cv2.copyMakeBorder(part, 16, 2, 2, 2, cv2.BORDER_CONSTANT, value=(90, 90, 90))
    ink = (255, 190, 90) if name in held_out_styles() else (255, 255, 255)
    cv2.putText(framed, name, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, ink, 1, cv2.LINE_AA)
    return np.asarray(framed, np.uint8)


def around_bar(drawn: Drawn, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A window of `size` (width, height) around the first bar or label, as (H, W, 3)."""
    pixels = drawn.image if drawn.image.ndim == 3 else np.repeat(drawn.image[..., None], 3, -1)
    box = drawn.truth.bars[0].box if drawn.truth.bars else drawn.truth.labels[0].box
    height, width = pixels.shape[:2]
    left = int(np.clip((box[0] + box[2] - size[0]) / 2, 0, width - size[0]))
    top = int(np.clip((box[1] + box[3] - size[1]) / 2, 0, height - size[1]))
    return np.ascontiguousarray(pixels[top : top + size[1], left : left + size[0]])


def sheet(cells: list[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Cells of one size in rows."""
    filled = cells + [np.full_like(cells[0], 90)] * (-len(cells) % columns)
    return np.vstack([np.hstack(filled[start : start + columns]) for start in range(0, len(filled), columns)])


def images_per_second(images: list[NDArray[np.uint8]], faces: Faces) -> float:
    """Rate at one megapixel, of CPU time."""
    large = [np.asarray(cv2.resize(image, (1155, 866)), np.uint8) for image in images]
    start = time.process_time()
    for index in range(TIMED):
        random_scalebar(large[index % len(large)], np.random.default_rng(index), faces=faces)
    return TIMED / (time.process_time() - start)


def main() -> None:
    """Write the sheet and print the rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--fonts", type=Path)
    arguments = parser.parse_args()
    faces, images = installed_faces(arguments.fonts), backgrounds()
    strips = [name for name, style in STYLES.items() if style.strip is not None]
    others = [name for name in STYLES if name not in strips]
    cells = {name: cell(name, images[index % len(images)], faces) for index, name in enumerate(STYLES)}
    upper, lower = sheet([cells[name] for name in strips], 2), sheet([cells[name] for name in others], 4)
    upper = cv2.copyMakeBorder(
        upper, 0, 0, 0, max(0, lower.shape[1] - upper.shape[1]), cv2.BORDER_CONSTANT, value=(90, 90, 90)
    )
    lower = cv2.copyMakeBorder(
        lower, 0, 0, 0, max(0, upper.shape[1] - lower.shape[1]), cv2.BORDER_CONSTANT, value=(90, 90, 90)
    )
    whole = cv2.resize(np.vstack([upper, lower]), None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(arguments.output), whole[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    rate = images_per_second(images, faces)
    print(f"{len(STYLES)} styles, {len(held_out_styles())} held out; {rate:.0f} images/s at 1 MP")


if __name__ == "__main__":
    main()
