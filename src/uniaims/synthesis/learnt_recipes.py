"""Recipes learnt from exemplars: layouts like those of labelled images, looks like those of single images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError
from uniaims.records import Attributes
from uniaims.synthesis.geometry import Geometry
from uniaims.synthesis.layouts import Learnt
from uniaims.synthesis.recipe import Recipe
from uniaims.synthesis.style import MOST_IMAGES, Style

MOST_LOOKS = 10
"""So many of the labelled images lend their look too."""
_ENOUGH_BODIES = 5


@dataclass(frozen=True, eq=False)
class Teacher:
    """An exemplar: `image` (H, W) or (H, W, 3) of any number type, `labels` (H, W) if known, and its pixel size."""

    image: NDArray[np.generic]
    labels: NDArray[np.integer] | None = None
    pixel_size_nm: float | None = None

    @property
    def eight_bits(self) -> NDArray[np.uint8]:
        """The image as uint8; other types are stretched from their 0.5th to their 99.5th percentile."""
        if self.image.dtype == np.uint8:
            return np.asarray(self.image, dtype=np.uint8)
        values = np.asarray(self.image, dtype=np.float32)
        low, high = np.percentile(values, (0.5, 99.5))
        return np.asarray(np.clip((values - low) / max(float(high - low), 1e-9), 0, 1) * 255, dtype=np.uint8)


def recipes_like(teachers: Sequence[Teacher], recipes: Sequence[Recipe] = ()) -> tuple[Recipe, ...]:
    """Learn layouts from 1 to 50 labelled images.

    With `recipes`, each keeps its look and gets the learnt layouts (``NAME-like``). Without, up to 10 of the images
    lend their look too: one recipe for each (``like-01`` ...), whose layouts are like that image's.

    Raises:
        InputError: if the labels hold fewer than 3 whole bodies.
    """
    labels = [teacher.labels for teacher in teachers if teacher.labels is not None]
    geometry = Geometry.learnt(labels)
    labelled = [teacher for teacher in teachers if teacher.labels is not None]
    if recipes:
        return tuple(replace(recipe, name=f"{recipe.name}-like", scene=Learnt(geometry)) for recipe in recipes)
    count = min(MOST_LOOKS, len(geometry.sources))
    chosen = np.unique(np.linspace(0, len(geometry.sources) - 1, count).round().astype(int))
    return tuple(
        _taught(f"like-{turn:02d}", geometry, int(number), labelled[geometry.sources[number]])
        for turn, number in enumerate(chosen, start=1)
    )


def recipes_in_style(recipes: Sequence[Recipe], teachers: Sequence[Teacher]) -> tuple[Recipe, ...]:
    """Give recipes the look of 1 to 5 images: one recipe for each pair (``NAME-style1`` ...).

    Raises:
        SettingsError: if there are no recipes, no images, or too many.
        InputError: if an image is too small.
    """
    if not recipes or not 1 <= len(teachers) <= MOST_IMAGES:
        raise SettingsError(
            f"{len(recipes)} recipes, {len(teachers)} images: wanted recipes and 1 to {MOST_IMAGES} images."
        )
    styles = [Style.learnt([teacher.eight_bits], [teacher.labels]) for teacher in teachers]
    return tuple(
        replace(recipe, name=f"{recipe.name}-style{number}", style=style)
        for recipe in recipes
        for number, style in enumerate(styles, start=1)
    )


def _taught(name: str, geometry: Geometry, number: int, teacher: Teacher) -> Recipe:
    own = int(np.count_nonzero(geometry.images == number))
    size = teacher.pixel_size_nm
    return Recipe(
        name=name,
        scene=Learnt(geometry, teachers=(number,) if own >= _ENOUGH_BODIES else ()),
        attributes=Attributes(),
        description="Learnt from a labelled image.",
        pixel_size_nm=None if size is None else (size, size),
        style=Style.learnt([teacher.eight_bits], [teacher.labels]),
    )
