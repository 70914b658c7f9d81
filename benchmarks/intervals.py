"""How often the interval that a report gives (k = 2) holds the truth, over simulated analyses.

    python benchmarks/intervals.py --rows runs/intervals.jsonl --seeds 20000 20200      resumable: what is there is kept
    python benchmarks/intervals.py --rows runs/intervals.jsonl --write docs/metrology.md

Each analysis sees other spheres: their number is Poisson, their sizes log-normal, none overlaps another, and their true
median, deviation and density are known. The generator's own signals and instruments draw them (secondary electrons,
backscattered electrons, transmission); a field is cut out of the middle, so that its sides cut some. Half of the
pixel sizes are exact, half are off by what metadata are believed to be. Ways: ``labels`` are the true pixels, their
sizes those of the pixels; ``edge`` the same with the edge in the grey levels; ``network`` is the whole of `analyse`
with the shipped model, ``network outline`` the same without edges.
"""

import argparse
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.formats import Acquisition
from uniaims.labels import relabel
from uniaims.matching import match
from uniaims.measurements import Measurements
from uniaims.micrograph import Micrograph, PixelSize
from uniaims.modes import Objects, mode_named
from uniaims.modes.edges import signal_of
from uniaims.pipeline import AnalysisSettings, analyse
from uniaims.pipeline.provenance import scale_uncertainty
from uniaims.report import Findings, ReportContent
from uniaims.segmenter import Segmenter
from uniaims.synthesis import Recipe, recipe_named, render_sample
from uniaims.synthesis.relief import rasterise
from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.scenes.composition import Placed, composed
from uniaims.synthesis.shapes import shape_named

Floats = NDArray[np.float64]
LOOKS = {
    "spheres": Acquisition(detector="SE2", voltage_kv=5.0),
    "sem-section": Acquisition(detector="BSE", voltage_kv=15.0),
    "tem-spheres": Acquisition(voltage_kv=200.0),
}
"""Recipe whose signal and instrument draw the picture -> what a file says of it."""
FIGURES = ("x10_0", "x50_0", "x90_0", "x50_3", "number_density", "area_fraction")
WAYS = ("labels", "edge", "network", "network outline")
SIDE_PX = 448
NM_PER_PX = 2.5
QUANTILE_10 = 1.2815516
MOST_TRIES = 2000


@dataclass(frozen=True)
class Material:
    """Spheres of a known law.

    Attributes:
        median_px: of the diameters, by number.
        deviation: geometric standard deviation.
        count: how many there are per field.
    """

    median_px: float
    deviation: float
    count: float

    def truth(self) -> dict[str, float]:
        """The true figures in px (Hatch & Choate 1929)."""
        sigma, density = math.log(self.deviation), self.count / SIDE_PX**2
        steps = {"x10_0": -QUANTILE_10 * sigma, "x50_0": 0.0, "x90_0": QUANTILE_10 * sigma, "x50_3": 3 * sigma**2}
        sizes = {name: self.median_px * math.exp(step) for name, step in steps.items()}
        cover = density * math.pi / 4 * self.median_px**2 * math.exp(2 * sigma**2)
        return sizes | {"number_density": density, "area_fraction": cover}


@dataclass(frozen=True, eq=False)
class Discs:
    """A scene of spheres at known places; one row of `places` (N, 2) y, x and of `diameters` (N,) for each."""

    places: Floats
    diameters: Floats

    def compose(self, shape: tuple[int, int], rng: np.random.Generator) -> Scene:
        """Lay them on the substrate."""
        make, placed = shape_named("sphere"), []
        for number, (place, diameter) in enumerate(zip(self.places, self.diameters, strict=True), 1):
            at = np.rint(place).astype(int)
            patch = rasterise(make(float(diameter), rng), *(place - at))
            bottom = float(patch.lower[patch.upper > patch.lower].min(initial=0.0))
            placed.append(Placed(patch, (int(at[0]), int(at[1])), -bottom, number))
        return composed(shape, placed, float(np.median(self.diameters)))


@dataclass(frozen=True, eq=False)
class Picture:
    """A field of a material, its true labels and the true diameter (N,) of each label."""

    material: Material
    micrograph: Micrograph
    labels: NDArray[np.uint32]
    diameters: Floats
    true_nm: float


def drawn_material(random: np.random.Generator) -> Material:
    """One of those that occur: 14 to 28 px, geometric deviation 1.1 to 1.4, cover 8 to 25 %."""
    median = math.exp(random.uniform(math.log(14), math.log(28)))
    deviation = random.uniform(1.1, 1.4)
    body = math.pi / 4 * median**2 * math.exp(2 * math.log(deviation) ** 2)
    return Material(median, deviation, random.uniform(0.08, 0.25) * SIDE_PX**2 / body)


def scattered(side: int, random: np.random.Generator, diameters: Floats) -> Floats:
    """Places (N, 2) of a square without edges (what leaves on one side comes in on the other), none overlapping."""
    places = np.empty((len(diameters), 2))
    for index, diameter in enumerate(diameters):
        for _ in range(MOST_TRIES):
            place = random.uniform(0, side, 2)
            apart = np.abs(places[:index] - place)
            distance = np.hypot(*np.minimum(apart, side - apart).T)
            if (distance > (diameters[:index] + diameter) / 2 + 2).all():
                break
        places[index] = place
    return places


def picture(seed: int, look: str) -> Picture:
    """Draw a material, a field of it, and how it is recorded."""
    random = np.random.default_rng([seed, *look.encode()])
    material = drawn_material(random)
    margin = math.ceil(material.median_px * material.deviation**3.5 / 2) + 4
    side = SIDE_PX + 2 * margin
    number = random.poisson(material.count * (side / SIDE_PX) ** 2)
    sizes = material.median_px * material.deviation ** np.clip(random.standard_normal(number), -3.5, 3.5)
    sizes = np.sort(sizes)[::-1]
    places = scattered(side, random, sizes)
    like = recipe_named(look)
    recipe = Recipe("known", Discs(places, sizes), like.signal, like.look, like.acquisition)
    sample = render_sample(recipe, seed, (side, side))
    window = np.s_[margin : margin + SIDE_PX, margin : margin + SIDE_PX]
    centres = np.clip(np.rint(places).astype(int), 0, side - 1)
    owner = np.zeros(int(sample.labels.max()) + 1)
    owner[sample.labels[centres[:, 0], centres[:, 1]]] = sizes
    seen = sample.labels[window]
    off = 0.0 if seed % 2 else random.normal() * scale_uncertainty(PixelSize(1.0, "metadata"), None, LOOKS[look])
    size = PixelSize(NM_PER_PX, "given" if seed % 2 else "metadata")
    micrograph = replace(Micrograph.from_array(sample.image[window]), pixel_size=size, acquisition=LOOKS[look])
    return Picture(material, micrograph, relabel(seen), owner[np.unique(seen[seen > 0])], NM_PER_PX * (1 + off))


def findings_of(drawn: Picture, way: str, segmenter: Segmenter | None) -> Findings:
    """What a report of the picture would rest on."""
    outline = {"edge": "auto", "labels": "network", "network": "auto", "network outline": "network"}[way]
    size, acquired = drawn.micrograph.pixel_size, drawn.micrograph.acquisition
    if segmenter is not None:
        found = analyse(drawn.micrograph, AnalysisSettings(outline=outline, scale_bar=False), segmenter)
        return found.findings
    mode = mode_named("particles")
    objects = Objects(drawn.labels, size, drawn.micrograph, outline=outline, signal=signal_of(acquired))
    content = ReportContent(
        "simulated", np.asarray(drawn.micrograph.pixels), drawn.labels, mode.work(objects),
        scale_uncertainty=scale_uncertainty(size, None, acquired),
    )  # fmt: skip
    return mode.findings(content)


def shift_px(drawn: Picture, labels: NDArray[np.uint32], measured: Measurements) -> float:
    """Median error of the diameters of whole objects, px; NaN where none is found."""
    pairs = match(drawn.labels, labels).pairs
    rows = np.searchsorted(measured.table["label"].to_numpy(), pairs[:, 1])
    whole, true = measured.complete[rows], drawn.diameters[pairs[:, 0].astype(int) - 1]
    errors = (measured.values("diameter")[rows] / NM_PER_PX - true)[whole & (true > 0)]
    return float(np.median(errors)) if len(errors) else math.nan


def row_of(seed: int, look: str, way: str, segmenter: Segmenter | None) -> dict[str, Any]:
    """One simulated analysis."""
    drawn = picture(seed, look)
    found = findings_of(drawn, way, segmenter)
    truth, units = drawn.material.truth(), {"number_density": (1e3 / drawn.true_nm) ** 2, "area_fraction": 1.0}
    figures = {}
    for name in FIGURES:
        made = found.estimates[name]
        true = truth[name] * units.get(name, drawn.true_nm)
        figures[name] = {"value": made.value, "u": made.u, "truth": true, "parts": dict(made.parts), "n": made.n}
    content = found.content
    return {
        "seed": seed, "look": look, "way": way, "median_px": drawn.material.median_px,
        "deviation": drawn.material.deviation, "true_count": len(drawn.diameters), "count": len(content.measurements),
        "shift_px": shift_px(drawn, content.labels, content.measurements), "figures": figures,
    }  # fmt: skip


def holds(figure: dict[str, Any]) -> bool | None:
    """Whether the interval holds the truth; None where there is none."""
    if not (math.isfinite(figure["value"]) and math.isfinite(figure["u"])):
        return None
    return bool(abs(figure["value"] - figure["truth"]) <= figure["u"])


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Coverage, mean error and mean half width by way and look."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["way"], row["look"]), []).append(row)
        groups.setdefault((row["way"], "all"), []).append(row)
    order = sorted(groups, key=lambda each: (WAYS.index(each[0]), each[1] == "all", each[1]))
    lines = [["way", "picture", "analyses", "diameters, px", *FIGURES], ["---"] * (4 + len(FIGURES))]
    for way, look in order:
        group = groups[way, look]
        shifts = np.array([row["shift_px"] for row in group])
        lines.append(
            [way, look, str(len(group)), f"{np.nanmean(shifts):+.2f} ± {np.nanstd(shifts):.2f}"]
            + [_cell([row["figures"][name] for row in group]) for name in FIGURES]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(figures: list[dict[str, Any]]) -> str:
    known = [each for each in figures if holds(each) is not None]
    if not known:
        return "-"
    held = np.mean([holds(each) for each in known])
    errors = np.array([each["value"] / each["truth"] - 1 for each in known])
    widths = np.array([each["u"] / each["value"] for each in known])
    return f"**{held:.1%}** ({100 * errors.mean():+.1f}, ± {100 * np.median(widths):.1f})"


def stored(path: Path) -> Iterator[dict[str, Any]]:
    """The rows that are there."""
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 0))
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    done = {(row["seed"], row["look"], row["way"]) for row in stored(given.rows)}
    segmenter = Segmenter.load("general") if any(way.startswith("network") for way in given.ways) else None
    given.rows.parent.mkdir(parents=True, exist_ok=True)
    with given.rows.open("a") as file:
        for seed in range(*given.seeds):
            for look in LOOKS:
                for way in [each for each in given.ways if (seed, look, each) not in done]:
                    row = row_of(seed, look, way, segmenter if way.startswith("network") else None)
                    print(json.dumps(row), file=file, flush=True)
    text = table(stored(given.rows))
    print(text)
    if given.write:
        page = given.write.read_text()
        marked = r"(<!-- table: coverage -->\n).*?(\n<!-- end -->)"
        given.write.write_text(re.sub(marked, lambda found: found[1] + text + found[2], page, flags=re.DOTALL))


if __name__ == "__main__":
    main()
