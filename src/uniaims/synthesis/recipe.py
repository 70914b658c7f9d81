"""Recipes: small TOML files that say which scene, signal, instrument and texts make a kind of sample.

::

    name = "powder"
    description = "Metal powder, one layer to small heaps."
    diameter_nm = [20, 20000]                 # or pixel_size_nm

    [attributes]
    modality = "SEM"

    [scene]
    kind = "heap"
    shapes = ["powder grain"]

    [signal]
    kind = "secondary electrons"
    edge = [0.1, 0.5]                         # what is not given is drawn

    [acquisition]
    dose = [200, 2000]

Two numbers are a range from which each image draws, several texts a choice.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.errors import InputError, SettingsError, did_you_mean
from uniaims.records import Attributes
from uniaims.settings import as_table, from_table, table_text
from uniaims.synthesis.attributes import seen_in
from uniaims.synthesis.geometry import Geometry
from uniaims.synthesis.given import Given
from uniaims.synthesis.layouts import Learnt
from uniaims.synthesis.ranges import Range, drawn_log
from uniaims.synthesis.scalebars import STYLES, BarTruth, draw_scalebar
from uniaims.synthesis.scenes import SCENES, Scene, SceneKind, WholeMask
from uniaims.synthesis.signals import RECORDED_BY, SIGNALS, Acquisition
from uniaims.synthesis.style import Style

LEARNT = "learnt"
"""Kind of a scene whose geometry was learnt from labelled images."""
ANY_BANNER = "any"
_SMALLEST_SIDE = 32
_EXAMPLE_DIAMETER_PX = 30.0


@dataclass(frozen=True)
class Recipe:
    """A kind of sample.

    Attributes:
        name: one word; it is part of the seed, so that recipes of one scene do not repeat each other.
        scene: what lies in the picture; its fields are ranges from which each image draws.
        signal: name in `signals.SIGNALS`.
        look: what is fixed of the signal; the rest is drawn for each image.
        acquisition: what is fixed of the recording.
        attributes: texts about the samples.
        description: one sentence for people.
        diameter_nm: size of the typical body in nanometres, drawn evenly on a log scale; it gives the pixel size.
        pixel_size_nm: the pixel size itself, in place of that.
        banner: name of a style of scale bars (`scalebars.STYLES`), ``any`` instrument's strip below the picture that
            fits its pixel size, or none.
        style: a look learnt from images, laid over what signal and acquisition make.
    """

    name: str
    scene: SceneKind
    signal: str = "secondary electrons"
    look: Given = field(default_factory=lambda: Given({}))
    acquisition: Given = field(default_factory=lambda: Given({}))
    attributes: Attributes = field(default_factory=Attributes)
    description: str = ""
    diameter_nm: Range = (20.0, 20_000.0)
    pixel_size_nm: Range | None = None
    banner: str = ""
    style: Style | None = None

    def __post_init__(self) -> None:
        if not self.name or any(c.isspace() or c in "/\\" for c in self.name):
            raise SettingsError(f"name is {self.name!r}: wanted one word that can be a file name, as in tem-spheres.")
        if self.signal not in SIGNALS:
            raise SettingsError(f"no signal is called {self.signal!r}: wanted one of {', '.join(SIGNALS)}.")
        if self.banner not in {"", ANY_BANNER, *STYLES}:
            close = get_close_matches(self.banner, STYLES, 3) or list(STYLES)[:3]
            raise SettingsError(
                f"banner is {self.banner!r}: wanted {ANY_BANNER}, or a style of scale bars such as {', '.join(close)}."
            )
        for name, span in (("diameter_nm", self.diameter_nm), ("pixel_size_nm", self.pixel_size_nm)):
            if span is not None and not 0 < span[0] <= span[1] < float("inf"):
                raise SettingsError(f"{name} is {span}: wanted two lengths above 0, the lower one first.")
        rng = np.random.default_rng(0)
        self.look.checked(SIGNALS[self.signal].drawn(_EXAMPLE_DIAMETER_PX, rng), f"{self.name}, signal")
        self.acquisition.checked(Acquisition.drawn(rng, RECORDED_BY[self.signal]), f"{self.name}, acquisition")

    def text(self) -> str:
        """The recipe in TOML; what was learnt stands in files beside it (see `save_recipe`)."""
        table: dict[str, Any] = {"name": self.name, "description": self.description, "banner": self.banner or None}
        table |= {"pixel_size_nm": self.pixel_size_nm} if self.pixel_size_nm else {"diameter_nm": self.diameter_nm}
        table["attributes"] = as_table(self.attributes)
        table["scene"] = _scene_table(self)
        table["signal"] = {"kind": self.signal} | dict(self.look.values)
        table["acquisition"] = dict(self.acquisition.values)
        if self.style is not None:
            table["style"] = {"file": f"{self.name}.style.npz"}
        return table_text(table)


@dataclass(frozen=True, eq=False)
class SyntheticSample:
    """A rendered micrograph with its truth.

    Attributes:
        image: (H, W) or (H, W, 3) uint8; with a banner the picture is higher than the scene.
        labels: (H, W) uint32, 0 = background, each number one visible instance; 0 on the banner.
        pixel_size_nm: side of a pixel in nanometres.
        seed: the same seed, recipe and shape give the same sample.
        recipe: what it was made by.
        attributes: texts about it.
        whole: the full outline of each label, hidden parts too; empty where nothing is hidden.
        bar: the scale bar, if one is drawn.
        banner_top_px: first row of the banner, if there is one.
        banner_style: name of the style that they are drawn in.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint32]
    pixel_size_nm: float
    seed: int
    recipe: Recipe
    attributes: Attributes = field(default_factory=Attributes)
    whole: tuple[WholeMask, ...] = ()
    bar: BarTruth | None = None
    banner_top_px: int | None = None
    banner_style: str = ""


def read_recipe(path: str | Path) -> Recipe:
    """Read a recipe from a TOML file; what was learnt is read from the files it names, beside it.

    Raises:
        InputError: if the file can't be read or holds something that is not known.
    """
    path = Path(path)
    try:
        return _recipe(tomllib.loads(path.read_text(encoding="utf-8")), path.parent)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable recipe ({error}). Wanted a TOML file.") from error
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def save_recipe(recipe: Recipe, folder: Path) -> Path:
    """Write a recipe as ``NAME.toml``, with what it has learnt in files beside it; gives the path of the TOML file."""
    if isinstance(recipe.scene, Learnt):
        recipe.scene.geometry.save(folder / f"{recipe.name}.geometry.npz")
    if recipe.style is not None:
        recipe.style.save(folder / f"{recipe.name}.style.npz")
    path = folder / f"{recipe.name}.toml"
    with atomic_file(path) as temporary:
        temporary.write_text(recipe.text(), encoding="utf-8")
    return path


class _BuiltIn(Mapping[str, Recipe]):
    """The recipes that come with the program by name, in alphabetical order; each is read when it is asked for."""

    def __getitem__(self, name: str) -> Recipe:
        if name not in _built_in_names():
            raise KeyError(name)
        return _built_in(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_built_in_names())

    def __len__(self) -> int:
        return len(_built_in_names())


RECIPES: Mapping[str, Recipe] = _BuiltIn()
"""The recipes that come with the program, by name."""


def recipe_named(name: str) -> Recipe:
    """Look up a built-in recipe.

    Raises:
        SettingsError: if there is none of that name.
    """
    if name not in RECIPES:
        nearest = did_you_mean(name, RECIPES)
        raise SettingsError(
            f"no recipe is called {name!r}: wanted one of {', '.join(RECIPES)}, or a TOML file.{nearest}"
        )
    return RECIPES[name]


def render_sample(recipe: Recipe | str, seed: int, shape: tuple[int, int] = (512, 512)) -> SyntheticSample:
    """Render one micrograph of a scene of `shape` (H, W) with its exact labels; a banner comes below it.

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
    scene = chosen.scene.compose(shape, rng)
    image = _picture(chosen, scene, rng)
    scene = scene.counted()
    if chosen.pixel_size_nm is None:
        pixel_size_nm = drawn_log(chosen.diameter_nm, rng) / scene.diameter_px
    else:
        pixel_size_nm = drawn_log(chosen.pixel_size_nm, rng)
    attributes = seen_in(scene.labels, pixel_size_nm, chosen.attributes)
    sample = SyntheticSample(image, scene.labels, pixel_size_nm, seed, chosen, attributes, scene.whole)
    return _with_banner(sample, rng) if chosen.banner else sample


@cache
def _built_in_names() -> tuple[str, ...]:
    entries = (files("uniaims.synthesis") / "recipes").iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")))


@cache
def _built_in(name: str) -> Recipe:
    text = (files("uniaims.synthesis") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    return _recipe(tomllib.loads(text), None)


def _picture(recipe: Recipe, scene: Scene, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Signal and acquisition, or the learnt style in their place or over them."""
    if recipe.style is not None and recipe.style.knows_depth:
        return recipe.style.render(scene, rng)
    look = recipe.look.over(SIGNALS[recipe.signal].drawn(scene.diameter_px, rng), rng)
    signal = look.render(scene, rng)
    image = recipe.acquisition.over(Acquisition.drawn(rng, RECORDED_BY[recipe.signal]), rng).record(signal, rng)
    return image if recipe.style is None else recipe.style.match(image, rng)


def _with_banner(sample: SyntheticSample, rng: np.random.Generator) -> SyntheticSample:
    """Draw a scale bar, with its banner if the style has one; labels are 0 on rows that the banner adds."""
    name = sample.recipe.banner
    if name == ANY_BANNER:
        fitting = _fitting_strips(sample.pixel_size_nm * sample.image.shape[1])
        name = fitting[int(rng.integers(len(fitting)))]
    drawn, strip = draw_scalebar(sample.image, name, rng, sample.pixel_size_nm), STYLES[name].strip
    added = drawn.image.shape[0] - sample.labels.shape[0]
    above = added if strip is not None and strip.top else 0
    banner = drawn.truth.banner
    return replace(
        sample,
        image=drawn.image,
        labels=np.pad(sample.labels, ((above, added - above), (0, 0))),
        whole=tuple(replace(outline, top=outline.top + above) for outline in sample.whole),
        bar=drawn.truth.bar,
        banner_top_px=None if banner is None else round(banner[1]),
        banner_style=name,
    )


def _fitting_strips(field_width_nm: float) -> list[str]:
    """Styles with a strip below the picture whose instruments show bars of a length that fits; all if none does."""
    strips = {
        name: style for name, style in STYLES.items() if style.strip and style.strip.ground and not style.strip.top
    }
    fitting = [
        name
        for name, style in strips.items()
        if style.lengths_nm[0] <= style.span[1] * field_width_nm
        and style.span[0] * field_width_nm < 10 * style.lengths_nm[1]
    ]
    return fitting or list(strips)


def _recipe(table: Mapping[str, Any], folder: Path | None) -> Recipe:
    """A recipe from its TOML table; `folder` holds the files that it names."""
    name = str(table.get("name", ""))
    known = ("name", "description", "diameter_nm", "pixel_size_nm", "banner")
    parts = ("attributes", "scene", "signal", "acquisition", "style")
    unknown = [key for key in table if key not in (*known, *parts)]
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: not known in a recipe, wanted some of {', '.join(known + parts)}.")
    signal = dict(table.get("signal", {}))
    values: dict[str, Any] = {key: table[key] for key in known if key in table}
    values["signal"] = signal.pop("kind", "secondary electrons")
    values["look"] = Given(signal)
    values["acquisition"] = Given(table.get("acquisition", {}))
    values["attributes"] = from_table(Attributes, table.get("attributes", {}), f"{name}, attributes")
    values["scene"] = _scene(table.get("scene", {}), folder, f"{name}, scene")
    if "style" in table:
        values["style"] = Style.load(_beside(folder, table["style"], f"{name}, style"))
    return from_table(Recipe, values, f"recipe {name!r}")


def _scene(table: Mapping[str, Any], folder: Path | None, where: str) -> SceneKind:
    rest = dict(table)
    kind = rest.pop("kind", None)
    if kind == LEARNT:
        file = _beside(folder, rest, where)
        return from_table(
            Learnt, {name: rest[name] for name in rest if name != "file"} | {"geometry": Geometry.load(file)}, where
        )
    if kind not in SCENES:
        raise SettingsError(f"{where}: no kind is called {kind!r}, wanted one of {', '.join([*SCENES, LEARNT])}.")
    return from_table(SCENES[kind], rest, where)


def _scene_table(recipe: Recipe) -> dict[str, Any]:
    if isinstance(recipe.scene, Learnt):
        rest = {name: value for name, value in as_table(recipe.scene).items() if name != "geometry"}
        return {"kind": LEARNT, "file": f"{recipe.name}.geometry.npz"} | rest
    kind = next(name for name, made in SCENES.items() if type(recipe.scene) is made)
    return {"kind": kind} | as_table(recipe.scene)


def _beside(folder: Path | None, table: Mapping[str, Any], where: str) -> Path:
    if folder is None or not isinstance(table.get("file"), str):
        raise SettingsError(f'{where}: wanted file = "NAME.npz", the name of a file beside the recipe.')
    return folder / str(table["file"])
