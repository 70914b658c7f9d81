from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis import RECIPES, Recipe, recipe_named, render_sample

SHAPE = (160, 192)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_gives_an_image_with_exact_labels(name: str) -> None:
    sample = render_sample(name, 4, SHAPE)
    assert sample.image.shape == sample.labels.shape == SHAPE
    assert sample.image.dtype == np.uint8
    assert sample.labels.dtype == np.uint32
    assert sample.image.std() > 3
    assert sample.labels.max() >= 1
    assert np.unique(sample.labels[sample.labels > 0]).tolist() == list(range(1, int(sample.labels.max()) + 1))
    assert np.bincount(sample.labels.ravel())[1:].min() >= 12
    assert sample.recipe is RECIPES[name]
    assert sample.pixel_size_nm > 0


@pytest.mark.parametrize("name", ["powder", "platelets", "grains", "tem rods"])
def test_the_same_seed_gives_the_same_sample_bit_for_bit_in_any_thread(name: str) -> None:
    alone = [render_sample(name, seed, SHAPE) for seed in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: render_sample(name, seed, SHAPE), (1, 2)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.labels, other.labels)
        assert one.pixel_size_nm == other.pixel_size_nm
    assert not np.array_equal(alone[0].image, alone[1].image)


def test_bodies_can_be_told_from_the_background() -> None:
    sample = render_sample("tem spheres", 0, (256, 256))
    on_body = sample.labels > 0
    assert sample.image[on_body].mean() < sample.image[~on_body].mean() - 5


def test_diameters_stay_in_the_range() -> None:
    recipe = replace(RECIPES["spheres"], diameter_px=(20.0, 20.0), spread=(0.0, 0.0), pile=(0.0, 0.0), cover=(0.3, 0.3))
    labels = render_sample(recipe, 1, (256, 256)).labels
    areas = np.bincount(labels.ravel())[1:]
    assert 2 * np.sqrt(np.median(areas) / np.pi) == pytest.approx(20, rel=0.06)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"signal": "x-rays"}, r"'x-rays'.*transmission"),
        ({"shapes": ("teapot",)}, r"'teapot'.*sphere"),
        ({"spread": (0.4, 0.1)}, r"spread is 0.4 to 0.1"),
        ({"cover": (-0.1, 0.1)}, r"cover is -0.1"),
        ({"diameter_px": (1.0, 20.0)}, r"5 px or more"),
    ],
)
def test_wrong_recipes_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Recipe(**({"name": "mine", "shapes": ("sphere",)} | wrong))  # type: ignore[arg-type]


def test_unknown_recipes_bad_seeds_and_tiny_images_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"'soup'.*powder"):
        recipe_named("soup")
    with pytest.raises(SettingsError, match="seed -1"):
        render_sample("powder", -1)
    with pytest.raises(SettingsError, match="at least 32 px"):
        render_sample("powder", 1, (16, 200))
