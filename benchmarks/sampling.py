"""How often intervals of samples of several pictures hold the truth, and how often equal groups seem to differ.

    python benchmarks/sampling.py --repeats 400

Log-normal sizes (geometric deviation 1.35), 150 objects a picture on average, pictures that differ by 0, 2 and 8 %.
"""

import argparse

import numpy as np

from uniaims.statistics import Picture, compare_groups, sample_percentile

MIDDLE, WITHIN, OBJECTS, COUNTS_VARY = 20.0, 0.3, 150, 0.4
BETWEEN = (0.0, 0.02, 0.08)
PICTURES = (1, 2, 3, 4, 5, 8, 12)
UNEQUAL = ((1, 3), (2, 5), (3, 8), (5, 12))


def sample(random: np.random.Generator, pictures: int, between: float) -> list[Picture]:
    """Pictures of one material."""
    counts = np.maximum(5, OBJECTS * random.lognormal(0, COUNTS_VARY, pictures)).astype(int)
    return [
        Picture.of(MIDDLE * np.exp(random.normal(0, between) + random.normal(0, WITHIN, count))) for count in counts
    ]


def covers(random: np.random.Generator, pictures: int, between: float, seed: int) -> bool:
    figure = sample_percentile(sample(random, pictures, between), seed=seed)
    return figure.low <= MIDDLE <= figure.high


def alarms(random: np.random.Generator, pictures: tuple[int, int], between: float, seed: int) -> bool:
    first, second = (sample(random, count, between) for count in pictures)
    return compare_groups({"A": first, "B": second}, seed=seed)[0].differs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=400)
    repeats = parser.parse_args().repeats
    heads = [f"{between:.0%}" for between in BETWEEN]
    print("| pictures | " + " | ".join(f"holds, {head}" for head in heads), end=" | ")
    print(" | ".join(f"false alarm, {head}" for head in heads) + " |")
    print("| --- |" + " ---: |" * (2 * len(heads)))
    for count in (*((each, each) for each in PICTURES), *UNEQUAL):
        random = np.random.default_rng(sum(count))
        held = ["" for _ in BETWEEN]
        if count[0] == count[1]:
            held = [
                f"{np.mean([covers(random, count[0], each, turn) for turn in range(repeats)]):.1%}" for each in BETWEEN
            ]
        false = [f"{np.mean([alarms(random, count, each, turn) for turn in range(repeats)]):.1%}" for each in BETWEEN]
        name = str(count[0]) if count[0] == count[1] else f"{count[0]} and {count[1]}"
        print(f"| {name} | {' | '.join((*held, *false))} |", flush=True)


if __name__ == "__main__":
    main()
