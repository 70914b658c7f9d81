"""The command `synthesise`: micrographs with exact labels, from recipes or after labelled images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.console import counted, pace, progress_bars, say
from uniaims.cli.flags import settings_from, settings_of
from uniaims.cli.stopping import told_if_stopped
from uniaims.cli.words import refuse_missing
from uniaims.errors import SettingsError

if TYPE_CHECKING:
    from uniaims.synthesis import Production, Recipe
    from uniaims.synthesis.learnt_recipes import Teacher

EVERY = "all"


@settings_from("uniaims.synthesis.settings.ProductionSettings")
def synthesise(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(metavar="RECIPE", help='Names (see --list), TOML files, or "all"; several are mixed.'),
    ] = None,
    names: Annotated[bool, typer.Option("--list", help="Print the names of the recipes, one a line.")] = False,
    output: Annotated[Path | None, typer.Option(help="Folder for the samples; made if it is not there.")] = None,
    like: Annotated[
        Path | None, typer.Option(help="Dataset folder: layouts like those of its labels; without RECIPE, looks too.")
    ] = None,
    style: Annotated[
        list[Path] | None, typer.Option(help="Image whose look to take on, with its mask if it lies in a dataset.")
    ] = None,
    **flags: Any,
) -> None:
    """Make micrographs with exact labels."""
    refuse_missing(*(style or []))
    from uniaims.synthesis import RECIPES, ProductionSettings
    from uniaims.synthesis import synthesise as make_samples

    if names:
        for name in RECIPES:
            typer.echo(name)
        return
    if output is None:
        raise SettingsError("no --output: wanted a folder for the samples, as in --output samples.")
    settings = settings_of(ProductionSettings, flags)
    chosen = _chosen(recipes or [], like, style or [])
    with told_if_stopped("What is finished stays; the same command goes on from here."):
        with progress_bars() as progress:
            done = make_samples(chosen, output, settings, progress=progress)
        _say_production(done)
        if done.interrupted:
            raise KeyboardInterrupt(done.signal)


def _chosen(names: list[str], like: Path | None, style: list[Path]) -> "list[Recipe]":
    """The recipes that names, labelled images and exemplars make together."""
    from uniaims.synthesis.learnt_recipes import recipes_in_style, recipes_like

    recipes: list[Recipe] = [recipe for name in names for recipe in _named(name)]
    if not recipes and like is None:
        raise SettingsError("no recipe: wanted names (see uniaims synthesise --list), TOML files, or --like DATASET.")
    if like is not None:
        recipes = list(recipes_like(_labelled(like), recipes))
    if style:
        recipes = list(recipes_in_style(recipes, [_exemplar(path) for path in style]))
    return recipes


def _named(name: str) -> "list[Recipe]":
    from uniaims.synthesis import RECIPES, read_recipe, recipe_named

    if name == EVERY:
        return list(RECIPES.values())
    return [read_recipe(name) if name.endswith(".toml") else recipe_named(name)]


def _labelled(folder: Path) -> "list[Teacher]":
    """Up to 50 samples of a dataset, evenly over it."""
    import numpy as np

    from uniaims.dataset import open_samples
    from uniaims.synthesis.geometry import MOST_IMAGES
    from uniaims.synthesis.learnt_recipes import Teacher

    files = open_samples(folder)
    step = max(1, -(-len(files) // MOST_IMAGES))
    teachers = []
    for file in files[::step]:
        sample = file.read()
        size = sample.micrograph.pixel_size
        teachers.append(Teacher(np.asarray(sample.micrograph.pixels), sample.labels, size.nm if size else None))
    return teachers


def _exemplar(path: Path) -> "Teacher":
    """An image, with the mask of the same stem where it lies in the images/ of a dataset."""
    import numpy as np

    from uniaims.dataset.folder import LABEL_SUFFIXES
    from uniaims.labels import read_labels
    from uniaims.micrograph import read_image
    from uniaims.synthesis.learnt_recipes import Teacher

    image = read_image(path)
    masks = [path.parent.parent / "masks" / f"{path.stem}{suffix}" for suffix in sorted(LABEL_SUFFIXES)]
    found = [mask for mask in masks if path.parent.name == "images" and mask.exists()]
    labels = read_labels(found[0]) if found else None
    if labels is not None and labels.shape != image.shape:
        raise SettingsError(f"{found[0]}: {labels.shape} pixels, the image has {image.shape}: wanted the same size.")
    return Teacher(np.asarray(image.pixels), labels, image.pixel_size.nm if image.pixel_size else None)


def _say_production(done: "Production") -> None:
    kept = f", {done.kept:,} there before" if done.kept else ""
    rate = f" ({pace(done.made, done.seconds, 'sample')})" if done.made else ""
    say(f"{counted(done.made, 'sample')} made{kept}, in {done.seconds:.1f} s{rate}: {done.output}")
    say(f"In all {counted(done.samples, 'sample')} with {counted(done.instance_count, 'instance')}")
