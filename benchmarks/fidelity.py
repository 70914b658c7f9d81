"""How far synthetic micrographs are from real ones, as a Markdown table.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/fidelity.py runs/general-data/train --explain

Random squares are cut from real images and from samples of recipes and described by 41 numbers: grey levels, radial
power spectrum, gradients, fine noise, kurtosis by scale. The distance is Fréchet's between two normal distributions
of these descriptors (Dowson and Landau, J. Multivariate Anal. 12 (1982) 450), in units of the spread of all the
real images. The floor beside it is the same distance between two halves of the real images: nothing can be nearer
than that. Real images with bodies darker than their surroundings (transmission) and brighter ones stand in lines of
their own where a set has both.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import sqrtm

from uniaims.synthesis import render_sample

Float64 = NDArray[np.float64]
SIDE = 256
BANDS = 12
MOST_IMAGES = 150
PAIRS: dict[str, tuple[str, ...]] = {
    "emps, brighter bodies": ("spheres", "crystals", "pebbles", "rods", "platelets", "heap"),
    "emps, darker bodies": ("tem-spheres", "tem-crystals", "tem-rods"),
    "ampis_powder": ("powder",),
    "axondeepseg_sem": ("axons",),
    "dsb2018, brighter bodies": ("nuclei-fluorescence",),
    "dsb2018, darker bodies": ("nuclei-stained",),
}
"""For each set of real images, the recipes that are to look like it; more come from the command line."""
NAMES = (
    *("mean", "deviation", "skewness", "kurtosis", "1 %", "10 %", "50 %", "90 %", "99 %", "entropy"),
    *(f"power {band}" for band in range(BANDS)),
    *("along / across, middle", "along / across, fine"),
    *("gradient 25 %", "gradient 50 %", "gradient 75 %", "gradient 90 %", "gradient 99 %", "gradient kurtosis"),
    *("noise", "noise / contrast", "noise right", "noise down", "noise aslant", "noise right 2", "noise down 2"),
    *("noise with brightness", "kurtosis fine", "kurtosis middle", "kurtosis coarse"),
)


def described(square: NDArray[np.uint8]) -> Float64:
    """Descriptors (41,) of one grey square."""
    image = square.astype(np.float32) / 255
    return np.array([*levels(image), *spectrum(image), *gradients(image), *noise(image), *peakedness(image)])


def levels(image: NDArray[np.float32]) -> list[float]:
    """Moments, quantiles and entropy of the grey levels."""
    counts = np.histogram(image, 64, (0, 1))[0] / image.size
    entropy = -float((counts[counts > 0] * np.log(counts[counts > 0])).sum())
    moments = [float(image.mean()), float(image.std()), _moment(image, 3), _kurtosis(image)]
    return [*moments, *np.quantile(image, (0.01, 0.1, 0.5, 0.9, 0.99)), entropy]


def spectrum(image: NDArray[np.float32]) -> list[float]:
    """Logarithm of the share of power in rings of frequency, and of power along over across the lines."""
    window = np.hanning(image.shape[0])[:, None] * np.hanning(image.shape[1])[None]
    power = np.abs(np.fft.rfft2((image - image.mean()) * window)) ** 2
    fy, fx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1])[None]
    radius = np.hypot(fy, fx)
    edges = np.geomspace(1.5 / SIDE, 0.5, BANDS + 1)
    total = float(power.sum()) + 1e-9
    rings = [float(power[(radius >= low) & (radius < high)].sum()) for low, high in pairwise(edges)]
    sides = []
    for low, high in ((0.05, 0.15), (0.25, 0.5)):
        inside = (radius >= low) & (radius < high)
        along = float(power[inside & (np.abs(fy) < 0.4 * fx)].sum())
        across = float(power[inside & (fx < 0.4 * np.abs(fy))].sum())
        sides.append(np.log10((along + 1e-6) / (across + 1e-6)))
    return [*(np.log10(ring / total + 1e-7) for ring in rings), *sides]


def gradients(image: NDArray[np.float32]) -> list[float]:
    """Quantiles of the gradient's size over the image's deviation, and how peaked it is."""
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    right, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(soft, cv2.CV_32F, 0, 1) / 8
    size = np.hypot(right, down) / (image.std() + 1e-3)
    return [*np.log10(np.quantile(size, (0.25, 0.5, 0.75, 0.9, 0.99)) + 1e-4), _kurtosis(right)]


def noise(image: NDArray[np.float32]) -> list[float]:
    """Strength of what a median filter takes away, its correlation with its neighbours and with brightness."""
    calm = cv2.medianBlur((image * 255).astype(np.uint8), 5).astype(np.float32) / 255
    rest = image - calm
    limit = 4 * np.median(np.abs(rest)) + 1 / 255
    quiet = np.clip(rest, -limit, limit)
    quiet = quiet - quiet.mean()
    strength, variance = float(quiet.std()), float(quiet.var()) + 1e-9
    lags = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
    correlated = [float((quiet[dy:, dx:] * quiet[: SIDE - dy, : SIDE - dx]).mean()) / variance for dy, dx in lags]
    brighter = float(np.corrcoef(np.abs(quiet).ravel(), calm.ravel())[0, 1]) if calm.std() > 0 and strength > 0 else 0.0
    return [np.log10(strength + 1e-3), np.log10((strength + 1e-3) / (image.std() + 1e-3)), *correlated, brighter]


def peakedness(image: NDArray[np.float32]) -> list[float]:
    """Kurtosis of three bands of detail."""
    blurred = [image, *(cv2.GaussianBlur(image, (0, 0), sigma) for sigma in (1.0, 2.5, 6.0))]
    return [_kurtosis(fine - coarse) for fine, coarse in pairwise(blurred)]


def _moment(values: NDArray[np.float32], order: int) -> float:
    centred = (values - values.mean()) / (values.std() + 1e-4)
    return float(np.clip((centred**order).mean(), -20, 50))


def _kurtosis(values: NDArray[np.float32]) -> float:
    return float(np.log10(1 + _moment(values, 4)))


@dataclass(frozen=True)
class Scale:
    """What makes descriptors comparable: the mean and spread of real ones, of all sets alike."""

    mean: Float64
    spread: Float64

    @classmethod
    def of(cls, real: Float64) -> "Scale":
        """The scale of real descriptors (N, 41)."""
        return cls(real.mean(axis=0), real.std(axis=0) + 1e-3)

    def __call__(self, values: Float64) -> Float64:
        """Deviations from the real mean in real spreads, at most 6."""
        return np.clip((values - self.mean) / self.spread, -6, 6)


def frechet(one: Float64, other: Float64) -> float:
    """Squared Fréchet distance between two sets of descriptors (N, D), (M, D), as if both were normal."""
    first, second = np.cov(one.T) + 1e-3 * np.eye(one.shape[1]), np.cov(other.T) + 1e-3 * np.eye(one.shape[1])
    root = np.real(sqrtm(first @ second))
    return float(((one.mean(axis=0) - other.mean(axis=0)) ** 2).sum() + np.trace(first + second - 2 * root))


def squares(image: NDArray[np.uint8], count: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Random squares of a grey image, away from its outermost tenth, where letters and banners stand."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    border = [int(0.1 * size) if size >= 1.25 * SIDE else 0 for size in grey.shape]
    spans = [size - 2 * edge - SIDE for size, edge in zip(grey.shape, border, strict=True)]
    if min(spans) < 0:
        return
    for _ in range(count):
        top, left = (edge + int(rng.integers(span + 1)) for edge, span in zip(border, spans, strict=True))
        yield grey[top : top + SIDE, left : left + SIDE]


def real_sets(folder: Path, count: int) -> dict[str, list[Float64]]:
    """Descriptors of the real images: for each set a list with (count, 41) for each image."""
    sets: dict[str, list[Float64]] = {}
    rng = np.random.default_rng(0)
    for directory in sorted(path for path in folder.iterdir() if (path / "images").is_dir()):
        files = sorted((directory / "images").glob("*.png"))
        for path in rng.permutation(np.array(files, dtype=object))[:MOST_IMAGES]:
            image = cv2.imread(str(path))[..., ::-1]
            found = [described(np.ascontiguousarray(square)) for square in squares(image, count, rng)]
            if found:
                sets.setdefault(_named(directory, path, image), []).append(np.array(found))
    return {name: images for name, images in sets.items() if len(images) > 1}


def _named(directory: Path, path: Path, image: NDArray[np.uint8]) -> str:
    """The set's name; EMPS and DSB hold two kinds of picture, told apart by whether bodies are darker."""
    if directory.name not in ("emps", "dsb2018"):
        return directory.name
    mask = cv2.imread(str(directory / "masks" / path.name), cv2.IMREAD_UNCHANGED) > 0
    darker = mask.any() and image[mask].mean() < image[~mask].mean()
    return f"{directory.name}, {'darker' if darker else 'brighter'} bodies"


def synthetic(recipe: str, images: int, count: int) -> Float64:
    """Descriptors (images x count, 41) of samples of a recipe."""
    rng = np.random.default_rng(1)
    found = []
    for seed in range(images):
        image = render_sample(recipe, 10_000 + seed).image
        found += [described(np.ascontiguousarray(square)) for square in squares(image, count, rng)]
    return np.array(found)


def floor(real: list[Float64], scale: Scale) -> float:
    """Mean distance between two halves of the real images, over eight ways to halve them."""
    rng = np.random.default_rng(2)
    distances = []
    for _ in range(8):
        order = rng.permutation(len(real))
        halves = [np.concatenate([real[index] for index in order[start::2]]) for start in (0, 1)]
        distances.append(frechet(scale(halves[0]), scale(halves[1])))
    return float(np.mean(distances))


def explanation(values: Float64, reference: Float64) -> str:
    """The descriptors that are farthest off, in real spreads."""
    off = values.mean(axis=0) - reference.mean(axis=0)
    worst = np.argsort(-np.abs(off))[:8]
    return ", ".join(f"{NAMES[index]} {off[index]:+.1f}" for index in worst)


def main() -> None:
    """Print one line for each recipe and one for all that belong to a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="Folder of sets, each with images/ and masks/.")
    parser.add_argument("--images", type=int, default=40, help="Samples for each recipe.")
    parser.add_argument("--squares", type=int, default=3, help="Squares for each image.")
    parser.add_argument("--only", help="Just the sets whose name holds this.")
    parser.add_argument("--pair", nargs="*", default=[], help="SET=RECIPE,RECIPE in place of the built-in pairs.")
    parser.add_argument("--explain", action="store_true", help="Say which descriptors are farthest off.")
    arguments = parser.parse_args()
    given = dict(pair.split("=") for pair in arguments.pair)
    pairs = {name: tuple(recipes.split(",")) for name, recipes in given.items()} or PAIRS
    sets = real_sets(arguments.folder, arguments.squares)
    scale = Scale.of(np.concatenate([np.concatenate(images)[:MOST_IMAGES] for images in sets.values()]))
    print("| real set | images | recipe | distance | floor |\n|---|---|---|---|---|")
    for name, recipes in pairs.items():
        if name not in sets or (arguments.only and arguments.only not in name):
            continue
        print_set(name, sets[name], recipes, scale, arguments)


def print_set(
    name: str, real: list[Float64], recipes: tuple[str, ...], scale: Scale, arguments: argparse.Namespace
) -> None:
    """Print the lines of one set."""
    reference, lowest = scale(np.concatenate(real)), floor(real, scale)
    found = {recipe: scale(synthetic(recipe, arguments.images, arguments.squares)) for recipe in recipes}
    if len(recipes) > 1:
        found["all of them"] = np.concatenate(list(found.values()))
    for recipe, values in found.items():
        line = f"| {name} | {len(real)} | {recipe} | {frechet(values, reference):.1f} | {lowest:.1f} |"
        print(line + (f" {explanation(values, reference)}" if arguments.explain else ""), flush=True)


if __name__ == "__main__":
    main()
