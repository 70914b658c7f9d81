"""Our measurements against scikit-image on the same labels in one run, and the accuracy of perimeters on discs.

    python benchmarks/measurements.py                 speed up to 4096², scikit-image up to 2048², accuracy
    python benchmarks/measurements.py --large         and 8192² with about 111,000 instances
    python benchmarks/measurements.py --peer 4096     scikit-image up to 4096² (minutes)

Prints Markdown tables. Needs scikit-image (extra `dev`). Times are CPU seconds of the process.
"""

import argparse
import math
import resource
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from skimage import measure as peer

from uniaims.measurements import measure

SPACING_PX = 24.6
PEER_BASIC = ("label", "area", "bbox", "centroid", "intensity_mean", "intensity_min", "intensity_max", "intensity_std")
PEER_SHAPE = (
    *PEER_BASIC,
    "axis_major_length",
    "axis_minor_length",
    "eccentricity",
    "orientation",
    "equivalent_diameter_area",
    "perimeter",
    "solidity",
    "feret_diameter_max",
)


def ellipses(side: int, seed: int = 0) -> NDArray[np.uint32]:
    """Dense ellipses of random size, direction and flatness, many touching; about (side / 24.6)² instances."""
    random = np.random.default_rng(seed)
    labels = np.zeros((side, side), np.uint32)
    reach = 16
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    count = int(side / SPACING_PX)
    for index in range(count * count):
        row, column = divmod(index, count)
        top = int((row + 0.5) * SPACING_PX + random.uniform(-3, 3))
        left = int((column + 0.5) * SPACING_PX + random.uniform(-3, 3))
        long, flatness, angle = random.uniform(7, 15), random.uniform(0.5, 1), random.uniform(0, math.pi)
        along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        window = labels[max(0, top - reach) : top + reach + 1, max(0, left - reach) : left + reach + 1]
        inside = along**2 + (across / flatness) ** 2 <= long**2
        cut = inside[max(0, reach - top) :, max(0, reach - left) :][: window.shape[0], : window.shape[1]]
        window[cut] = index + 1
    return labels


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def speed_table(sides: list[int], largest_for_peer: int) -> None:
    print("| image | instances | Uni-AIMS, all properties | scikit-image, basic | scikit-image, with shape | ratio |")
    print("|---|---|---|---|---|---|")
    for side in sides:
        labels = ellipses(side)
        image = np.random.default_rng(1).integers(0, 256, labels.shape, np.uint8)
        ours = min(cpu_seconds(lambda labels=labels, image=image: measure(labels, "1 nm", image)) for _ in range(3))
        basic = shape = ratio = "-"
        if side <= largest_for_peer:
            seconds = [
                cpu_seconds(
                    lambda names=names, labels=labels, image=image: peer.regionprops_table(
                        labels.astype(np.int32), image, properties=names
                    )
                )
                for names in (PEER_BASIC, PEER_SHAPE)
            ]
            basic, shape = (f"{each:.2f} s" for each in seconds)
            ratio = f"{seconds[1] / ours:.0f}x"
        count = len(np.unique(labels)) - 1
        print(f"| {side}² | {count:,} | {ours:.3f} s | {basic} | {shape} | {ratio} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nPeak memory of the process: {peak:.2f} GiB")


def accuracy_table(diameters: tuple[int, ...] = (6, 10, 16, 24, 50, 120), shifts: int = 40) -> None:
    print("\n| diameter, px | Uni-AIMS | Crofton, 4 directions | scikit-image `perimeter` |")
    print("|---|---|---|---|")
    for diameter in diameters:
        ratios = np.array([perimeter_ratios(diameter, shift) for shift in np.random.default_rng(0).random((shifts, 2))])
        errors = 100 * (ratios - 1)
        cells = [f"{mean:+.1f} ± {std:.1f} %" for mean, std in zip(errors.mean(0), errors.std(0), strict=True)]
        print(f"| {diameter} | {' | '.join(cells)} |")


def perimeter_ratios(diameter: int, shift: NDArray[np.float64]) -> list[float]:
    side = diameter + 6
    y, x = np.mgrid[:side, :side] - side / 2 - shift.reshape(2, 1, 1)
    mask = y**2 + x**2 <= diameter**2 / 4
    values = measure(mask).values("perimeter")[0], peer.perimeter_crofton(mask, 4), peer.perimeter(mask)
    return [value / (math.pi * diameter) for value in values]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="8192² too")
    parser.add_argument("--peer", type=int, default=2048, help="largest side that scikit-image gets")
    options = parser.parse_args()
    measure(ellipses(256), "1 nm", np.zeros((256, 256), np.uint8))  # compile, or load the compiled kernels
    speed_table([1024, 2048, 4096, *([8192] if options.large else [])], options.peer)
    accuracy_table()


if __name__ == "__main__":
    main()
