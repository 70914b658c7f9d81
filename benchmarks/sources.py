"""How much of an accuracy is knowing the source: images of known sources and of sources left out, side by side.

    python examples/prepare_general_data.py ../shared/data runs/general-data
    python benchmarks/sources.py part runs/general-data/train runs/sources --fold 0
    uniaims train --data runs/sources/fold-0/train/emps --data ... --validation-share 0 --output runs/fold-0
    python benchmarks/sources.py judge runs/sources/fold-0 --model runs/fold-0/custom.onnx

Each fold leaves whole sources out (specimens, animals, articles), and of the others about every fifteenth image, which
is new to the network too, but its source is not. Sets of one source, and those whose sources nobody published, have
only such images. Every source is left out in one of the folds. Object sizes are given: what is judged is the network.
"""

import argparse
import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniaims.dataset import open_samples
from uniaims.runtime import Model, load_model
from uniaims.training.samples import AnySampleFile, sources_of
from uniaims.training.validation import ap50

SOURCE_IN_NAME = {
    "nasa_superalloy": r"spot\d+",
    "nasa_meltpool": r"Slice-?\d+",
    "ampis_powder": r"Sc\d+",
    "ampis_spheroidite": r"\d+C-\d+H",
    "axondeepseg_sem": r"rat\d+",
}
"""The part of a file's name that tells the source; `groups.csv` of the set tells it otherwise."""
UNPUBLISHED = {"dsb2018"}
KNOWN_EVERY = 15
PARTS = ("train", "known", "left out")


@dataclass(frozen=True)
class Parting:
    """How one set is parted: to learn from, new images of known sources, images of sources left out."""

    train: tuple[str, ...]
    known: tuple[str, ...]
    left_out: tuple[str, ...]


def parting(sources: Mapping[str, str], fold: int, folds: int) -> Parting:
    """Part the images of a set, given the source of each by its stem."""
    names = sorted(set(sources.values()), key=_place)
    left_out_sources = set(names[fold::folds]) if len(names) > 1 else set()
    left_out = tuple(sorted(stem for stem, source in sources.items() if source in left_out_sources))
    rest = sorted(set(sources) - set(left_out), key=_place)
    first = {sources[stem]: stem for stem in reversed(rest)}  # is learned from, so that the source is known
    relatives = [stem for stem in rest if stem != first[sources[stem]]]
    known = tuple(sorted(relatives[: max(1, len(rest) // KNOWN_EVERY)]))
    return Parting(tuple(sorted(set(rest) - set(known))), known, left_out)


def source_names(folder: Path) -> dict[str, str]:
    """The source of each image of a set, by stem; one for all where nobody knows them."""
    files = open_samples(folder)
    if folder.name in UNPUBLISHED:
        return {file.stem: "" for file in files}
    if folder.name not in SOURCE_IN_NAME:
        return sources_of(folder, files)
    found = {file.stem: re.search(SOURCE_IN_NAME[folder.name], file.stem) for file in files}
    return {stem: match.group() if match else stem for stem, match in found.items()}


def part(data: Path, output: Path, fold: int, folds: int) -> None:
    """Lay a fold out as links: ``train``, ``known`` and ``left out``, each with the sets below."""
    target = output / f"fold-{fold}"
    shutil.rmtree(target, ignore_errors=True)
    for folder in sorted(path for path in data.iterdir() if (path / "images").is_dir()):
        parted = parting(source_names(folder), fold, folds)
        for name, stems in zip(PARTS, (parted.train, parted.known, parted.left_out), strict=True):
            _link(folder, target / name / folder.name, stems)
        print(f"{folder.name:20} {len(parted.train):4} to learn from, {len(parted.known):3} of known sources, "
              f"{len(parted.left_out):3} of sources left out")  # fmt: skip


def judge(fold: Path, models: Sequence[str], most: int) -> None:
    """Print mean AP50 on known sources and on sources left out, set by set, for each model."""
    print("| model | set | images | AP50, source known | images | AP50, source left out |")
    print("|---|---|---|---|---|---|")
    for name in models:
        model = load_model(name, "cpu")
        sides: list[list[float]] = [[], []]
        for folder in sorted((fold / "known").iterdir()):
            cells = []
            for number, name_of_part in enumerate(PARTS[1:]):
                scores = scores_of(model, fold / name_of_part / folder.name, most)
                sides[number] += [float(np.mean(scores))] if scores else []
                cells.append(f"{len(scores)} | {np.mean(scores):.3f}" if scores else "0 | ")
            print(f"| {Path(name).stem} | {folder.name} | {' | '.join(cells)} |", flush=True)
        means = [f" | {np.mean(side):.3f}" for side in sides]
        print(f"| {Path(name).stem} | mean of the sets | {' | '.join(means)} |", flush=True)


def scores_of(model: Model, folder: Path, most: int) -> list[float]:
    """AP50 of the images of a set, at most so many, drawn by the hash of their names."""
    files: Sequence[AnySampleFile] = open_samples(folder) if folder.is_dir() else ()
    drawn = sorted(files, key=lambda file: _place(file.stem))[: most or None]
    return [ap50(model, file.read()) for file in drawn]


def _place(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _link(source: Path, target: Path, stems: Sequence[str]) -> None:
    for kind in ("images", "masks", "ignore"):
        for stem in stems:
            for file in (source / kind).glob(f"{stem}.*"):
                (target / kind).mkdir(parents=True, exist_ok=True)
                (target / kind / file.name).symlink_to(file.resolve())


def main() -> None:
    """Part or judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    parts = commands.add_parser("part", help="Lay a fold out.")
    parts.add_argument("data", type=Path, help="Folder of sets, each with images/ and masks/.")
    parts.add_argument("output", type=Path)
    parts.add_argument("--fold", type=int, default=0)
    parts.add_argument("--folds", type=int, default=5)
    judged = commands.add_parser("judge", help="Evaluate models on a fold.")
    judged.add_argument("fold", type=Path)
    judged.add_argument("--model", nargs="+", required=True)
    judged.add_argument("--images", type=int, default=0, help="At most so many images of each set and part; 0: all.")
    given = parser.parse_args()
    if given.command == "part":
        part(given.data, given.output, given.fold, given.folds)
    else:
        judge(given.fold, given.model, given.images)


if __name__ == "__main__":
    main()
