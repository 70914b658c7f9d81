"""How like their teachers learnt layouts are, beside how like two halves of the teachers are to each other.

Run it as ``python benchmarks/like.py DATASET...``. Half of the images (at most 12) teach; as many layouts of the same
pixel sizes are drawn. For each measured quantity it prints the Kolmogorov-Smirnov distance of all instances between
teachers and layouts, and between teachers and the other half of the images. 0 is equal, 1 is apart.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

from uniaims.dataset import open_samples
from uniaims.measurements import measure
from uniaims.synthesis import Geometry, Learnt

MOST = 12
QUANTITIES = ("equivalent_diameter", "aspect_ratio", "solidity", "circularity")


def measured(label_images: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Values of all instances that no border cuts, and the covered part of each image."""
    tables = [measure(labels).inside() for labels in label_images]
    values = {name: np.concatenate([table.values(name) for table in tables]) for name in QUANTITIES}
    return values | {"cover": np.array([(labels > 0).mean() for labels in label_images])}


def report(folder: Path) -> None:
    """Print the distances for one dataset."""
    files = open_samples(folder)
    chosen = [files[index] for index in np.random.default_rng(0).permutation(len(files))[: 2 * MOST]]
    labels = [file.read().labels for file in chosen]
    teachers, others = labels[0::2], labels[1::2]
    geometry = Geometry.learnt(teachers)
    layouts = [
        Learnt(geometry, teachers=(number,)).compose(teachers[source].shape, np.random.default_rng(number)).labels
        for number, source in enumerate(geometry.sources)
    ]
    taught, drawn, held_out = (measured(each) for each in (teachers, layouts, others))
    counts = [len(each["solidity"]) for each in (taught, drawn, held_out)]
    print(f"{folder.name}: {counts[0]} instances taught, {counts[1]} drawn, {counts[2]} in the other half")
    for name, values in taught.items():
        distances = [ks_2samp(values, each[name]).statistic for each in (drawn, held_out)]
        medians = [float(np.median(each[name])) for each in (taught, drawn, held_out)]
        numbers = "  ".join(f"{median:8.3f}" for median in medians)
        print(f"  {name:20} drawn {distances[0]:.3f}   other half {distances[1]:.3f}   medians {numbers}")


if __name__ == "__main__":
    for each in sys.argv[1:]:
        report(Path(each))
