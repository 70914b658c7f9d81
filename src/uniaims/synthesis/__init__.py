"""Synthetic micrographs with exact labels, made without downloads and without learnt models."""

from typing import TYPE_CHECKING

from uniaims.lazily import at_first_use
from uniaims.records import Attributes

if TYPE_CHECKING:
    from uniaims.synthesis.geometry import Geometry
    from uniaims.synthesis.layouts import Learnt
    from uniaims.synthesis.learnt_recipes import Teacher, recipes_in_style, recipes_like
    from uniaims.synthesis.production import Production, synthesise
    from uniaims.synthesis.recipe import (
        RECIPES,
        Recipe,
        SyntheticSample,
        read_recipe,
        recipe_named,
        render_sample,
        save_recipe,
    )
    from uniaims.synthesis.settings import ProductionSettings
    from uniaims.synthesis.style import Style

__all__ = [
    "RECIPES",
    "Attributes",
    "Geometry",
    "Learnt",
    "Production",
    "ProductionSettings",
    "Recipe",
    "Style",
    "SyntheticSample",
    "Teacher",
    "read_recipe",
    "recipe_named",
    "recipes_in_style",
    "recipes_like",
    "render_sample",
    "save_recipe",
    "synthesise",
]

_HOMES = {
    "Geometry": "geometry",
    "Learnt": "layouts",
    "Production": "production",
    "ProductionSettings": "settings",
    "synthesise": "production",
    "RECIPES": "recipe",
    "Recipe": "recipe",
    "SyntheticSample": "recipe",
    "read_recipe": "recipe",
    "recipe_named": "recipe",
    "render_sample": "recipe",
    "save_recipe": "recipe",
    "Style": "style",
    "Teacher": "learnt_recipes",
    "recipes_in_style": "learnt_recipes",
    "recipes_like": "learnt_recipes",
}
__getattr__ = at_first_use(__name__, _HOMES)
