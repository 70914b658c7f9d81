"""Recipes: which shapes, sizes, packing and signal make a kind of sample; `render_sample` follows one."""

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError
from uniaims.synthesis.optics import (
    Acquisition,
    Backscatter,
    Secondary,
    Transmission,
    acquire,
    backscattered_electrons,
    secondary_electrons,
    transmission,
)
from uniaims.synthesis.scenes import Packing, Scene, SizeLaw, grains, heap
from uniaims.synthesis.shapes import Generator, shape_named

Range = tuple[float, float]
"""Lowest and highest value; one is drawn in between for each image."""
_SIGNALS = ("secondary electrons", "transmission", "backscattered electrons")
_SMALLEST_SIDE = 32


@dataclass(frozen=True)
class Recipe:
    """A kind of sample, as ranges from which each image draws.

    `shapes` are names in `shapes.SHAPES` (one of them for each image; none: grains that fill the plane);
    `diameter_px` is drawn evenly on a log scale; `spread` is the standard deviation of the log-normal
    size law; `cover`, `pile`, `tries`, `sink`, `clustering` see `scenes.Packing`; `lattice` the chance of an ordered
    layer.
    """

    name: str
    shapes: tuple[str, ...]
    signal: str = "secondary electrons"
    diameter_px: Range = (8.0, 150.0)
    spread: Range = (0.03, 0.35)
    cover: Range = (0.3, 0.95)
    pile: Range = (0.0, 2.0)
    tries: tuple[int, int] = (2, 10)
    sink: Range = (0.0, 0.2)
    clustering: Range = (0.0, 0.6)
    lattice: float = 0.0

    def __post_init__(self) -> None:
        if self.signal not in _SIGNALS:
            raise SettingsError(f"no signal is called {self.signal!r}: wanted one of {', '.join(_SIGNALS)}.")
        for name in self.shapes:
            shape_named(name)
        for name in ("diameter_px", "spread", "cover", "pile", "tries", "sink", "clustering"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise SettingsError(f"{name} is {low} to {high}: wanted two numbers from 0 up, the lower one first.")
        if self.diameter_px[0] < 5:
            raise SettingsError(
                f"diameter_px starts at {self.diameter_px[0]}: wanted 5 px or more, else nothing is seen."
            )


@dataclass(frozen=True, eq=False)
class SyntheticSample:
    """A rendered micrograph with its true labels.

    `image` (H, W) uint8; `labels` (H, W) uint32, 0 = background, each number one connected visible piece;
    `pixel_size_nm` the side of a pixel in nanometres; the same `seed`, `recipe` and shape give the same sample.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint32]
    pixel_size_nm: float
    seed: int
    recipe: Recipe


_RECIPES = (
    Recipe("spheres", ("sphere",), pile=(0.0, 3.0), lattice=0.25),
    Recipe("powder", ("powder grain",), diameter_px=(12.0, 150.0), spread=(0.2, 0.6), pile=(0.0, 2.0), sink=(0.0, 0.1)),
    Recipe("pebbles", ("pebble", "fragment"), spread=(0.1, 0.5), sink=(0.0, 0.3)),
    Recipe(
        "heap",
        ("sphere", "pebble", "block", "crystal", "fragment"),
        diameter_px=(14.0, 150.0),
        cover=(0.95, 1.0),
        pile=(1.5, 4.0),
        sink=(0.0, 0.3),
    ),
    Recipe("crystals", ("block", "crystal"), diameter_px=(10.0, 150.0), cover=(0.1, 0.9)),
    Recipe("rods", ("rod", "stub"), diameter_px=(7.0, 60.0), cover=(0.15, 0.85), pile=(0.0, 2.5), sink=(0.0, 0.1)),
    Recipe("platelets", ("platelet",), diameter_px=(14.0, 150.0), cover=(0.2, 0.9), sink=(0.0, 0.05)),
    Recipe("grains", (), "backscattered electrons", diameter_px=(12.0, 120.0), spread=(0.05, 0.8)),
    Recipe("tem spheres", ("sphere", "pebble"), "transmission", cover=(0.05, 0.6), pile=(0.0, 0.25), lattice=0.2),
    Recipe("tem crystals", ("crystal", "block", "fragment"), "transmission", cover=(0.05, 0.55), pile=(0.0, 0.2)),
    Recipe("tem rods", ("rod", "stub"), "transmission", diameter_px=(7.0, 50.0), cover=(0.05, 0.45), pile=(0.0, 0.2)),
)
RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _RECIPES}
"""The built-in recipes by name."""


def recipe_named(name: str) -> Recipe:
    """Look up a built-in recipe.

    Raises:
        SettingsError: if there is none of that name.
    """
    if name not in RECIPES:
        raise SettingsError(f"no recipe is called {name!r}: wanted one of {', '.join(RECIPES)}.")
    return RECIPES[name]


def render_sample(recipe: Recipe | str, seed: int, shape: tuple[int, int] = (512, 512)) -> SyntheticSample:
    """Render one micrograph of `shape` (H, W) with its exact labels.

    The same arguments give the same sample; threads may call this at the same time.

    Raises:
        SettingsError: if there is no such recipe, the seed is negative or the shape is too small.
    """
    chosen = recipe_named(recipe) if isinstance(recipe, str) else recipe
    if seed < 0 or min(shape) < _SMALLEST_SIDE:
        raise SettingsError(
            f"seed {seed}, shape {shape}: wanted a seed from 0 up and at least {_SMALLEST_SIDE} px a side."
        )
    rng = np.random.default_rng([seed, crc32(chosen.name.encode())])
    scene = _composed(chosen, shape, rng)
    signal = _signal(chosen, scene, rng)
    image = acquire(signal, Acquisition.drawn(rng), rng)
    diameter_nm = float(np.exp(rng.uniform(np.log(20), np.log(20_000))))
    return SyntheticSample(image, scene.labels, diameter_nm / scene.diameter_px, seed, chosen)


def _composed(recipe: Recipe, shape: tuple[int, int], rng: Generator) -> Scene:
    low, high = np.log(recipe.diameter_px)
    largest = np.log(min(shape) / 2.5)
    median_px = float(np.exp(rng.uniform(min(low, largest), min(high, largest))))
    sizes = SizeLaw(median_px, rng.uniform(*recipe.spread))
    if not recipe.shapes:
        return grains(shape, sizes, rng)
    packing = Packing(
        cover=rng.uniform(*recipe.cover),
        tries=int(rng.integers(recipe.tries[0], recipe.tries[1] + 1)),
        pile=rng.uniform(*recipe.pile) * float(recipe.pile[0] > 0 or rng.random() < 0.7),
        sink=rng.uniform(*recipe.sink),
        clustering=rng.uniform(*recipe.clustering),
        lattice=bool(rng.random() < recipe.lattice),
    )
    if packing.lattice:
        sizes = replace(sizes, spread=min(sizes.spread, 0.05))
    chosen = recipe.shapes[int(rng.integers(len(recipe.shapes)))]
    return heap(shape, (shape_named(chosen),), sizes, packing, rng)


def _signal(recipe: Recipe, scene: Scene, rng: Generator) -> NDArray[np.float32]:
    if recipe.signal == "transmission":
        return transmission(scene, Transmission.drawn(rng), rng)
    if recipe.signal == "backscattered electrons":
        return backscattered_electrons(scene, Backscatter.drawn(rng), rng)
    return secondary_electrons(scene, Secondary.drawn(scene.diameter_px, rng), rng)
