"""How many samples each recipe gives per second of one core.

Run it as ``OMP_NUM_THREADS=1 python benchmarks/synthesis.py``; ``--size 1024`` or names of recipes narrow it down.
CPU time of this process is counted, files are not written.
"""

import argparse
import time

import numpy as np

from uniaims.synthesis import RECIPES, render_sample


def main() -> None:
    """Print a line for each recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*", default=list(RECIPES))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--count", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{'recipe':22} {'images/s':>9} {'median s':>9} {'instances':>10}")
    rates = []
    for name in arguments.recipes:
        render_sample(name, 10_000, (64, 64))  # compile
        seconds, instances = [], []
        for seed in range(arguments.count):
            start = time.process_time()
            sample = render_sample(name, seed, (arguments.size, arguments.size))
            seconds.append(time.process_time() - start)
            instances.append(int(sample.labels.max()))
        rates.append(len(seconds) / sum(seconds))
        print(f"{name:22} {rates[-1]:9.1f} {np.median(seconds):9.2f} {np.mean(instances):10.0f}")
    mixed = len(rates) / sum(1 / rate for rate in rates)
    print(f"{'all, mixed evenly':22} {mixed:9.1f}   slowest {min(rates):.1f}, median {np.median(rates):.1f}")


if __name__ == "__main__":
    main()
