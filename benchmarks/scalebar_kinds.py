"""How well scale bars of kinds that readers stumble over are read, and what is made of pictures that have none.

    OMP_NUM_THREADS=1 python benchmarks/scalebar_kinds.py --fonts FOLDER --each 8
    OMP_NUM_THREADS=1 python benchmarks/scalebar_kinds.py --fonts OTHER_FOLDER --each 8 --apart 52711

Kinds are the groups of `scalebar_kinds.toml`; figures of several panels, plots and labels without a digit have no
scale to be taken. What nobody could read, since label or bar have the level of the ground, is drawn anew.
`--apart SEED` draws what no constant was chosen on: other seeds, other grounds, and bars and letters of other sizes;
give it other fonts. Half of the pictures are degraded (resized, blurred, compressed).
"""

import argparse
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.micrograph import Micrograph
from uniaims.scalebar import ScaleReading, scan_scale
from uniaims.synthesis import render_sample
from uniaims.synthesis.scalebars import (
    Degradation,
    Drawn,
    Faces,
    ScaleBarTruth,
    Style,
    degraded,
    draw_plot,
    draw_scalebar,
    installed_faces,
    put_together,
    read_styles,
)

RECIPES = ("spheres", "powder", "tem-spheres", "grains", "rods", "haadf-particles")
APART_RECIPES = ("fibres", "axons", "aggregates", "tem-rods", "nanowires", "pores")
RIGHT, WRONG = 0.02, 0.05
SEEN_LEVELS, SEEN_SHARE = 30, 0.75
"""Ink is seen where it is so many grey levels from the ground; that is at least this part of bar and label."""
ON_PLATE = 0.6
"""Where more than this part of a box is drawn over, bar or label have a ground of their own."""
ATTEMPTS = 20
BANDS = (0.35, 0.5, 0.65, 0.8, 1.0001)
DEGRADATION = Degradation(cut=0.0, factors=(0.75, 1.4), noisy=0.1, quality=(70, 96))
NO_SCALE = ("panels", "plot", "dark plot", "no digit")
"""Kinds of which no scale may be taken."""


@dataclass(frozen=True)
class Case:
    """A picture (H, W) and what is drawn on it; `kind` and `number` name it."""

    kind: str
    name: str
    number: int
    gray: NDArray[np.uint8]
    truth: ScaleBarTruth


def grounds(recipes: Sequence[str], seed: int) -> list[NDArray[np.uint8]]:
    """One grey micrograph (768, 1024) of each recipe."""
    images = [render_sample(recipe, seed, (384, 512)).image for recipe in recipes]
    gray = [grey(image) for image in images]
    return [np.asarray(cv2.resize(image, (1024, 768), interpolation=cv2.INTER_CUBIC), np.uint8) for image in gray]


def varied(style: Style, rng: np.random.Generator) -> Style:
    """A style with a bar of another thickness, letters of another size and another length than the file says."""
    thick, high, long = (float(np.exp(rng.uniform(-0.3, 0.3))) for _ in range(3))
    bar = replace(style.bar, thickness=tuple(thick * side for side in style.bar.thickness))
    digits, span = (
        tuple(factor * side for side in sides) for factor, sides in ((high, style.digits), (long, style.span))
    )
    return replace(style, bar=bar, digits=digits, span=span)


def drawings(each: int, styles: dict[str, Style], faces: Faces, seed: int | None) -> Iterator[Case]:
    """All cases: `each` of every style, and as many figures of panels and plots; with a `seed`, those kept apart."""
    recipes, base = (RECIPES, 0) if seed is None else (APART_RECIPES, seed)
    pictures = grounds(recipes, base + 3)
    for name, style in styles.items():
        for number in range(each):
            rng = np.random.default_rng([base + number, zlib.crc32(name.encode())])
            look = style if seed is None else varied(style, rng)
            drawn = next(each for each in attempts(pictures, look, rng, faces))
            yield case(style.group, name, number, drawn, rng)
    plain = [style for style in styles.values() if style.group in ("hairline", "split", "bracket")]
    for number in range(2 * each):
        rng = np.random.default_rng([base + number, 1])
        yield case("panels", "panels", number, panels(pictures, plain, rng, faces), rng)
        rng = np.random.default_rng([base + number, 2])
        shape = (int(rng.integers(400, 800)), int(rng.integers(500, 1000)))
        yield case("plot", "plot", number, draw_plot(shape, rng, faces), rng)
        dark = draw_plot(shape, rng, faces)
        dark = replace(dark, image=np.maximum(255 - dark.image, np.uint8(rng.choice([0, 17, 30, 43]))))
        yield case("dark plot", "dark plot", number, dark, rng)


def attempts(
    pictures: Sequence[NDArray[np.uint8]], style: Style, rng: np.random.Generator, faces: Faces
) -> Iterator[Drawn]:
    """Bars on grounds where they can be read; the last of many attempts whatever it is like."""
    for attempt in range(ATTEMPTS):
        ground = pictures[int(rng.integers(len(pictures)))]
        drawn = draw_scalebar(ground, style, rng, faces=faces)
        if attempt == ATTEMPTS - 1 or is_seen(ground, drawn):
            yield drawn


def is_seen(ground: NDArray[np.uint8], drawn: Drawn) -> bool:
    """Whether the ink of bar and label is far from the grey levels of the ground (H, W) nearly all over."""
    bar = drawn.truth.bar
    image = grey(drawn.image)
    for x0, y0, x1, y1 in (box for box in (bar.box, bar.text_box) if box is not None and image.shape == ground.shape):
        window = slice(int(y0), int(np.ceil(y1))), slice(int(x0), int(np.ceil(x1)))
        inked, below = image[window], ground[window].astype(int)
        changed = inked != below
        if not changed.any() or changed.mean() > ON_PLATE:
            continue
        ink = int(np.bincount(inked[changed]).argmax())
        if np.mean(np.abs(below - ink) >= SEEN_LEVELS) < SEEN_SHARE:
            return False
    return True


def grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey levels of an image (H, W) or (H, W, 3)."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def panels(
    pictures: Sequence[NDArray[np.uint8]], styles: Sequence[Style], rng: np.random.Generator, faces: Faces
) -> Drawn:
    """Two to four panels of one style and of different scales."""
    style, count, drawn = styles[int(rng.integers(len(styles)))], int(rng.integers(2, 5)), []
    while len(drawn) < count:
        picture = pictures[int(rng.integers(len(pictures)))]
        panel = draw_scalebar(np.ascontiguousarray(picture[:480, :640]), style, rng, faces=faces)
        if all(abs(panel.truth.pixel_size_nm / each.truth.pixel_size_nm - 1) > 2 * WRONG for each in drawn):
            drawn.append(panel)
    gutter = int(rng.choice([0, 4, 10]))
    return put_together(drawn, 2, gutter)


def case(kind: str, name: str, number: int, drawn: Drawn, rng: np.random.Generator) -> Case:
    """A case, degraded where its number is odd."""
    drawn = degraded(drawn, rng, DEGRADATION) if number % 2 else drawn
    return Case(kind, name, number, np.ascontiguousarray(grey(drawn.image)), drawn.truth)


def verdict(each: Case, reading: ScaleReading) -> str:
    """``right``, ``none``, ``off`` (by 2 to 5 %) or ``wrong``."""
    if each.kind in NO_SCALE:
        return "wrong" if reading.bar is not None else "right" if names_all(each, reading) else "none"
    if reading.bar is None:
        return "none"
    bar = each.truth.bar
    apart = abs(reading.bar.pixel_size_nm * bar.length_px / bar.length_nm - 1)
    return "right" if apart <= RIGHT else "off" if apart <= WRONG else "wrong"


def names_all(each: Case, reading: ScaleReading) -> bool:
    """Whether the bars of a figure of panels are all named; where there are none, whether none is."""
    named = [bar.pixel_size_nm for bar in getattr(reading, "bars", ())]
    true = [bar.length_nm / bar.length_px for bar in each.truth.bars] if each.kind == "panels" else []
    return len(named) == len(true) and all(any(abs(one / size - 1) <= RIGHT for one in named) for size in true)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=8, help="pictures of each style")
    parser.add_argument("--fonts", type=Path, help="folder of fonts")
    parser.add_argument("--apart", type=int, metavar="SEED", help="draw what no constant was chosen on")
    parser.add_argument("--only", nargs="*", default=(), help="kinds or styles to look at")
    parser.add_argument("--keep", type=Path, help="folder for the pictures that are not read right")
    options = parser.parse_args()
    styles = read_styles(Path(__file__).with_suffix(".toml"))
    counts: dict[str, dict[str, int]] = {}
    taken: list[tuple[float, str]] = []
    for each in drawings(options.each, styles, installed_faces(options.fonts), options.apart):
        if options.only and not {each.kind, each.name} & set(options.only):
            continue
        reading = scan_scale(Micrograph.from_array(each.gray))
        found = verdict(each, reading)
        counts.setdefault(each.kind, dict.fromkeys(("right", "none", "off", "wrong"), 0))[found] += 1
        if reading.bar is not None:
            taken.append((reading.bar.confidence, found))
        if found != "right":
            said = reading.bar or " | ".join(reading.refusals[-3:])
            true = [(bar.text, round(bar.length_px, 1)) for bar in each.truth.bars]
            print(f"- {found}: {each.name} {each.number}, {true}: {said}", flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(options.keep / f"{each.name} {each.number}.png"), each.gray)
    print("| kind | pictures | right | none | off by 2 to 5 % | wrong |\n| --- | --- | --- | --- | --- | --- |")
    total = {name: sum(count[name] for count in counts.values()) for name in ("right", "none", "off", "wrong")}
    for kind, count in {**counts, "all": total}.items():
        numbers = " | ".join(str(count[name]) for name in ("right", "none", "off", "wrong"))
        print(f"| {kind} | {sum(count.values())} | {numbers} |")
    print("\n| confidence | taken | right | off | wrong |\n| --- | --- | --- | --- | --- |")
    for low, high in pairwise(BANDS):
        within = [found for confidence, found in taken if low <= confidence < high]
        numbers = " | ".join(str(within.count(name)) for name in ("right", "off", "wrong"))
        print(f"| {low:g} to {min(high, 1):g} | {len(within)} | {numbers} |")


if __name__ == "__main__":
    main()
