from collections.abc import Callable

import numpy as np
import pytest

from uniaims.errors import SettingsError
from uniaims.synthesis import RECIPES, Teacher, recipes_in_style, recipes_like, render_sample
from uniaims.synthesis.layouts import Learnt

Draw = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def teachers(ellipses: Callable[..., np.ndarray], picture: Draw) -> list[Teacher]:
    return [Teacher(picture(ellipses(seed)), ellipses(seed), 2.5) for seed in (1, 2, 3)]


def test_without_recipes_each_image_lends_layout_look_and_pixel_size(teachers: list[Teacher]) -> None:
    recipes = recipes_like(teachers)
    assert [recipe.name for recipe in recipes] == ["like-01", "like-02", "like-03"]
    sample = render_sample(recipes[1], 0, (160, 160))
    assert sample.pixel_size_nm == pytest.approx(2.5)
    on_body = sample.labels > 0
    assert sample.image[on_body].mean() > sample.image[~on_body].mean() + 60
    assert isinstance(recipes[1].scene, Learnt)
    assert recipes[1].scene.teachers == (1,)


def test_recipes_keep_their_look_and_get_the_layouts(teachers: list[Teacher]) -> None:
    (recipe,) = recipes_like(teachers, [RECIPES["powder"]])
    assert (recipe.name, recipe.signal) == ("powder-like", "secondary electrons")
    assert recipe.style is None
    assert render_sample(recipe, 0, (160, 160)).labels.max() > 3


def test_recipes_get_the_look_of_each_image(teachers: list[Teacher]) -> None:
    unlabelled = Teacher(teachers[0].image)
    recipes = recipes_in_style([RECIPES["powder"], RECIPES["rods"]], [teachers[0], unlabelled])
    assert [recipe.name for recipe in recipes] == ["powder-style1", "powder-style2", "rods-style1", "rods-style2"]
    assert [bool(recipe.style and recipe.style.knows_depth) for recipe in recipes] == [True, False, True, False]
    pictures = [render_sample(recipe, 1, (128, 128)).image for recipe in recipes[:2]]
    assert not np.array_equal(*pictures)


def test_other_number_types_are_stretched() -> None:
    image = np.linspace(1000, 60_000, 10_000).reshape(100, 100).astype(np.uint16)
    eight = Teacher(image).eight_bits
    assert eight.dtype == np.uint8
    assert (eight.min(), eight.max()) == (0, 255)


def test_too_many_images_or_no_recipe_are_refused(teachers: list[Teacher]) -> None:
    with pytest.raises(SettingsError, match="wanted recipes and 1 to 5 images"):
        recipes_in_style([RECIPES["powder"]], teachers * 2)
    with pytest.raises(SettingsError, match="0 recipes"):
        recipes_in_style([], teachers)
