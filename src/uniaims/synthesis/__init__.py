"""Synthetic micrographs with exact labels, made without downloads and without learnt models."""

from uniaims.records import Attributes
from uniaims.synthesis.geometry import Geometry
from uniaims.synthesis.layouts import Learnt
from uniaims.synthesis.production import Production, ProductionSettings, synthesise
from uniaims.synthesis.recipe import (
    RECIPES,
    Recipe,
    SyntheticSample,
    read_recipe,
    recipe_named,
    render_sample,
    save_recipe,
)
from uniaims.synthesis.style import Style
from uniaims.synthesis.teachers import Teacher, recipes_in_style, recipes_like

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
