"""Synthetic micrographs with exact labels, made without downloads and without learnt models."""

from uniaims.synthesis.recipes import RECIPES, Recipe, SyntheticSample, recipe_named, render_sample

__all__ = ["RECIPES", "Recipe", "SyntheticSample", "recipe_named", "render_sample"]
