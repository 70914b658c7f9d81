"""Many samples into a folder: reproducible whatever the number of workers, whole or not there, continued where stopped.

::

    images/<stem>.png    the picture; its text chunk ``uniaims`` is the sample's record in JSON
    masks/<stem>.png     its labels, 16 bits (<stem>.tif, 32 bits, above 65,535)
    whole/<stem>.npz     full outlines where instances hide each other, on demand
    recipes/<name>.toml  what the samples were made by, with files of what was learnt
    samples.csv          the records of all samples in the folder

A sample is there once its image is: mask and whole outlines are written before it.
"""

import csv
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from uniaims.atomic import atomic_file, sweep
from uniaims.errors import OutputError, SettingsError
from uniaims.labels import write_labels
from uniaims.progress import Progress, silence
from uniaims.records import Attributes
from uniaims.stopping import stop_signal
from uniaims.synthesis.recipe import (
    ANY_BANNER,
    Recipe,
    SyntheticSample,
    read_recipe,
    recipe_named,
    render_sample,
    save_recipe,
)
from uniaims.synthesis.scenes import WholeMask
from uniaims.synthesis.settings import ProductionSettings
from uniaims.workers import executor_for

CHUNK = "uniaims"
"""Name of the PNG text chunk that holds the record."""
_TITLE = "Synthetic micrograph rendered by uniaims.synthesis. It shows no real specimen."
_PNG_LABELS = 65_535


@dataclass(frozen=True)
class _Making:
    """How a sample was made; a base of its own, so that these columns come first."""

    stem: str
    recipe: str
    recipe_hash: str
    seed: int
    scene_width_px: int
    scene_height_px: int
    width_px: int
    height_px: int
    instance_count: int
    pixel_size_nm: float
    synthetic: bool = True
    bar_x0_px: float | None = None
    bar_y0_px: float | None = None
    bar_x1_px: float | None = None
    bar_y1_px: float | None = None
    bar_length_nm: float | None = None
    bar_text: str = ""
    bar_style: str = ""
    banner_top_px: int | None = None


@dataclass(frozen=True)
class SampleRecord(Attributes, _Making):
    """One row of ``samples.csv``: how a sample was made and what it shows; lengths in pixels unless named otherwise.

    `width_px` and `height_px` are those of the image, banner included. `recipe_hash` tells recipes of one name
    apart. The `bar_...` fields are the truth of the scale bar: its ends (x0, y0 and x1, y1, see `scalebars.truth`), the
    length it stands for, its text and its style; empty without one.
    """


COLUMNS = tuple(item.name for item in fields(SampleRecord))
"""The columns of ``samples.csv``."""


@dataclass(frozen=True)
class Order:
    """One sample to make: everything a worker needs."""

    recipe: Recipe
    recipe_hash: str
    seed: int
    shape: tuple[int, int]
    output: Path
    whole: bool

    @property
    def stem(self) -> str:
        """Name of the sample's files."""
        return f"{self.recipe.name}-{self.seed:06d}"

    @property
    def image(self) -> Path:
        """Where the image goes."""
        return self.output / "images" / f"{self.stem}.png"


@dataclass(frozen=True)
class Production:
    """What became of an order of samples.

    Attributes:
        output: the folder.
        made: samples made by this call.
        kept: samples of this order that were there already.
        samples: samples in the folder, also of other orders.
        instance_count: labelled instances in all of them.
        interrupted: whether the user stopped it.
        seconds: wall time.
        signal: number of the signal by which it was stopped, where that is told; else 0.
    """

    output: Path
    made: int
    kept: int
    samples: int
    instance_count: int
    interrupted: bool
    seconds: float
    signal: int = 0


def synthesise(
    recipes: Sequence[Recipe | str],
    output: str | Path,
    settings: ProductionSettings | None = None,
    *,
    progress: Progress | None = None,
) -> Production:
    """Make samples, the recipes in turn, and write them as ``images/`` and ``masks/`` of the same stems.

    Sample number i has the recipe i modulo the number of recipes and the seed ``seed`` + i // number of recipes, so a
    larger count or another number of workers changes nothing of what is there. Samples that are there are kept.

    Args:
        recipes: built-in names or recipes.
        output: folder; made if it is not there.
        settings: how many, how large, from which seed; None: the defaults. With several workers a script needs the
            usual ``if __name__ == "__main__":``.
        progress: told ``("samples", done, total)``.

    Raises:
        SettingsError: if two recipes share a name, or a size is too small.
        OutputError: if a file can't be written, or one is there that was made otherwise.
    """
    started, output, settings = perf_counter(), Path(output), settings or ProductionSettings()
    for folder in (output, *(output / name for name in ("images", "masks", "whole", "recipes"))):
        sweep(folder)
    chosen = [_chosen(each, settings) for each in recipes]
    orders = _orders(chosen, output, settings)
    waiting = orders if settings.overwrite else [order for order in orders if not _is_there(order)]
    _save_recipes(chosen, output / "recipes", overwrite=settings.overwrite)
    tell, kept, made = progress or silence, len(orders) - len(waiting), 0
    stop: KeyboardInterrupt | None = None
    tell("samples", kept, len(orders))
    finished = executor_for(settings.workers, threads_each=1).results(make, waiting, _lost)
    try:
        with closing(finished):
            for made, _ in enumerate(finished, start=1):
                tell("samples", kept + made, len(orders))
    except KeyboardInterrupt as asked:
        stop = asked
    records = write_index(output)
    instance_count = sum(int(record["instance_count"]) for record in records)
    seconds = perf_counter() - started
    return Production(output, made, kept, len(records), instance_count, stop is not None, seconds, stop_signal(stop))


def make(order: Order) -> str:
    """Render one sample and write its files, the image last; gives its stem."""
    sample = render_sample(order.recipe, order.seed, order.shape)
    record = record_of(sample, order)
    _write_mask(sample, order)
    if order.whole:
        _write_whole(sample.whole, order)
    information = PngImagePlugin.PngInfo()
    information.add_text("Title", _TITLE)
    information.add_itxt(CHUNK, json.dumps(asdict(record), ensure_ascii=False))
    with atomic_file(order.image) as temporary:
        Image.fromarray(sample.image).save(temporary, pnginfo=information, compress_level=4)
    return order.stem


def _lost(order: Order) -> str:
    raise OutputError(
        f"{order.stem}: the process that rendered it died, most likely for want of memory. What is finished stays: "
        "go on with fewer --workers."
    )


def record_of(sample: SyntheticSample, order: Order) -> SampleRecord:
    """What is to be known of a sample."""
    height, width = sample.image.shape[:2]
    bar = sample.bar
    drawn: dict[str, Any] = (
        {}
        if bar is None
        else {
            **dict(zip(("bar_x0_px", "bar_y0_px", "bar_x1_px", "bar_y1_px"), (*bar.start, *bar.end), strict=True)),
            "bar_length_nm": bar.length_nm,
            "bar_text": bar.text or "",
            "bar_style": sample.banner_style,
            "banner_top_px": sample.banner_top_px,
        }
    )
    return SampleRecord(
        stem=order.stem,
        recipe=order.recipe.name,
        recipe_hash=order.recipe_hash,
        seed=order.seed,
        scene_width_px=order.shape[1],
        scene_height_px=order.shape[0],
        width_px=width,
        height_px=height,
        instance_count=int(sample.labels.max(initial=0)),
        pixel_size_nm=sample.pixel_size_nm,
        **(drawn | asdict(sample.attributes)),
    )


def write_index(output: Path) -> list[dict[str, Any]]:
    """Write ``samples.csv`` from the records in the images, sorted by stem; gives the records."""
    paths = sorted((output / "images").glob("[!.]*.png")) if (output / "images").is_dir() else []
    records = [record for path in paths if (record := read_record(path)) is not None]
    with atomic_file(output / "samples.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(records)
    return records


def read_record(path: Path) -> dict[str, Any] | None:
    """The record in an image; None if it has none."""
    try:
        with path.open("rb") as stream, PngImagePlugin.PngImageFile(stream) as image:
            record = json.loads(image.info.get(CHUNK, "null"))
    except (OSError, SyntaxError, ValueError):
        return None
    return record if isinstance(record, dict) and "stem" in record else None


def read_whole(path: str | Path) -> tuple[WholeMask, ...]:
    """Read the full outlines of a sample, in the order of its labels; empty where nothing is hidden."""
    with np.load(path) as stored:
        boxes, offsets = stored["boxes"], stored["offsets"]
        bits = np.unpackbits(stored["bits"], count=int(offsets[-1])).astype(bool)
    return tuple(
        WholeMask(int(top), int(left), bits[start:stop].reshape(height, width))
        for (top, left, height, width), start, stop in zip(boxes, offsets, offsets[1:], strict=False)
    )


def _chosen(recipe: Recipe | str, settings: ProductionSettings) -> Recipe:
    chosen = recipe_named(recipe) if isinstance(recipe, str) else recipe
    return replace(chosen, banner=chosen.banner or ANY_BANNER) if settings.banner else chosen


def _orders(recipes: Sequence[Recipe], output: Path, settings: ProductionSettings) -> list[Order]:
    """The samples in the order in which they are made."""
    names = [recipe.name for recipe in recipes]
    if not recipes or len(set(names)) < len(names):
        raise SettingsError(f"recipes are {', '.join(names) or 'none'}: wanted one or more, each of another name.")
    hashes = [_hash(recipe) for recipe in recipes]
    turns = [divmod(number, len(recipes)) for number in range(settings.count)]
    return [
        Order(recipes[which], hashes[which], settings.seed + turn, settings.shape, output, settings.whole)
        for turn, which in turns
    ]


def _hash(recipe: Recipe) -> str:
    digest = sha256(recipe.text().encode())
    for learnt in (getattr(recipe.scene, "geometry", None), recipe.style):
        for item in fields(learnt) if learnt is not None else ():
            digest.update(np.ascontiguousarray(getattr(learnt, item.name)).tobytes())
    return digest.hexdigest()[:16]


def _save_recipes(recipes: Sequence[Recipe], folder: Path, *, overwrite: bool) -> None:
    """Keep the recipes with the samples.

    Raises:
        OutputError: if another recipe of the same name is there, by which samples in the folder may have been made.
    """
    for recipe in recipes:
        path = folder / f"{recipe.name}.toml"
        if path.exists() and not overwrite and _hash(read_recipe(path)) != _hash(recipe):
            raise OutputError(
                f"{path}: another recipe of this name made samples here. Choose another --output, or --overwrite."
            )
    for recipe in recipes:
        save_recipe(recipe, folder)


def _is_there(order: Order) -> bool:
    """Whether a sample is there.

    Raises:
        OutputError: if an image of that name is there that was made otherwise.
    """
    if not order.image.exists():
        return False
    record = read_record(order.image) or {}
    found = (record.get("recipe_hash"), record.get("scene_height_px"), record.get("scene_width_px"))
    if found != (order.recipe_hash, *order.shape):
        raise OutputError(
            f"{order.image}: made with another recipe or size. Choose another --output, or --overwrite to replace it."
        )
    return not order.whole or (order.output / "whole" / f"{order.stem}.npz").exists()


def _write_mask(sample: SyntheticSample, order: Order) -> None:
    path = order.output / "masks" / f"{order.stem}.png"
    if sample.labels.max(initial=0) > _PNG_LABELS:
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_labels(path.with_suffix(".tif"), sample.labels)
        return
    path.with_suffix(".tif").unlink(missing_ok=True)
    with atomic_file(path) as temporary:
        Image.fromarray(sample.labels.astype(np.uint16)).save(temporary, compress_level=4)


def _write_whole(whole: tuple[WholeMask, ...], order: Order) -> None:
    """Boxes (N, 4: top, left, height, width), bits of the masks row by row, and where each mask starts among them."""
    masks = [each.mask for each in whole]
    bits = np.concatenate([mask.ravel() for mask in masks]) if masks else np.zeros(0, bool)
    boxes = np.array([(each.top, each.left, *each.mask.shape) for each in whole], dtype=np.int32).reshape(-1, 4)
    offsets = np.concatenate([[0], np.cumsum([mask.size for mask in masks])]).astype(np.int64)
    with atomic_file(order.output / "whole" / f"{order.stem}.npz") as temporary:
        np.savez_compressed(temporary, boxes=boxes, bits=np.packbits(bits), offsets=offsets)
