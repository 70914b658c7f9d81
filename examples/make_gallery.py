"""Make picture sheets of synthetic micrographs: one tile for each recipe, or synthetic beside real ones.

Run it as ``python examples/make_gallery.py docs/images/synthesis.jpg`` for a tile of each recipe; with dataset folders
after it (``python examples/make_gallery.py beside.jpg DATASET...``) each row shows crops of real images on the left and
of images made like them on the right. Mind the licence of the real ones before you pass such a sheet on.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from uniaims.dataset import open_samples
from uniaims.synthesis import RECIPES, Recipe, Teacher, recipes_like, render_sample

TILE_PX, RENDERED_PX, GAP_PX = 170, 384, 4
SEEDS = dict.fromkeys(("fib-films", "nuclei-fluorescence", "om-cracks", "sem-cracks", "superalloy", "tem-films"), 2)
"""Where the first seed shows little of what a recipe can do."""
QUALITY = 78


def make_gallery(path: Path, recipes: list[Recipe]) -> None:
    """Write a sheet with one labelled tile for each recipe."""
    pictures = [
        render_sample(recipe, SEEDS.get(recipe.name, 1), (RENDERED_PX, RENDERED_PX)).image for recipe in recipes
    ]
    tiles = [_tile(picture, recipe.name) for picture, recipe in zip(pictures, recipes, strict=True)]
    _write(path, tiles, min((7, 8, 9, 10), key=lambda columns: -len(tiles) % columns))


def make_comparison(path: Path, folders: list[Path], pairs: int = 3) -> None:
    """Write a sheet with a row for each dataset: real crops, then synthetic ones like them."""
    tiles = []
    for folder in folders:
        files = open_samples(folder)
        chosen = [files[index] for index in np.linspace(0, len(files) - 1, pairs).round().astype(int)]
        samples = [file.read() for file in chosen]
        teachers = [Teacher(np.asarray(sample.micrograph.pixels), sample.labels) for sample in samples]
        recipes = recipes_like(teachers)
        side = min(RENDERED_PX, *(length for sample in samples for length in sample.labels.shape))
        tiles += [_tile(_middle(teacher.eight_bits, side), f"{folder.name} (real)") for teacher in teachers]
        for number in range(pairs):
            made = render_sample(recipes[number % len(recipes)], number, (side, side))
            tiles.append(_tile(made.image, "synthetic"))
    _write(path, tiles, 2 * pairs)


def _middle(image: np.ndarray, side: int) -> np.ndarray:
    top, left = ((length - side) // 2 for length in image.shape[:2])
    return image[top : top + side, left : left + side]


def _tile(pixels: np.ndarray, name: str) -> Image.Image:
    """A picture of one size with its name in the corner."""
    tile = Image.fromarray(pixels).convert("RGB").resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
    draw, font = ImageDraw.Draw(tile), ImageFont.load_default(12)
    box = draw.textbbox((5, TILE_PX - 18), name, font=font)
    draw.rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), fill=(20, 20, 20))
    draw.text((5, TILE_PX - 18), name, fill=(255, 255, 255), font=font)
    return tile


def _write(path: Path, tiles: list[Image.Image], columns: int) -> None:
    rows, step = -(-len(tiles) // columns), TILE_PX + GAP_PX
    sheet = Image.new("RGB", (columns * step - GAP_PX, rows * step - GAP_PX), (255, 255, 255))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * step, number // columns * step))
    sheet.save(path, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    target, datasets = Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]]
    if datasets:
        make_comparison(target, datasets)
    else:
        make_gallery(target, list(RECIPES.values()))
