"""What waiting for the disk costs: an import, result folders and states of a training, with and without it.

    python benchmarks/durability.py --images 1000

Prints how long each took, how often it waited for the disk, and for how long.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from uniaims.atomic import atomic_file, atomic_folder
from uniaims.dataset.transfer import ImportSettings, import_sources

RESULT_BYTES = (2_000_000, 50_000, 40_000, 400_000, 600_000, 5_000)
"""The files of one analysed image."""
STATE_BYTES = 100_000_000


class Disk:
    """`os.fsync`, counted; or nothing in its place."""

    def __init__(self) -> None:
        self._real, self.waits, self.seconds = os.fsync, 0, 0.0

    def wait(self, descriptor: int) -> None:
        """Wait for a file, and note how long it took."""
        started = time.perf_counter()
        self._real(descriptor)
        self.waits, self.seconds = self.waits + 1, self.seconds + time.perf_counter() - started


def write_pictures(folder: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        labels = np.zeros((512, 512), np.uint8)
        labels[5:30, 5:30], labels[50:60, 50:60] = 1, 2
        cv2.imwrite(str(folder / "images" / f"i{number}.png"), rng.integers(0, 255, (512, 512), np.uint8))
        cv2.imwrite(str(folder / "masks" / f"i{number}.png"), labels)


def result_folders(place: Path) -> None:
    for image in range(20):
        with atomic_folder(place / str(image)) as folder:
            for number, size in enumerate(RESULT_BYTES):
                (folder / str(number)).write_bytes(os.urandom(size))


def states(place: Path) -> None:
    for _ in range(3):
        with atomic_file(place / "training.pt") as path:
            path.write_bytes(os.urandom(STATE_BYTES))


def measured(name: str, work: Callable[[Path], object], folder: Path) -> None:
    real, seconds = os.fsync, []
    for waits in (False, True):
        disk = Disk()
        os.fsync = disk.wait if waits else lambda _: None
        started = time.perf_counter()
        try:
            work(folder / f"{name} {waits}")
        finally:
            os.fsync = real
        seconds.append(time.perf_counter() - started)
    share = disk.seconds / max(seconds[1] - disk.seconds, 1e-9)
    print(
        f"| {name} | {seconds[0]:.1f} s | {seconds[1]:.1f} s | {disk.waits} in {disk.seconds:.2f} s | {1 + share:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder / "plain", count)
        print("| what | without waiting | with | waits | with : without the waits |\n| --- | --- | --- | --- | --- |")
        measured("20 result folders", result_folders, folder)
        measured("3 states of 100 MB", states, folder)
        measured(
            f"import of {count:,} images of 512 x 512 px",
            lambda place: import_sources([folder / "plain"], place, ImportSettings()),
            folder,
        )


if __name__ == "__main__":
    main()
