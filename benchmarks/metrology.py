"""Bias and spread of every figure against exact truth, before (outline of the labels) and after (the edge).

    python benchmarks/metrology.py --cache runs/metrology --write docs/metrology.md    all tables, in their places
    python benchmarks/metrology.py --only forms speed                                  some, to the screen

"labels" are the pixels whose centres lie in the object; "network" is the outline of the shipped model, whose labels are
kept in --cache, since they take by far the longest. The bias is the mean over the objects, the spread their standard
deviation, both in per cent of the truth.
"""

import argparse
import math
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from exact_pictures import FORMS, Drawn, Field, Plate, plate
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.matching import match
from uniaims.measurements import measure
from uniaims.measurements.border import count_weights, counted_area, size_weights
from uniaims.segmenter import Segmenter
from uniaims.statistics.weighted import weighted_sizes
from uniaims.structures import Outlines, find_outlines, polygon_figures
from uniaims.synthesis import recipe_named, render_sample

Floats = NDArray[np.float64]
SIZES = (6, 8, 12, 20, 40, 100)
FIGURES = ("equivalent_diameter", "area", "max_feret", "min_feret", "perimeter", "form_factor", "aspect_ratio")
TITLES = ("diameter", "area", "Feret max", "Feret min", "perimeter", "form factor", "aspect ratio")
RECIPES = (
    "spheres", "cubes", "rods", "pebbles", "powder", "sem-section", "composite", "superalloy", "pores",
    "om-particles", "tem-spheres", "tem-rods", "haadf-particles",
)  # fmt: skip
SEEDS = range(5000, 5003)
LEAST_TRUE_PX = 12.0


@dataclass(frozen=True)
class Scene:
    """A picture, its true labels and those that were found in it."""

    image: NDArray[np.uint8]
    truth: NDArray[np.uint32]
    found: NDArray[np.uint32]
    scale: float

    @property
    def pairs(self) -> NDArray[np.uint32]:
        """(K, 2) true and found labels that belong together."""
        return match(self.truth, self.found).pairs


def segmented(name: str, image: NDArray[np.uint8], truth: NDArray[np.uint32], folder: Path) -> Scene:
    """What the network finds, from the cache where it is there."""
    path = folder / f"{name}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = network()(image)
        np.savez_compressed(path, found=done.labels, scale=done.working_scale)
    with np.load(path) as stored:
        return Scene(image, truth, stored["found"], float(stored["scale"]))


@cache
def network() -> Segmenter:
    return Segmenter.load("general")


def plate_scene(wanted: Plate, folder: Path | None) -> tuple[Drawn, Scene]:
    """A plate with its labels (folder None) or the network's."""
    drawn = plate(wanted)
    if folder is None:
        return drawn, Scene(drawn.image, drawn.labels, drawn.labels, 1.0)
    name = f"plate-{wanted.form}-{wanted.diameter_px:g}-{wanted.blur_px:g}-{wanted.contrast_to_noise:g}-{wanted.look}"
    return drawn, segmented(name, drawn.image, drawn.labels, folder)


@dataclass(frozen=True)
class Errors:
    """Relative errors (K,) of each figure over the objects, before and after; directions in degrees."""

    before: dict[str, Floats]
    after: dict[str, Floats]
    accepted: float
    found: float

    def cell(self, name: str, what: str = "both") -> str:
        """Bias ± spread before -> after."""
        texts = [_text(side[name]) for side in ((self.before, self.after) if what == "both" else (self.after,))]
        return " → ".join(texts)


def _text(values: Floats) -> str:
    known = values[np.isfinite(values)]
    return f"{100 * known.mean():+.1f} ± {100 * known.std():.1f}" if len(known) else "-"


def judged(wanted: Plate, folder: Path | None, law: str = "step") -> Errors:
    """Errors of all figures of a plate's objects."""
    drawn, scene = plate_scene(wanted, folder)
    pairs = scene.pairs
    outlines = find_outlines(scene.image, scene.found, law, working_scale=scene.scale)
    true = polygon_figures(drawn.outline, np.array([0, len(drawn.outline)]))
    table, after = measure(scene.found), outlines.figures
    rows = np.searchsorted(table.table["label"].to_numpy(), pairs[:, 1])
    chosen, kept = pairs[:, 1].astype(int) - 1, outlines.accepted
    before_all, after_all = {}, {}
    for name in FIGURES:
        aim = float(getattr(true, name)[0])
        before = table.values(name)[rows]
        before_all[name] = before / aim - 1
        # what is refused keeps the figures of the labels, as a user gets them
        after_all[name] = np.where(kept[chosen], getattr(after, name)[chosen], before) / aim - 1
    turns = drawn.degrees[pairs[:, 0].astype(int) - 1]
    for side, degrees in ((before_all, table.values("orientation")[rows]), (after_all, after.degrees[chosen])):
        side["orientation"] = (degrees - turns + 90) % 180 - 90
    return Errors(before_all, after_all, float(kept[chosen].mean()), len(pairs) / int(drawn.labels.max()))


# --- tables -----------------------------------------------------------------------------------------------------------


def rows_of(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(heads)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines))


def forms(_folder: Path) -> str:
    """Every figure by form and size, from exactly rasterised labels."""
    lines = []
    for form in FORMS:
        for size in SIZES:
            errors = judged(Plate(form=form, diameter_px=size), None)
            turned = form in ("ellipse", "rod")
            turn = "-"
            if turned:
                turn = " → ".join(f"{np.nanstd(side['orientation']):.1f}°" for side in (errors.before, errors.after))
            lines.append([form, str(size), *(errors.cell(name) for name in FIGURES), turn, f"{errors.accepted:.0%}"])
    return rows_of(("form", "size, px", *TITLES, "direction, spread", "accepted"), lines)


def by_network(folder: Path) -> str:
    """Diameter by form and size from the network's outlines."""
    lines = []
    for form in (*FORMS, "pair"):
        errors = [judged(Plate(form=form, diameter_px=size), folder) for size in SIZES]
        lines.append([form, *(_network_cell(each) for each in errors)])
    return rows_of(("form", *(f"{size} px" for size in SIZES)), lines)


def by_picture(folder: Path) -> str:
    """Diameter of discs by blur, contrast and look from the network's outlines."""
    kinds = [
        *((f"blur {blur:g} px", {"blur_px": blur}) for blur in (0.6, 0.8, 1.5, 2.0, 3.0)),
        *((f"contrast/noise {ratio:g}", {"contrast_to_noise": ratio}) for ratio in (2.0, 5.0, 20.0)),
        *((look, {"look": look}) for look in ("dark", "gradient")),
    ]
    lines = []
    for title, change in kinds:
        errors = [judged(replace(Plate(diameter_px=size), **change), folder) for size in SIZES]
        lines.append([title, *(_network_cell(each) for each in errors)])
    return rows_of(("discs", *(f"{size} px" for size in SIZES)), lines)


def _network_cell(errors: Errors) -> str:
    if errors.found < 0.05:
        return "not found"
    refused = "" if errors.accepted > 0.995 else f" ({1 - errors.accepted:.0%} refused)"
    return errors.cell("equivalent_diameter") + refused


def generated(folder: Path) -> str:
    """Median bias of the diameter on generated pictures, by recipe: network, each law, auto."""
    lines = []
    for name in RECIPES:
        signal = recipe_named(name).attributes.signal
        found = [generated_errors(name, seed, folder, signal) for seed in SEEDS]
        found = [each for each in found if len(each["network"]) >= 3]
        count = sum(len(each["network"]) for each in found)
        cells = [
            _over_pictures([each[law] for each in found]) for law in ("network", "step", "bright_rim", "fading", "auto")
        ]
        lines.append([name, signal, f"{count:,}", *cells])
    heads = ("recipe", "signal", "objects", "network", "step", "bright rim", "fading", "auto")
    return rows_of(heads, lines)


def generated_errors(name: str, seed: int, folder: Path, signal: str) -> dict[str, Floats]:
    """Relative errors of the diameter of the objects from 12 px on that the border does not cut."""
    sample = render_sample(name, seed, (512, 512))
    scene = segmented(f"gen-{name}-{seed}", sample.image, sample.labels, folder)
    grey = scene.image if scene.image.ndim == 2 else scene.image.mean(axis=2)
    table, truth = measure(scene.found), measure(scene.truth)
    true_px, whole = truth.values("equivalent_diameter"), truth.values("touches_border") == 0
    pairs = scene.pairs.astype(int)
    pairs = pairs[whole[pairs[:, 0] - 1] & (true_px[pairs[:, 0] - 1] >= LEAST_TRUE_PX)]
    before = table.values("equivalent_diameter")[pairs[:, 1] - 1]
    errors = {"network": before / true_px[pairs[:, 0] - 1] - 1}
    for law in ("step", "bright_rim", "fading", "auto"):
        outlines: Outlines = find_outlines(grey, scene.found, law, signal, scene.scale)
        after = np.where(outlines.accepted, outlines.figures.equivalent_diameter, np.nan)[pairs[:, 1] - 1]
        errors[law] = np.where(np.isnan(after), before, after) / true_px[pairs[:, 0] - 1] - 1
    return errors


def _over_pictures(errors: list[Floats]) -> str:
    medians = [100 * float(np.median(each)) for each in errors]
    return f"{np.mean(medians):+.1f} ({min(medians):+.1f} to {max(medians):+.1f})" if medians else "-"


def border(_folder: Path, fields: int = 300) -> str:
    """Counts and sizes of log-normal discs against the border."""
    lines = []
    for deviation in (1.2, 1.4, 1.8):
        for median in (20.0, 40.0, 60.0):
            law = Field(600, median, deviation, 300)
            lines.append([f"{deviation:g}", f"{median:g} px", *border_cells(law, fields)])
    heads = ("geometric deviation", "median", "cut", "number, all counted", "half rule", "x10/x50/x90,0 of whole ones")
    return rows_of((*heads, "x10/x50/x90,0 weighted", "x10/x50/x90,3 weighted"), lines)


def border_cells(law: Field, fields: int, seed: int = 0) -> list[str]:
    """Errors in per cent over so many fields."""
    rng, region = np.random.default_rng(seed), Box(0, 0, law.side_px, law.side_px)
    counts, plain, weighted, volume = [], [], [], []
    for _ in range(fields):
        sizes, boxes = law.draw(rng)
        weights = size_weights(boxes, region)
        weights[np.isinf(weights)] = 0
        counts.append(((weights == 0).mean(), len(sizes), count_weights(boxes, region).sum()))
        plain.append(weighted_sizes(sizes[weights > 0]).values)
        weighted.append(weighted_sizes(sizes, weights).values)
        volume.append(weighted_sizes(sizes, weights, "volume").values)
    cut, seen, half = np.mean(counts, axis=0)
    half *= region.area / counted_area(region)
    percent = [f"{100 * (each / law.count - 1):+.1f}" for each in (seen, half)]
    true = law.percentiles(0), law.percentiles(0), law.percentiles(3)
    sides = [_triple(np.array(each), aim) for each, aim in zip((plain, weighted, volume), true, strict=True)]
    return [f"{cut:.0%}", *percent, *sides]


def _triple(values: Floats, true: Floats) -> str:
    carried = np.isfinite(values).mean(axis=0) > 0.5
    means = [np.nanmean(column) if kept else np.nan for column, kept in zip(values.T, carried, strict=True)]
    return " / ".join("-" if math.isnan(each) else f"{100 * each:+.1f}" for each in np.array(means) / true - 1)


def peers(_folder: Path) -> str:
    """The same polygons, and the same labels, through DIPlib and scikit-image."""
    import diplib
    from skimage.measure import regionprops

    drawn = plate(Plate(form="ellipse", diameter_px=40))
    outlines = find_outlines(drawn.image, drawn.labels, "step")
    figures = outlines.figures
    names = ("Size", "Perimeter", "Feret", "P2A", "EllipseVariance")
    msr = diplib.MeasurementTool.Measure(drawn.labels, features=list(names))
    regions = regionprops(drawn.labels.astype(int))
    ours_labels = measure(drawn.labels)
    theirs = {
        "area": (np.array(msr["Size"])[:, 0], [each.area for each in regions]),
        "perimeter": (np.array(msr["Perimeter"])[:, 0], [each.perimeter_crofton for each in regions]),
        "max_feret": (np.array(msr["Feret"])[:, 0], [each.feret_diameter_max for each in regions]),
        "min_feret": (np.array(msr["Feret"])[:, 1], [math.nan]),
        "major_axis": ([math.nan], [each.axis_major_length for each in regions]),
        "minor_axis": ([math.nan], [each.axis_minor_length for each in regions]),
    }
    true = polygon_figures(drawn.outline, np.array([0, len(drawn.outline)]))
    lines = []
    for name, (dip, scikit) in theirs.items():
        aim = float(getattr(true, name)[0])
        sides = (getattr(figures, name), ours_labels.values(name), dip, scikit)
        lines.append([name.replace("_", " "), f"{aim:.2f}", *(_text(np.asarray(each) / aim - 1) for each in sides)])
    return rows_of(("figure", "truth", "edge", "labels, Uni-AIMS", "labels, DIPlib", "labels, scikit-image"), lines)


def speed(_folder: Path) -> str:
    """Time and memory of dense synthetic labels."""
    lines = []
    for side in (1024, 4096, 8192):
        labels, image = dense(side)
        find_outlines(image[:256, :256], labels[:256, :256], "step")
        started, used = time.perf_counter(), time.process_time()
        outlines = find_outlines(image, labels, "step")
        wall, processor = time.perf_counter() - started, time.process_time() - used
        started = time.process_time()
        _ = outlines.figures
        figures = time.process_time() - started
        cells = (f"{len(outlines):,}", f"{wall:.1f} s", f"{processor:.1f} s", f"{figures:.1f} s")
        lines.append([f"{side}²", *cells, f"{outlines.accepted.mean():.0%}"])
    return rows_of(("image", "objects", "outlines, wall", "processor", "figures, processor", "accepted"), lines)


def dense(side: int, pitch: float = 25.9) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """About (side / 25.9)² discs of 10 to 22 px with their picture, noise included."""
    rng = np.random.default_rng(0)
    across = int(side / pitch)
    centres = (np.stack(np.meshgrid(np.arange(across), np.arange(across)), -1).reshape(-1, 2) + 0.5) * pitch
    centres, radii = centres + rng.uniform(-1, 1, centres.shape), rng.uniform(5, 11, len(centres))
    labels, cover = np.zeros((side, side), np.uint32), np.zeros((side, side), np.float32)
    offsets = np.arange(-13, 14)
    for number, ((x, y), radius) in enumerate(zip(centres, radii, strict=True), start=1):
        rows, columns = int(y) + offsets[:, None], int(x) + offsets[None]
        inside = radius - np.hypot(rows + 0.5 - y, columns + 0.5 - x)
        window = np.s_[int(y) - 13 : int(y) + 14, int(x) - 13 : int(x) + 14]
        inside = inside[: labels[window].shape[0], : labels[window].shape[1]]
        labels[window][inside > 0] = number
        cover[window] += np.clip(0.5 + inside / 2.5, 0, 1)
    noise = rng.standard_normal(cover.shape, np.float32)
    return labels, np.clip(90 + 60 * cover + 6 * noise, 0, 255).astype(np.uint8)


TABLES: dict[str, Callable[[Path], str]] = {
    "network": by_network,
    "pictures": by_picture,
    "forms": forms,
    "generated": generated,
    "border": border,
    "peers": peers,
    "speed": speed,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=list(TABLES), default=list(TABLES))
    parser.add_argument(
        "--cache", type=Path, default=Path("runs/metrology"), help="Where the network's labels are kept."
    )
    parser.add_argument(
        "--write", type=Path, help="Page whose tables are replaced, between <!-- table: NAME --> marks."
    )
    options = parser.parse_args()
    for name in options.only:
        text = TABLES[name](options.cache)
        print(f"\n{name}\n\n{text}", flush=True)
        if options.write:
            page = options.write.read_text(encoding="utf-8")
            marked = rf"(<!-- table: {name} -->\n).*?(\n<!-- end -->)"
            options.write.write_text(
                re.sub(marked, lambda m, t=text: m[1] + t + m[2], page, flags=re.S), encoding="utf-8"
            )


if __name__ == "__main__":
    main()
