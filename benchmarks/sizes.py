"""Accuracy by object size: the working scale found by looking against the diameter given, on generated scenes.

    python benchmarks/sizes.py --picture docs/images/sizes.png

Each row is one diameter, and last two populations of which one is ten times as large as the other. Scenes are piles of
spheres, loose pebbles and spheres in transmission, 512 px a side, for the smallest 256 px.
"""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from uniaims.matching import evaluate
from uniaims.runtime import load_model
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.synthesis import recipe_named, render_sample
from uniaims.synthesis.scenes.heap import heap
from uniaims.synthesis.scenes.packing import Packing
from uniaims.synthesis.shapes import shape_named
from uniaims.synthesis.sizes import SizeLaw

DIAMETERS_PX = (6.0, 12.0, 25.0, 50.0, 100.0, 200.0, 256.0)
SMALL_IMAGE_BELOW_PX = 20.0
SCENES = (("spheres", "sphere", 0.6), ("pebbles", "pebble", 0.4), ("tem-spheres", "sphere", 0.3))
"""Recipe for the look, shape of the bodies, covered part."""
SPREAD = 0.08
COARSE_SHARE = 0.06
"""Chance that a body is one of the large ones, where there are two populations."""
WIDTH_PX, HEIGHT_PX, MARGIN_PX = 760, 460, 70


@dataclass(frozen=True)
class TwoSizes(SizeLaw):
    """Bodies around the median, and a few that are ``ratio`` times as large."""

    ratio: float = 1.0

    def draw(self, rng, count):
        """Diameters in pixels, (count,) float64."""
        coarse = rng.random(count) < COARSE_SHARE
        return super().draw(rng, count) * np.where(coarse, self.ratio, 1.0)


@dataclass(frozen=True)
class OneHeap:
    """A scene of bodies of one shape and of known sizes."""

    shape_name: str
    sizes: SizeLaw
    cover: float

    def compose(self, shape, rng):
        """Drop them."""
        packing = Packing(cover=self.cover, tries=4, pile=0.1, sink=0.05, clustering=0.2, lattice=False)
        return heap(shape, (shape_named(self.shape_name),), self.sizes, packing, rng)


@dataclass
class Tally:
    """AP50 and chosen diameters over the images of a row."""

    ap50: list
    chosen: list
    seconds: float = 0.0

    def text(self):
        """Mean AP50 with its lowest image, and the range of what was chosen."""
        return f"{np.mean(self.ap50):.3f} ({min(self.ap50):.2f})"


def samples(diameter_px, ratio, seeds):
    """Scenes of a row."""
    side = 256 if diameter_px < SMALL_IMAGE_BELOW_PX and ratio == 1 else 512
    sizes = TwoSizes(diameter_px, SPREAD, ratio=ratio)
    for name, shape_name, cover in SCENES:
        scene = OneHeap(shape_name, sizes, cover)
        for seed in range(seeds):
            yield name, render_sample(replace(recipe_named(name), scene=scene), 7000 + seed, (side, side))


def judged(segmenter, made):
    """AP50, diameter at which the image was seen, seconds."""
    tally = Tally([], [])
    for _, sample in made:
        started = time.process_time()
        found = segmenter(sample.image)
        tally.seconds += time.process_time() - started
        tally.ap50.append(evaluate(sample.labels, found.labels).ap50)
        tally.chosen.append(segmenter.model.info.nominal_diameter_px / found.working_scale)
    return tally


def row(model, diameter_px, ratio, seeds, settings):
    """Print one line of the table; gives the two tallies."""
    made = list(samples(diameter_px, ratio, seeds))
    found = judged(Segmenter(model, settings), made)
    told = judged(Segmenter(model, replace(settings, diameter_px=diameter_px)), made)
    name = f"{diameter_px:g}" if ratio == 1 else f"{diameter_px:g} and {diameter_px * ratio:g}"
    objects = sum(int(sample.labels.max()) for _, sample in made)
    chosen = f"{min(found.chosen):.0f}..{np.median(found.chosen):.0f}..{max(found.chosen):.0f}"
    print(
        f"| {name} | {objects:,} | {found.text()} | {chosen} | {told.text()} | {found.seconds / told.seconds:.1f} |",
        flush=True,
    )
    return found, told


def place(diameter_px, ap50):
    """Where a figure stands in the diagram."""
    low, high = np.log(DIAMETERS_PX[0]), np.log(DIAMETERS_PX[-1])
    across = (np.log(diameter_px) - low) / (high - low)
    return (
        round(MARGIN_PX + across * (WIDTH_PX - 1.5 * MARGIN_PX)),
        round(HEIGHT_PX - MARGIN_PX - ap50 * (HEIGHT_PX - 1.7 * MARGIN_PX)),
    )


def diagram(tallies):
    """AP50 over diameter: dots are images, lines their means."""
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    font, ink, line = cv2.FONT_HERSHEY_SIMPLEX, (60, 60, 60), cv2.LINE_AA
    for ap50 in (0, 0.25, 0.5, 0.75, 1):
        cv2.line(picture, place(DIAMETERS_PX[0], ap50), place(DIAMETERS_PX[-1], ap50), (225, 225, 225), 1, line)
        cv2.putText(picture, f"{ap50:g}", (14, place(6, ap50)[1] + 5), font, 0.5, ink, 1, line)
    for diameter in DIAMETERS_PX:
        cv2.putText(picture, f"{diameter:g}", (place(diameter, 0)[0] - 12, HEIGHT_PX - 42), font, 0.5, ink, 1, line)
    cv2.putText(picture, "diameter of the objects / px", (WIDTH_PX // 2 - 110, HEIGHT_PX - 14), font, 0.5, ink, 1, line)
    cv2.putText(picture, "AP50", (14, 24), font, 0.5, ink, 1, line)
    for which, (name, colour) in enumerate(
        (("scale found by looking", (178, 114, 0)), ("diameter given", (0, 94, 213)))
    ):
        points = [place(diameter, np.mean(tallies[diameter][which].ap50)) for diameter in DIAMETERS_PX]
        cv2.polylines(picture, [np.array(points)], False, colour, 2, line)
        for diameter in DIAMETERS_PX:
            for ap50 in tallies[diameter][which].ap50:
                cv2.circle(picture, place(diameter * (1.012 if which else 0.988), ap50), 3, colour, -1, line)
        cv2.putText(picture, name, (WIDTH_PX - 240, HEIGHT_PX - 140 + 24 * which), font, 0.5, colour, 1, line)
    return picture


def main():
    """Print the table, write the diagram."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="general")
    parser.add_argument("--seeds", type=int, default=2, help="Images of each scene and diameter.")
    parser.add_argument("--diameters", type=float, nargs="*", default=DIAMETERS_PX)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    model, settings = load_model(arguments.model, "cpu"), SegmenterSettings()
    columns = ("diameter / px", "objects", "AP50, scale found (lowest image)", "seen as / px", "AP50, diameter given")
    print(f"| {' | '.join(columns)} | time ratio |")
    print("|---" * 6 + "|")
    tallies = {d: row(model, d, 1, arguments.seeds, settings) for d in arguments.diameters}
    row(model, 15.0, 10.0, arguments.seeds, settings)
    if arguments.picture:
        cv2.imwrite(str(arguments.picture), diagram(tallies))


if __name__ == "__main__":
    main()
