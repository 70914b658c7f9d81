"""Time to write and read one image with many instances in every format, as a Markdown table.

    python benchmarks/exchange.py

The image is 2048 x 2048 px with 10,000 discs with holes of single pixels.
"""

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS, Format
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord


def discs(side: int, per_row: int) -> AnnotatedImage:
    """An image of ``side`` x ``side`` px with ``per_row`` squared discs."""
    rng, step = np.random.default_rng(0), side // per_row
    labels = np.zeros((side, side), np.int32)
    for number, (row, column) in enumerate(np.ndindex(per_row, per_row), 1):
        centre = (column * step + step // 2, row * step + step // 2)
        cv2.circle(labels, centre, int(rng.integers(step // 5, step // 2)), number, -1)
    labels[rng.random(labels.shape) < 0.001] = 0
    record = ImageRecord(f"discs-{per_row}", "images/discs.png", side, side)
    return AnnotatedImage(record, InstanceMasks.from_labels(labels.astype(np.uint32)), (labels % 251).astype(np.uint8))


def row(form: Format, entry: AnnotatedImage, folder: Path) -> str:
    """One format as a line of the table; what was read is compared with what was written."""
    started = time.perf_counter()
    form.write([entry], folder)
    written = time.perf_counter()
    (back,) = form.read(folder)
    ended = time.perf_counter()
    assert np.array_equal(back.instances.areas_px, entry.instances.areas_px)
    megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    return f"| `{form.name}` | {written - started:.1f} | {ended - written:.1f} | {megabytes:.1f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--per-row", type=int, default=100)
    arguments = parser.parse_args()
    small, large = discs(64, 3), discs(arguments.side, arguments.per_row)
    print("| format | write, s | read, s | MB |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMATS.values():
            row(form, small, Path(folder) / f"{form.name}-small")  # compiles
            print(row(form, large, Path(folder) / form.name))


if __name__ == "__main__":
    main()
