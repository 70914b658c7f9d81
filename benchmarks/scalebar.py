"""How well scale bars are found, measured and read, as Markdown tables.

    python benchmarks/scalebar.py ../shared/data --without 100

DATA is a folder with scalebar/truth.csv (images with bars and their pixel sizes), scalebar/ocr_crops (labels cut out)
and sets of images without bars. Times are of the processor, so that other work on the machine changes them little:
with OMP_NUM_THREADS=1 they are those of one thread.
"""

import argparse
import csv
import random
import re
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from uniaims.boxes import Box
from uniaims.micrograph import Micrograph, read_image
from uniaims.scalebar import pairing, scan
from uniaims.scalebar.reading import find_labels, read_lines
from uniaims.scalebar.text import FoundText

RIGHT, WRONG = 0.02, 0.05
BARE_SETS = (
    "dsb2018", "nasa_superalloy", "nasa_ebc_oxide", "nasa_meltpool", "ampis_powder", "ampis_spheroidite",
    "axondeepseg_sem",
)  # fmt: skip
UNITS = {"um": "µm", "nm": "nm", "mm": "mm"}


STAGES: dict[str, tuple[tuple[ModuleType, str], ...]] = {
    "find text": ((scan, "_detected"),),
    "gaps of split bars": ((scan, "find_gaps"),),
    "read": ((scan, "read_lines"),),
    "labels": ((scan, "find_labels"),),
    "bars": ((pairing, "find_bars"),),
    "ends": ((pairing, "measure_bar"), (pairing, "measure_by_ends")),
    "overlays": ((scan, "letter_boxes"),),
}
"""Stage -> the functions whose time it is."""


@dataclass(frozen=True)
class Case:
    """One image with a bar: the relative error of its pixel size, None where none was given."""

    name: str
    style: str
    error: float | None
    length_error: float | None
    total: float


def timed_stages() -> dict[str, float]:
    """Seconds of each stage, which go on counting from now on."""
    seconds = dict.fromkeys(STAGES, 0.0)

    def timed(stage: str, function: Any) -> Any:
        def run(*inputs: Any) -> Any:
            start = process_time()
            try:
                return function(*inputs)
            finally:
                seconds[stage] += process_time() - start

        return run

    for stage, functions in STAGES.items():
        for module, name in functions:
            setattr(module, name, timed(stage, getattr(module, name)))
    return seconds


def cases(data: Path) -> list[Case]:
    """Every image of the truth table."""
    found = []
    for row in csv.DictReader((data / "scalebar" / "truth.csv").read_text(encoding="utf-8").splitlines()):
        micrograph = read_image(data / "scalebar" / row["file"])
        start = process_time()
        bar = scan.scan_scale(micrograph).bar
        total = process_time() - start
        error = bar.pixel_size_nm / float(row["pixel_size_nm"]) - 1 if bar else None
        length = bar.length_px / float(row["bar_px"]) - 1 if bar else None
        found.append(Case(row["file"], row["style"], error, length, total))
    return found


def false_bars(data: Path, count: int) -> tuple[int, int, float]:
    """Images without a bar on which one was found, how many there were, and seconds per image."""
    files = [file for name in BARE_SETS for file in sorted((data / name / "images").glob("*.png"))]
    chosen = random.Random(0).sample(files, min(count, len(files)))
    start = process_time()
    found = [file for file in chosen if scan.scan_scale(read_image(file)).bar is not None]
    return len(found), len(chosen), (process_time() - start) / max(1, len(chosen))


def crops(data: Path) -> tuple[int, int, int]:
    """Label crops read right, read wrong, and all of them."""
    right = wrong = count = 0
    folder = data / "scalebar" / "ocr_crops"
    for row in csv.DictReader((folder / "truth.csv").read_text(encoding="utf-8").splitlines()):
        gray = cv2.imread(str(folder / row["file"]), cv2.IMREAD_GRAYSCALE)
        lines = read_lines(gray, [FoundText(Box(0, 0, *gray.shape), 1.0)])
        labels = find_labels(gray, lines).labels
        wanted = re.match(r"([\d.]+)\s*(\w+)", row["text"])
        count += 1
        if labels and wanted:
            same = (labels[0].label.value, labels[0].label.unit) == (float(wanted[1]), UNITS[wanted[2]])
            right, wrong = right + same, wrong + (not same)
    return right, wrong, count


def large(side: int) -> float:
    """Seconds for a picture of ``side`` squared with a bar of 12 px letters at the bottom."""
    random_state = np.random.default_rng(0)
    gray = cv2.resize(random_state.integers(60, 140, (side // 8, side // 8), np.uint8), (side, side))
    cv2.rectangle(gray, (side - 600, side - 60), (side - 201, side - 53), 255, -1)
    cv2.putText(gray, "10 um", (side - 450, side - 75), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
    start = process_time()
    scan.scan_scale(Micrograph.from_array(gray))
    return process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--without", type=int, default=100, help="how many images without a bar")
    options = parser.parse_args()
    scan.scan_scale(Micrograph.from_array(np.zeros((64, 64), np.uint8)))  # load the models
    seconds = timed_stages()
    found = cases(options.data)
    stages = {stage: spent / len(found) for stage, spent in seconds.items()}
    errors = [case.error for case in found if case.error is not None]
    lengths = np.abs([case.length_error for case in found if case.length_error is not None])
    right = sum(abs(error) <= RIGHT for error in errors)
    wrong = sum(abs(error) > WRONG for error in errors)
    bare, images, bare_seconds = false_bars(options.data, options.without)
    read, misread, labels = crops(options.data)
    rows = {
        "pixel size within 2 %": f"{right} of {len(found)} ({right / len(found):.1%})",
        "pixel size wrong by more than 5 %": f"{wrong} ({wrong / len(found):.1%})",
        "no pixel size": f"{len(found) - len(errors)} ({1 - len(errors) / len(found):.1%})",
        "bar length, median and 90 % of errors": f"{np.median(lengths):.2%}, {np.quantile(lengths, 0.9):.2%}",
        "false bars on images without one": f"{bare} of {images}",
        "labels cut out: right, wrong": f"{read} of {labels} ({read / labels:.1%}), {misread}",
        "seconds per image with a bar": f"{np.mean([case.total for case in found]):.2f}",
        "seconds per image without": f"{bare_seconds:.2f}",
        "seconds for 8192 x 8192": f"{large(8192):.2f}",
    }
    for stage, spent in stages.items():
        rows[f"with a bar, {stage}"] = f"{spent:.3f}"
    print("| figure | value |\n| --- | --- |")
    print("\n".join(f"| {name} | {value} |" for name, value in rows.items()))
    for case in found:
        if case.error is None or abs(case.error) > RIGHT:
            print(f"- {case.name}, {case.style}: {'none' if case.error is None else f'{case.error:+.1%}'}")


if __name__ == "__main__":
    main()
